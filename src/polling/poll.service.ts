import { Inject, Injectable, Logger, OnApplicationShutdown, OnModuleDestroy, Optional } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { CONFIG, Config, SourceConfig } from '../config/config.js';
import { Connector } from '../connectors/connector.js';
import { connectorOf } from '../connectors/index.js';
import { RetryOptions } from '../connectors/shared/undici-http-client.js';
import { SourceConfigError, SourceError, UnavailableError } from '../domain/errors.js';
import { Instant } from '../domain/job.js';
import { isDatabaseFault } from '../storage/database-fault.js';
import { Database } from '../storage/database.js';
import { FinalReadStore } from '../storage/final-read.store.js';
import { AbsenceWriter } from '../storage/job.absence.js';
import { JobLookup } from '../storage/job.lookup.js';
import { JobWriter } from '../storage/job.writer.js';
import { RejectStore } from '../storage/reject.store.js';
import { Health } from '../storage/source-health.js';
import {
  Lease,
  LeaseLostError,
  PollKind,
  PollOutcome,
  SourceDeclaration,
  SourceStore,
} from '../storage/source.store.js';
import { TaskWriter } from '../storage/task.writer.js';
import { currentTraceId, inSpan, Span } from '../tracing/tracer.js';
import { FinalReads, FinalReadStores } from './final-reads.js';
import { firstDelayMs, nextPollDelayMs, pollBoundMs, resumeDelayMs, retryAfterMs } from './next-poll-at.js';
import { byIdAllowance } from './budget.js';
import { choosePollKind, proofOf, soonMs } from './poll-kind.js';
import { PollRun, Stores } from './poll-run.js';
import { PollTimeoutError } from './poll-timeout.js';
import { HTTP_RETRY, SourceRuntime, SourceRuntimes } from './source-runtimes.js';

/** How long a claim lasts without renewal; the longest that a killed process can keep a source from the others. */
const LEASE_MS = 15_000;

/** Between two tries to give a source back, milliseconds; the first of them. */
const GIVE_BACK_WAIT_MS = { first: 250, longest: 5_000 };

/** How long the poll history is kept. */
const POLLS_KEPT_MS = 7 * 86_400_000;

/** Results of a poll in its line of the log and in its trace, beside the kinds of errors: as in `rollcall_polls_total`. */
const OK = 'ok';
const CUT_OFF = 'cut-off';

/** Jobs whose page could not be read, in a line of the log; the rest is counted. */
const MAX_LOGGED_JOBS = 3;

/** Of an id in a log line, characters: platforms set no limit. */
const MAX_LOGGED_ID = 200;

/** First reads of this size leave the planner with statistics of an empty table. */
const ANALYZE_FROM = 1_000;

/** What one poll did, for whoever asked for it. */
export interface PollSummary {
  source: string;
  kind: PollKind;
  health: Health;
  reason: string | null;
  error: PollOutcome['error'];
  requests: number;
  records: number;
  discovered: number;
  changed: number;
  rejected: number;
  durationMs: number;
  /** A part of a sweep, which goes on in later polls: its share of the budget, or its time, is spent. */
  suspended: boolean;
}

/** Polls sources. {@link poll} tells one poll from claim to result, top to bottom. */
@Injectable()
export class PollService implements OnApplicationShutdown, OnModuleDestroy {
  private readonly log = new Logger('Poll');
  private readonly owner = `${hostname()}/${process.pid}/${randomUUID().slice(0, 8)}`;
  private readonly stores: Stores & FinalReadStores;
  private readonly running = new Map<string, Promise<unknown>>();
  private readonly stopping = new AbortController();
  /** By source: polls in a row that came to no result. */
  private readonly cutOffs = new Map<string, number>();

  constructor(
    @Inject(CONFIG) config: Config,
    database: Database,
    @Optional() @Inject(HTTP_RETRY) retry?: RetryOptions,
    private readonly runtimes: SourceRuntimes = new SourceRuntimes(config, database, retry),
  ) {
    this.stores = {
      sources: new SourceStore(database),
      writer: new JobWriter(database, config.metrics.maxTypes),
      lookup: new JobLookup(database),
      absence: new AbsenceWriter(database),
      rejects: new RejectStore(database),
      marks: new FinalReadStore(database),
      tasks: new TaskWriter(database),
    };
  }

