import { PoolClient } from 'pg';
import { Instant, Job, RecordShape } from '../domain/job.js';
import { FoldContext, Transition } from '../domain/job-change.js';
import { Freshness, jobToJson } from '../domain/job-json.js';
import { isTerminal } from '../domain/job-state.js';
import { TaskFacts } from '../domain/task.js';
import { readWithin } from './bounded-query.js';
import { lockChangeClock } from './change-clock.js';
import { Database } from './database.js';
import { insertEvents, NewEvent } from './event.log.js';
import { StoredRecord } from './explanation.query.js';
import { FinalReadMarks } from './final-read.marks.js';
import { BoundStatement, runInTurn } from './in-turn.js';
import { addJobCounts, CountDelta } from './job.counts.js';
import { jobFromRow, JobRow, MUTABLE_COLUMNS, StoredJob, updateJobs } from './job.rows.js';
import { MetricsDelta } from './metrics.delta.js';
import { fromPg } from './pg-time.js';
import { Column, columnNames, selectRows } from './sql-values.js';
import { replaceRecordTasks } from './task.writer.js';
import { insertTransitions, TransitionRow } from './transition.log.js';

/** A job as a replay goes by it. */
export interface ReplayPlace {
  id: string;
  ordinal: number;
  /** Stored records of it. */
  records: number;
  /** Of these, under other rules than the present ones. */
  stale: number;
  /** The present rules decided what is stored. */
  current: boolean;
  /** Its records as text. */
  bytes: number;
}

/** What becomes of a stored record. */
export interface ReplayedPayload {
  shape: RecordShape;
  /** The record as JSON text, redacted by the present rules. */
  record: string;
  /** Null: the present rules have not decided what is stored, and it keeps the name of those that did. */
  hash: Buffer | null;
}

/** What the present rules make of a job, and what is to be written of it. */
export interface ReplayedJob {
  /** Null: what is stored of the job itself stays. */
  job: Job | null;
  /** Empty: no field that counts as a change differs. */
  changed: readonly string[];
  transition: Transition | null;
  /** Of the record that decided (database time). */
  readAt: Instant;
  /** The job's tasks as its records carry them; undefined when they do not. */
  tasks: readonly TaskFacts[] | undefined;
  payloads: readonly ReplayedPayload[];
}

/** Pure: reads a job's stored records again. @param now of the change (database time) */
export type Refolding = (job: Job, records: readonly StoredRecord[], now: Instant) => ReplayedJob;

export interface ReplayContext extends Pick<FoldContext, 'source'> {
  /** Names the present rules. */
  mapping: string;
  maxTypes: number;
  refold: Refolding;
  /** Runs first in every transaction: proves that this process still holds the source. Throws to write nothing. */
  fence: (client: PoolClient) => Promise<void>;
}

/** The most jobs of one transaction; each gives at most one event. */
export const MAX_REPLAYED = 200;

/** Of one page and of one batch of records, milliseconds. */
const BOUND_MS = 30_000;

const PLACES = `
  SELECT j.id, j.ordinal, j.mapping = $4 AS current, count(p.shape) AS records,
    count(p.shape) FILTER (WHERE p.mapping <> $4) AS stale, coalesce(sum(octet_length(p.record)), 0)::float8 AS bytes
  FROM (SELECT id, ordinal, mapping FROM rollcall.job WHERE source_key = $1 AND ordinal > $2 ORDER BY ordinal LIMIT $3) j
  LEFT JOIN rollcall.job_payload p ON p.job_id = j.id
  GROUP BY j.id, j.ordinal, j.mapping ORDER BY j.ordinal`;

const RECORDS = `
  SELECT job_id, shape, record, mapping, read_at AS "readAt", poll_id AS "pollId"
  FROM rollcall.job_payload WHERE job_id = ANY($1::uuid[]) ORDER BY job_id, shape`;

/** Reads jobs and their stored records again, and writes what the present rules make of them. */
export class JobReplay {
  constructor(private readonly database: Database) {}

  /** The next jobs of a source in the order of their numbers. */
  async places(source: string, mapping: string, afterOrdinal: number, limit: number): Promise<ReplayPlace[]> {
    return readWithin(this.database, BOUND_MS, async (client) => {
      const { rows } = await client.query<ReplayPlace>(PLACES, [source, afterOrdinal, limit, mapping]);
      return rows;
    });
  }

