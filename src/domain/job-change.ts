import { isDeepStrictEqual } from 'node:util';
import { supersedes } from './evidence.js';
import { Instant, Job, JobFacts, Json, JsonObject, Provenance, TimeField, TimeProvenance } from './job.js';
import { jobId } from './job-id.js';
import { isTerminal, JobState } from './job-state.js';

/** The fields whose difference is a change of the job. Everything else moves with time or with a quiet poll. */
export const CHANGE_FIELDS = [
  'type',
  'name',
  'state',
  'reason',
  'rawStatus',
  'progress',
  'createdAt',
  'scheduledFor',
  'startedAt',
  'finishedAt',
  'updatedAt',
  'provenance',
  'error',
  'owner',
  'parentId',
  'attributes',
  'links',
  'actions',
] as const satisfies readonly (keyof Job)[];
export type ChangeField = (typeof CHANGE_FIELDS)[number];

/** One upstream record as read in one poll. */
export interface Observation {
  facts: JobFacts;
  /** When the read began (database time). */
  readAt: Instant;
  /** Version of everything that turns a record into facts: status map, overrides, redaction, zone, normalizer. */
  mapping: string;
}

export interface FoldContext {
  source: string;
  platform: string;
  /** The platform's attribute keys: always present, null when not given. */
  attributeKeys: readonly string[];
  /** Dotted attribute paths of which a change alone is no change of the job. */
  volatileAttributes: readonly string[];
  /** The instant of the change being recorded (database time). */
  now: Instant;
}

/** A change of a job's state. `from` is null for the discovery. */
export interface Transition {
  from: JobState | null;
  to: JobState;
  occurredAt: Instant;
  /** Null when the platform plainly reports `occurredAt`. */
  provenance: TimeProvenance | null;
}

export type Fold =
  /** The record is older than what is stored: nothing changes. */
  | { kind: 'older' }
  /** The record is the newest, but no field that counts as a change differs. */
  | { kind: 'unchanged'; job: Job }
  /** `changed` names the fields; a discovery names none, since all of them are new. */
  | { kind: 'changed'; job: Job; changed: ChangeField[]; transition: Transition | null };

/** Folds one observation into the stored job (null when there is none yet). Pure. */
export function foldJob(stored: Job | null, observation: Observation, context: FoldContext): Fold {
  const { facts, readAt, mapping } = observation;
  if (stored !== null) {
    // The same record under new rules is no older evidence: a changed mapping reaches quiet jobs, out of a terminal state too.
    const state = stored.mapping === mapping ? facts.state : stored.state;
    if (!supersedes({ state, evidence: facts.evidence, readAt }, stored)) return { kind: 'older' };
  }

  const next = mergeFacts(stored, observation, context);
  if (stored === null) {
    const transition = transitionInto(null, next, readAt);
    return {
      kind: 'changed',
      job: { ...next, stateChangedAt: transition.occurredAt },
      changed: [],
      transition,
    };
  }
  return changeOf(stored, next, readAt, context);
}

/** What of a job differs from what is stored, as the change that it is. Pure. @param readAt of the record that decided */
export function changeOf(
  stored: Job,
  next: Job,
  readAt: Instant,
  context: FoldContext,
): Exclude<Fold, { kind: 'older' }> {
  const changed = CHANGE_FIELDS.filter(
    (field) => !sameField(field, stored, next, context.volatileAttributes),
  );
  if (changed.length === 0) return { kind: 'unchanged', job: next };
  const transition = stored.state === next.state ? null : transitionInto(stored.state, next, readAt);
  return {
    kind: 'changed',
    changed,
    transition,
    job: {
      ...next,
      version: stored.version + 1,
      changedAt: Math.max(stored.changedAt, context.now),
      stateChangedAt: transition?.occurredAt ?? stored.stateChangedAt,
    },
  };
}

/** The job as it would be if this record were all that is known of it. Pure. */
export function jobOf(observation: Observation, context: Omit<FoldContext, 'now'>): Job {
  const fold = foldJob(null, observation, { ...context, now: observation.readAt });
  if (fold.kind !== 'changed') throw new Error('a job without a past cannot be older than itself');
  return fold.job;
}

/** The stored job with what a record says laid over it, whichever of the two is newer. Pure. */
export function mergeFacts(
  stored: Job | null,
  { facts, readAt, mapping }: Observation,
  context: FoldContext,
): Job {
  const evidence = { ...stored?.evidence, ...facts.evidence };
  const type = facts.type === undefined ? (stored?.type ?? null) : facts.type;
  const times = mergeTimes(stored, facts, evidence);
  return {
    id: stored?.id ?? jobId(context.source, facts.externalId),
    source: context.source,
    platform: context.platform,
    externalId: facts.externalId,
    type,
    name: mergeName(stored, facts, type),
    state: facts.state,
    statusMapped: facts.statusMapped,
    reason: facts.reason,
    rawStatus: facts.rawStatus,
    progress: facts.progress === undefined ? (stored?.progress ?? null) : facts.progress,
    ...times,
    error: mergeError(stored, facts),
    owner: facts.owner === undefined ? (stored?.owner ?? null) : facts.owner,
    parentId: mergeParent(stored, facts, context.source),
    attributes: mergeAttributes(stored, facts, context.attributeKeys),
    links: facts.links ?? stored?.links ?? {},
    actions: facts.actions,
    firstSeenAt: stored?.firstSeenAt ?? context.now,
    stateChangedAt: stored?.stateChangedAt ?? context.now,
    changedAt: stored?.changedAt ?? context.now,
    version: stored?.version ?? 1,
    evidence,
    readAt: Math.max(stored?.readAt ?? readAt, readAt),
    mapping,
    vanishedAt: stored?.vanishedAt ?? null,
  };
}

