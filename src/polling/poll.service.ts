import { Inject, Injectable, Logger, OnApplicationShutdown, OnModuleDestroy, Optional } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { hostname } from 'node:os';
import { CONFIG, Config, SourceConfig } from '../config/config.js';
import { connectorOf } from '../connectors/index.js';
import { RetryOptions } from '../connectors/shared/undici-http-client.js';
import { SourceConfigError, SourceError, UnavailableError } from '../domain/errors.js';
import { Instant } from '../domain/job.js';
import { PollKind } from '../domain/poll-kind.js';
import { isDatabaseFault } from '../storage/database-fault.js';
import { Database } from '../storage/database.js';
import { FinalReadStore } from '../storage/final-read.store.js';
import { AbsenceWriter } from '../storage/job.absence.js';
import { JobLookup } from '../storage/job.lookup.js';
import { JobWriter } from '../storage/job.writer.js';
import { Lease, LeaseLostError } from '../storage/lease.js';
import { LeaseStore } from '../storage/lease.store.js';
import { PollStore } from '../storage/poll.store.js';
import { RejectStore } from '../storage/reject.store.js';
import { RequestLog } from '../storage/request.log.js';
import { readStanding } from '../storage/source.standing.js';
import { SourceStore } from '../storage/source.store.js';
import { TaskWriter } from '../storage/task.writer.js';
import { inSpan } from '../tracing/tracer.js';
import { byIdAllowance } from './budget.js';
import { conclude } from './conclusion.js';
import { declare } from './declaration.js';
import { FinalReads, FinalReadStores } from './final-reads.js';
import { LEASE_MS, LeaseHold } from './lease-hold.js';
import { pollBoundMs, resumeDelayMs } from './next-poll-at.js';
import { choosePollKind } from './poll-kind.js';
import { cutOffLine, describe, lineOf, PollSummary, summaryOf, traceResult } from './poll-report.js';
import { PollRun, Stores } from './poll-run.js';
import { PollTimeoutError } from './poll-timeout.js';
import { HTTP_RETRY, SourceRuntime, SourceRuntimes } from './source-runtimes.js';

/** How long the poll history is kept. */
const POLLS_KEPT_MS = 7 * 86_400_000;

/** First reads of this size leave the planner with statistics of an empty table. */
const ANALYZE_FROM = 1_000;

/** Polls sources. {@link poll} tells one poll from claim to result, top to bottom. */
@Injectable()
export class PollService implements OnApplicationShutdown, OnModuleDestroy {
  private readonly log = new Logger('Poll');
  private readonly owner = `${hostname()}/${process.pid}/${randomUUID().slice(0, 8)}`;
  private readonly sources: SourceStore;
  private readonly polls: PollStore;
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
    // Each poll under way listens.
    setMaxListeners(0, this.stopping.signal);
    this.sources = new SourceStore(database);
    this.polls = new PollStore(database);
    this.stores = {
      leases: new LeaseStore(database),
      requests: new RequestLog(database),
      standing: (source) => readStanding(database, source),
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
    await this.sources.reconcile(declarations, await this.sources.nextGeneration(), 'start');
  }

  /** Makes the rows of sources follow a configuration that changed. What is due stays due, and polls under way go on. */
  async follow(sources: readonly SourceConfig[]): Promise<void> {
    const declarations = sources.map((source) => declare(source, connectorOf(source)));
    await this.sources.reconcile(declarations, await this.sources.nextGeneration(), 'reload');
  }

  /**
   * Claims what is due and polls it beside whatever is running, up to `limit` polls at one time.
   *
   * @param onEnd told as each of these polls ends
   * @returns whether more may be due than there was room for
   */
  async pollDue(limit: number, onEnd: () => void = () => undefined): Promise<boolean> {
    const free = limit - this.running.size;
    if (free <= 0) return true;
    if (this.stopping.signal.aborted) return false;
    const keys = this.runtimes.keys.filter((key) => !this.running.has(key));
    const leases = await this.stores.leases.claimDue(this.owner, keys, LEASE_MS, free);
    for (const lease of leases) void this.start(lease).finally(onEnd);
    return leases.length === free;
  }

  /** Polls under way. */
  get underWay(): number {
    return this.running.size;
  }

  /**
   * Polls one source now, whatever its pace, and waits for the result.
   * @throws SourceConfigError when the configuration has no such source, or another process polls it; whatever cut the poll off
   */
  async pollNow(key: string, kind: PollKind): Promise<PollSummary> {
    const runtime = this.runtimes.get(key);
    if (runtime === undefined) throw new SourceConfigError(`no source has the key ${key}`);
    await this.sources.addMissing(declare(runtime.source, runtime.connector));
    const lease = await this.stores.leases.claimNow(this.owner, key, LEASE_MS);
    if (lease === null)
      throw new SourceConfigError(`source ${key} is being polled by another process, or is retired`);
    const summary = await this.start(lease, lease.requested === 'sweep' ? 'sweep' : kind);
    if (summary instanceof Error) throw summary;
    return summary;
  }