  /** Jobs with their stored records, from one snapshot, in no order. */
  async read(ids: readonly string[]): Promise<{ job: Job; records: StoredRecord[] }[]> {
    return readWithin(this.database, BOUND_MS, async (client) => {
      const { rows } = await client.query<JobRow>(
        'SELECT * FROM rollcall.job WHERE id = ANY($1::uuid[]) ORDER BY ordinal',
        [ids],
      );
      const records = await readRecords(client, ids);
      return rows.map((row) => ({ job: jobFromRow(row), records: records.get(row.id) ?? [] }));
    });
  }

  /**
   * Reads these jobs and their records again, and writes what differs, in one transaction: as a poll's writes, but that nothing is seen.
   *
   * @returns how many changed
   * @throws what the fence throws
   */
  async apply(ids: readonly string[], context: ReplayContext): Promise<number> {
    if (ids.length > MAX_REPLAYED)
      throw new RangeError(`a batch of ${ids.length} jobs, at most ${MAX_REPLAYED}`);
    return this.database.transaction((client) => new Batch(client, context).write(ids));
  }

  /** Names the rules by which the last service that brought a configuration reads a source; null when none said so. */
  async rulesInUse(source: string): Promise<string | null> {
    const rows = await this.database.query<{ mapping: string | null }>(
      'SELECT mapping FROM rollcall.source WHERE key = $1 AND retired_at IS NULL',
      [source],
    );
    return rows[0]?.mapping ?? null;
  }

  /**
   * Gives a source back and leaves its schedule as it is, but that it is due at once when that is asked for. What was asked for by hand
   * stays asked for.
   */
  async giveBack(
    lease: { key: string; token: number; requested: string | null },
    due: boolean,
  ): Promise<void> {
    await this.database.query(
      `UPDATE rollcall.source SET lease_owner = NULL, lease_until = NULL, requested_poll = coalesce(requested_poll, $3),
         next_poll_at = CASE WHEN $4::boolean THEN least(next_poll_at, now()) ELSE next_poll_at END
       WHERE key = $1 AND lease_token = $2`,
      [lease.key, lease.token, lease.requested, due],
    );
  }
}

interface LockedRow extends JobRow {
  labels: Record<string, string>;
  /** When it was last seen, should it be open now; should it be over. */
  open_seen_at: string;
  over_seen_at: string;
  is_stale: boolean;
}

const LOCK = `
  SELECT j.*, s.labels, open_seen_at, over_seen_at,
    open_seen_at < clock_timestamp() - s.stale_after_ms * interval '1 millisecond' AS is_stale
  FROM rollcall.job j JOIN rollcall.source s ON s.key = j.source_key
  CROSS JOIN LATERAL (SELECT greatest(j.seen_at, CASE WHEN j.absent_at IS NULL THEN s.swept_at END) AS over_seen_at) ended
  CROSS JOIN LATERAL (
    SELECT greatest(over_seen_at, CASE WHEN j.absent_at IS NULL THEN s.open_round_at END) AS open_seen_at) going
  WHERE j.id = ANY($1::uuid[]) AND j.source_key = $2 ORDER BY j.id FOR UPDATE OF j`;

/** A round over the open jobs that is under way has not met those that are open only now: it begins anew. */
const RESTART_ROUND = `
  UPDATE rollcall.source SET open_round = jsonb_build_object('failing', coalesce(open_round -> 'failing', '[]'))
  WHERE key = $1 AND open_round IS NOT NULL`;

/** One transaction's work. */
class Batch {
  private readonly updates: StoredJob[] = [];
  private readonly payloads: PayloadRow[] = [];
  private readonly tasks = new Map<string, readonly TaskFacts[]>();
  private readonly transitions: TransitionRow[] = [];
  private readonly events: NewEvent[] = [];
  private readonly counts = new CountDelta();
  private readonly metrics = new MetricsDelta();
  private readonly finalReads = new FinalReadMarks();
  private opens = false;

  constructor(
    private readonly client: PoolClient,
    private readonly context: ReplayContext,
  ) {}

  async write(ids: readonly string[]): Promise<number> {
    const { client } = this;
    const { source, maxTypes, fence, refold } = this.context;
    await fence(client);
    const now = await lockChangeClock(client);
    const { rows } = await client.query<LockedRow>(LOCK, [ids, source]);
    // read under the jobs' locks: whoever stores a record has its job locked
    const records = await readRecords(client, ids);
    for (const row of rows) this.take(row, refold(jobFromRow(row), records.get(row.id) ?? [], now), now);
    await runInTurn(client, [() => updateJobs(REPLAYED_COLUMNS, this.updates), () => this.updatePayloads()]);
    await replaceRecordTasks(client, this.tasks, () => false);
    await this.finalReads.write(client, source, now);
    if (this.opens) await client.query(RESTART_ROUND, [source]);
    await addJobCounts(client, source, this.counts);
    await this.metrics.write(client, source, now, maxTypes);
    await runInTurn(client, [() => insertTransitions(this.transitions), () => insertEvents(this.events)]);
    return this.events.length;
  }

