import { Link } from 'wouter';
import { StateBadge } from '../../ui/badges';
import { JobLink } from '../../ui/job-link';
import { EmptyState, ErrorState, LoadingState } from '../../ui/notices';
import { Time } from '../../ui/time';
import { useRecentFailures } from './overview.queries';

const SHOWN = 8;

/** What failed or did not run last, with the platform's own words and the way to its page. */
export function RecentFailures() {
  const { data, error, refetch } = useRecentFailures(SHOWN);
  return (
    <section className="panel" aria-labelledby="failures">
      <header>
        <h2 id="failures">Recent failures</h2>
        <Link href="/jobs?state=failed,missed">All of them</Link>
      </header>
      {error ? <ErrorState error={error} onRetry={() => void refetch()} /> : null}
      {data === undefined && !error ? <LoadingState what="failures" lines={6} /> : null}
      {data?.length === 0 ? (
        <EmptyState title="Nothing has failed">No job that is kept has failed.</EmptyState>
      ) : null}
      <ul className="rows">
        {data?.map((job) => (
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
    </section>
  );
}
