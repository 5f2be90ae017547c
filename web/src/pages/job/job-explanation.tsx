import { useQuery } from '@tanstack/react-query';
import type { components, Job } from '../../../../client/src/index';
import { useClient } from '../../api/client';
import { Answer } from '../../ui/answer';
import { FieldCells, FieldHeadings } from '../../ui/field-cells';
import { Fold } from '../../ui/fold';
import { Time } from '../../ui/time';
import { jobKey } from './job-words';

type Explanation = components['schemas']['JobExplanation'];
type FieldExplanation = components['schemas']['FieldExplanation'];

/** Which rule gave each field its value, out of what, and when. */
export function JobExplanation({ job }: { job: Job }) {
  return (
    <Fold name="explain" title="Why each field is what it is" hint="the rule, the upstream value, the poll">
      {() => <Explained id={job.id} />}
    </Fold>
  );
}

function Explained({ id }: { id: string }) {
  const client = useClient();
  const answer = useQuery({
    queryKey: [...jobKey(id), 'explain'],
    queryFn: async ({ signal }) =>
      (await client.api.GET('/api/v1/jobs/{id}/explain', { signal, params: { path: { id } } })).data!,
  });
  return (
    <Answer of={answer} what="the explanation" lines={6}>
      {(explanation) => <Fields explanation={explanation} />}
    </Answer>
  );
}

function Fields({ explanation: { notes, records, fields } }: { explanation: Explanation }) {
  return (
    <>
      {notes.map((note) => (
        <p key={note} className="notice">
          {note}
        </p>
      ))}
      <Records records={records} />
      <div className="table-frame" role="region" aria-label="Every field" tabIndex={0}>
        <table className="table">
          <caption className="visually-hidden">Every field of the job and where its value comes from</caption>
          <thead>
            <tr>
              <FieldHeadings />
              <th scope="col">Set by</th>
            </tr>
          </thead>
          <tbody>
            {Object.entries(fields).map(([name, field]) => (
              <Row key={name} name={name} field={field} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Records({ records }: { records: Explanation['records'] }) {
  const known = (['list', 'detail'] as const).flatMap((shape) => {
    const record = records[shape];
    return record === null ? [] : [{ shape, ...record }];
  });
  if (known.length === 0) return null;
  return (
    <p className="quiet">
      {known.map(({ shape, readAt, poll }) => (
        <span key={shape}>
          {shape === 'list' ? 'The record in the platform’s list' : 'The job’s own page'} was read{' '}
          <Time at={readAt} />
          {poll === null ? '' : ` by poll ${poll.id}`}.{' '}
        </span>
      ))}
    </p>
  );
}

function Row({ name, field }: { name: string; field: FieldExplanation }) {
  const { shape, poll } = field;
  return (
    <tr>
      <FieldCells name={name} field={field} from={shape} />
      <td data-label="Set by">
        {poll === null ? (
          <span className="none">–</span>
        ) : (
          <span className="number">
            {poll.kind} {poll.id}, <Time at={poll.beganAt} />
          </span>
        )}
      </td>
    </tr>
  );
}
