import { Link } from 'wouter';
import { Answer } from '../../ui/answer';
import { StateBadge } from '../../ui/badges';
import { JobLink } from '../../ui/job-link';
import { EmptyState } from '../../ui/notices';
import { Time } from '../../ui/time';
import { useRecentFailures } from './overview.queries';

const SHOWN = 8;

/** What failed or did not run last, with the platform's own words and the way to its page. */
export function RecentFailures() {
  const answer = useRecentFailures(SHOWN);
  return (
    <section className="panel" aria-labelledby="failures">
      <header>
        <h2 id="failures">Recent failures</h2>
        <Link href="/jobs?state=failed,missed">All of them</Link>
      </header>
      <Answer
        of={answer}
        what="failures"
        lines={6}
        empty={<EmptyState title="Nothing has failed">No job that is kept has failed.</EmptyState>}
      >
        {(jobs) => (
          <ul className="rows">
            {jobs.map((job) => (
              <li key={job.id}>
                <div className="row-head">
                  <JobLink job={job} />
                  <Time at={job.finishedAt ?? job.updatedAt} />
                </div>
                <div className="row-rest">
                  <StateBadge state={job.state} reason={job.reason} />
                  <span className="quiet">{job.source}</span>
                  {job.error ? (
                    <span className="clip" title={job.error.message}>
                      {job.error.message}
                    </span>
                  ) : null}
                </div>
              </li>
            ))}
          </ul>
        )}
      </Answer>
    </section>
  );
}