  /** Tells of health that changed by the time of day alone. */
  async tellHealth(): Promise<void> {
    await this.sources.tellHealth();
  }

  async prune(): Promise<void> {
    await this.polls.prune(POLLS_KEPT_MS);
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
      const hold = new LeaseHold(lease, this.stores.leases, this.stopping.signal, this.log);
      const runtime = this.runtimes.get(lease.key);
      const result =
        runtime === undefined
          ? await notConfigured(lease, hold)
          : await runtime.upstream.use(() => this.poll(lease, hold, asked, runtime));
      traceResult(span, result);
      return result;
    }).finally(() => this.running.delete(lease.key));
    this.running.set(lease.key, poll);
    return poll;
  }

  /** One poll of one claimed source. An error when it was cut off: by a shutdown, a lost lease, or our own database. */
  private async poll(
    lease: Lease,
    hold: LeaseHold,
    asked: PollKind | null,
    runtime: SourceRuntime,
  ): Promise<PollSummary | Error> {
    const { source, upstream } = runtime;
    const { signal } = hold;
    // What the row was asked for stays with the lease: a poll that is cut off gives it back.
    const claim = { ...lease, requested: asked };
    const clock = databaseClock(lease.claimedAt);
    let fault: unknown = null;
    let cutOff: unknown;
    try {
      const kind = await choosePollKind(claim, runtime, this.stores.requests, clock());
      const boundMs = pollBoundMs(kind, source.poll.timeoutMs);
      hold.endAfter(boundMs, new PollTimeoutError(boundMs));
      const run = new PollRun(claim, kind, runtime, this.stores, clock, signal);
      const finalReads = new FinalReads(run, runtime, this.stores, clock, signal);
      try {
        await upstream.begin(signal, { spent: lease.spent });
        await run.readPages();
        await run.rereadOpenJobs(await finalReads.shareOut(byIdAllowance(source.poll, upstream.budget)));
        await run.settleAbsence();
        await finalReads.read();
      } catch (error) {
        fault = signal.aborted && !isDatabaseFault(error) ? signal.reason : error;
      }
      if (fault instanceof LeaseLostError || isDatabaseFault(fault)) throw fault;
      this.stopping.signal.throwIfAborted();
      if (fault !== null && !(fault instanceof SourceError))
        this.log.error({ source: source.key, err: fault, msg: 'unexpected error in a poll' });
      const standing = await run.standing();
      const moment = { now: clock(), processNow: Date.now(), random: Math.random() };
      const outcome = conclude(run, runtime, { fault, standing, ...moment });
      await upstream.settle((spent) => this.polls.finish(lease, outcome, spent));
      this.cutOffs.delete(lease.key);
      const isReadNow = run.isFirstRead && outcome.firstReadAt !== undefined;
      if (isReadNow && run.counts.discovered >= ANALYZE_FROM) await this.stores.writer.analyze();
      return this.report(run, summaryOf(run, outcome, clock() - lease.claimedAt));
    } catch (error) {
      cutOff = error;
    } finally {
      hold.end();
    }
    await this.countRequests(runtime);
    return this.endCutOff(hold, source, cutOff, fault, clock() - lease.claimedAt);
  }

  /** Of a poll without a result: the platform was asked all the same. */
  private async countRequests({ source, upstream }: SourceRuntime): Promise<void> {
    try {
      await upstream.flush();
    } catch (error) {
      // They go with the next visit of this process.
      this.log.warn({ source: source.key, msg: `requests not counted yet: ${describe(error)}` });
    }
  }

  /** A poll that came to no result is no news of the source: its health stays, and it is due again soon. */
  private async endCutOff(
    hold: LeaseHold,
    { key, poll }: SourceConfig,
    cutOff: unknown,
    fault: unknown,
    durationMs: number,
  ): Promise<Error> {
    const isStopping = this.stopping.signal.aborted;
    if (isStopping) this.log.log(cutOffLine(key, durationMs, 'Rollcall is stopping'));
    else this.log.error(cutOffLine(key, durationMs, describe(cutOff)));
    if (!(cutOff instanceof LeaseLostError)) {
      const inARow = isStopping ? 0 : (this.cutOffs.get(key) ?? 0) + 1;
      this.cutOffs.set(key, inARow);
      await hold.giveBack(resumeDelayMs(poll.everyMs, inARow, fault, Math.random()));
    }
    return cutOff instanceof Error ? cutOff : new Error(String(cutOff), { cause: cutOff });
  }

  private report(run: PollRun, summary: PollSummary): PollSummary {
    const line = lineOf(run, summary);
    if (summary.error === null && run.unreadable.length === 0) this.log.log(line);
    else this.log.warn(line);
    return summary;
  }
}

/** The configuration lost the source while it was claimed. */
async function notConfigured(lease: Lease, hold: LeaseHold): Promise<Error> {
  hold.end();
  await hold.giveBack(0);
  return new SourceConfigError(`no source has the key ${lease.key}`);
}

/** The database's clock, carried on by this process's monotonic one. */
function databaseClock(claimedAt: Instant): () => Instant {
  const start = performance.now();
  return () => Math.floor(claimedAt + performance.now() - start);
}
