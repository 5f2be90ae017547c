import { foldContextOf } from '../connectors/record-rules.js';
import { boundedTasks } from '../connectors/shared/tasks.js';
import { Job, Json, RecordShape, TIME_FIELDS } from '../domain/job.js';
import { ChangeField } from '../domain/job-change.js';
import { Refold, refoldJob } from '../domain/job-replay.js';
import { formatInstant } from '../domain/timestamps.js';
import { RULED_BY } from '../explain/field-rule.js';
import { isReadable, reread, RereadRecord, UnreadableRecord } from '../explain/replay.js';
import { SourceRules } from '../explain/source-rules.js';
import { StoredRecord } from '../storage/explanation.query.js';
import { ReplayedJob, ReplayedPayload } from '../storage/job.replay.js';

/** One field of a job that the present rules give another value. */
export interface FieldChange {
  field: ChangeField;
  /** As the API shows it. */
  from: Json;
  to: Json;
  /** Null where it follows from other fields. */
  rule: string | null;
}

/** What the present rules make of a job that has records of other rules. */
export type Replayed = ReplayedJob & {
  /** `outlived`: the record that decided is not stored any more. `refused`: the present rules cannot read what is stored. */
  outcome: 'changed' | 'unchanged' | 'outlived' | 'refused';
  changes: FieldChange[];
  /** Why records are refused. */
  reasons: string[];
};

/** Reads the stored records of a job again. Pure. @param now of the change (database time) */
export function replayJob(
  job: Job,
  records: readonly StoredRecord[],
  known: SourceRules,
  now: number,
): Replayed {
  const { source, connector, rules } = known;
  const reads = records.map((record) => readOwn(record, job, known));
  const readable = reads.filter(isReadable);
  const reasons = reads.flatMap((read) => (isReadable(read) ? [] : read.reasons));
  const isStale = readable.some(({ sameRules }) => !sameRules);
  const refold: Refold = isStale
    ? refoldJob(job, readable, rules.mapping, { ...foldContextOf(source, connector), now })
    : { kind: 'outlived' };
  const decided = refold.kind === 'outlived' ? null : refold;
  const payloads = reads.flatMap((read, index): ReplayedPayload[] => {
    const record = JSON.stringify(read.record) ?? 'null';
    if (decided !== null && isReadable(read))
      return read.sameRules ? [] : [{ shape: read.shape, record, hash: rules.hash(record) }];
    // What is redacted by now leaves every record, read or not.
    return record === records[index]!.record ? [] : [{ shape: read.shape, record, hash: null }];
  });
  if (decided === null) {
    // A poll may have read it again since somebody looked.
    const isCurrent = readable.length > 0 && !isStale;
    const outcome = reasons.length > 0 ? 'refused' : isCurrent ? 'unchanged' : 'outlived';
    return {
      ...{ outcome, changes: [], reasons, payloads },
      ...{ job: null, changed: [], transition: null, readAt: job.readAt, tasks: undefined },
    };
  }
  const isChanged = decided.kind === 'changed';
  return {
    outcome: isChanged ? 'changed' : 'unchanged',
    changes: isChanged ? decided.changed.map((field) => changeOf(field, job, decided)) : [],
    reasons,
    payloads,
    job: decided.job,
    changed: isChanged ? decided.changed : [],
    transition: isChanged ? decided.transition : null,
    readAt: decided.decidedAt,
    tasks: tasksOf(readable, decided.decider, known),
  };
}

/** A record that by the present rules is another job's is no record of this one. */
function readOwn(record: StoredRecord, job: Job, known: SourceRules): RereadRecord | UnreadableRecord {
  const read = reread(record, known);
  if (!isReadable(read) || read.facts.externalId === job.externalId) return read;
  return { shape: read.shape, record: read.record, reasons: ['by the present rules its id is another one'] };
}

/** Of the record that decided, else of the other one; undefined where neither carries them. */
function tasksOf(
  readable: readonly RereadRecord[],
  decider: RecordShape,
  { connector, rules }: SourceRules,
): ReplayedJob['tasks'] {
  const byRank = [...readable].sort((a) => (a.shape === decider ? -1 : 1));
  for (const { record, shape, readAt } of byRank) {
    const tasks = connector.tasks?.(record, { ...rules.context, shape, observedAt: readAt });
    if (tasks !== undefined) return boundedTasks(tasks);
  }
  return undefined;
}

function changeOf(
  field: ChangeField,
  before: Job,
  { job, facts }: Extract<Refold, { kind: 'changed' }>,
): FieldChange {
  const rule = field === 'provenance' ? null : (facts.rules[RULED_BY[field]]?.rule ?? null);
  return { field, from: shown(before, field), to: shown(job, field), rule };
}

function shown(job: Job, field: ChangeField): Json {
  const value = job[field];
  const isTime = (TIME_FIELDS as readonly string[]).includes(field);
  return isTime && value !== null ? formatInstant(value as number) : (value as Json);
}
