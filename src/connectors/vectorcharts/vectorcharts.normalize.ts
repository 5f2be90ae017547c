import { z } from 'zod';
import { Instant, JobError, JobFacts, Json } from '../../domain/job.js';
import { isTerminal, JobState } from '../../domain/job-state.js';
import { StatusMap } from '../../domain/status-map.js';
import { TimeFormat } from '../../domain/timestamps.js';
import { NormalizeContext } from '../connector.js';
import { attributesOf, jsonAttribute } from '../shared/attributes.js';
import { asText, identifyBy, RecordReader, REDACTED, valueAt } from '../shared/record-reader.js';
import { taskTime } from '../shared/tasks.js';
import { CoreJob, OemJob } from './vectorcharts.records.js';

export const options = z.strictObject({
  /** `core`: the cloud and enterprise API; `oem`: the portal of a self-hosted installation. */
  variant: z.enum(['core', 'oem']).default('core'),
});
export type Options = z.infer<typeof options>;

/** The union of both variants, since each may gain the other's words (documents of both, 2026-08-21). */
export const STATUS_MAP = new StatusMap('vectorcharts-1', {
  pending: { state: 'queued', reason: null },
  processing: { state: 'running', reason: null },
  running: { state: 'running', reason: null },
  completed: { state: 'succeeded', reason: null },
  failed: { state: 'failed', reason: null },
  cancelled: { state: 'cancelled', reason: null },
});

const ATTRIBUTE_KEYS: Record<Options['variant'], readonly string[]> = {
  core: ['parameters'],
  oem: ['parameters', 'accountId', 'priority', 'result'],
};

export function attributeKeys({ variant }: Options): readonly string[] {
  return ATTRIBUTE_KEYS[variant];
}

/** Lists give integers, the answer of a refresh gives ISO text; each variant may send either. */
const TIME: TimeFormat = { epoch: 'ms' };

/** Of a failed job's own words, characters. */
const MAX_MESSAGE_LENGTH = 2_000;

export function identify(record: unknown): string {
  return identifyBy('id', record);
}

export function normalize(record: unknown, context: NormalizeContext<Options>): JobFacts {
  const reader = new RecordReader(record, context);
  const externalId = identify(record);
  reader.rule('externalId', 'id', 'as text');
  const paths = fieldPaths(record, context.options.variant);
  const status = reader.status(paths.state);
  const createdAt = reader.time(paths.createdAt, TIME);
  const updatedAt = reader.time(paths.updatedAt, TIME);
  reader.timeFrom('createdAt', paths.createdAt, 'as given');
  if (reader.explains)
    reader.rule('updatedAt', [paths.createdAt, paths.updatedAt], 'the latest time of the job');
  const type = reader.field('type', paths.type);
  reader.nameIsType();
  const progress = reader.progress(paths.progress, 'percent');
  const steps = readSteps(reader);
  const startedAt = readStartedAt(reader, status.state, steps);
  const finishedAt = readFinishedAt(reader, status.state, steps, paths.updatedAt, updatedAt);
  const owner = readGiven(reader, 'owner', 'accountId', 'as given; null for a job of the system');
  const error = readError(reader, status.state);
  const attributes = readAttributes(reader, context);
  // Neither variant documents a link, or a call that acts on one job.
  reader.none('scheduledFor', 'links', 'actions');
  reader.assertReadable();
  return {
    externalId,
    state: status.state,
    statusMapped: status.statusMapped,
    reason: status.reason,
    rawStatus: status.rawStatus,
    type,
    name: undefined,
    progress,
    createdAt,
    scheduledFor: undefined,
    startedAt,
    finishedAt,
    provenance: reader.provenance,
    evidence: reader.evidence,
    error,
    owner,
    parentExternalId: readGiven(reader, 'parentExternalId', 'parentJobId', 'as given'),
    attributes,
    links: {},
    actions: [],
    rules: reader.rules,
  };
}

/** Each is named as its attribute. */
function readAttributes(
  reader: RecordReader,
  { options, shape }: NormalizeContext<Options>,
): JobFacts['attributes'] {
  const keys = ATTRIBUTE_KEYS[options.variant];
  if (reader.explains)
    reader.rule('attributes', Object.fromEntries(keys.map((key) => [key, key])), 'as given');
  const given: Record<string, Json | undefined> = {};
  for (const key of keys) given[key] = jsonAttribute(reader.raw(key));
  return attributesOf(shape, given);
}

/** Text that only the OEM portal gives. */
function readGiven(
  reader: RecordReader,
  name: 'owner' | 'parentExternalId',
  path: keyof OemJob,
  rule: string,
): string | null | undefined {
  if (reader.raw(path) !== undefined) return reader.field(name, path, rule);
  reader.none(name);
  return undefined;
}

type CanonicalField = 'type' | 'state' | 'progress' | 'createdAt' | 'updatedAt';

const CORE_PATHS = {
  type: 'job_type',
  state: 'job_state',
  progress: 'percent_complete',
  createdAt: 'created_at',
  updatedAt: 'updated_at',
} as const satisfies Record<CanonicalField, keyof CoreJob>;

const OEM_PATHS = {
  type: 'jobType',
  state: 'jobState',
  progress: 'percentComplete',
  createdAt: 'createdAt',
  updatedAt: 'updatedAt',
} as const satisfies Record<CanonicalField, keyof OemJob>;

