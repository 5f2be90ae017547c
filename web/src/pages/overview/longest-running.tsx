import { Link } from 'wouter';
import { FreshnessBadge } from '../../ui/badges';
import { JobLink } from '../../ui/job-link';
import { EmptyState, ErrorState, LoadingState } from '../../ui/notices';
import { Duration, Progress } from '../../ui/time';
import { useLongestRunning } from './overview.queries';

const SHOWN = 8;

/** What runs for longest: where to look for what is stuck. */
export function LongestRunning() {
  const { data, error, refetch } = useLongestRunning(SHOWN);
  return (
    <section className="panel" aria-labelledby="longest">
      <header>
        <h2 id="longest">Running longest</h2>
        <Link href="/jobs?state=running&sort=startedAt">All that run</Link>
      </header>
      {error ? <ErrorState error={error} onRetry={() => void refetch()} /> : null}
      {data === undefined && !error ? <LoadingState what="running jobs" lines={6} /> : null}
      {data?.length === 0 ? <EmptyState title="Nothing is running" /> : null}
      <ul className="rows">
        {data?.map((job) => (
          <li key={job.id}>
            <div className="row-head">
              <JobLink job={job} />
              <Duration ms={job.durationMs} since={job.startedAt} />
            </div>
            <div className="row-rest">
              <span className="quiet">{job.source}</span>
              <FreshnessBadge freshness={job.freshness} />
              {job.progress === null ? null : (
                <Progress value={job.progress} label={`Progress of ${job.name ?? job.externalId}`} />
              )}
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
