import { Link } from 'wouter';
import { Icon } from './icons';

interface LinkedJob {
  id: string;
  name: string | null;
  type: string | null;
  externalId: string;
  links: { html?: string; self?: string };
}

/** The job's title, leading to its page here; beside it the way to its page at the platform, where it has one. */
export function JobLink({ job }: { job: LinkedJob }) {
  const title = titleOf(job);
  return (
    <span className="job-link">
      <Link href={`/jobs/${job.id}`} data-row className="clip" title={title}>
        {title}
      </Link>
      <PlatformLink job={job} />
    </span>
  );
}

/**
 * Leads to the job's page at the platform; nothing where the platform has none. The service lets only https through; what a browser opens is
 * checked once more.
 */
export function PlatformLink({ job, label }: { job: LinkedJob; label?: string }) {
  const target = job.links.html ?? job.links.self;
  if (target === undefined || !target.startsWith('https://')) return null;
  return (
    <a
      className="platform-link"
      href={target}
      target="_blank"
      rel="noopener noreferrer"
      {...(label ? {} : { 'aria-label': `${titleOf(job)} at the platform`, title: 'Open at the platform' })}
    >
      {label}
      <Icon name="external" size={14} />
    </a>
  );
}

export function titleOf({ name, type, externalId }: Omit<LinkedJob, 'id' | 'links'>): string {
  return name ?? type ?? externalId;
}
