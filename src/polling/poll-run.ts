import { PoolClient } from 'pg';
import { Page, PageFeedback, ReadResult } from '../connectors/connector.js';
import { JobGoneError, RateLimitError } from '../domain/errors.js';
import { Instant, RecordShape } from '../domain/job.js';
import { AbsenceContext, AbsenceWriter, MAX_ABSENT } from '../storage/job.absence.js';
import { JobLookup, JobNumber, OpenJob } from '../storage/job.lookup.js';
import { Candidate, JobWriter, MAX_CANDIDATES, WriteContext } from '../storage/job.writer.js';
import { Reject, RejectStore } from '../storage/reject.store.js';
import { Lease, OpenRound, PollKind, SourceStore, Walk } from '../storage/source.store.js';
import { isReject, Sighting } from './observer.js';
import { fetchOwnPage } from './own-page.js';
import { SeenJobs } from './seen-jobs.js';
import { SourceRuntime, writingOf } from './source-runtimes.js';
import { ClockReading } from './upstream.js';

export interface Stores {
  sources: SourceStore;
  writer: JobWriter;
  lookup: JobLookup;
  absence: AbsenceWriter;
  rejects: RejectStore;
}

/** How many open jobs are looked at together. */
const OPEN_BATCH = 500;

/** By-id reads of one poll that the platform may put off; one more, and it is the source that is limited and not a job. */
const MAX_TOO_SOON = 3;

/** One poll of one source: what it met, and what of it is stored. Told top to bottom by {@link PollService}. */
export class PollRun {
  readonly counts = { records: 0, discovered: 0, changed: 0, rejected: 0, skippedOld: 0 };
  readonly beganAt: Instant;
  /** The walk as it stands; its `resume` is behind everything that is stored. */
  readonly walk: Walk;
  result: ReadResult | null = null;
  openRound: OpenRound | null;
  /** Every open job was read since this instant (database time); null when this poll did not get round. */
  openRoundAt: Instant | null = null;
  private readonly seen: SeenJobs | null;
  private readonly candidates: Candidate[] = [];
  private readonly rejects: Reject[] = [];
  private nameless = 0;
  /** By-id reads that the platform put off. */
  private tooSoon = 0;
  private storedRejects = 0;

  constructor(
    readonly lease: Lease,
    readonly kind: PollKind,
    readonly pollId: number,
    private readonly runtime: SourceRuntime,
    private readonly stores: Stores,
    /** The database's clock. */
    private readonly now: () => Instant,
    private readonly signal: AbortSignal,
  ) {
    this.beganAt = lease.claimedAt;
    const resumed = lease.walk?.kind === kind ? lease.walk : null;
    this.walk = resumed ?? { kind, resume: null, beganAt: this.beganAt, upstreamDate: null, seen: null };
    this.seen =
      resumed === null ? new SeenJobs() : resumed.seen === null ? null : SeenJobs.deserialize(resumed.seen);
    this.openRound = lease.openRound;
  }

  get isFirstRead(): boolean {
    return this.lease.firstReadAt === null;
  }

  /** The walk met every listed job, each under its own id, and nothing moved: who was not met is not listed. */
  get provesAbsence(): boolean {
    return this.kind === 'sweep' && this.result?.whole === true && this.nameless === 0;
  }

  /** The collection, page by page. Pages before a fault are stored. */
  async readPages(): Promise<void> {
    this.storedRejects = await this.stores.rejects.count(this.runtime.source.key);
    const request = {
      kind: this.kind,
      bookmark: this.lease.bookmark,
      resume: this.walk.resume,
      signal: this.signal,
    };
    const pages = this.runtime.upstream.session.fetchPages(request);
    let step: IteratorResult<Page, ReadResult>;
    try {
      let readAt = this.now();
      step = await pages.next();
      while (!step.done) {
        this.walk.upstreamDate ??= this.clock?.upstreamDate ?? null;
        const feedback = await this.take(step.value, readAt);
        readAt = this.now();
        step = await pages.next(feedback);
      }
      this.walk.upstreamDate ??= this.clock?.upstreamDate ?? null;
    } finally {
      await this.store();
    }
    // Only now: what a read proves, and where the next one begins, must not be claimed before its rows are committed.
    this.result = step.value;
  }

  /** Open jobs that no page of this poll showed, each by its own page, as far as the hour's budget allows. */
  async rereadOpenJobs(allowance: number): Promise<void> {
    const round = { ...(this.openRound ?? { beganAt: this.beganAt, afterOrdinal: 0 }) };
    const gone: OpenJob[] = [];
    let complete: boolean;
    try {
      complete = await this.readOpenJobs(round, allowance, gone);
    } finally {
      await this.store();
      // Not before: the round must not stand behind a job whose record could not be stored.
      this.openRound = round;
    }
    await this.settleGone(gone);
    const resumable = this.runtime.upstream.session.fetchOne !== undefined;
    this.openRound = complete || !resumable ? null : round;
    if (complete && this.tooSoon === 0) this.openRoundAt = round.beganAt;
  }