  /** Makes the rows of sources follow the configuration. Only a service does this, at its start. */
  async reconcile(): Promise<void> {
    const declarations = this.runtimes.all.map(({ source, connector }) => declare(source, connector));
    await this.stores.sources.reconcile(declarations, await this.stores.sources.nextGeneration(), 'start');
  }

  /** Makes the rows of sources follow a configuration that changed. What is due stays due, and polls under way go on. */
  async follow(sources: readonly SourceConfig[]): Promise<void> {
    const declarations = sources.map((source) => declare(source, connectorOf(source)));
    await this.stores.sources.reconcile(declarations, await this.stores.sources.nextGeneration(), 'reload');
  }

  /** Claims what is due and polls it beside whatever is running, up to `limit` polls at one time. */
  async pollDue(limit: number): Promise<void> {
    const free = limit - this.running.size;
    if (free <= 0 || this.stopping.signal.aborted) return;
    const keys = this.runtimes.keys.filter((key) => !this.running.has(key));
    for (const lease of await this.stores.sources.claimDue(this.owner, keys, LEASE_MS, free))
      void this.start(lease);
  }

  /**
   * Polls one source now, whatever its pace, and waits for the result.
   * @throws SourceConfigError when the configuration has no such source, or another process polls it; whatever cut the poll off
   */
  async pollNow(key: string, kind: PollKind): Promise<PollSummary> {
    const runtime = this.runtimes.get(key);
    if (runtime === undefined) throw new SourceConfigError(`no source has the key ${key}`);
    await this.stores.sources.addMissing(declare(runtime.source, runtime.connector));
    const lease = await this.stores.sources.claimNow(this.owner, key, LEASE_MS);
    if (lease === null)
      throw new SourceConfigError(`source ${key} is being polled by another process, or is retired`);
    const summary = await this.start(lease, lease.requested === 'sweep' ? 'sweep' : kind);
    if (summary instanceof Error) throw summary;
    return summary;
  }

  /** Tells of health that changed by the time of day alone. */
  async tellHealth(): Promise<void> {
    await this.stores.sources.tellHealth();
  }

  async prune(): Promise<void> {
    await this.stores.sources.prune(POLLS_KEPT_MS);
  }

  /**
   * Stops polls where they are; what they stored stays, and their sources are due at once for whoever comes next. Before requests under way
   * are waited for: another process goes on with the sources meanwhile.
   */
  async onModuleDestroy(): Promise<void> {
    this.stopping.abort(new UnavailableError('Rollcall is stopping', 'network'));
    await Promise.allSettled(this.running.values());
  }

  async onApplicationShutdown(): Promise<void> {
    await this.onModuleDestroy();
    await this.runtimes.close();
  }

  private start(lease: Lease, asked = lease.requested): Promise<PollSummary | Error> {
    const poll = inSpan('poll', 'internal', { 'rollcall.source': lease.key }, async (span) => {
      const runtime = this.runtimes.get(lease.key);
      const result =
        runtime === undefined
          ? await this.notConfigured(lease)
          : await runtime.upstream.use(() => this.poll(lease, asked, runtime));
      traceResult(span, result);
      return result;
    }).finally(() => this.running.delete(lease.key));
    this.running.set(lease.key, poll);
    return poll;
  }

