import { DatabaseError, PoolClient } from 'pg';
import { Instant, Job, JobFacts, RecordShape } from '../domain/job.js';
import { FinalRead } from '../domain/final-read.js';
import { foldJob, FoldContext, Transition } from '../domain/job-change.js';
import { jobToJson } from '../domain/job-json.js';
import { isTerminal } from '../domain/job-state.js';
import { TaskFacts } from '../domain/task.js';
import { lockChangeClock } from './change-clock.js';
import { Database } from './database.js';
import { insertEvents, NewEvent } from './event.log.js';
import { FinalReadMarks } from './final-read.marks.js';
import { BoundStatement, runInTurn } from './in-turn.js';
import { JOB_COLUMNS, JobRow, jobFromRow, MUTABLE_COLUMNS, StoredJob, updateJobs } from './job.rows.js';
import { CountDelta, addJobCounts } from './job.counts.js';
import { DEFAULT_MAX_TYPES, MetricsDelta } from './metrics.delta.js';
import { fromPg, toPg } from './pg-time.js';
import { RemovedJob, takeRemoved } from './removed-jobs.js';
import { Column, columnNames, overRows, selectRows } from './sql-values.js';
import { replaceRecordTasks } from './task.writer.js';
import { insertTransitions, TransitionRow } from './transition.log.js';

/** A record that may change what is stored: its hash differs, or its job was absent. */
export interface Candidate {
  id: string;
  shape: RecordShape;
  /** Over the redacted record and the mapping. */
  hash: Buffer;
  /** The redacted record as JSON text. */
  record: string;
  facts: JobFacts;
  /** The job's tasks as this record carries them; undefined when it does not, and the stored ones stay. */
  tasks: readonly TaskFacts[] | undefined;
  /** What this record leaves to a request of its own; null for nothing. */
  unread: FinalRead | null;
  /** When the read began (database time). */
  readAt: Instant;
}

export interface WriteContext extends Omit<FoldContext, 'now'> {
  mapping: string;
  labels: Record<string, string>;
  /** Marks the events of a source's first complete read. */
  backfill: boolean;
  pollId: number | null;
  /**
   * Runs first in every transaction: proves that this process still holds the source, and stores what must commit together with the
   * rows (the walk's position). Throws to write nothing.
   */
  fence: (client: PoolClient) => Promise<void>;
}

export interface WriteResult {
  discovered: number;
  changed: number;
  /** Records that were older than what is stored, and changed nothing. */
  older: number;
  /** Numbers of the jobs that this batch inserted. */
  ordinals: number[];
}

/** The most records of one transaction; each can give at most two events (reappeared, and changed). */
export const MAX_CANDIDATES = 500;

/** What was written between our reading and our insert: the batch is folded again. */
class WriteRaceError extends Error {}

const MAX_ATTEMPTS = 5;

interface PayloadRow {
  candidate: Candidate;
  mapping: string;
  pollId: number | null;
}

/** The one way for an upstream fact to enter: polls, by-id reads and refreshes all end here. */
export class JobWriter {
  constructor(
    private readonly database: Database,
    /** How many types of each source metrics tell apart. */
    private readonly maxTypes: number = DEFAULT_MAX_TYPES,
  ) {}

