import { PoolClient } from 'pg';
import { Instant, Job, RecordShape, TimeProvenance } from '../domain/job.js';
import { readWithin } from './bounded-query.js';
import { JobMembers, SELECT_JOB, SelectedJob } from './job.fields.js';
import { JobRow, jobFromRow } from './job.rows.js';
import { fromPg, toPg } from './pg-time.js';
import { Reader } from './reader.js';
import { statement } from './statement.js';

/** The last upstream record of one shape, redacted. */
export interface StoredRecord {
  shape: RecordShape;
  /** JSON text. */
  record: string;
  /** Names the rules under which it was read. */
  mapping: string;
  /** When its read began (database time). */
  readAt: Instant;
  /** Null when a refresh or an action read it. */
  pollId: number | null;
}

/** What wrote a change: a poll, or (null) a refresh or an action. */
export interface Cause {
  pollId: number | null;
}

/** What is still known of how a job came to be what it is. */
export interface JobHistory {
  discovery: Cause | null;
  /** The last change of state. */
  transition: (Cause & { provenance: TimeProvenance | null }) | null;
  /** Of the oldest event of the job that is kept; null when none is. */
  oldestSequence: number | null;
  /** The last event that is kept. */
  last: Cause | null;
  /** The last event that said that the job has vanished. */
  vanished: Cause | null;
  /** By field, the last event that is kept and names it as changed. */
  changed: ReadonlyMap<string, Cause>;
}

export interface PollReference {
  id: number;
  kind: 'incremental' | 'sweep' | 'refresh';
  /** Database time. */
  beganAt: Instant;
}

/** All that is stored of one job and bears on why it is what it is, from one snapshot. */
export interface ExplainableJob {
  /** As lists show it. */
  row: JobMembers;
  job: Job;
  sourceRetired: boolean;
  records: StoredRecord[];
  /** Shapes of which a record was read, that is not stored any more. */
  removed: RecordShape[];
  history: JobHistory;
  /** The polls that are still kept, by id. */
  polls: ReadonlyMap<number, PollReference>;
}

/** Of each statement; all of them are found by an index. */
const BOUND_MS = 5_000;

export class ExplanationQuery {
  constructor(private readonly database: Reader) {}

  /** Null when there is no such job. Whether the caller may see it is decided before. */
  async byId(id: string, now: Instant): Promise<ExplainableJob | null> {
    return readWithin(this.database, BOUND_MS, async (client) => {
      const rows = await ask<SelectedJob>(
        client,
        `SELECT ${SELECT_JOB} FROM rollcall.job j JOIN rollcall.source s ON s.key = j.source_key
         WHERE $1::timestamptz IS NOT NULL AND j.id = $2::uuid`,
        [toPg(now), id],
      );
      const [stored] = await ask<JobRow & { source_retired: boolean }>(
        client,
        `SELECT j.*, s.retired_at IS NOT NULL AS source_retired
         FROM rollcall.job j JOIN rollcall.source s ON s.key = j.source_key WHERE j.id = $1::uuid`,
        [id],
      );
      const row = rows[0];
      if (row === undefined || stored === undefined) return null;
      const records = await readRecords(client, id);
      const history = await readHistory(client, id);
      const polls = await readPolls(client, pollIds(records, history));
      return {
        ...{ row: new JobMembers(row), job: jobFromRow(stored), sourceRetired: stored.source_retired },
        ...{ records, removed: removedShapes(stored, records), history, polls },
      };
    });
  }
}

/** The hash of a record outlives the record. */
function removedShapes(
  { list_hash: list, detail_hash: detail }: JobRow,
  records: readonly StoredRecord[],
): RecordShape[] {
  const read: RecordShape[] = [...(list ? ['list' as const] : []), ...(detail ? ['detail' as const] : [])];
  return read.filter((shape) => !records.some((record) => record.shape === shape));
}

async function ask<Row>(client: PoolClient, text: string, values: readonly unknown[]): Promise<Row[]> {
  const { rows } = await client.query({ ...statement(text), values: [...values] });
  return rows as Row[];
}

async function readRecords(client: PoolClient, id: string): Promise<StoredRecord[]> {
  const rows = await ask<Omit<StoredRecord, 'readAt'> & { readAt: string }>(
    client,
    `SELECT shape, record, mapping, read_at AS "readAt", poll_id AS "pollId"
     FROM rollcall.job_payload WHERE job_id = $1::uuid`,
    [id],
  );
  return rows.map((row) => ({ ...row, readAt: fromPg(row.readAt) }));
}

async function readHistory(client: PoolClient, id: string): Promise<JobHistory> {
  const transitions = await ask<Cause & { provenance: TimeProvenance | null }>(
    client,
    `(SELECT poll_id AS "pollId", provenance FROM rollcall.transition WHERE job_id = $1::uuid ORDER BY sequence LIMIT 1)
     UNION ALL
     (SELECT poll_id, provenance FROM rollcall.transition WHERE job_id = $1::uuid ORDER BY sequence DESC LIMIT 1)`,
    [id],
  );
  const [kept] = await ask<{
    oldest: number | null;
    last: number | null;
    vanished: number | null;
    hasVanished: boolean;
  }>(
    client,
    `SELECT min(sequence) AS oldest, (array_agg(poll_id ORDER BY sequence DESC))[1] AS last,
       (array_agg(poll_id ORDER BY sequence DESC) FILTER (WHERE type = 'job.vanished'))[1] AS vanished,
       bool_or(type = 'job.vanished') IS TRUE AS "hasVanished"
     FROM rollcall.event WHERE job_id = $1::uuid AND sequence IS NOT NULL`,
    [id],
  );
  const changed = await ask<Cause & { field: string }>(
    client,
    `SELECT DISTINCT ON (field) field, poll_id AS "pollId"
     FROM rollcall.event, unnest(changed) AS field WHERE job_id = $1::uuid AND sequence IS NOT NULL ORDER BY field, sequence DESC`,
    [id],
  );
  return {
    discovery: transitions[0] ?? null,
    transition: transitions[1] ?? null,
    oldestSequence: kept!.oldest,
    last: kept!.oldest === null ? null : { pollId: kept!.last },
    vanished: kept!.hasVanished ? { pollId: kept!.vanished } : null,
    changed: new Map(changed.map(({ field, pollId }) => [field, { pollId }])),
  };
}

function pollIds(records: readonly StoredRecord[], history: JobHistory): number[] {
  const { discovery, transition, last, vanished, changed } = history;
  const causes = [...records, discovery, transition, last, vanished, ...changed.values()];
  return [...new Set(causes.flatMap((cause) => cause?.pollId ?? []))];
}

async function readPolls(client: PoolClient, ids: number[]): Promise<ExplainableJob['polls']> {
  const rows = await ask<Omit<PollReference, 'beganAt'> & { beganAt: string }>(
    client,
    'SELECT id, kind, began_at AS "beganAt" FROM rollcall.poll WHERE id = ANY($1::bigint[])',
    [ids],
  );
  return new Map(rows.map((row) => [row.id, { ...row, beganAt: fromPg(row.beganAt) }]));
}