  /** One poll of one claimed source. An error when it was cut off: by a shutdown, a lost lease, or our own database. */
  private async poll(
    lease: Lease,
    asked: PollKind | null,
    runtime: SourceRuntime,
  ): Promise<PollSummary | Error> {
    const { source, connector, upstream } = runtime;
    // What the row was asked for stays with the lease: a poll that is cut off gives it back.
    const claim = { ...lease, requested: asked };
    const clock = databaseClock(lease.claimedAt);
    const hold = new AbortController();
    const signal = AbortSignal.any([hold.signal, this.stopping.signal]);
    const renewal = setInterval(() => void this.renew(lease, hold), LEASE_MS / 3);
    let bound: NodeJS.Timeout | undefined;
    let fault: unknown = null;
    let cutOff: unknown;
    try {
      const kind = await choosePollKind(claim, runtime, this.stores.sources, clock());
      const boundMs = pollBoundMs(kind, source.poll.timeoutMs);
      bound = setTimeout(() => hold.abort(new PollTimeoutError(boundMs)), boundMs);
      const pollId = await this.stores.sources.nextPollId();
      const run = new PollRun(claim, kind, pollId, runtime, this.stores, clock, signal);
      const finalReads = new FinalReads(run, runtime, this.stores, clock, signal);
      try {
        await upstream.begin(signal);
        await run.readPages();
        await run.rereadOpenJobs(await finalReads.shareOut(byIdAllowance(source.poll, upstream.budget)));
        await run.settleAbsence();
        await finalReads.read();
      } catch (error) {
        fault = signal.aborted && !isDatabaseFault(error) ? signal.reason : error;
      }
      if (fault instanceof LeaseLostError || isDatabaseFault(fault)) throw fault;
      await upstream.flush();
      this.stopping.signal.throwIfAborted();
      const outcome = await this.conclude(run, source, connector, fault, clock());
      await this.stores.sources.finish(lease, outcome);
      this.cutOffs.delete(lease.key);
      if (outcome.firstReadAt !== undefined && run.counts.discovered >= ANALYZE_FROM)
        await this.stores.writer.analyze();
      return this.report(run, outcome, clock() - lease.claimedAt);
    } catch (error) {
      cutOff = error;
    } finally {
      clearInterval(renewal);
      clearTimeout(bound);
    }
    return this.endCutOff(lease, source, cutOff, fault, clock() - lease.claimedAt);
  }

  /** The configuration lost the source while it was claimed. */
  private async notConfigured(lease: Lease): Promise<Error> {
    await this.giveBack(lease, 0);
    return new SourceConfigError(`no source has the key ${lease.key}`);
  }

  private async renew(lease: Lease, hold: AbortController): Promise<void> {
    try {
      await this.stores.sources.renew(lease, LEASE_MS);
    } catch (error) {
      if (error instanceof LeaseLostError) hold.abort(error);
      // Another try comes before the lease is over, and nothing is written behind its end.
      else this.log.warn({ source: lease.key, msg: `lease not renewed yet: ${describe(error)}` });
    }
  }

  /** A poll that came to no result is no news of the source: its health stays, and it is due again soon. */
  private async endCutOff(
    lease: Lease,
    source: SourceConfig,
    cutOff: unknown,
    fault: unknown,
    durationMs: number,
  ): Promise<Error> {
    const isStopping = this.stopping.signal.aborted;
    const line = { source: lease.key, result: CUT_OFF, durationMs, ...tracedBy() };
    if (isStopping) this.log.log({ ...line, msg: 'poll cut off: Rollcall is stopping' });
    else this.log.error({ ...line, msg: `poll cut off: ${describe(cutOff)}` });
    if (!(cutOff instanceof LeaseLostError)) {
      const inARow = isStopping ? 0 : (this.cutOffs.get(lease.key) ?? 0) + 1;
      this.cutOffs.set(lease.key, inARow);
      await this.giveBack(lease, resumeDelayMs(source.poll.everyMs, inARow, fault, Math.random()));
    }
    return cutOff instanceof Error ? cutOff : new Error(String(cutOff), { cause: cutOff });
  }

