import { statusRule } from '../connectors/shared/record-reader.js';
import { Freshness } from '../domain/job-json.js';
import { FieldRule, Job, Json, RecordShape, TimeField, TIME_FIELDS, TimeProvenance } from '../domain/job.js';
import { isTerminal } from '../domain/job-state.js';
import { StatusMap } from '../domain/status-map.js';
import { Cause, ExplainableJob, JobHistory, PollReference } from '../storage/explanation.query.js';
import { FieldOrigin, NOTHING_STORED, originOf, RULED_BY, RuledJobField } from './field-rule.js';
import { isReadable, replay, ReplayedRecord } from './replay.js';
import { SourceRules } from './source-rules.js';

/** Why one field of a job is what it is. */
export interface FieldExplanation {
  /** What the record says at `path`, in the same form; null where it says nothing, or is no longer stored. */
  raw: Json;
  /** Where in the upstream record; a map for the fields that have parts. Null where no part of a record decides. */
  path: FieldRule['from'];
  /** The record that `path` is in; null for none, and where the parts come from both. */
  shape: RecordShape | null;
  /** How the value follows; null when nothing that is stored can tell. */
  rule: string | null;
  /** Null where the platform reports it plainly, or it is Rollcall's own. */
  provenance: TimeProvenance | null;
  /** The poll that set the value: of the event in which it last changed. Null where `note` says why, or no poll sets it. */
  poll: PollReference | null;
  /** What else there is to know of it. */
  note: string | null;
}

export interface JobExplanation {
  /** The stored record of each shape. */
  records: { shape: RecordShape; readAt: number; poll: PollReference | null; sameRules: boolean | null }[];
  /** By the job's fields. */
  fields: ReadonlyMap<string, FieldExplanation>;
  /** What limits this explanation as a whole. */
  notes: string[];
}

/** @param known null when this process does not know the source's rules */
export function explainJob(stored: ExplainableJob, known: SourceRules | null): JobExplanation {
  const { job, records, history, polls } = stored;
  const attempts = known === null ? [] : records.map((record) => replay(record, known));
  const readable = attempts.filter(isReadable).sort((a, b) => b.readAt - a.readAt);
  const notes = limits(stored, known);
  for (const attempt of attempts)
    if (!isReadable(attempt))
      notes.push(
        `The ${attempt.shape} record is refused by the present rules: ${attempt.reasons.join('; ')}.`,
      );
    else if (!attempt.sameRules)
      notes.push(
        `The ${attempt.shape} record was stored under other rules; it is explained by the present ones.`,
      );

  const ruled = (field: RuledJobField): FieldExplanation => {
    const origin = originWithStatus(field, job, readable, known?.rules.context.statusMap ?? null);
    const { notes: found, ...why } = explainOrigin(field, job, origin);
    const set = pollOf(causeOf(field, job, history), polls);
    return { ...why, poll: set.poll, note: joined([...found, ...set.notes]) };
  };
  const fields = new Map<string, FieldExplanation>();
  for (const field of Object.keys(RULED_BY) as RuledJobField[]) fields.set(field, ruled(field));
  for (const [field, own] of Object.entries(ownFields(stored))) fields.set(field, explainOwn(own, polls));
  return {
    records: records.map(({ shape, readAt, pollId }) => ({
      shape,
      readAt,
      poll: pollId === null ? null : (polls.get(pollId) ?? null),
      sameRules: readable.find((record) => record.shape === shape)?.sameRules ?? null,
    })),
    fields,
    notes,
  };
}

/** What records say of a field, whichever poll brought them. */
export function explainOrigin(
  field: RuledJobField,
  job: Job,
  origin: FieldOrigin,
): Omit<FieldExplanation, 'poll' | 'note'> & { notes: string[] } {
  const { path, raw, shape, rule } = origin;
  return {
    raw,
    path,
    shape,
    rule: field === 'parentId' && raw !== null ? `${rule}; shown as its Rollcall id` : rule,
    provenance: provenanceOf(field, job, origin),
    notes: [...origin.notes, ...provenanceNotes(field, job)],
  };
}

function limits(
  { job, sourceRetired, records, removed }: ExplainableJob,
  known: SourceRules | null,
): string[] {
  if (known === null) {
    const why = sourceRetired ? 'is retired' : 'is not configured in this process';
    return [
      `The source ${job.source} ${why}: its rules are not known here, and so neither raw values nor rules.`,
    ];
  }
  if (records.length > 0)
    return removed.map(
      (shape) =>
        `The ${shape} record is no longer stored (retention.payloads): raw values that only it had are not known.`,
    );
  return [
    'The upstream record is no longer stored (retention.payloads): raw values and most rules are not known.',
  ];
}

/** The word outlives its record, and so does what the status map makes of it. */
function originWithStatus(
  field: RuledJobField,
  job: Job,
  records: readonly ReplayedRecord[],
  statusMap: StatusMap | null,
): FieldOrigin {
  if (records.length > 0) return originOf(field, job, records);
  if (statusMap === null || (field !== 'state' && field !== 'reason')) return NOTHING_STORED;
  const meaning = statusMap.lookup(job.rawStatus) ?? { state: 'unknown', reason: null };
  if (meaning.state !== job.state || meaning.reason !== job.reason) return NOTHING_STORED;
  return { ...NOTHING_STORED, rule: statusRule(statusMap, job.rawStatus, meaning[field] ?? 'none') };
}

