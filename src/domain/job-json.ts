import { Instant, Job } from './job.js';
import { isTerminal } from './job-state.js';
import { formatInstant } from './timestamps.js';

export type Freshness = 'fresh' | 'stale' | 'vanished';

/** What Rollcall knows of a job at one moment, beside what is stored with it. */
export interface JobMoment {
  labels: Record<string, string>;
  freshness: Freshness;
  lastSeenAt: Instant;
  now: Instant;
}

/** The job as the outside sees it (contract, section 6), fields in the contract's order. */
export function jobToJson(job: Job, moment: JobMoment): Record<string, unknown> {
  return {
    id: job.id,
    source: job.source,
    platform: job.platform,
    externalId: job.externalId,
    type: job.type,
    name: job.name,
    state: job.state,
    reason: job.reason,
    rawStatus: job.rawStatus,
    terminal: isTerminal(job.state),
    progress: job.progress,
    createdAt: iso(job.createdAt),
    scheduledFor: iso(job.scheduledFor),
    startedAt: iso(job.startedAt),
    finishedAt: iso(job.finishedAt),
    updatedAt: iso(job.updatedAt),
    durationMs: durationMs(job, moment.now),
    provenance: job.provenance,
    error: job.error,
    owner: job.owner,
    parentId: job.parentId,
    labels: moment.labels,
    attributes: job.attributes,
    links: job.links,
    actions: job.actions,
    freshness: moment.freshness,
    firstSeenAt: iso(job.firstSeenAt),
    lastSeenAt: iso(moment.lastSeenAt),
    stateChangedAt: iso(job.stateChangedAt),
    changedAt: iso(job.changedAt),
    version: job.version,
  };
}

/** Finished minus started; up to `now` while the job is not terminal; null without a start or an end. Never negative. */
export function durationMs(
  job: Pick<Job, 'state' | 'startedAt' | 'finishedAt'>,
  now: Instant,
): number | null {
  const end = isTerminal(job.state) ? job.finishedAt : now;
  return job.startedAt === null || end === null ? null : Math.max(0, end - job.startedAt);
}

function iso(instant: Instant | null): string | null {
  return instant === null ? null : formatInstant(instant);
}
