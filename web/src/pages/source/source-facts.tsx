import type { Source } from '../../../../client/src/index';
import { formatCount, formatDuration, plural } from '../../format/quantities';
import { Facts } from '../../ui/facts';
import { Time } from '../../ui/time';
import { NextPoll } from '../sources/complete-through';

/** What polls of it found, and what they cost. */
export function SourceFacts({ source }: { source: Source }) {
  const labels = Object.entries(source.labels);
  return (
    <section className="panel" aria-labelledby="polls">
      <header>
        <h2 id="polls">Polls</h2>
      </header>
      <Facts
        facts={[
          ['Platform', source.platform],
          ['Last poll', <Time at={source.lastPollAt} focusable />],
          ['Last success', <Time at={source.lastSuccessAt} focusable />],
          ['Next poll', <NextPoll at={source.nextPollAt} />],
          ['Failures in a row', formatCount(source.consecutiveFailures)],
          [
            'Lag',
            source.lagMs === null ? (
              <span className="none">nothing is proved yet</span>
            ) : (
              <>
                {formatDuration(source.lagMs)}{' '}
                <span className="quiet">since the poll began that proved it</span>
              </>
            ),
          ],
          [
            'Requests',
            <>
              {plural(source.requestsLastHour, 'request')} in the last hour
              {source.maxRequestsPerHour === null ? null : (
                <span className="quiet">
                  , of {formatCount(source.maxRequestsPerHour)} that <code>poll.maxRequestsPerHour</code>{' '}
                  allows
                </span>
              )}
            </>,
          ],
          [
            'Clock',
            source.clockSkewMs === null ? (
              <span className="none">the platform does not tell its time</span>
            ) : Math.abs(source.clockSkewMs) < 1_000 ? (
              'agrees with ours'
            ) : (
              `${formatDuration(Math.abs(source.clockSkewMs))} ${source.clockSkewMs > 0 ? 'ahead of' : 'behind'} ours`
            ),
          ],
          source.upstreamTotal === null
            ? null
            : [
                'The platform counts',
                <>
                  {plural(source.upstreamTotal.value, 'job')}{' '}
                  <span className="quiet">
                    (<Time at={source.upstreamTotal.at} focusable />)
                  </span>
                </>,
              ],
          source.skippedOld === 0
            ? null
            : [
                'Left out as too old',
                <>
                  {plural(source.skippedOld, 'record')}{' '}
                  <span className="quiet">
                    by <code>poll.history</code>
                  </span>
                </>,
              ],
          labels.length === 0
            ? null
            : [
                'Labels',
                <span className="chips">
                  {labels.map(([name, value]) => (
                    <span key={name} className="chip chip-text chip-whole">
                      <bdi>
                        {name}: {value}
                      </bdi>
                    </span>
                  ))}
                </span>,
              ],
        ]}
      />
    </section>
  );
}
