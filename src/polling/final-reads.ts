import { Logger } from '@nestjs/common';
import { AuthError, JobGoneError, RateLimitError, SourceError, UnavailableError } from '../domain/errors.js';
import { FINAL_READS, FinalRead } from '../domain/final-read.js';
import { Instant } from '../domain/job.js';
import { isTerminal } from '../domain/job-state.js';
import {
  FinalReadMark,
  FinalReadStore,
  MAX_FINAL_READ_ATTEMPTS,
  PutOff,
} from '../storage/final-read.store.js';
import { TaskWriter } from '../storage/task.writer.js';
import { fetchOwnPage, RejectedPageError, storeOwnPage } from './own-page.js';
import { fetchOwnTasks, hasTaskRoute } from './own-tasks.js';
import { PollRun, Stores } from './poll-run.js';
import { SourceRuntime } from './source-runtimes.js';

export interface FinalReadStores extends Pick<Stores, 'writer' | 'rejects'> {
  marks: FinalReadStore;
  tasks: TaskWriter;
}

/** Of a poll's by-id reads, what open jobs leave to ended ones while any wait, so that many open jobs never starve them. */
const RESERVED_SHARE = 0.2;

/** The final reads of one poll take no longer than one of its intervals; of a very short one, so many milliseconds. */
const LEAST_TIME_MS = 5_000;

/** How many marks are looked at together. */
const BATCH = 200;

/** Reads of one poll that may fail or be put off; one more, and the platform is asked again by the next poll. */
const MAX_FAILED = 3;
const MAX_TOO_SOON = 3;

/** After a failed try, milliseconds; four times as long after each further one. */
const FIRST_DELAY_MS = 60_000;
const DELAY_GROWTH = 4;
/** Where the platform wants patience and does not say how much. */
const TOO_SOON_MS = 60_000;

/** The read went well, and what it showed is not the end of the job: a page can lag behind its list. */
class NotEndedYetError extends Error {}

/**
 * What is read once of jobs that have ended (own pages, tasks), at the end of a poll. The marks of what is still to be read are stored
 * with the ends and cleared with the writes, so that a killed process leaves nothing unread and nothing is read twice. Never fails a poll
 * for what only these reads are denied: its lists were read before.
 */
export class FinalReads {
  private readonly log = new Logger('FinalReads');
  private allowance = 0;
  private spentBefore = 0;
  /** No read begins later. */
  private until: Instant = -Infinity;
  private failed = 0;
  private tooSoon = 0;

