import { Link } from 'wouter';
import type { components, JobState } from '../../../../client/src/index';
import { formatCompact, formatCount } from '../../format/quantities';
import { StateBadge } from '../../ui/badges';
import { type Range } from './history';

type Rows = components['schemas']['JobSummary']['data'];

/** Open states are counted as they are now; finished ones by when they finished, since all that ever did says nothing. */
const NOW: readonly JobState[] = ['running', 'queued', 'scheduled', 'stopping', 'paused', 'unknown'];
const FINISHED: readonly JobState[] = ['failed', 'succeeded', 'cancelled', 'skipped'];
/** Jobs that did not run never finished: there is no time to count them by. */
const EVER: readonly JobState[] = ['missed'];

/** Shown although nothing is in them: their absence is news. The others only take room then. */
const ALWAYS: readonly JobState[] = ['failed', 'running', 'queued', 'succeeded'];

interface StateTilesProps {
  /** Null while they are on their way. */
  counts: Rows | null;
  finished: Rows | null;
  range: Range;
}

export function StateTiles({ counts, finished, range }: StateTilesProps) {
  const groups = [
    { title: `Finished, last ${range}`, states: FINISHED, rows: finished, query: `&finishedSince=-${range}` },
    { title: 'Now', states: NOW, rows: counts, query: '' },
    { title: 'Did not run', states: EVER, rows: counts, query: '' },
  ];
  return (
    <section className="tiles" aria-label="Jobs by state">
      {groups.map(({ title, states, rows, query }) => {
        const shown = states.filter((state) => ALWAYS.includes(state) || countOf(rows, state) > 0);
        if (shown.length === 0) return null;
        return (
          <div key={title} className="tile-group">
            <h2>{title}</h2>
            <ul>
              {shown.map((state) => {
                const count = countOf(rows, state);
                return (
                  <li key={state}>
                    <Link
                      href={`/jobs?state=${state}${query}`}
                      className={count > 0 ? `tile tile-${state}` : 'tile'}
                    >
                      <span className="tile-count" title={formatCount(count)}>
                        {rows === null ? '…' : formatCompact(count)}
                      </span>
                      <StateBadge state={state} />
                    </Link>
                  </li>
                );
              })}
            </ul>
          </div>
        );
      })}
    </section>
  );
}

function countOf(rows: Rows | null, state: JobState): number {
  return (rows ?? []).reduce((sum, row) => (row.state === state ? sum + row.count : sum), 0);
}