  private take(row: LockedRow, replayed: ReplayedJob, now: Instant): void {
    const { mapping } = this.context;
    for (const payload of replayed.payloads) this.payloads.push({ ...payload, jobId: row.id, mapping });
    const { job, changed, transition, readAt, tasks } = replayed;
    if (job === null) return;
    const hashOf = (shape: RecordShape): Buffer | null =>
      replayed.payloads.find((payload) => payload.shape === shape)?.hash ?? null;
    this.updates.push({
      job,
      listHash: hashOf('list') ?? row.list_hash,
      detailHash: hashOf('detail') ?? row.detail_hash,
      seenAt: fromPg(row.seen_at),
    });
    if (tasks !== undefined) this.tasks.set(row.id, tasks);
    if (changed.length === 0) return;
    const before = jobFromRow(row);
    const isAbsent = row.absent_at !== null;
    this.counts.remove(before.state, isAbsent);
    this.counts.add(job.state, isAbsent);
    // history, of which nobody is told as of news: no end of a job was seen
    this.metrics.record(before, job, transition, { backfill: true, now });
    if (isTerminal(before.state) && !isTerminal(job.state)) {
      this.finalReads.goesOn(job.id);
      this.opens = true;
    }
    if (transition !== null)
      this.transitions.push({
        ...{ jobId: job.id, sequence: job.version, transition, reason: job.reason, rawStatus: job.rawStatus },
        ...{ observedAt: readAt, mapping, pollId: null },
      });
    this.events.push(this.eventOf(row, before, job, changed, now));
  }

  private eventOf(row: LockedRow, before: Job, job: Job, changed: readonly string[], now: Instant): NewEvent {
    const seenAt = fromPg(isTerminal(job.state) ? row.over_seen_at : row.open_seen_at);
    const moment = { labels: row.labels, freshness: freshnessOf(job, row), lastSeenAt: seenAt, now };
    return {
      type: before.state === job.state ? 'job.changed' : 'job.transitioned',
      at: now,
      source: job.source,
      jobId: job.id,
      sequence: job.version,
      from: before.state,
      to: job.state,
      backfill: true,
      replayed: true,
      changed,
      body: jobToJson(job, moment),
      pollId: null,
    };
  }

  /** Records stay of their read, and of the poll that read them; one that retention has just taken does not come back. */
  private updatePayloads(): BoundStatement | null {
    if (this.payloads.length === 0) return null;
    const { text, values } = selectRows(PAYLOAD_COLUMNS, this.payloads);
    return {
      text: `UPDATE rollcall.job_payload AS p SET record = v.record, mapping = coalesce(v.mapping, p.mapping)
       FROM (${text}) AS v(${columnNames(PAYLOAD_COLUMNS)}) WHERE p.job_id = v.job_id AND p.shape = v.shape`,
      values,
    };
  }
}

interface PayloadRow extends ReplayedPayload {
  jobId: string;
  mapping: string;
}

const PAYLOAD_COLUMNS: readonly Column<PayloadRow>[] = [
  { name: 'job_id', type: 'uuid', value: ({ jobId }) => jobId },
  { name: 'shape', type: 'text', value: ({ shape }) => shape },
  { name: 'record', type: 'text', value: ({ record }) => record },
  { name: 'mapping', type: 'text', value: ({ hash, mapping }) => (hash === null ? null : mapping) },
];

/** Nothing was read of the platform: what says when a job was seen, and that it was not, stays. */
const REPLAYED_COLUMNS = MUTABLE_COLUMNS.filter(({ name }) => name !== 'seen_at' && name !== 'absent_at');

function freshnessOf(job: Job, { is_stale: isStale }: LockedRow): Freshness {
  if (isTerminal(job.state)) return 'fresh';
  if (job.vanishedAt !== null) return 'vanished';
  return isStale ? 'stale' : 'fresh';
}

async function readRecords(client: PoolClient, ids: readonly string[]): Promise<Map<string, StoredRecord[]>> {
  const { rows } = await client.query<Omit<StoredRecord, 'readAt'> & { job_id: string; readAt: string }>(
    RECORDS,
    [ids],
  );
  const byJob = new Map<string, StoredRecord[]>();
  for (const { job_id: jobId, readAt, ...record } of rows) {
    const known = byJob.get(jobId) ?? [];
    known.push({ ...record, readAt: fromPg(readAt) });
    byJob.set(jobId, known);
  }
  return byJob;
}