  /** What a complete sweep proves of the finished jobs that it did not meet, and of the rejects. */
  async settleAbsence(): Promise<void> {
    const { seen } = this;
    if (!this.provesAbsence || seen === null) return;
    if (seen.size !== (await this.stores.lookup.countPresent(this.runtime.source.key)))
      await this.markFinishedAbsent(seen);
    if (this.storedRejects > 0)
      await this.stores.rejects.forgetUnseen(this.runtime.source.key, this.walk.beganAt, this.fence());
  }

  /** For a walk that goes on in a later poll. */
  suspendedWalk(): Walk {
    return { ...this.walk, seen: this.seen?.serialize() ?? null };
  }

  get requests(): number {
    return this.runtime.upstream.visit(this.signal).requests;
  }

  get clock(): ClockReading | null {
    return this.runtime.upstream.visit(this.signal).clock;
  }

  private async take(page: Page, readAt: Instant): Promise<PageFeedback> {
    this.counts.records += page.records.length;
    this.counts.skippedOld += page.skippedOld;
    const { sightings, rejects } = this.runtime.observer.identify(page.records, page.shape, readAt);
    this.nameless += rejects.length;
    this.reject(rejects);
    const settled = await this.absorb(sightings, page.shape, readAt);
    if (this.candidates.length >= MAX_CANDIDATES) await this.flush(page.resume);
    else if (this.candidates.length === 0) this.walk.resume = page.resume;
    return { settled: settled && rejects.length === 0 };
  }

  /** @returns whether every one of them was stored before, is unchanged, and is terminal */
  private async absorb(
    sightings: readonly Sighting[],
    shape: RecordShape,
    readAt: Instant,
  ): Promise<boolean> {
    const known = await this.stores.lookup.known(
      sightings.map(({ id }) => id),
      shape,
    );
    const readable: string[] = [];
    let settled = true;
    for (const sighting of sightings) {
      const job = known.get(sighting.id);
      if (job !== undefined) this.seen?.add(job.ordinal);
      if (job !== undefined && !job.absent && job.hash?.equals(sighting.hash) === true) {
        settled &&= job.terminal;
        readable.push(sighting.externalId);
        continue;
      }
      settled = false;
      const item = this.runtime.observer.normalize(sighting, shape, readAt);
      if (isReject(item)) this.reject([item]);
      else {
        this.candidates.push(item);
        readable.push(sighting.externalId);
      }
    }
    if (this.storedRejects > 0)
      await this.stores.rejects.forget(this.runtime.source.key, readable, this.fence());
    return settled;
  }

  private reject(rejects: readonly Reject[]): void {
    this.counts.rejected += rejects.length;
    this.rejects.push(...rejects);
  }

  /** Stores all that waits, after a fault as well; not after the lease or the process was told to stop. */
  private async store(): Promise<void> {
    if (this.signal.aborted) return;
    await this.flush();
    await this.stores.rejects.add(this.runtime.source.key, this.rejects.splice(0), this.fence());
  }

  /** Stores the candidates that wait. Only the last transaction moves the walk on: before it, records of its page are still missing. */
  private async flush(resume = this.walk.resume): Promise<void> {
    while (this.candidates.length > 0) {
      const batch = this.candidates.splice(0, MAX_CANDIDATES);
      const place = this.candidates.length === 0 ? resume : this.walk.resume;
      // Only a first read is resumed after a kill: a later sweep that is cut off loses its proof, and begins again.
      const isKept = this.isFirstRead && this.kind === 'sweep';
      const walk = isKept ? { ...this.walk, resume: place, seen: null } : undefined;
      const { discovered, changed, ordinals } = await this.stores.writer.write(
        batch,
        this.writeContext(walk),
      );
      // Not before the rows are committed: a walk that goes on behind rows that failed would never meet them again.
      this.walk.resume = place;
      this.counts.discovered += discovered;
      this.counts.changed += changed;
      for (const ordinal of ordinals) this.seen?.add(ordinal);
    }
  }

  private async *openJobs(afterOrdinal: number): AsyncGenerator<OpenJob> {
    for (let after = afterOrdinal; ;) {
      const jobs = await this.stores.lookup.open(this.runtime.source.key, after, OPEN_BATCH);
      yield* jobs;
      if (jobs.length < OPEN_BATCH) return;
      after = jobs.at(-1)!.ordinal;
    }
  }

