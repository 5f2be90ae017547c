import { Link } from 'wouter';
import type { Source } from '../../../../client/src/index';
import { formatCount } from '../../format/quantities';
import { STATES, StateBadge } from '../../ui/badges';

/** Its jobs by state, each number leading to them. */
export function SourceJobs({ source: { key, jobs } }: { source: Source }) {
  const total = STATES.reduce((sum, state) => sum + jobs[state], 0);
  return (
    <section className="panel" aria-labelledby="jobs">
      <header>
        <h2 id="jobs">Jobs</h2>
        <Link href={`/jobs?source=${key}`}>All {formatCount(total)}</Link>
      </header>
      {total === 0 ? <p className="quiet">None is known yet.</p> : null}
      <ul className="job-states">
        {STATES.filter((state) => jobs[state] > 0).map((state) => (
          <li key={state}>
            <Link href={`/jobs?source=${key}&state=${state}`}>
              <StateBadge state={state} />
              <span className="number">{formatCount(jobs[state])}</span>
            </Link>
            <span className="share" aria-hidden="true">
              <span className={`state-${state}`} style={{ width: `${(100 * jobs[state]) / total}%` }} />
            </span>
          </li>
        ))}
      </ul>
      <p className="actions">
        <Link className="button" href={`/jobs?source=${key}&latest=true&state=failed`}>
          Types whose last run failed
        </Link>
      </p>
    </section>
  );
}
