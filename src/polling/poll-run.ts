import { PoolClient } from 'pg';
import { Page, ReadResult } from '../connectors/connector.js';
import { Instant, Json } from '../domain/job.js';
import { PollKind } from '../domain/poll-kind.js';
import { AbsenceWriter } from '../storage/job.absence.js';
import { OpenJob } from '../storage/job.lookup.js';
import { WriteContext } from '../storage/job.writer.js';
import { Lease, NO_ROUND, OpenRound, Walk } from '../storage/lease.js';
import { LeaseStore } from '../storage/lease.store.js';
import { RequestLog } from '../storage/request.log.js';
import { Standing } from '../storage/source.standing.js';
import { Absence, WholeWalk } from './absence.js';
import { Intake, IntakeHost, IntakeStores } from './intake.js';
import { OpenJobs, OpenJobsHost, UnreadableJob } from './open-jobs.js';
import { beginRound, isUnderWay, youngerRound } from './open-round.js';
import { proofOf } from './poll-kind.js';
import { PollTimeoutError } from './poll-timeout.js';
import { SeenJobs } from './seen-jobs.js';
import { SourceRuntime, writingOf } from './source-runtimes.js';
import { isWalkBetter, nextPart, SweepPart } from './sweep-part.js';
import { ClockReading } from './upstream.js';

export interface Stores extends IntakeStores {
  leases: LeaseStore;
  requests: RequestLog;
  absence: AbsenceWriter;
  /** As a source's jobs and records stand now. */
  standing: (source: string) => Promise<Standing>;
}

/** Every upstream change before this is known. */
export interface KnownThrough {
  /** Database time. */
  beganAt: Instant;
  /** The same moment by the upstream's clock; null when it sends none. */
  upstreamDate: Instant | null;
}

/** One poll of one source: what it met, and what of it is stored. Told top to bottom by {@link PollService}. */
export class PollRun implements IntakeHost, OpenJobsHost {
  readonly beganAt: Instant;
  kind: PollKind;
  /** The walk as it stands; its `resume` is behind everything that is stored. */
  walk: Walk;
  /** The whole read's; null while it is not at its end. */
  result: ReadResult | null = null;
  /** The sweep has spent its share of the budget, or its time, and goes on in a later poll. */
  suspended = false;
  openRound: OpenRound | null;
  /** Every open job was read since this instant (database time); null when this poll did not get round. */
  openRoundAt: Instant | null = null;
  /** What this poll proved once it has ended well; null when it proved nothing. */
  knownThrough: KnownThrough | null = null;
  writes = 0;
  private known: { standing: Standing; writes: number };
  private readonly intake: Intake;
  private readonly openJobs: OpenJobs;
  private readonly absence: Absence;
  /** Met by the walk, in this part and those before it; null when it cannot prove absence. */
  private seen: SeenJobs | null;
  /** Met by this poll. */
  private readonly shown = new SeenJobs();

  constructor(
    readonly lease: Lease,
    kind: PollKind,
    private readonly runtime: SourceRuntime,
    private readonly stores: Stores,
    /** The database's clock. */
    private readonly now: () => Instant,
    private readonly signal: AbortSignal,
  ) {
    this.beganAt = lease.claimedAt;
    this.kind = kind;
    const resumed = lease.walk?.kind === kind ? lease.walk : null;
    this.walk = { ...(resumed ?? newWalk(kind, this.beganAt)) };
    this.seen = resumed === null ? new SeenJobs() : seenOf(resumed);
    this.openRound = lease.openRound;
    this.known = { standing: lease.standing, writes: 0 };
    this.intake = new Intake(runtime, stores, this);
    this.openJobs = new OpenJobs(runtime, stores.lookup, this.intake, now, signal, this);
    const { key: source, labels } = runtime.source;
    const context = { source, labels, pollId: lease.pollId, fence: this.fence };
    this.absence = new Absence(stores.lookup, stores.absence, context, this.countPresent);
  }

  get pollId(): number {
    return this.lease.pollId;
  }

  get counts(): Intake['counts'] {
    return this.intake.counts;
  }

  /** Jobs whose own page could not be read in this poll. */
  get unreadable(): readonly UnreadableJob[] {
    return this.openJobs.unreadable;
  }

  get isFirstRead(): boolean {
    return this.lease.firstReadAt === null;
  }

  /** The walk met every listed job, each under its own id, and nothing moved: who was not met is not listed. */
  get provesAbsence(): boolean {
    return this.wholeWalk !== null;
  }

  get requests(): number {
    return this.runtime.upstream.visit(this.signal).requests;
  }

  get clock(): ClockReading | null {
    return this.runtime.upstream.visit(this.signal).clock;
  }

