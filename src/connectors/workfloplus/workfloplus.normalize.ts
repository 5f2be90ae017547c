import { Instant, JobFacts, JsonObject } from '../../domain/job.js';
import { isTerminal, JobState } from '../../domain/job-state.js';
import { StatusMap } from '../../domain/status-map.js';
import { TimeFormat } from '../../domain/timestamps.js';
import { NormalizeContext } from '../connector.js';
import { attributesOf, countAttribute, jsonAttribute, timeAttribute } from '../shared/attributes.js';
import { identifyBy, RecordReader } from '../shared/record-reader.js';
import { taskNumber } from '../shared/tasks.js';

/**
 * No document lists the words. `Paused` and `Completed` are in samples, `Aborted` in prose; the others follow from the scheduler's
 * task states. A human job has no failure: nothing maps to `failed`.
 */
export const STATUS_MAP = new StatusMap('workfloplus-1', {
  Active: { state: 'running', reason: null },
  InProgress: { state: 'running', reason: null },
  Started: { state: 'running', reason: null },
  Paused: { state: 'paused', reason: null },
  Completed: { state: 'succeeded', reason: null },
  Aborted: { state: 'cancelled', reason: 'aborted' },
  Abandoned: { state: 'cancelled', reason: 'abandoned' },
  NotStarted: { state: 'queued', reason: 'not_started' },
  Scheduled: { state: 'scheduled', reason: null },
});

const ATTRIBUTE_PATHS = {
  clientJobId: 'metadata.clientJobId',
  workflowId: 'metadata.workflowId',
  workflowVersionId: 'metadata.workflowVersionId',
  userId: 'metadata.userId',
  team: 'team',
  abandonReason: 'metadata.abandonReason',
  excluded: 'excluded',
  packetIds: 'packetIds',
  modifiedAt: 'metadata.modified',
  scheduledJobId: 'metadata.metadata.ScheduledJobId',
  scheduledTaskId: 'metadata.metadata.ScheduledTaskId',
  metadata: 'metadata.metadata',
  currentStep: 'metadata.currentStep',
  completedStepCount: 'completedSteps',
} as const;

export const ATTRIBUTE_KEYS: readonly string[] = Object.keys(ATTRIBUTE_PATHS);

// The scheduler's update bodies leave the zone out; all that is written with one is UTC.
const TIME: TimeFormat = { zone: 'UTC' };

const STEP = 'metadata.currentStep.singleStep';
const NOT_BEGUN: readonly JobState[] = ['scheduled', 'queued', 'skipped', 'missed'];

export function identify(record: unknown): string {
  return identifyBy('jobId', record);
}

export function normalize(record: unknown, context: NormalizeContext): JobFacts {
  const reader = new RecordReader(record, context);
  const externalId = identify(record);
  reader.rule('externalId', 'jobId', 'as text');
  const status = reader.status('metadata.status');
  const createdAt = reader.time('metadata.created', TIME);
  // Two pieces of evidence, not the later one of both: one is likely the device's time, and where its clock ran ahead for a while, a
  // later end would count as older for good. Where they disagree, an end wins, else the later read.
  const updated = reader.time('metadata.updated', TIME);
  const modified = reader.time(ATTRIBUTE_PATHS.modifiedAt, TIME);
  reader.timeFrom('createdAt', 'metadata.created', 'as given');
  const startedAt = readStartedAt(reader, status.state, createdAt);
  const finishedAt = readFinishedAt(reader, status.state, updated);
  const times = ['created', 'updated', 'modified'].map((name) => `metadata.${name}`);
  reader.rule('updatedAt', times, 'the latest time of the job');
  reader.none('progress', 'scheduledFor', 'parentExternalId', 'links');
  reader.rule('error', null, 'the platform knows no failure');
  const type = reader.field('type', 'metadata.workflowName');
  const name = reader.field('name', 'metadata.jobTitle');
  if (typeof name !== 'string') reader.nameIsType('the job has no title');
  const owner = reader.field('owner', 'metadata.username');
  const attributes = readAttributes(reader, context, modified);
  reader.assertReadable();
  return {
    externalId,
    ...status,
    type,
    name,
    progress: null,
    createdAt,
    scheduledFor: undefined,
    startedAt,
    finishedAt,
    provenance: reader.provenance,
    evidence: reader.evidence,
    error: null,
    owner,
    parentExternalId: null,
    attributes,
    links: {},
    actions: canAbort(reader, status) ? ['cancel'] : [],
    rules: reader.rules,
  };
}