function isTime(field: string): field is TimeField {
  return (TIME_FIELDS as readonly string[]).includes(field);
}

function provenanceOf(field: RuledJobField, job: Job, { redacted }: FieldOrigin): TimeProvenance | null {
  if (isTime(field)) return job.provenance[field] ?? null;
  return redacted && job[field] === null ? 'redacted' : null;
}

function provenanceNotes(field: RuledJobField, job: Job): string[] {
  if (!isTime(field) || job.provenance[field] !== 'unknown') return [];
  return ['the moment has passed, and the platform does not say when it was'];
}

/** What set the value that a field has now. `unknown`: it was set before the oldest event that is kept. */
type KnownCause = Cause | 'unknown';

function causeOf(field: string, job: Job, history: JobHistory): KnownCause {
  if (field === 'state') return history.transition ?? 'unknown';
  const changed = history.changed.get(field);
  if (changed !== undefined) return changed;
  // All events behind the discovery are kept and none names the field: it is what it was at the discovery.
  const complete = job.version === 1 || (history.oldestSequence !== null && history.oldestSequence <= 2);
  return complete ? (history.discovery ?? 'unknown') : 'unknown';
}

function pollOf(
  cause: KnownCause,
  polls: ExplainableJob['polls'],
): { poll: PollReference | null; notes: string[] } {
  if (cause === 'unknown') return { poll: null, notes: ['set before the oldest event that is kept'] };
  if (cause.pollId === null)
    return { poll: null, notes: ['set by a refresh, an action or a replay, not by a poll'] };
  const poll = polls.get(cause.pollId) ?? null;
  return { poll, notes: poll === null ? [`set by poll ${cause.pollId}, which is no longer kept`] : [] };
}

/** A field that Rollcall itself decides. */
interface OwnField {
  rule: string;
  /** Null where no poll sets it. */
  cause: KnownCause | null;
  provenance?: TimeProvenance | null;
}

function ownFields({ row, job, history }: ExplainableJob): Record<string, OwnField> {
  const discovery = history.discovery ?? 'unknown';
  const transition = history.transition ?? 'unknown';
  const last = history.last ?? (job.version === 1 ? discovery : 'unknown');
  const terminal = isTerminal(job.state);
  return {
    id: { rule: `UUIDv5 of the name <source>/<externalId>`, cause: discovery },
    source: { rule: "the source's key in the configuration", cause: discovery },
    platform: { rule: "the source's platform in the configuration", cause: discovery },
    terminal: {
      rule: `${job.state} is ${terminal ? 'a final state' : 'not a final state'}`,
      cause: transition,
    },
    durationMs: {
      rule: durationRule(job),
      cause: job.startedAt === null ? null : causeOf(terminal ? 'finishedAt' : 'startedAt', job, history),
    },
    provenance: {
      rule: 'names every time that the platform does not plainly report',
      cause: causeOf('provenance', job, history),
    },
    labels: { rule: "the source's labels, joined when read", cause: null },
    freshness: freshnessField(row.value('freshness') as Freshness, terminal, history),
    firstSeenAt: { rule: 'when Rollcall first stored the job, by the database', cause: discovery },
    lastSeenAt: { rule: 'its last write, or the last complete round that covers it', cause: null },
    stateChangedAt: {
      rule: `${transitionTime(job)}: when the last change of state happened`,
      cause: transition,
      provenance: history.transition?.provenance ?? null,
    },
    changedAt: { rule: 'when Rollcall recorded the last change, by the database', cause: last },
    version: { rule: 'counts changes from 1', cause: last },
  };
}

function durationRule(job: Job): string {
  if (job.startedAt === null) return 'null without a start';
  if (!isTerminal(job.state)) return 'now − startedAt';
  return job.finishedAt === null ? 'null without an end' : 'finishedAt − startedAt, never negative';
}

function freshnessField(freshness: Freshness, terminal: boolean, history: JobHistory): OwnField {
  if (freshness === 'vanished')
    return {
      rule: 'a complete sweep no longer lists it, and where the platform has one its own page says so',
      cause: history.vanished ?? 'unknown',
    };
  if (terminal) return { rule: 'a finished job stays as it is', cause: null };
  const rule =
    freshness === 'stale'
      ? "not read again within the source's staleAfter"
      : "read again within the source's staleAfter";
  return { rule, cause: null };
}

/** As a transition chooses its `occurredAt`. */
function transitionTime(job: Job): string {
  if (isTerminal(job.state) && job.stateChangedAt === job.finishedAt) return 'finishedAt';
  if (job.state === 'running' && job.stateChangedAt === job.startedAt) return 'startedAt';
  return 'the latest upstream time then, else when it was observed';
}

function explainOwn(
  { rule, cause, provenance = null }: OwnField,
  polls: ExplainableJob['polls'],
): FieldExplanation {
  const { poll, notes } = cause === null ? { poll: null, notes: [] } : pollOf(cause, polls);
  return { raw: null, path: null, shape: null, rule, provenance, poll, note: joined(notes) };
}

function joined(notes: readonly string[]): string | null {
  return notes.length === 0 ? null : notes.join('; ');
}
