import { useQuery } from '@tanstack/react-query';
import type { Job } from '../../../../client/src/index';
import { useClient } from '../../api/client';
import { CopyButton } from '../../ui/copy';
import { JsonView } from '../../ui/json-view';
import { Answer } from '../../ui/answer';
import { EmptyState } from '../../ui/notices';
import { Fold } from '../../ui/fold';
import { jobKey } from './job-words';

const SHAPES = [
  ['list', 'As the platform’s list has it'],
  ['detail', 'As its own page has it'],
] as const;

/** What the platform said, without what is redacted. */
export function JobRecord({ job }: { job: Job }) {
  return (
    <Fold name="record" title="What the platform said" hint="the last record of each shape, redacted">
      {() => <Records id={job.id} />}
    </Fold>
  );
}

function Records({ id }: { id: string }) {
  const client = useClient();
  const answer = useQuery({
    queryKey: [...jobKey(id), 'payload'],
    queryFn: async ({ signal }) => {
      const { payload } = await client.job(id, { payload: true, signal });
      return SHAPES.flatMap(([shape, words]) => {
        const record = payload?.[shape] ?? null;
        return record === null ? [] : [{ shape, words, record }];
      });
    },
  });
  return (
    <Answer
      of={answer}
      what="the record"
      lines={6}
      empty={
        <EmptyState title="The record is no longer stored">
          <p className="quiet">
            Records are kept for <code>retention.payloads</code>; the job itself stays.
          </p>
        </EmptyState>
      }
    >
      {(shown) =>
        shown.map(({ shape, words, record }) => (
          <div key={shape} className="stack">
            <div className="page-head">
              <h3>{words}</h3>
              <span className="actions">
                <CopyButton text={() => JSON.stringify(record, null, 2)} label="Copy" what="the record" />
              </span>
            </div>
            <JsonView value={record} />
          </div>
        ))
      }
    </Answer>
  );
}