  /** What the claim knew, until this poll begins to write; then what was asked for since its last write. */
  async standing(): Promise<Standing> {
    const { writes } = this;
    if (this.known.writes !== writes)
      this.known = { standing: await this.stores.standing(this.lease.key), writes };
    return this.known.standing;
  }

  get hasStoredRejects(): boolean {
    return this.lease.standing.rejected;
  }

  /** Those that became known since the claim, this poll has read. */
  get areOpenJobsRead(): boolean {
    const { lease, shown, wholeWalk } = this;
    const isMet = (ordinal: number) => shown.has(ordinal) || wholeWalk?.seen.has(ordinal) === true;
    return lease.standing.openOrdinals?.every(isMet) ?? false;
  }

  /** The collection, page by page. Pages before a fault are stored. */
  async readPages(): Promise<void> {
    this.counts.skippedOld = this.walk.skippedOld;
    await this.read();
    if (this.kind === 'sweep' || !(await this.isWalkBetter())) return;
    this.kind = 'sweep';
    this.walk = newWalk('sweep', this.beganAt);
    this.result = null;
    this.counts.skippedOld = 0;
    await this.read();
  }

  /** Open jobs that no page of this poll showed, each by its own page, as far as the hour's budget allows. */
  async rereadOpenJobs(allowance: number): Promise<void> {
    const hasPages = this.runtime.upstream.session.fetchOne !== undefined;
    if (!hasPages && this.wholeWalk !== null)
      await this.absence.settleUnlisted(this.openJobs.all(), this.wholeWalk);
    const round = this.roundToGo();
    let complete: boolean;
    try {
      complete = await this.openJobs.goOn(round, allowance, (job) => this.isRead(job));
    } finally {
      await this.store();
      // Not before: the round must not stand behind a job whose record could not be stored.
      if (hasPages) this.openRound = youngerRound(this.openRound, round);
    }
    const settled = this.openJobs.gone.filter((job) => this.isSettled(job));
    await this.absence.settleGone(settled, this.wholeWalk);
    if (!complete) return;
    this.openRound = await this.roundAfter(round);
    if (round.skipped > 0) return;
    const { beganAt, upstreamDate } = round as KnownThrough;
    this.openRoundAt = beganAt;
    if (round.proven || this.provesChanges) this.knownThrough = { beganAt, upstreamDate };
  }

  /** What a complete sweep proves of the finished jobs that it did not meet, and of the rejects. */
  async settleAbsence(): Promise<void> {
    const { wholeWalk } = this;
    if (wholeWalk === null) return;
    await this.absence.settleFinished(wholeWalk);
    if (this.hasStoredRejects)
      await this.stores.rejects.forgetUnseen(this.runtime.source.key, wholeWalk.beganAt, this.fence);
  }

  /** For a walk that goes on in a later poll; after a doubtful part none proves absence. */
  suspendedWalk(): Walk {
    const seen = this.isDoubtful ? null : (this.seen?.serialize() ?? null);
    return { ...this.walk, seen, skippedOld: this.counts.skippedOld, next: 'incremental' };
  }

  met(ordinal: number): boolean {
    const before = this.shown.has(ordinal);
    this.seen?.add(ordinal);
    this.shown.add(ordinal);
    return before;
  }

  get pagesOverlap(): boolean {
    return proofOf(this.runtime.source, this.runtime.connector) !== 'list';
  }

  passed(place: Json): void {
    this.walk.resume = place;
  }

  writeContext(place: Json): WriteContext {
    // A first read is the longest there is: a kill in one of its parts must not cost the part. A later sweep repeats it.
    const isKept = this.isFirstRead && this.kind === 'sweep' && place !== null;
    const walk = isKept ? { ...this.suspendedWalk(), resume: place, next: 'sweep' as const } : undefined;
    return {
      ...writingOf(this.runtime),
      backfill: this.isFirstRead,
      pollId: this.pollId,
      fence: (client) => this.fence(client, walk),
    };
  }

  readonly fence = (client: PoolClient, walk?: Walk): Promise<void> => {
    this.writes++;
    return this.stores.leases.fence(client, this.lease, walk);
  };

  private get wholeWalk(): WholeWalk | null {
    const { kind, result, seen, walk } = this;
    if (kind !== 'sweep' || result?.whole !== true || this.isDoubtful || seen === null) return null;
    return { seen, beganAt: walk.beganAt };
  }

  /** A record without an id could have been any job's, and a row that is there twice may stand in the place of another. */
  private get isDoubtful(): boolean {
    return this.intake.nameless > 0 || this.intake.repeated;
  }