type Times = Pick<Job, TimeField | 'provenance'>;

function mergeTimes(stored: Job | null, facts: JobFacts, evidence: Job['evidence']): Times {
  const provenance: Provenance = {};
  const keepIfSilent = (field: TimeField): Instant | null => {
    const said = facts[field as Exclude<TimeField, 'updatedAt'>];
    const kept = said === undefined || isWeaker(field, stored, facts);
    const how = kept ? stored?.provenance[field] : facts.provenance[field];
    if (how !== undefined && how !== 'unknown') provenance[field] = how;
    return (kept ? stored?.[field] : said) ?? null;
  };
  const times = {
    createdAt: keepIfSilent('createdAt'),
    scheduledFor: keepIfSilent('scheduledFor'),
    startedAt: keepIfSilent('startedAt'),
    finishedAt: isTerminal(facts.state) ? keepIfSilent('finishedAt') : null,
    updatedAt: facts.provenance.updatedAt === 'redacted' ? null : latest(evidence),
  };
  if (facts.provenance.updatedAt === 'redacted') provenance.updatedAt = 'redacted';
  for (const field of ['createdAt', 'startedAt', 'finishedAt'] as const) {
    if (times[field] === null && provenance[field] !== 'redacted' && hasPassed(field, facts))
      provenance[field] = 'unknown';
  }
  return { ...times, provenance };
}

/** An inferred or observed time never replaces one that the platform plainly reported for the same state; the first observation stays. */
function isWeaker(field: TimeField, stored: Job | null, facts: JobFacts): boolean {
  const how = facts.provenance[field];
  if (stored === null || stored[field] === null || stored.state !== facts.state) return false;
  if (how === 'observed') return true;
  return how === 'inferred' && stored.provenance[field] === undefined;
}

/** Whether the state says that the moment has come, so that a null is `unknown` and not "not yet". */
function hasPassed(field: 'createdAt' | 'startedAt' | 'finishedAt', { state, reason }: JobFacts): boolean {
  if (field === 'createdAt') return true;
  if (field === 'finishedAt') return state === 'succeeded' || state === 'failed' || state === 'cancelled';
  return (
    state === 'running' ||
    state === 'paused' ||
    state === 'succeeded' ||
    (state === 'failed' && reason !== 'failed_to_run')
  );
}

function latest(evidence: Job['evidence']): Instant | null {
  const instants = Object.values(evidence);
  return instants.length === 0 ? null : Math.max(...instants);
}

function mergeName(stored: Job | null, facts: JobFacts, type: string | null): string | null {
  if (facts.name !== undefined) return facts.name ?? type;
  return facts.type === undefined ? (stored?.name ?? type) : type;
}

/** An error text belongs to the run that ended; a job that goes on or ends well keeps none that its record does not repeat. */
function mergeError(stored: Job | null, facts: JobFacts): Job['error'] {
  if (facts.error !== undefined) return facts.error;
  return stored !== null && stored.state === facts.state ? stored.error : null;
}

function mergeParent(stored: Job | null, facts: JobFacts, source: string): string | null {
  if (facts.parentExternalId === undefined) return stored?.parentId ?? null;
  return facts.parentExternalId === null ? null : jobId(source, facts.parentExternalId);
}

function mergeAttributes(stored: Job | null, facts: JobFacts, keys: readonly string[]): JsonObject {
  const value = (key: string): Json => {
    const said = facts.attributes[key];
    return said === undefined ? (stored?.attributes[key] ?? null) : said;
  };
  return Object.fromEntries(keys.map((key) => [key, value(key)]));
}

function transitionInto(from: JobState | null, job: Job, readAt: Instant): Transition {
  const to = job.state;
  const plain = (field: 'finishedAt' | 'startedAt'): Transition | null => {
    const occurredAt = job[field];
    return occurredAt === null ? null : { from, to, occurredAt, provenance: job.provenance[field] ?? null };
  };
  const own = isTerminal(to) ? plain('finishedAt') : to === 'running' ? plain('startedAt') : null;
  if (own !== null) return own;
  if (job.updatedAt !== null) return { from, to, occurredAt: job.updatedAt, provenance: 'inferred' };
  return { from, to, occurredAt: readAt, provenance: 'observed' };
}

function sameField(field: ChangeField, a: Job, b: Job, volatileAttributes: readonly string[]): boolean {
  if (field !== 'attributes' || volatileAttributes.length === 0) return isDeepStrictEqual(a[field], b[field]);
  return isDeepStrictEqual(
    without(a.attributes, volatileAttributes),
    without(b.attributes, volatileAttributes),
  );
}

function without(attributes: JsonObject, paths: readonly string[]): Json {
  const copy = structuredClone(attributes);
  for (const path of paths) {
    const steps = path.split('.');
    const last = steps.pop()!;
    let target: Json | undefined = copy;
    for (const step of steps) target = isObject(target) ? target[step] : undefined;
    if (isObject(target)) delete target[last];
  }
  return copy;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