  /**
   * Gives a source back as soon as the database answers: tried for as long as the lease may last or the source is not to be asked, and
   * once only by a process that stops. After that the lease runs out by itself.
   */
  private async giveBack(lease: Lease, delayMs: number): Promise<void> {
    const { signal } = this.stopping;
    const begun = performance.now();
    for (let waitMs = GIVE_BACK_WAIT_MS.first; ; waitMs = Math.min(2 * waitMs, GIVE_BACK_WAIT_MS.longest)) {
      const passed = performance.now() - begun;
      try {
        await this.stores.sources.release(lease, Math.max(0, delayMs - passed));
        return;
      } catch (error) {
        const isOver = signal.aborted || passed + waitMs > Math.max(LEASE_MS, delayMs);
        if (isOver || error instanceof LeaseLostError) {
          this.log.warn({ source: lease.key, msg: `not given back: ${describe(error)}` });
          return;
        }
      }
      await sleep(waitMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** What the poll made known, and when the next one is due. */
  private async conclude(
    run: PollRun,
    source: SourceConfig,
    connector: Connector,
    fault: unknown,
    now: Instant,
  ): Promise<PollOutcome> {
    const { lease, result } = run;
    const error = fault === null ? null : asSourceFault(fault);
    if (error !== null && !(fault instanceof SourceError))
      this.log.error({ source: source.key, err: fault, msg: 'unexpected error in a poll' });
    const limited = error?.kind === 'rate-limited';
    const complaints = await this.stores.sources.complaints(source.key);
    const truncated = result?.truncated === true;
    const consecutiveFailures =
      error === null ? 0 : limited ? lease.consecutiveFailures : lease.consecutiveFailures + 1;
    const delay = nextPollDelayMs(
      source.poll,
      {
        errorKind: error?.kind ?? null,
        retryAfterMs: retryAfterMs(fault),
        consecutiveFailures,
        limitedForMs: lease.limitedSince === null ? 0 : now - lease.limitedSince,
        hasOpenJobs: complaints.open > 0 || lease.walk !== null || run.suspended,
      },
      Math.random(),
    );
    const base: PollOutcome = {
      pollId: run.pollId,
      kind: run.kind,
      beganAt: run.beganAt,
      error,
      ...judge(error?.kind ?? null, truncated, {
        ...complaints,
        unreadable: run.openRound?.failing.length ?? 0,
      }),
      nextPollAt: (error === null ? run.beganAt : now) + delay,
      consecutiveFailures,
      bookmark: keptBookmark(run),
      walk: keptWalk(run, limited || fault instanceof PollTimeoutError),
      openRound: run.openRound,
      skippedOld: run.counts.skippedOld,
      requests: run.requests,
      records: run.counts.records,
      discovered: run.counts.discovered,
      changed: run.counts.changed,
      rejected: run.counts.rejected,
      ...skew(run, now),
    };
    return { ...base, ...proof(run, source, connector, error === null, now) };
  }

  private report(run: PollRun, outcome: PollOutcome, durationMs: number): PollSummary {
    const { kind, health, reason, error, requests, records, discovered, changed, rejected } = outcome;
    const summary = {
      source: run.lease.key,
      kind,
      health,
      reason,
      error,
      requests,
      records,
      discovered,
      changed,
      rejected,
      durationMs,
      suspended: run.suspended,
    };
    this.tell(run, summary);
    return summary;
  }

  /** One line a poll, whatever it met. */
  private tell({ pollId, unreadable }: PollRun, { source, kind, error, ...rest }: PollSummary): void {
    const line = {
      ...{ source, kind, result: error?.kind ?? OK, pollId, ...rest },
      ...(unreadable.length > 0 && {
        unreadable: unreadable.length,
        unreadableJobs: unreadable.slice(0, MAX_LOGGED_JOBS).map(({ externalId, message }) => ({
          externalId: externalId.slice(0, MAX_LOGGED_ID).toWellFormed(),
          message,
        })),
      }),
      ...tracedBy(),
      msg: error === null ? 'polled' : `poll failed: ${error.message}`,
    };
    if (error === null && unreadable.length === 0) this.log.log(line);
    else this.log.warn(line);
  }
}

/** How a line of the log leads to its trace. */
function tracedBy(): { traceId?: string } {
  const traceId = currentTraceId();
  return traceId === null ? {} : { traceId };
}

function traceResult(span: Span, result: PollSummary | Error): void {
  if (result instanceof Error) {
    span.set({ 'rollcall.poll.result': CUT_OFF });
    span.fail(CUT_OFF);
    return;
  }
  const { kind, error, requests, records, discovered, changed, rejected, suspended } = result;
  span.set({
    'rollcall.poll.kind': kind,
    'rollcall.poll.result': error?.kind ?? OK,
    'rollcall.poll.requests': requests,
    'rollcall.poll.records': records,
    'rollcall.poll.discovered': discovered,
    'rollcall.poll.changed': changed,
    'rollcall.poll.rejected': rejected,
    'rollcall.poll.suspended': suspended,
  });
  if (error !== null) span.fail(error.kind);
}

function judge(
  errorKind: string | null,
  truncated: boolean,
  complaints: { unmapped: number; rejects: number; unreadable: number },
): { health: Health; reason: string | null } {
  if (errorKind === 'rate-limited') return { health: 'degraded', reason: 'rate-limited' };
  if (errorKind !== null) return { health: 'failing', reason: errorKind };
  if (truncated) return { health: 'degraded', reason: 'truncated' };
  if (complaints.unreadable > 0) return { health: 'degraded', reason: 'unreadable-jobs' };
  if (complaints.rejects > 0) return { health: 'degraded', reason: 'rejects' };
  if (complaints.unmapped > 0) return { health: 'degraded', reason: 'unmapped-statuses' };
  return { health: 'healthy', reason: null };
}

/** What the poll leaves of a sweep that is under way. A part that failed is repeated; a first read goes on where it stood. */
function keptWalk(run: PollRun, isCutShort: boolean): PollOutcome['walk'] {
  const { lease, result } = run;
  if (run.kind === 'incremental') return lease.walk && { ...lease.walk, next: 'sweep' };
  if (result !== null) return null;
  if (run.suspended || run.isFirstRead || isCutShort) return run.suspendedWalk();
  return lease.walk && { ...lease.walk, next: 'incremental' };
}

/** A read beside the first one, which is still under way, has not read what its bookmark would claim. */
function keptBookmark({ lease, result, kind, isFirstRead }: PollRun): PollOutcome['bookmark'] {
  if (result === null || (isFirstRead && kind === 'incremental')) return lease.bookmark;
  return result.bookmark;
}

type Proof = Pick<
  PollOutcome,
  | 'openRoundAt'
  | 'sweptAt'
  | 'sweepEndedAt'
  | 'firstReadAt'
  | 'completeThrough'
  | 'provenAt'
  | 'truncated'
  | 'upstreamTotal'
>;

/** What may be claimed now. Everything here is dated by the begin of the walk that proved it. */
function proof(
  run: PollRun,
  source: SourceConfig,
  connector: Connector,
  succeeded: boolean,
  now: Instant,
): Proof {
  const { result, walk } = run;
  const claims: Proof = {};
  if (run.openRoundAt !== null) claims.openRoundAt = run.openRoundAt;
  if (succeeded && run.knownThrough !== null) {
    const { beganAt, upstreamDate } = run.knownThrough;
    claims.completeThrough = (upstreamDate ?? beganAt) - connector.limits.settleMs;
    claims.provenAt = beganAt;
  }
  if (result === null) return claims;
  if (result.upstreamTotal !== null) claims.upstreamTotal = result.upstreamTotal;
  if (run.kind === 'sweep') {
    claims.truncated = result.truncated;
    if (run.provesAbsence) claims.sweptAt = walk.beganAt;
    const settled = result.whole || result.truncated;
    // A walk that saw movement is repeated soon, but not at once: a busy list would be walked without end.
    claims.sweepEndedAt = settled ? now : now - source.poll.sweepEveryMs + soonMs(source.poll);
    if (settled) claims.firstReadAt = now;
  }
  return claims;
}

/** The upstream's clock minus ours, where ours is the database's. */
function skew(run: PollRun, now: Instant): Pick<PollOutcome, 'clockSkewMs'> {
  if (run.clock === null) return {};
  const databaseMinusProcess = now - Date.now();
  return { clockSkewMs: Math.round(run.clock.upstreamDate - (run.clock.requestedAt + databaseMinusProcess)) };
}

function declare(source: SourceConfig, connector: Connector): SourceDeclaration {
  const { everyMs, idleEveryMs, sweepEveryMs, staleAfterMs, maxRequestsPerHour } = source.poll;
  return {
    key: source.key,
    platform: source.platform,
    baseUrl: source.baseUrl,
    label: source.label,
    labels: source.labels,
    enabled: source.enabled,
    everyMs,
    idleEveryMs,
    sweepEveryMs,
    staleAfterMs,
    proofEveryMs: proofOf(source, connector) === 'sweep' ? sweepEveryMs : Math.max(everyMs, idleEveryMs),
    maxRequestsPerHour,
    firstDelayMs: firstDelayMs(source.key, everyMs),
  };
}

/** The database's clock, carried on by this process's monotonic one. */
function databaseClock(claimedAt: Instant): () => Instant {
  const start = performance.now();
  return () => Math.floor(claimedAt + performance.now() - start);
}

function asSourceFault(fault: unknown): { kind: SourceError['kind']; message: string } {
  if (fault instanceof SourceError) return { kind: fault.kind, message: fault.message };
  return { kind: 'upstream-error', message: 'an unexpected error in Rollcall; its log has the details' };
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
