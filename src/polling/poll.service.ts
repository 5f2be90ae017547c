import { Inject, Injectable, Logger, OnApplicationShutdown, Optional } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { CONFIG, Config, SourceConfig } from '../config/config.js';
import { Connector } from '../connectors/connector.js';
import { RetryOptions } from '../connectors/shared/undici-http-client.js';
import { RateLimitError, SourceConfigError, SourceError, UnavailableError } from '../domain/errors.js';
import { Instant } from '../domain/job.js';
import { Database } from '../storage/database.js';
import { AbsenceWriter } from '../storage/job.absence.js';
import { JobLookup } from '../storage/job.lookup.js';
import { JobWriter } from '../storage/job.writer.js';
import { RejectStore } from '../storage/reject.store.js';
import {
  Health,
  Lease,
  LeaseLostError,
  PollKind,
  PollOutcome,
  SourceDeclaration,
  SourceStore,
} from '../storage/source.store.js';
import { firstDelayMs, nextPollDelayMs } from './next-poll-at.js';
import { PollRun, Stores } from './poll-run.js';
import { HTTP_RETRY, SourceRuntimes } from './source-runtimes.js';
import { Upstream } from './upstream.js';

/** How long a claim lasts without renewal; the longest that a killed process can keep a source from the others. */
const LEASE_MS = 15_000;

/** How long the poll history is kept. */
const POLLS_KEPT_MS = 7 * 86_400_000;

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
}

/** Polls sources. {@link poll} tells one poll from claim to result, top to bottom. */
@Injectable()
export class PollService implements OnApplicationShutdown {
  private readonly log = new Logger('Poll');
  private readonly owner = `${hostname()}/${process.pid}/${randomUUID().slice(0, 8)}`;
  private readonly stores: Stores;
  private readonly running = new Map<string, Promise<unknown>>();
  private readonly stopping = new AbortController();

  constructor(
    @Inject(CONFIG) config: Config,
    database: Database,
    @Optional() @Inject(HTTP_RETRY) retry?: RetryOptions,
    private readonly runtimes: SourceRuntimes = new SourceRuntimes(config, database, retry),
  ) {
    this.stores = {
      sources: new SourceStore(database),
      writer: new JobWriter(database),
      lookup: new JobLookup(database),
      absence: new AbsenceWriter(database),
      rejects: new RejectStore(database),
    };
  }

  /** Makes the rows of sources follow the configuration. Only a service does this, at its start. */
  async reconcile(): Promise<void> {
    const declarations = this.runtimes.all.map(({ source, connector }) => declare(source, connector));
    await this.stores.sources.reconcile(declarations, await this.stores.sources.nextGeneration());
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
   * @throws SourceConfigError when the configuration has no such source, or another process polls it
   */
  async pollNow(key: string, kind: PollKind): Promise<PollSummary> {
    const runtime = this.runtimes.get(key);
    if (runtime === undefined) throw new SourceConfigError(`no source has the key ${key}`);
    await this.stores.sources.addMissing(declare(runtime.source, runtime.connector));
    const lease = await this.stores.sources.claimNow(this.owner, key, LEASE_MS);
    if (lease === null)
      throw new SourceConfigError(`source ${key} is being polled by another process, or is retired`);
    const summary = await this.start({ ...lease, requested: kind });
    if (summary === null) throw new LeaseLostError(key);
    return summary;
  }

  async prune(): Promise<void> {
    await this.stores.sources.prune(POLLS_KEPT_MS);
  }

  /** Stops polls where they are; what they stored stays, and their sources are due at once for whoever comes next. */
  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort(new UnavailableError('Rollcall is stopping', 'network'));
    await Promise.allSettled(this.running.values());
    await this.runtimes.close();
  }

  private start(lease: Lease): Promise<PollSummary | null> {
    const poll = this.poll(lease).finally(() => this.running.delete(lease.key));
    this.running.set(lease.key, poll);
    return poll;
  }

