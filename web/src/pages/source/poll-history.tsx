import { useQuery } from '@tanstack/react-query';
import { useClient } from '../../api/client';
import { formatCount, formatDuration } from '../../format/quantities';
import { Answer } from '../../ui/answer';
import { EmptyState } from '../../ui/notices';
import { Time } from '../../ui/time';
import { ERROR_MEANINGS } from '../sources/health-words';
import { sourceKey } from '../sources/sources.queries';

const SHOWN = 25;
const EVERY_MS = 10_000;

/** What came of the latest polls: how they ended, what they cost and what they brought. */
export function PollHistory({ name }: { name: string }) {
  const client = useClient();
  const answer = useQuery({
    queryKey: [...sourceKey(name), 'polls'],
    queryFn: async ({ signal }) => {
      const { data } = await client.api.GET('/api/v1/sources/{key}/polls', {
        signal,
        params: { path: { key: name }, query: { limit: SHOWN } },
      });
      return data!.data;
    },
    refetchInterval: EVERY_MS,
  });
  return (
    <section className="panel" aria-labelledby="poll-history">
      <header>
        <h2 id="poll-history">Its latest polls</h2>
        <span className="quiet">newest first</span>
      </header>
      <Answer
        of={answer}
        what="its polls"
        empty={
          <EmptyState title="It was not polled yet">
            <p className="quiet">…in the seven days for which polls are kept.</p>
          </EmptyState>
        }
      >
        {(polls) => (
          <div className="table-frame" role="region" aria-label="Its latest polls" tabIndex={0}>
            <table className="table">
              <caption className="visually-hidden">Its latest polls, newest first</caption>
              <thead>
                <tr>
                  <th scope="col">Began</th>
                  <th scope="col">Kind</th>
                  <th scope="col">Result</th>
                  <th scope="col">Took</th>
                  <th scope="col">Requests</th>
                  <th scope="col">Records</th>
                  <th scope="col">New</th>
                  <th scope="col">Changed</th>
                  <th scope="col">Rejected</th>
                </tr>
              </thead>
              <tbody>
                {polls.map((poll) => (
                  <tr key={poll.id}>
                    <td data-label="Began">
                      <Time at={poll.beganAt} />
                    </td>
                    <td data-label="Kind">{poll.kind}</td>
                    <td data-label="Result">
                      {poll.error === null ? (
                        poll.result
                      ) : (
                        <span title={ERROR_MEANINGS[poll.error.kind].what}>
                          <strong>{poll.error.kind}</strong>{' '}
                          <span className="quiet">{poll.error.message}</span>
                        </span>
                      )}
                    </td>
                    <td data-label="Took" className="number">
                      {formatDuration(Date.parse(poll.endedAt) - Date.parse(poll.beganAt))}
                    </td>
                    {(['requests', 'records', 'discovered', 'changed', 'rejected'] as const).map((what) => (
                      <td key={what} data-label={LABELS[what]} className="number">
                        {formatCount(poll[what])}
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Answer>
    </section>
  );
}

const LABELS = {
  requests: 'Requests',
  records: 'Records',
  discovered: 'New',
  changed: 'Changed',
  rejected: 'Rejected',
};