  /**
   * Folds a batch of records into the stored jobs and writes what differs, in one transaction: jobs, payloads, transitions, counters and
   * events commit together or not at all.
   */
  async write(candidates: readonly Candidate[], context: WriteContext): Promise<WriteResult> {
    if (candidates.length === 0) return { discovered: 0, changed: 0, older: 0, ordinals: [] };
    if (candidates.length > MAX_CANDIDATES)
      throw new RangeError(`a batch of ${candidates.length}, at most ${MAX_CANDIDATES}`);
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.database.transaction((client) =>
          new Batch(client, context, this.maxTypes).write(candidates),
        );
      } catch (error) {
        if (!(error instanceof WriteRaceError) || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  /** After a first load: a statement planned on an empty table keeps a bad plan. */
  async analyze(): Promise<void> {
    await this.database.query(
      'ANALYZE rollcall.job, rollcall.job_payload, rollcall.job_task, rollcall.transition',
    );
  }
}

/** One transaction's work. */
class Batch {
  private now: Instant = 0;
  /** Jobs of this batch that were removed because of their age, and are listed again. */
  private removed: ReadonlyMap<string, RemovedJob> = new Map();
  private readonly inserts = new Map<string, StoredJob>();
  private readonly updates = new Map<string, StoredJob>();
  private readonly payloads = new Map<string, PayloadRow>();
  /** By job. */
  private readonly tasks = new Map<string, readonly TaskFacts[]>();
  private readonly transitions: TransitionRow[] = [];
  private readonly events: NewEvent[] = [];
  private readonly counts = new CountDelta();
  private readonly metrics = new MetricsDelta();
  private readonly finalReads = new FinalReadMarks();
  private changed = 0;
  private older = 0;

  constructor(
    private readonly client: PoolClient,
    private readonly context: WriteContext,
    private readonly maxTypes: number,
  ) {}

  async write(candidates: readonly Candidate[]): Promise<WriteResult> {
    await this.context.fence(this.client);
    this.now = await lockChangeClock(this.client);
    const ids = candidates.map((candidate) => candidate.id);
    const rows = await this.lockRows(ids);
    // A source that was never read has lost nothing to its age.
    if (!this.context.backfill)
      this.removed = await takeRemoved(
        this.client,
        ids.filter((id) => !rows.has(id)),
      );
    for (const candidate of candidates) this.fold(candidate, rows.get(candidate.id) ?? null);
    const ordinals = await this.writeJobs();
    await replaceRecordTasks(this.client, this.tasks, (id) => this.inserts.has(id));
    await this.finalReads.write(this.client, this.context.source, this.now);
    await addJobCounts(this.client, this.context.source, this.counts);
    await this.metrics.write(this.client, this.context.source, this.now, this.maxTypes);
    await runInTurn(this.client, [
      () => this.upsertPayloads(),
      () => insertTransitions(this.transitions),
      () => insertEvents(this.events),
    ]);
    return { discovered: this.inserts.size, changed: this.changed, older: this.older, ordinals };
  }

  private async lockRows(ids: readonly string[]): Promise<Map<string, JobRow>> {
    // In the order of ids, so that two writers of the same jobs wait for each other and never deadlock. One by one, which the planner would
    // not do while it takes a table that grows for a small one.
    const { rows } = await this.client.query<JobRow>(
      `SELECT j.* FROM unnest($1::uuid[]) AS asked(id),
         LATERAL (SELECT * FROM rollcall.job WHERE job.id = asked.id OFFSET 0 FOR UPDATE) AS j`,
      [[...ids].sort()],
    );
    return new Map(rows.map((row) => [row.id, row]));
  }

  private fold(candidate: Candidate, row: JobRow | null): void {
    const before =
      this.inserts.get(candidate.id) ??
      this.updates.get(candidate.id) ??
      (row === null ? null : storedFromRow(row));
    const wasAbsent = row !== null && row.absent_at !== null && !this.updates.has(candidate.id);
    let job = before?.job ?? null;
    if (job !== null && job.vanishedAt !== null) job = this.reappear(job, candidate);

    const observation = { facts: candidate.facts, readAt: candidate.readAt, mapping: this.context.mapping };
    const fold = foldJob(job, observation, { ...this.context, now: this.now });
    if (fold.kind === 'older') {
      this.older++;
      if (wasAbsent || job !== before?.job)
        this.store(before!, { ...before!, job: job!, seenAt: this.now }, wasAbsent);
      return;
    }
    const hash = candidate.shape === 'list' ? { listHash: candidate.hash } : { detailHash: candidate.hash };
    const removed = before === null ? this.removed.get(candidate.id) : undefined;
    const folded = removed === undefined ? fold.job : { ...fold.job, version: removed.version + 1 };
    const after: StoredJob = {
      listHash: null,
      detailHash: null,
      ...before,
      ...hash,
      job: folded,
      seenAt: this.now,
    };
    this.payloads.set(`${candidate.id}/${candidate.shape}`, {
      candidate,
      mapping: this.context.mapping,
      pollId: this.context.pollId,
    });
    if (candidate.tasks !== undefined) this.tasks.set(candidate.id, candidate.tasks);
    this.store(before, after, wasAbsent);
    if (removed !== undefined && fold.kind === 'changed') {
      this.comeBack(removed, folded, fold.transition!, candidate.readAt);
      return;
    }
    this.markFinalRead(job, fold.job, candidate);
    if (fold.kind === 'changed') this.record(job, fold.job, fold.changed, fold.transition, candidate.readAt);
  }

  /**
   * Marks what is still to be read of a job that has ended. A first read marks nothing of the ended jobs that it finds: a million of them
   * must not become a million requests. Neither does a new rule for a word that the platform said before.
   */
  private markFinalRead(before: Job | null, after: Job, { unread, shape }: Candidate): void {
    const wasOver = before !== null && isTerminal(before.state);
    if (!isTerminal(after.state)) {
      if (wasOver) this.finalReads.goesOn(after.id);
    } else if (before?.state !== after.state) {
      const isNews = before === null ? !this.context.backfill : before.rawStatus !== after.rawStatus;
      if (isNews && (unread !== null || wasOver)) this.finalReads.ended(after.id, unread);
    } else if (shape === 'detail') this.finalReads.ownPageRead(after.id, unread);
  }

  /** A vanished job that is read again: a change of its own, before whatever its record changes. */
  private reappear(job: Job, candidate: Candidate): Job {
    const version = job.version + 1;
    const back = { ...job, vanishedAt: null, version, changedAt: Math.max(job.changedAt, this.now) };
    this.changed++;
    this.event('job.reappeared', job, back, [], candidate.readAt);
    return back;
  }

  private store(before: StoredJob | null, after: StoredJob, wasAbsent: boolean): void {
    if (before !== null) this.counts.remove(before.job.state, wasAbsent);
    this.counts.add(after.job.state, false);
    if (before === null || this.inserts.has(after.job.id)) this.inserts.set(after.job.id, after);
    else this.updates.set(after.job.id, after);
  }

  private record(
    before: Job | null,
    after: Job,
    changed: readonly string[],
    transition: Transition | null,
    readAt: Instant,
  ): void {
    if (before !== null) this.changed++;
    const { backfill } = this.context;
    this.metrics.record(before, after, transition, { backfill, now: this.now });
    if (transition !== null) this.addTransition(after, transition, readAt);
    const type =
      before === null ? 'job.discovered' : transition === null ? 'job.changed' : 'job.transitioned';
    this.event(type, before, after, changed, readAt);
  }

  /**
   * A job that was removed because of its age is listed again. Its events go on behind those that readers know, and its transitions begin
   * anew. In the state in which it was removed it is history, of which nobody is told as of news.
   */
  private comeBack(removed: RemovedJob, after: Job, transition: Transition, readAt: Instant): void {
    const isHistory = removed.state === after.state;
    const before = { ...after, state: removed.state };
    this.metrics.record(isHistory ? null : before, after, transition, {
      backfill: isHistory,
      now: this.now,
    });
    this.addTransition(after, transition, readAt);
    this.event(isHistory ? 'job.reappeared' : 'job.transitioned', before, after, [], readAt, isHistory);
  }

  private addTransition(after: Job, transition: Transition, readAt: Instant): void {
    this.transitions.push({
      jobId: after.id,
      sequence: after.version,
      transition,
      reason: after.reason,
      rawStatus: after.rawStatus,
      observedAt: readAt,
      mapping: after.mapping,
      pollId: this.context.pollId,
    });
  }

  private event(
    type: NewEvent['type'],
    before: Pick<Job, 'state'> | null,
    after: Job,
    changed: readonly string[],
    readAt: Instant,
    backfill = this.context.backfill,
  ): void {
    const { labels, pollId } = this.context;
    const moment = {
      labels,
      freshness: 'fresh' as const,
      lastSeenAt: Math.max(this.now, readAt),
      now: this.now,
    };
    this.events.push({
      type,
      at: this.now,
      source: after.source,
      jobId: after.id,
      sequence: after.version,
      from: before?.state ?? null,
      to: after.state,
      backfill,
      changed,
      body: jobToJson(after, moment),
      pollId,
    });
  }

  /** @returns the numbers of the new jobs */
  private async writeJobs(): Promise<number[]> {
    try {
      const [inserted = []] = await runInTurn(this.client, [
        () => this.insertJobs(),
        () => updateJobs(MUTABLE_COLUMNS, [...this.updates.values()]),
      ]);
      return inserted.map((row) => row.ordinal as number);
    } catch (error) {
      if (error instanceof DatabaseError && error.constraint === 'job_pkey') throw new WriteRaceError();
      throw error;
    }
  }

  private insertJobs(): BoundStatement | null {
    if (this.inserts.size === 0) return null;
    const { text, values } = selectRows(JOB_COLUMNS, [...this.inserts.values()]);
    const insert = `INSERT INTO rollcall.job (${columnNames(JOB_COLUMNS)}) ${text} RETURNING ordinal`;
    return overRows([...this.inserts], insert, values);
  }

  private upsertPayloads(): BoundStatement | null {
    if (this.payloads.size === 0) return null;
    const { text, values } = selectRows(PAYLOAD_COLUMNS, [...this.payloads.values()]);
    const insert = `INSERT INTO rollcall.job_payload (${columnNames(PAYLOAD_COLUMNS)}) ${text}
       ON CONFLICT (job_id, shape) DO UPDATE
       SET record = excluded.record, mapping = excluded.mapping, poll_id = excluded.poll_id, read_at = excluded.read_at`;
    return overRows([...this.payloads], insert, values);
  }
}

function storedFromRow(row: JobRow): StoredJob {
  const job = jobFromRow(row);
  return { job, listHash: row.list_hash, detailHash: row.detail_hash, seenAt: fromPg(row.seen_at) };
}

const PAYLOAD_COLUMNS: readonly Column<PayloadRow>[] = [
  { name: 'job_id', type: 'uuid', value: ({ candidate }) => candidate.id },
  { name: 'shape', type: 'text', value: ({ candidate }) => candidate.shape },
  { name: 'record', type: 'text', value: ({ candidate }) => candidate.record },
  { name: 'mapping', type: 'text', value: ({ mapping }) => mapping },
  { name: 'poll_id', type: 'bigint', value: ({ pollId }) => pollId },
  { name: 'read_at', type: 'timestamptz', value: ({ candidate }) => toPg(candidate.readAt) },
];
