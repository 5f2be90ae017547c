import { useQuery } from '@tanstack/react-query';
import type { components, Job } from '../../../../client/src/index';
import { useClient } from '../../api/client';
import { ErrorState, LoadingState } from '../../ui/notices';
import { LongText } from '../../ui/long-text';
import { Time } from '../../ui/time';
import { Fold } from '../../ui/fold';
import { jobKey, PROVENANCE_WORDS } from './job-words';

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
  const { data, error, refetch } = useQuery({
    queryKey: [...jobKey(id), 'explain'],
    queryFn: async ({ signal }) =>
      (await client.api.GET('/api/v1/jobs/{id}/explain', { signal, params: { path: { id } } })).data!,
  });
  if (data === undefined)
    return error === null ? (
      <LoadingState what="the explanation" lines={6} />
    ) : (
      <ErrorState error={error} onRetry={() => void refetch()} />
    );
  return (
    <>
      {data.notes.map((note) => (
        <p key={note} className="notice">
          {note}
        </p>
      ))}
      <Records records={data.records} />
      <div className="table-frame" role="region" aria-label="Every field" tabIndex={0}>
        <table className="table">
          <caption className="visually-hidden">Every field of the job and where its value comes from</caption>
          <thead>
            <tr>
              <th scope="col">Field</th>
              <th scope="col">Value</th>
              <th scope="col">The record says</th>
              <th scope="col">Rule</th>
              <th scope="col">Set by</th>
            </tr>
          </thead>
          <tbody>
            {Object.entries(data.fields).map(([name, field]) => (
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
  const { value, raw, path, shape, rule, provenance, poll, note } = field;
  return (
    <tr>
      <td data-label="Field" className="number">
        <code>{name}</code>
      </td>
      <td data-label="Value">
        <Value value={value} />
      </td>
      <td data-label="The record says">
        {path === null ? (
          <span className="none">–</span>
        ) : (
          <span className="stack-tight">
            <code className="quiet">
              {shape === null ? '' : `${shape}: `}
              {pathText(path)}
            </code>
            <Value value={raw} />
          </span>
        )}
      </td>
      <td data-label="Rule">
        <span className="explained">
          {rule ?? <span className="none">not known any more</span>}
          {provenance === null ? null : (
            <span className="quiet small"> · {PROVENANCE_WORDS[provenance] ?? provenance}</span>
          )}
          {note === null ? null : <span className="quiet small"> · {note}</span>}
        </span>
      </td>
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

function Value({ value }: { value: unknown }) {
  if (value === null || value === undefined) return <span className="none">null</span>;
  return <LongText text={typeof value === 'string' ? value : JSON.stringify(value)} code />;
}

function pathText(path: NonNullable<FieldExplanation['path']>): string {
  if (typeof path === 'string') return path;
  if (Array.isArray(path)) return path.join(', ');
  return Object.keys(path).join(', ');
}
