import { Link } from 'wouter';
import type { JobState, Source } from '../../../../client/src/index';
import { formatCompact, formatCount } from '../../format/quantities';
import { STATES } from '../../ui/badges';

/** A source's jobs: how many there are, what needs eyes by name, and the whole as a bar. */
export function JobCounts({ source }: { source: Source }) {
  const counted = STATES.map((state) => [state, source.jobs[state]] as const).filter(
    ([, count]) => count > 0,
  );
  const total = counted.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return <span className="none">none</span>;
  return (
    <span className="source-cell">
      <span
        className="state-bar"
        role="img"
        aria-label={counted.map(([state, count]) => `${count} ${state}`).join(', ')}
        title={counted.map(([state, count]) => `${formatCount(count)} ${state}`).join('\n')}
      >
        {counted.map(([state, count]) => (
          <span key={state} className={`state-${state}`} style={{ flexGrow: count }} />
        ))}
      </span>
      <span className="job-counts">
        <Count source={source} state="failed" />
        <Count source={source} state="missed" />
        <Count source={source} state="unknown" />
        <Count source={source} state="running" />
        <Link href={`/jobs?source=${source.key}`} className="quiet number">
          {formatCompact(total)} in all
        </Link>
      </span>
    </span>
  );
}

function Count({ source, state }: { source: Source; state: JobState }) {
  const count = source.jobs[state];
  if (count === 0) return null;
  return (
    <Link href={`/jobs?source=${source.key}&state=${state}`} className={`number text-${state}`}>
      {formatCompact(count)} {state}
    </Link>
  );
}
