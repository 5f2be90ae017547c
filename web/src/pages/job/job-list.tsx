import { Link } from 'wouter';
import type { Job } from '../../../../client/src/index';
import { StateBadge } from '../../ui/badges';
import { titleOf } from '../../ui/job-link';
import { Duration, Time } from '../../ui/time';

export type ListedJob = Pick<
  Job,
  | 'id'
  | 'name'
  | 'type'
  | 'externalId'
  | 'state'
  | 'reason'
  | 'terminal'
  | 'createdAt'
  | 'startedAt'
  | 'durationMs'
>;

/** A few other jobs, to be walked through. */
export function JobList({
  jobs,
  caption,
  current,
}: {
  jobs: readonly ListedJob[];
  caption: string;
  /** The id of the one whose page this is. */
  current?: string;
}) {
  return (
    <div className="table-frame" role="region" aria-label={caption} tabIndex={0}>
      <table className="table">
        <caption className="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            <th scope="col">{caption}</th>
            <th scope="col">State</th>
            <th scope="col">Created</th>
            <th scope="col">Duration</th>
          </tr>
        </thead>
        <tbody>
          {jobs.map((job) => (
            <tr key={job.id}>
              <td data-label={caption}>
                <span className="clip">
                  {job.id === current ? (
                    <strong>
                      <bdi>{titleOf(job).slice(0, 200)}</bdi> (this one)
                    </strong>
                  ) : (
                    <Link href={`/jobs/${job.id}`} data-row>
                      <bdi>{titleOf(job).slice(0, 200)}</bdi>
                    </Link>
                  )}
                </span>
              </td>
              <td data-label="State">
                <StateBadge state={job.state} reason={job.reason} />
              </td>
              <td data-label="Created">
                <Time at={job.createdAt} />
              </td>
              <td data-label="Duration">
                <Duration ms={job.durationMs} since={job.terminal ? null : job.startedAt} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
