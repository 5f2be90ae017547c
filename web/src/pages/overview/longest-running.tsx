import { Link } from 'wouter';
import { Answer } from '../../ui/answer';
import { FreshnessBadge } from '../../ui/badges';
import { JobLink } from '../../ui/job-link';
import { EmptyState } from '../../ui/notices';
import { Duration, Progress } from '../../ui/time';
import { useLongestRunning } from './overview.queries';

const SHOWN = 8;

/** What runs for longest: where to look for what is stuck. */
export function LongestRunning() {
  const answer = useLongestRunning(SHOWN);
  return (
    <section className="panel" aria-labelledby="longest">
      <header>
        <h2 id="longest">Running longest</h2>
        <Link href="/jobs?state=running&sort=startedAt">All that run</Link>
      </header>
      <Answer of={answer} what="running jobs" lines={6} empty={<EmptyState title="Nothing is running" />}>
        {(jobs) => (
          <ul className="rows">
            {jobs.map((job) => (
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
        )}
      </Answer>
    </section>
  );
}
