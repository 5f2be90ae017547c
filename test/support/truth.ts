import { jobId } from '../../src/domain/job-id.js';
import { formatInstant } from '../../src/domain/timestamps.js';
import { TruthJob } from '../../src/simulators/life.js';

/** The part of a job that the truth log knows, as the API must answer it. */
export function expectedAnswer(source: string, truth: TruthJob): Record<string, unknown> {
  const iso = (instant: number | null): string | null => (instant === null ? null : formatInstant(instant));
  return {
    id: jobId(source, truth.externalId),
    source,
    platform: truth.platform,
    externalId: truth.externalId,
    type: truth.type,
    name: truth.name,
    owner: truth.owner,
    parentId: truth.parentExternalId === null ? null : jobId(source, truth.parentExternalId),
    state: truth.state,
    reason: truth.reason,
    rawStatus: truth.rawStatus,
    terminal: truth.terminal,
    progress: truth.progress,
    createdAt: iso(truth.createdAt),
    scheduledFor: iso(truth.plannedFor),
    startedAt: iso(truth.startedAt),
    finishedAt: iso(truth.finishedAt),
    updatedAt: iso(truth.updatedAt),
    provenance: truth.provenance,
  };
}

/** The same part of an answered job; an observed end is the reader's own, and no truth log knows it. */
export function comparable(job: Record<string, unknown>): Record<string, unknown> {
  const provenance = job['provenance'] as Record<string, string>;
  const fields = [
    ...[
      'id',
      'source',
      'platform',
      'externalId',
      'type',
      'name',
      'owner',
      'parentId',
      'state',
      'reason',
      'rawStatus',
      'terminal',
    ],
    ...['progress', 'createdAt', 'scheduledFor', 'startedAt', 'finishedAt', 'updatedAt', 'provenance'],
  ];
  const answer = Object.fromEntries(fields.map((field) => [field, job[field]]));
  return provenance['finishedAt'] === 'observed' ? { ...answer, finishedAt: null } : answer;
}