  constructor(
    private readonly run: PollRun,
    private readonly runtime: SourceRuntime,
    private readonly stores: FinalReadStores,
    /** The database's clock. */
    private readonly now: () => Instant,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * Divides what this poll may spend on reads by id.
   * @returns what open jobs may use of it; the ended ones get the rest, and whatever open jobs do not use
   */
  async shareOut(allowance: number): Promise<number> {
    this.allowance = allowance;
    this.spentBefore = this.run.requests;
    if (this.kinds.length === 0 || allowance === 0 || !(await this.areThereAny())) return allowance;
    const most = Math.max(1, Math.floor(allowance * RESERVED_SHARE));
    return allowance - (await this.stores.marks.count(this.source, this.kinds, most));
  }

  /** Reads what is marked, the oldest end first, as far as the poll's share of the budget goes. */
  async read(): Promise<void> {
    if (this.runtime.connector.unread === undefined || !(await this.areThereAny())) return;
    const { marks } = this.stores;
    if (this.run.lease.standing.finalReads) await this.giveUpOld();
    this.until = this.now() + Math.max(LEAST_TIME_MS, this.runtime.source.poll.everyMs);
    while (this.left > 0 && this.kinds.length > 0) {
      const waiting = await marks.waiting(this.source, this.kinds, Math.min(BATCH, this.left));
      if (waiting.length === 0) return;
      for (const mark of waiting) if (!(await this.work(mark))) return;
    }
  }

  private async giveUpOld(): Promise<void> {
    const jobs = await this.stores.marks.giveUpOld(this.source, this.run.fence);
    if (jobs > 0) this.log.warn({ source: this.source, jobs, msg: 'final reads given up: waited too long' });
  }

  private get source(): string {
    return this.runtime.source.key;
  }

  private async areThereAny(): Promise<boolean> {
    return (await this.run.standing()).finalReads;
  }

  /** What may be asked of this source: what its platform has, and what it was not denied. */
  private get kinds(): FinalRead[] {
    const { connector, upstream, denied } = this.runtime;
    if (connector.unread === undefined) return [];
    const has = (kind: FinalRead) =>
      kind === 'tasks' ? hasTaskRoute(this.runtime) : upstream.session.fetchOne !== undefined;
    return FINAL_READS.filter((kind) => has(kind) && !denied.has(kind));
  }

  private get left(): number {
    const spent = this.run.requests - this.spentBefore;
    return Math.min(this.allowance - spent, this.runtime.upstream.budget);
  }

  /** @returns whether this poll goes on with further reads */
  private async work(mark: FinalReadMark): Promise<boolean> {
    if (this.left <= 0 || this.now() >= this.until) return false;
    if (!this.kinds.includes(mark.kind)) return true;
    try {
      return await (mark.kind === 'detail' ? this.readOwnPage(mark) : this.readTasks(mark));
    } catch (error) {
      if (this.signal.aborted) throw error;
      return this.settle(error, mark);
    }
  }

  /** The job's own page; and at once its tasks, where that page leaves them. */
  private async readOwnPage(mark: FinalReadMark): Promise<boolean> {
    const { runtime, stores, run } = this;
    const readAt = this.now();
    const page = await fetchOwnPage(runtime, mark, readAt, this.signal);
    run.counts.records++;
    const { candidate, written } = await storeOwnPage(stores, runtime, page, readAt, {
      pollId: run.pollId,
      fence: run.fence,
    });
    run.counts.changed += written.changed;
    if (page.incomplete !== undefined) throw page.incomplete;
    if (written.older > 0 || !isTerminal(candidate.facts.state))
      throw new NotEndedYetError('its page does not show its end');
    return candidate.unread === 'tasks' ? this.work({ ...mark, kind: 'tasks', attempts: 0 }) : true;
  }

  private async readTasks(mark: FinalReadMark): Promise<boolean> {
    const readAt = this.now();
    const tasks = await fetchOwnTasks(this.runtime, mark.externalId, this.signal);
    const { id: jobId, markedAt: markedUntil } = mark;
    await this.stores.tasks.storeFetched({ jobId, tasks, readAt, markedUntil }, this.run.fence);
    return true;
  }

  /**
   * What a failed read means for its mark, and for the rest of this poll.
   * @throws what is no trouble of this one read: a refused credential, a lost lease, a fault of ours
   */
  private async settle(error: unknown, mark: FinalReadMark): Promise<boolean> {
    if (error instanceof JobGoneError) {
      await this.stores.marks.clear(mark, this.run.fence);
      return true;
    }
    if (error instanceof RejectedPageError) this.run.counts.rejected++;
    if (error instanceof RateLimitError) {
      if (this.runtime.upstream.budget <= 0) return false;
      await this.putOff(mark, { delayMs: error.retryAfterMs ?? TOO_SOON_MS, failed: false }, error);
      return ++this.tooSoon <= MAX_TOO_SOON;
    }
    if (error instanceof AuthError && error.kind === 'permission') {
      this.deny(mark.kind, error);
      return true;
    }
    if (!(error instanceof SourceError || error instanceof NotEndedYetError)) throw error;
    await this.putOff(mark, { delayMs: delayAfter(mark.attempts, error), failed: true }, error);
    if (error instanceof AuthError) throw error;
    // Who waits in vain once will wait again, and the next poll with it.
    const isOutOfReach = error instanceof UnavailableError && error.kind !== 'upstream-error';
    return !isOutOfReach && ++this.failed <= MAX_FAILED;
  }

  /** Said once: the marks stay for a process that may ask. */
  private deny(kind: FinalRead, error: AuthError): void {
    this.runtime.denied.add(kind);
    this.log.warn({
      source: this.source,
      kind,
      msg: `final reads denied, not asked for again until a restart or reload: ${error.message}`,
    });
  }

  private async putOff(mark: FinalReadMark, putOff: PutOff, error: Error): Promise<void> {
    const givenUp = await this.stores.marks.putOff(mark, putOff, this.run.fence);
    const line = { source: this.source, job: mark.id, kind: mark.kind };
    if (givenUp)
      this.log.warn({
        ...line,
        msg: `final read given up after ${MAX_FINAL_READ_ATTEMPTS} tries: ${error.message}`,
      });
    else this.log.debug({ ...line, msg: `final read put off: ${error.message}` });
  }
}

function delayAfter(attempts: number, error: Error): number {
  const own = FIRST_DELAY_MS * DELAY_GROWTH ** attempts;
  const asked = 'retryAfterMs' in error && typeof error.retryAfterMs === 'number' ? error.retryAfterMs : 0;
  return Math.max(own, asked);
}
