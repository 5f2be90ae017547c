import { foldContextOf } from '../connectors/record-rules.js';
import { valueAt } from '../connectors/shared/record-reader.js';
import { RecordError } from '../domain/errors.js';
import { FieldRule, Instant, Job, JobFacts, Json, RecordPath, RecordShape } from '../domain/job.js';
import { jobOf } from '../domain/job-change.js';
import { StoredRecord } from '../storage/explanation.query.js';
import { SourceRules } from './source-rules.js';

/** A stored record, read again by the present rules. */
export interface ReplayedRecord {
  shape: RecordShape;
  /** When its read began (database time). */
  readAt: Instant;
  /** Whether it was stored under these very rules. */
  sameRules: boolean;
  facts: JobFacts;
  /** The job as it would be if this record were all that is known of it. */
  job: Job;
  /** Redacted. */
  record: unknown;
}

/** The present rules refuse the record. */
export interface UnreadableRecord {
  shape: RecordShape;
  reasons: readonly string[];
}

/** Reads a stored record once more. Redaction comes first here too: a path may have been added since it was stored. */
export function replay(stored: StoredRecord, known: SourceRules): ReplayedRecord | UnreadableRecord {
  const { shape, readAt } = stored;
  const { rules, connector, source } = known;
  try {
    const record = rules.redact(JSON.parse(stored.record));
    const facts = connector.normalize(record, { ...rules.context, shape, observedAt: readAt });
    const job = jobOf({ facts, readAt, mapping: rules.mapping }, foldContextOf(source, connector));
    return { shape, readAt, sameRules: stored.mapping === rules.mapping, facts, job, record };
  } catch (error) {
    if (error instanceof RecordError) return { shape, reasons: error.reasons };
    throw error;
  }
}

export function isReadable(replayed: ReplayedRecord | UnreadableRecord): replayed is ReplayedRecord {
  return 'facts' in replayed;
}

/** What stands in a record at the places of a rule, in the same form as the places; null where nothing does. */
export function rawAt(record: unknown, from: FieldRule['from']): Json {
  if (from === null || typeof from === 'string' || isList(from)) return rawAtPath(record, from);
  return Object.fromEntries(Object.entries(from).map(([part, path]) => [part, rawAtPath(record, path)]));
}

function rawAtPath(record: unknown, path: RecordPath): Json {
  if (path === null) return null;
  if (typeof path === 'string') return (valueAt(record, path) ?? null) as Json;
  return path.map((one) => rawAtPath(record, one));
}

/** Array.isArray does not tell a readonly list from the rest of a union. */
export function isList(from: unknown): from is readonly string[] {
  return Array.isArray(from);
}
