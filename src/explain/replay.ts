import { foldContextOf } from '../connectors/record-rules.js';
import { valueAt } from '../connectors/shared/record-reader.js';
import { RecordError } from '../domain/errors.js';
import { FieldRule, Instant, Job, JobFacts, Json, RecordPath, RecordShape } from '../domain/job.js';
import { jobOf } from '../domain/job-change.js';
import { StoredRecord } from '../storage/explanation.query.js';
import { SourceRules } from './source-rules.js';

/** A stored record, read again by the present rules. */
export interface RereadRecord {
  shape: RecordShape;
  /** When its read began (database time). */
  readAt: Instant;
  /** Whether it was stored under these very rules. */
  sameRules: boolean;
  facts: JobFacts;
  /** Redacted. */
  record: unknown;
}

/** The present rules refuse the record. */
export interface UnreadableRecord {
  shape: RecordShape;
  reasons: readonly string[];
  /** Redacted. */
  record: unknown;
}

export interface ReplayedRecord extends RereadRecord {
  /** The job as it would be if this record were all that is known of it. */
  job: Job;
}

/** Reads a stored record once more. Redaction comes first here too: a path may have been added since it was stored. */
export function reread(
  { shape, readAt, record: text, mapping }: StoredRecord,
  { rules, connector }: SourceRules,
): RereadRecord | UnreadableRecord {
  const record = rules.redact(JSON.parse(text));
  try {
    const facts = connector.normalize(record, {
      ...rules.context,
      shape,
      observedAt: readAt,
      explains: true,
    });
    return { shape, readAt, sameRules: mapping === rules.mapping, facts, record };
  } catch (error) {
    if (error instanceof RecordError) return { shape, reasons: error.reasons, record };
    throw error;
  }
}

export function replay(stored: StoredRecord, known: SourceRules): ReplayedRecord | UnreadableRecord {
  const read = reread(stored, known);
  if (!isReadable(read)) return read;
  const { rules, connector, source } = known;
  const { facts, readAt } = read;
  const job = jobOf({ facts, readAt, mapping: rules.mapping }, foldContextOf(source, connector));
  return { ...read, job };
}

export function isReadable<Read extends RereadRecord>(read: Read | UnreadableRecord): read is Read {
  return 'facts' in read;
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