  /** One poll of one claimed source. Null when it was cut off: by a shutdown, or because the lease was lost. */
  private async poll(lease: Lease): Promise<PollSummary | null> {
    const runtime = this.runtimes.get(lease.key)!;
    const { source, connector, upstream } = runtime;
    const clock = databaseClock(lease.claimedAt);
    const kind = chooseKind(lease, source, connector, clock());
    const hold = new AbortController();
    const signal = AbortSignal.any([hold.signal, this.stopping.signal]);
    const renewal = setInterval(() => {
      this.stores.sources.renew(lease, LEASE_MS).catch((error: unknown) => hold.abort(error));
    }, LEASE_MS / 3);
    try {
      const pollId = await this.stores.sources.nextPollId();
      const run = new PollRun(lease, kind, pollId, runtime, this.stores, clock, signal);
      let fault: unknown = null;
      try {
        await upstream.begin(signal);
        await run.readPages();
        await run.rereadOpenJobs(byIdAllowance(source, upstream));
        await run.settleAbsence();
      } catch (error) {
        fault = signal.aborted ? signal.reason : error;
      }
      await upstream.flush();
      if (fault instanceof LeaseLostError) throw fault;
      if (this.stopping.signal.aborted) {
        await this.stores.sources.release(lease);
        return null;
      }
      const outcome = await this.conclude(run, source, connector, fault, clock());
      await this.stores.sources.finish(lease, outcome);
      if (outcome.firstReadAt !== undefined && run.counts.discovered >= ANALYZE_FROM)
        await this.stores.writer.analyze();
      return this.report(source, outcome, clock() - lease.claimedAt);
    } catch (error) {
      this.log.error({ source: lease.key, msg: `poll cut off: ${describe(error)}` });
      return null;
    } finally {
      clearInterval(renewal);
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
        hasOpenJobs: complaints.open > 0,
      },
      Math.random(),
    );
    const base: PollOutcome = {
      pollId: run.pollId,
      kind: run.kind,
      beganAt: run.beganAt,
      error,
      ...judge(error?.kind ?? null, truncated, complaints),
      nextPollAt: (error === null ? run.beganAt : now) + delay,
      consecutiveFailures,
      bookmark: result?.bookmark ?? lease.bookmark,
      walk: result === null ? keptWalk(run, limited) : run.kind === 'sweep' ? null : lease.walk,
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

  private report(source: SourceConfig, outcome: PollOutcome, durationMs: number): PollSummary {
    const { kind, health, reason, error, requests, records, discovered, changed, rejected } = outcome;
    const summary = {
      source: source.key,
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
    };
    const line = { ...summary, msg: error === null ? 'polled' : `poll failed: ${error.message}` };
    if (error === null) this.log.log(line);
    else this.log.warn(line);
    return summary;
  }
}

/** Sweeps prove; incremental reads are quick. A failing sweep takes turns with incremental reads, so that it never blinds a source. */
function chooseKind(lease: Lease, source: SourceConfig, connector: Connector, now: Instant): PollKind {
  if (proofOf(source, connector) === 'list' || lease.firstReadAt === null) return 'sweep';
  if (lease.requested !== null) return lease.requested;
  const due = lease.sweepEndedAt === null || now - lease.sweepEndedAt >= source.poll.sweepEveryMs;
  return due && lease.consecutiveFailures % 2 === 0 ? 'sweep' : 'incremental';
}

/** By-id reads of one poll: half of what the budget gives to one interval, so that lists and sweeps have their share. */
function byIdAllowance(source: SourceConfig, upstream: Upstream): number {
  const perPoll = (source.poll.maxRequestsPerHour * source.poll.everyMs) / 3_600_000;
  return Math.max(0, Math.min(upstream.budget, Math.max(10, Math.floor(perPoll / 2))));
}

function judge(
  errorKind: string | null,
  truncated: boolean,
  complaints: { unmapped: number; rejects: number },
): { health: Health; reason: string | null } {
  if (errorKind === 'rate-limited') return { health: 'degraded', reason: 'rate-limited' };
  if (errorKind !== null) return { health: 'failing', reason: errorKind };
  if (truncated) return { health: 'degraded', reason: 'truncated' };
  if (complaints.rejects > 0) return { health: 'degraded', reason: 'rejects' };
  if (complaints.unmapped > 0) return { health: 'degraded', reason: 'unmapped-statuses' };
  return { health: 'healthy', reason: null };
}

/** What a cut-off walk leaves for the next poll: a first read goes on where it stood, so does a sweep that only had to wait. */
function keptWalk(run: PollRun, limited: boolean): PollOutcome['walk'] {
  if (run.kind !== 'sweep') return run.lease.walk;
  return run.isFirstRead || limited ? run.suspendedWalk() : null;
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
  if (result === null) return claims;
  if (result.upstreamTotal !== null) claims.upstreamTotal = result.upstreamTotal;
  if (run.kind === 'sweep') {
    claims.truncated = result.truncated;
    if (run.provesAbsence) claims.sweptAt = walk.beganAt;
    const settled = result.whole || result.truncated;
    // A walk that saw movement is repeated soon, but not at once: a busy list would be walked without end.
    claims.sweepEndedAt = settled
      ? now
      : now - source.poll.sweepEveryMs + Math.min(source.poll.sweepEveryMs, 5 * source.poll.everyMs);
    if (settled) claims.firstReadAt = now;
  }
  if (succeeded && result.provesChanges && run.openRoundAt !== null) {
    claims.completeThrough = (walk.upstreamDate ?? walk.beganAt) - connector.limits.settleMs;
    claims.provenAt = walk.beganAt;
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
  const { everyMs, idleEveryMs, sweepEveryMs, staleAfterMs } = source.poll;
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
    firstDelayMs: firstDelayMs(source.key, everyMs),
  };
}

function proofOf(source: SourceConfig, connector: Connector): Connector['limits']['proof'] {
  return connector.proof?.(source.options) ?? connector.limits.proof;
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

function retryAfterMs(fault: unknown): number | null {
  return fault instanceof RateLimitError || fault instanceof UnavailableError ? fault.retryAfterMs : null;
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
