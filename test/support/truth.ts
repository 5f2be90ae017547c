import { jobId } from '../../src/domain/job-id.js';
import { formatInstant } from '../../src/domain/timestamps.js';
import { TaskFacts } from '../../src/domain/task.js';
import { TruthJob, TruthTask } from '../../src/simulators/life.js';

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

/**
 * The same part of an answered job. An observed end is the reader's own, and no truth log knows it; nor the progress of a Vault's job,
 * which only its own page shows, so that it depends on whether the job ended before our first read.
 */
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
  if (provenance['finishedAt'] === 'observed') answer['finishedAt'] = null;
  if (job['platform'] === 'veeva-vault') answer['progress'] = null;
  return answer;
}

/** Whether a stored task is one that the job's record shows; the others were read by requests of their own. */
export function isInRecord({ attributes }: TaskFacts): boolean {
  return attributes['kind'] === undefined || attributes['kind'] === 'output';
}

/** The part of a stored task that the truth log knows. */
export function comparableTask(task: TaskFacts): Record<keyof TruthTask, unknown> {
  const { externalId, name, state, rawStatus, startedAt, finishedAt } = task;
  return { externalId, name, state, rawStatus, startedAt, finishedAt };
}
