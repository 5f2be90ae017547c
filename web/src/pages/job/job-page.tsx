import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from 'wouter';
import { ProblemError, useClient } from '../../api/client';
import { useEvents } from '../../api/use-events';
import { EmptyState, ErrorState, LoadingState } from '../../ui/notices';
import { titleOf } from '../../ui/job-link';
import { usePageTitle } from '../../ui/page-title';
import { JobExplanation } from './job-explanation';
import { JobAttributes, JobFacts } from './job-facts';
import { JobFamily } from './job-family';
import { JobHead } from './job-head';
import { JobNeighbours } from './job-neighbours';
import { JobRecord } from './job-record';
import { JobTasks } from './job-tasks';
import { JobTimeline } from './job-timeline';
import { JobTimes } from './job-times';
import { jobKey } from './job-words';
import '../../styles/details.css';
import './job.css';

/** How often an unfinished job is asked for beside its events: `freshness` moves without one. */
const ASK_EVERY_MS = 30_000;

/** Everything that is known of one job, and why. */
export default function JobPage({ id }: { id: string }) {
  const client = useClient();
  const queries = useQueryClient();
  const {
    data: job,
    error,
    refetch,
  } = useQuery({
    queryKey: jobKey(id),
    queryFn: ({ signal }) => client.job(id, { signal, cache: 'no-store' }),
    refetchInterval: ({ state }) => (state.data?.terminal === false ? ASK_EVERY_MS : false),
  });
  usePageTitle(job === undefined ? 'Job' : `${job.state} · ${titleOf(job).slice(0, 80)}`);
  const stream = useEvents(
    job === undefined ? null : { id: [job.id] },
    (event) => {
      if (event.job !== null) queries.setQueryData(jobKey(id), event.job);
      void queries.invalidateQueries({ queryKey: jobKey(id), predicate: isPart });
    },
    () => void queries.invalidateQueries({ queryKey: jobKey(id) }),
  );

  if (job === undefined) {
    if (error === null) return <LoadingState what="the job" lines={8} />;
    return isUnknown(error) ? (
      <UnknownJob id={id} />
    ) : (
      <ErrorState error={error} onRetry={() => void refetch()} />
    );
  }
  return (
    <>
      <JobHead job={job} stream={stream} />
      {error === null ? null : <ErrorState error={error} onRetry={() => void refetch()} />}
      <JobTimeline job={job} />
      <div className="split">
        <div className="stack-panels">
          <JobFacts job={job} />
          <JobAttributes job={job} />
        </div>
        <JobTimes job={job} />
      </div>
      <JobTasks job={job} />
      <JobFamily job={job} />
      <JobNeighbours job={job} />
      <JobExplanation job={job} />
      <JobRecord job={job} />
    </>
  );
}

/** What is shown beside the job itself. */
function isPart({ queryKey }: { queryKey: readonly unknown[] }): boolean {
  return queryKey.length > 2;
}

function isUnknown(error: Error): boolean {
  return error instanceof ProblemError && (error.status === 404 || error.status === 400);
}

function UnknownJob({ id }: { id: string }) {
  return (
    <EmptyState title="There is no such job here">
      <p>
        No job that this token may see has the id <code>{id.slice(0, 200)}</code>. That can mean:
      </p>
      <ul>
        <li>the address is cut off or mistyped: an id has 36 characters;</li>
        <li>it is the platform’s own id: look for it among the external ids below;</li>
        <li>the token is limited to other sources: what it may not see does not exist for it;</li>
        <li>the job was finished long ago, and retention has removed it.</li>
      </ul>
      <p className="actions">
        <Link className="button" href={`/jobs?externalId=${encodeURIComponent(id.replaceAll(',', '\\,'))}`}>
          Look for it as an external id
        </Link>
        <Link className="button" href="/jobs">
          All jobs
        </Link>
      </p>
    </EmptyState>
  );
}
