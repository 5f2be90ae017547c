import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import type { Job } from '../../../../client/src/index';
import { firstPage, useClient } from '../../api/client';
import { ErrorState } from '../../ui/notices';
import { JobList } from './job-list';
import { jobKey } from './job-words';

/** Children that are shown here; the list of jobs has them all. */
const MOST_CHILDREN = 20;

/** The job that this one belongs to, and those that belong to it. Nothing where there is neither. */
export function JobFamily({ job }: { job: Job }) {
  const client = useClient();
  const { parentId } = job;
  const parent = useQuery({
    queryKey: [...jobKey(job.id), 'parent', parentId],
    queryFn: ({ signal }) => client.job(parentId!, { signal }),
    enabled: parentId !== null,
  });
  const children = useQuery({
    queryKey: [...jobKey(job.id), 'children'],
    queryFn: ({ signal }) =>
      firstPage(client.jobs({ parentId: [job.id], sort: '-createdAt', limit: MOST_CHILDREN }, { signal })),
  });
  const offspring = children.data?.data ?? [];
  if (parentId === null && offspring.length === 0 && children.error === null) return null;
  return (
    <section className="panel" aria-labelledby="family">
      <header>
        <h2 id="family">Parent and children</h2>
        {children.data?.page.next ? <Link href={`/jobs?parentId=${job.id}`}>All children</Link> : null}
      </header>
      {children.error === null ? null : (
        <ErrorState error={children.error} onRetry={() => void children.refetch()} />
      )}
      {parentId === null ? null : parent.data ? (
        <JobList jobs={[parent.data]} caption="Parent" />
      ) : (
        <p className="quiet">
          Its parent is <code>{parentId}</code>
          {parent.error === null
            ? '.'
            : ', which is not there for this token: it was never read, or is gone.'}
        </p>
      )}
      {offspring.length === 0 ? null : <JobList jobs={offspring} caption="Children" />}
    </section>
  );
}