  /** A page of this poll showed it, or nobody expects to see it before the next complete sweep. */
  private isRead(job: OpenJob): boolean {
    if (this.seen?.has(job.ordinal) === true) return true;
    return job.absent && !(this.provesAbsence && this.runtime.upstream.session.fetchOne !== undefined);
  }

  /** @returns whether the round came to its end */
  private async readOpenJobs(round: OpenRound, allowance: number, gone: OpenJob[]): Promise<boolean> {
    const readable = this.runtime.upstream.session.fetchOne !== undefined;
    if (!readable) await this.settleUnlisted();
    let left = allowance;
    for await (const job of this.openJobs(round.afterOrdinal)) {
      if (this.isRead(job)) continue;
      if (!readable || left-- <= 0) return false;
      if ((await this.readOne(job)) === 'gone' && this.isSettled(job)) gone.push(job);
      round.afterOrdinal = job.ordinal;
    }
    return true;
  }

  /** Known for longer than the platform's reads lag behind its writes: a younger job may be missing everywhere and yet be there. */
  private isSettled(job: OpenJob): boolean {
    return job.firstSeenAt <= this.walk.beganAt - this.runtime.connector.limits.settleMs;
  }

  private async readOne(job: OpenJob): Promise<'read' | 'gone' | 'too soon'> {
    const readAt = this.now();
    try {
      const { sighting, shape } = await fetchOwnPage(this.runtime, job, readAt, this.signal);
      this.counts.records++;
      await this.absorb([sighting], shape, readAt);
      if (this.candidates.length >= MAX_CANDIDATES) await this.flush();
      return 'read';
    } catch (error) {
      if (error instanceof JobGoneError) return 'gone';
      // A platform may limit the reads of one job (Veeva Vault: one in ten seconds, whoever asks); a spent budget is no such limit.
      if (
        error instanceof RateLimitError &&
        this.runtime.upstream.budget > 0 &&
        ++this.tooSoon <= MAX_TOO_SOON
      )
        return 'too soon';
      throw error;
    }
  }

  /** Their own page says that they are gone: with a sweep that did not list them that is proof, without one they wait for it. */
  private async settleGone(gone: readonly OpenJob[]): Promise<void> {
    if (this.provesAbsence && this.seen !== null) await this.vanish(gone);
    else await this.markAbsent(gone);
  }

  /** Where a job has no page of its own, two complete reads in a row without it are the proof. */
  private async settleUnlisted(): Promise<void> {
    const { seen } = this;
    if (!this.provesAbsence || seen === null) return;
    const vanished: OpenJob[] = [];
    const absent: OpenJob[] = [];
    for await (const job of this.openJobs(0)) {
      if (!seen.has(job.ordinal)) (job.absent ? vanished : absent).push(job);
    }
    await this.vanish(vanished);
    await this.markAbsent(absent);
  }

  private async markFinishedAbsent(seen: SeenJobs): Promise<void> {
    for (let after = 0; ;) {
      const jobs = await this.stores.lookup.listedFinished(
        this.runtime.source.key,
        this.walk.beganAt,
        after,
        10_000,
      );
      if (jobs.length === 0) return;
      await this.markAbsent(jobs.filter(({ ordinal }) => !seen.has(ordinal)));
      after = jobs.at(-1)!.ordinal;
    }
  }

  private vanish(jobs: readonly JobNumber[]): Promise<void> {
    return inBatches(jobs, (ids) => this.stores.absence.vanish(ids, this.absenceContext()));
  }

  private markAbsent(jobs: readonly JobNumber[]): Promise<void> {
    return inBatches(jobs, (ids) => this.stores.absence.markAbsent(ids, this.absenceContext()));
  }

  private writeContext(walk: Walk | undefined): WriteContext {
    return {
      ...writingOf(this.runtime),
      backfill: this.isFirstRead,
      pollId: this.pollId,
      fence: this.fence(walk),
    };
  }

  private absenceContext(): AbsenceContext {
    const { key, labels } = this.runtime.source;
    return { source: key, labels, pollId: this.pollId, fence: this.fence() };
  }

  private fence(walk?: Walk): (client: PoolClient) => Promise<void> {
    return (client) => this.stores.sources.fence(client, this.lease, walk);
  }
}

async function inBatches(
  jobs: readonly JobNumber[],
  write: (ids: string[]) => Promise<unknown>,
): Promise<void> {
  for (let start = 0; start < jobs.length; start += MAX_ABSENT) {
    await write(jobs.slice(start, start + MAX_ABSENT).map(({ id }) => id));
  }
}