export const IDENTITY_PATHS: readonly string[] = [
  'id',
  CORE_PATHS.type,
  OEM_PATHS.type,
  CORE_PATHS.state,
  OEM_PATHS.state,
];

const SPELLINGS = {
  core: { own: CORE_PATHS, other: OEM_PATHS },
  oem: { own: OEM_PATHS, other: CORE_PATHS },
} as const;

/** The spelling that a record uses for a field, so that a mixed record is read too: the variant's own where both are there. */
export function pathOf(record: unknown, field: CanonicalField, variant: Options['variant']): string {
  const { own, other } = SPELLINGS[variant];
  const isOther = valueAt(record, own[field]) === undefined && valueAt(record, other[field]) !== undefined;
  return isOther ? other[field] : own[field];
}

function fieldPaths(record: unknown, variant: Options['variant']): Record<CanonicalField, string> {
  return {
    type: pathOf(record, 'type', variant),
    state: pathOf(record, 'state', variant),
    progress: pathOf(record, 'progress', variant),
    createdAt: pathOf(record, 'createdAt', variant),
    updatedAt: pathOf(record, 'updatedAt', variant),
  };
}

interface Step {
  startedAt: Instant | null;
  completedAt: Instant | null;
}

/** Undefined where the record has no steps, as in Core. */
function readSteps(reader: RecordReader): Step[] | undefined {
  const steps = reader.raw('steps');
  if (!Array.isArray(steps)) return undefined;
  return steps.map((step) => ({
    startedAt: stepTime(step, 'startedAt'),
    completedAt: stepTime(step, 'completedAt'),
  }));
}

/** The vendor does not promise the shape of a step, so an unreadable one costs its own time and not the job. */
function stepTime(step: unknown, name: keyof Step): Instant | null {
  return taskTime(valueAt(step, name), TIME);
}

function hidesStep(reader: RecordReader, name: keyof Step): boolean {
  const steps = reader.raw('steps');
  return Array.isArray(steps) && steps.some((step) => valueAt(step, name) === REDACTED);
}

function readStartedAt(
  reader: RecordReader,
  state: JobState,
  steps: Step[] | undefined,
): Instant | null | undefined {
  if (reader.isRedacted('steps') || (steps !== undefined && hidesStep(reader, 'startedAt'))) {
    reader.timeFrom('startedAt', 'steps', 'redacted', 'redacted');
    return null;
  }
  if (steps === undefined) {
    reader.none('startedAt');
    return undefined;
  }
  const starts = steps.flatMap(({ startedAt }) => startedAt ?? []);
  if (starts.length === 0) {
    reader.rule('startedAt', 'steps', 'no step says that it has started');
    // Steps that a job no longer shows are no reason to forget when it started.
    return state === 'queued' ? null : undefined;
  }
  reader.timeFrom('startedAt', 'steps', 'the earliest startedAt of a step', 'inferred');
  return Math.min(...starts);
}

/** The end of the steps, where all that started have ended; else the last update, which is all that Core gives. */
function readFinishedAt(
  reader: RecordReader,
  state: JobState,
  steps: Step[] | undefined,
  updatedPath: string,
  updatedAt: Instant | null | undefined,
): Instant | null | undefined {
  if (!isTerminal(state)) {
    reader.rule('finishedAt', null, 'not finished');
    return null;
  }
  const end = steps === undefined ? null : endOf(steps);
  if (end !== null) {
    reader.timeFrom('finishedAt', 'steps', 'the latest completedAt of a step', 'inferred');
    return end;
  }
  const provenance = typeof updatedAt === 'number' ? 'inferred' : undefined;
  reader.timeFrom('finishedAt', updatedPath, 'the last update of a finished job', provenance);
  return updatedAt;
}

/** Null unless all that started have ended. */
function endOf(steps: readonly Step[]): Instant | null {
  const started = steps.filter((step) => step.startedAt !== null || step.completedAt !== null);
  const ends = started.flatMap(({ completedAt }) => completedAt ?? []);
  return ends.length > 0 && ends.length === started.length ? Math.max(...ends) : null;
}

/** Core has no field for it. OEM has none that is documented either, so only what says plainly that it is an error is taken. */
function readError(reader: RecordReader, state: JobState): JobError | null {
  if (state !== 'failed') {
    reader.rule('error', null, 'none: the job has not failed');
    return null;
  }
  const candidates: [string, unknown][] = [
    ['result.error.message', reader.raw('result.error.message')],
    ['result.error', reader.raw('result.error')],
    ['steps', lastOf(reader.raw('steps'), (step) => valueAt(step, 'error'))],
    [
      'logs',
      lastOf(reader.raw('logs'), (log) =>
        valueAt(log, 'type') === 'error' ? valueAt(log, 'message') : null,
      ),
    ],
  ];
  for (const [path, value] of candidates) {
    const message = typeof value === 'string' ? asText(value.trim()) : null;
    if (message) {
      reader.rule('error', path, 'the last text that is called an error');
      return { message: message.slice(0, MAX_MESSAGE_LENGTH).toWellFormed(), code: null, details: null };
    }
  }
  reader.rule('error', null, 'the platform gives no text');
  return null;
}

/** The last text that `pick` finds in a list. */
function lastOf(list: unknown, pick: (item: unknown) => unknown): unknown {
  if (!Array.isArray(list)) return null;
  const isText = (text: unknown) => typeof text === 'string' && text.trim() !== '' && text !== REDACTED;
  return list.map(pick).findLast(isText) ?? null;
}
