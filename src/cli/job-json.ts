import { Instant, Job } from '../domain/job.js';
import { isTerminal } from '../domain/job-state.js';
import { formatInstant } from '../domain/timestamps.js';

/** A job that is not stored, with the API's names for what a record alone can say. */
export function jobJson(job: Job): object {
  const { id, source, platform, externalId, type, name, state, reason, rawStatus, progress } = job;
  return {
    ...{ id, source, platform, externalId, type, name, state, reason, rawStatus },
    terminal: isTerminal(state),
    progress,
    createdAt: iso(job.createdAt),
    scheduledFor: iso(job.scheduledFor),
    startedAt: iso(job.startedAt),
    finishedAt: iso(job.finishedAt),
    updatedAt: iso(job.updatedAt),
    provenance: job.provenance,
    error: job.error,
    owner: job.owner,
    parentId: job.parentId,
    attributes: job.attributes,
    links: job.links,
    actions: job.actions,
  };
}

function iso(instant: Instant | null): string | null {
  return instant === null ? null : formatInstant(instant);
}
