import { Link } from 'wouter';
import type { Job } from '../../../../client/src/index';
import type { StreamState } from '../../api/event-stream';
import { FreshnessBadge, StateBadge } from '../../ui/badges';
import { CopyCurl } from '../../ui/copy-curl';
import { Icon } from '../../ui/icons';
import { titleOf } from '../../ui/job-link';
import { LiveState } from '../../ui/live-state';
import { LongText } from '../../ui/long-text';
import { Duration, Progress } from '../../ui/time';
import { JobActions } from './job-actions';

/** What it is, how it is, and what can be done. */
export function JobHead({ job, stream }: { job: Job; stream: StreamState }) {
  const title = titleOf(job);
  return (
    <>
      <div className="page-head">
        <h1 className="job-title" title={title.length > 120 ? undefined : title}>
          <bdi>{title.length > 160 ? `${title.slice(0, 160)}…` : title}</bdi>
        </h1>
        <div className="actions">
          <Links job={job} />
          <CopyCurl path={`/api/v1/jobs/${job.id}`} />
          <JobActions job={job} />
        </div>
      </div>
      <div className="job-state">
        <StateBadge state={job.state} reason={job.reason} />
        <FreshnessBadge freshness={job.freshness} />
        <span>
          <span className="quiet">on </span>
          <Link href={`/sources/${encodeURIComponent(job.source)}`}>{job.source}</Link>
        </span>
        {job.startedAt === null && job.durationMs === null ? null : (
          <span>
            <span className="quiet">{job.terminal ? 'ran ' : 'for '}</span>
            <Duration ms={job.durationMs} since={job.terminal ? null : job.startedAt} />
          </span>
        )}
        {job.progress === null ? null : <Progress value={job.progress} label="Progress" />}
        <LiveState state={stream} />
      </div>
      {job.error === null ? null : (
        <section className="notice notice-error" aria-label="Error">
          <h2>
            <Icon name="cross" /> What the platform says went wrong
          </h2>
          <p>
            <LongText text={job.error.message} />
          </p>
          {job.error.code === null ? null : (
            <p className="quiet">
              Code <LongText text={job.error.code} code />
            </p>
          )}
          {job.error.details === null ? null : (
            <LongText text={JSON.stringify(job.error.details, null, 2)} code />
          )}
        </section>
      )}
    </>
  );
}

const LINK_NAMES = [
  ['html', 'Open at the platform'],
  ['log', 'Log'],
  ['self', 'Its API'],
] as const;

/** Addresses at the platform. The service lets only https through; what a browser opens is checked once more. */
function Links({ job }: { job: Job }) {
  return LINK_NAMES.map(([name, words]) => {
    const href = job.links[name];
    if (href === undefined || !href.startsWith('https://')) return null;
    return (
      <a
        key={name}
        className={name === 'html' ? 'button button-main' : 'button'}
        href={href}
        target="_blank"
        rel="noopener noreferrer"
      >
        <Icon name="external" />
        {words}
      </a>
    );
  });
}