  /** Before the first read has come to its end, no incremental read can know what it would have to read. */
  private get provesChanges(): boolean {
    return this.result?.provesChanges === true && (this.kind === 'sweep' || !this.isFirstRead);
  }

  private async read(): Promise<void> {
    const { kind, walk, lease, signal } = this;
    const part = await this.part();
    const { resume } = walk;
    this.intake.walkFrom(resume);
    const first = kind === 'incremental' && this.isFirstRead ? lease.walk : null;
    const newsSince = first === null ? {} : { newsSince: first.upstreamDate ?? first.beganAt };
    const pages = this.runtime.upstream.session.fetchPages({
      ...{ kind, bookmark: lease.bookmark, resume, signal },
      ...newsSince,
    });
    let step: IteratorResult<Page, ReadResult>;
    try {
      let readAt = this.now();
      step = await pages.next();
      while (!step.done) {
        walk.upstreamDate ??= this.clock?.upstreamDate ?? null;
        const feedback = await this.intake.take(step.value, readAt);
        this.suspended = part !== null && step.value.resume !== null && this.isOver(part);
        if (this.suspended) break;
        readAt = this.now();
        step = await pages.next(feedback);
      }
      walk.upstreamDate ??= this.clock?.upstreamDate ?? null;
    } finally {
      await this.store();
    }
    // Only now: what a read proves, and where the next one begins, must not be claimed before its rows are committed.
    if (step.done) this.result = step.value;
  }

  /** Null for all in one go: of an incremental read, and where every poll reads the list whole. */
  private async part(): Promise<SweepPart | null> {
    const { source, connector } = this.runtime;
    if (this.kind === 'incremental' || proofOf(source, connector) === 'list') return null;
    const part = await nextPart(this.runtime, this.stores.requests, this.lease);
    return { ...part, requests: this.requests + part.requests };
  }

  private isOver({ requests, until }: SweepPart): boolean {
    return this.requests >= requests || this.now() >= until;
  }

  private isWalkBetter(): Promise<boolean> {
    const { runtime, stores, lease } = this;
    const areUnread = (most: number) => this.openJobs.areMoreThan(most, (job) => this.isRead(job));
    return isWalkBetter(runtime, stores.requests, lease, areUnread, this.countPresent);
  }

  private readonly countPresent = async (): Promise<number> => (await this.standing()).present;

  /** Stores all that waits, after a fault as well; not after the lease or the process was told to stop. */
  private async store(): Promise<void> {
    const { aborted, reason } = this.signal as { aborted: boolean; reason: unknown };
    if (!aborted || reason instanceof PollTimeoutError) await this.intake.flush();
    else await this.intake.rest();
  }

  /** A complete sweep begins a round of its own: whom it met counts as read since its begin. */
  private roundToGo(): OpenRound {
    const { openRound: kept, wholeWalk, provesChanges: proven, clock } = this;
    if (wholeWalk === null && isUnderWay(kept)) return { ...kept };
    const { beganAt, upstreamDate } =
      wholeWalk === null ? { beganAt: this.beganAt, upstreamDate: clock?.upstreamDate ?? null } : this.walk;
    return beginRound({ beganAt, upstreamDate, proven }, kept);
  }

  /** What a round that came to its end leaves for the next. */
  private async roundAfter(round: OpenRound): Promise<OpenRound | null> {
    const kept = this.openRound;
    if (kept !== round && isUnderWay(kept)) return kept;
    if (round.failing.length === 0) return null;
    const failing = await this.stores.lookup.stillOpen(this.runtime.source.key, round.failing);
    return failing.length === 0 ? null : { ...NO_ROUND, failing };
  }

  /** A page showed it since the round began, or nobody expects to see it before the next complete sweep. */
  private isRead(job: OpenJob): boolean {
    const { wholeWalk } = this;
    if (this.shown.has(job.ordinal) || wholeWalk?.seen.has(job.ordinal) === true) return true;
    return job.absent && !(wholeWalk !== null && this.runtime.upstream.session.fetchOne !== undefined);
  }

  /** Known for longer than the platform's reads lag behind its writes: a younger job may be missing everywhere and yet be there. */
  private isSettled(job: OpenJob): boolean {
    return job.firstSeenAt <= this.walk.beganAt - this.runtime.connector.limits.settleMs;
  }
}

function newWalk(kind: PollKind, beganAt: Instant): Walk {
  return { kind, resume: null, beganAt, upstreamDate: null, seen: null, skippedOld: 0, next: 'incremental' };
}

function seenOf(walk: Walk): SeenJobs | null {
  return walk.seen === null ? null : SeenJobs.deserialize(walk.seen);
}