/** Jobs carry no start: one that has begun is taken to have begun when it was created. An unknown word does not say whether it has. */
function readStartedAt(
  reader: RecordReader,
  state: JobState,
  createdAt: Instant | null | undefined,
): Instant | null | undefined {
  if (state === 'unknown') {
    reader.rule('startedAt', null, 'an unknown status does not say whether the job has begun');
    return undefined;
  }
  if (NOT_BEGUN.includes(state)) {
    reader.rule('startedAt', null, 'not started');
    return null;
  }
  reader.timeFrom('startedAt', 'metadata.created', 'created, once the job has begun', inferred(createdAt));
  return createdAt;
}

function readFinishedAt(
  reader: RecordReader,
  state: JobState,
  updated: Instant | null | undefined,
): Instant | null | undefined {
  if (!isTerminal(state)) {
    reader.rule('finishedAt', null, 'not finished');
    return null;
  }
  reader.timeFrom('finishedAt', 'metadata.updated', 'updated, once the job is finished', inferred(updated));
  return updated;
}

function inferred(instant: Instant | null | undefined): 'inferred' | undefined {
  return typeof instant === 'number' ? 'inferred' : undefined;
}

/** Whether a client id can stand in the address of an action: as in the documents, with nothing that could change the address. */
export function isUsableClientJobId(clientJobId: string): boolean {
  return /^[\w-]{1,200}$/.test(clientJobId);
}

/** Only incomplete jobs can be aborted, and only by their client id. */
function canAbort(
  reader: RecordReader,
  { state, statusMapped }: Pick<JobFacts, 'state' | 'statusMapped'>,
): boolean {
  reader.rule(
    'actions',
    ['metadata.status', ATTRIBUTE_PATHS.clientJobId],
    'an unfinished job with a client id can be aborted',
  );
  const clientJobId = reader.text(ATTRIBUTE_PATHS.clientJobId) ?? '';
  return statusMapped && !isTerminal(state) && isUsableClientJobId(clientJobId);
}

function readAttributes(
  reader: RecordReader,
  { shape }: NormalizeContext,
  modified: Instant | null | undefined,
): JsonObject {
  reader.rule('attributes', ATTRIBUTE_PATHS, 'as given; times as ISO 8601, completed steps counted');
  return attributesOf(shape, {
    clientJobId: reader.text(ATTRIBUTE_PATHS.clientJobId),
    workflowId: reader.text(ATTRIBUTE_PATHS.workflowId),
    workflowVersionId: reader.text(ATTRIBUTE_PATHS.workflowVersionId),
    userId: reader.text(ATTRIBUTE_PATHS.userId),
    team: reader.text(ATTRIBUTE_PATHS.team),
    abandonReason: reader.text(ATTRIBUTE_PATHS.abandonReason),
    excluded: jsonAttribute(reader.raw(ATTRIBUTE_PATHS.excluded)),
    packetIds: jsonAttribute(reader.raw(ATTRIBUTE_PATHS.packetIds)),
    modifiedAt: timeAttribute(modified),
    scheduledJobId: reader.text(ATTRIBUTE_PATHS.scheduledJobId),
    scheduledTaskId: reader.text(ATTRIBUTE_PATHS.scheduledTaskId),
    metadata: jsonAttribute(reader.raw(ATTRIBUTE_PATHS.metadata)),
    currentStep: readCurrentStep(reader),
    completedStepCount: countAttribute(reader.raw(ATTRIBUTE_PATHS.completedStepCount)),
  });
}

function readCurrentStep(reader: RecordReader): JsonObject | null | undefined {
  const step = reader.raw(ATTRIBUTE_PATHS.currentStep);
  if (step === undefined) return undefined;
  const single = reader.raw(STEP);
  if (typeof single !== 'object' || single === null) return null;
  return {
    number: taskNumber(reader.raw(`${STEP}.stepNumber`)),
    title: reader.text(`${STEP}.stepTitle`) ?? null,
    type: reader.text(`${STEP}.stepType`) ?? null,
    startedAt: readStepTime(reader, 'started'),
    updatedAt: readStepTime(reader, 'updated'),
  };
}

/** A step's time says nothing about which record of the job is newer, so it is read like a plan: not as evidence. */
function readStepTime(reader: RecordReader, field: string): string | null {
  return timeAttribute(reader.time(`${STEP}.${field}`, TIME, 'plan')) ?? null;
}
