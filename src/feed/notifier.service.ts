import { hostname } from 'node:os';
import { Logger, OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { FeedListener } from './feed-listener.js';
import { SessionConfig } from '../storage/session.js';
import { WebhookLease } from '../storage/webhook-dispatch.store.js';
import { WebhookWorker, WorkerTools } from './webhook-worker.js';

/** How often work is looked for when nothing was heard, milliseconds. */
const TICK_MS = 1_000;
/** The shortest time between two looks, whatever is heard. */
const PACE_MS = 50;
/** How long an endpoint stays with a process that is not heard of any more. */
const LEASE_MS = 10_000;
/** Endpoints that one look claims: processes that start together share them. Where there were so many, the next look comes at once. */
const CLAIMS = 4;
/** How long what is on its way may take when the process ends. */
const PATIENCE_MS = 5_000;
const PRUNE_EVERY_MS = 3_600_000;
/** How long deliveries that ended are kept. */
const KEEP_MS = 30 * 86_400_000;

export interface NotifierTiming {
  tickMs: number;
  leaseMs: number;
}

const TIMING: NotifierTiming = { tickMs: TICK_MS, leaseMs: LEASE_MS };

/**
 * The endpoints that this process works. Any number of processes do so at once: each endpoint is one's alone, by a lease in its row, and
 * the database says what there is to do. A notification only wakes it.
 */
export class NotifierService implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly log = new Logger('Notifier');
  private readonly owner = `${hostname()}:${process.pid}`;
  private readonly listener: FeedListener;
  private readonly workers = new Map<string, WebhookWorker>();
  private readonly ending = new Set<Promise<void>>();
  private running: Promise<void> = Promise.resolve();
  private isClosing = false;
  private rouse: (() => void) | null = null;
  private isRoused = false;
  private renewedAt = -Infinity;
  private prunedAt = -Infinity;

  constructor(
    private readonly tools: WorkerTools,
    connection: () => SessionConfig,
    private readonly timing: NotifierTiming = TIMING,
  ) {
    this.listener = new FeedListener(connection, () => this.wake());
  }

  onApplicationBootstrap(): void {
    this.running = this.run();
  }

  /** Begins nothing more, waits a while for what is on its way, and gives its endpoints back. */
  async onModuleDestroy(): Promise<void> {
    this.isClosing = true;
    this.wake();
    await this.running;
    const cut = setTimeout(() => void this.tools.sender.close(), PATIENCE_MS);
    const leases = [...this.workers.values()].map(({ lease }) => lease);
    await Promise.all([...[...this.workers.values()].map((worker) => worker.stop()), ...this.ending]);
    clearTimeout(cut);
    await this.tools.sender.close();
    await this.release(leases);
    this.listener.close();
  }

  private async run(): Promise<void> {
    let failed = false;
    while (!this.isClosing) {
      this.listener.ensure();
      this.isRoused = false;
      try {
        await this.look();
        failed = false;
      } catch (error) {
        if (!failed)
          this.log.error({ err: error, msg: 'work for webhooks cannot be looked for; trying again' });
        failed = true;
      }
      await this.rest();
    }
  }

  private async look(): Promise<void> {
    const { dispatch } = this.tools;
    const { leaseMs } = this.timing;
    for (const worker of this.workers.values()) if (worker.isOver) this.drop(worker);
    await this.renew();
    const asked = performance.now();
    const claimed = await dispatch.claim(this.owner, leaseMs, CLAIMS);
    if (claimed.length === CLAIMS) this.isRoused = true;
    for (const lease of claimed) {
      const former = this.workers.get(lease.id);
      if (former) this.drop(former);
      this.workers.set(lease.id, new WebhookWorker(lease, this.tools, asked + leaseMs));
    }
    if (this.workers.size > 0)
      for (const id of await dispatch.withWork([...this.workers.keys()])) this.workers.get(id)?.wake();
    await this.prune();
  }

  private async renew(): Promise<void> {
    const { leaseMs } = this.timing;
    const asked = performance.now();
    if (this.workers.size === 0 || asked - this.renewedAt < leaseMs / 4) return;
    const leases = [...this.workers.values()].map(({ lease }) => lease);
    const held = new Set(await this.tools.dispatch.renew(leases, leaseMs));
    this.renewedAt = asked;
    for (const worker of this.workers.values())
      if (held.has(worker.lease.id)) worker.renewed(asked + leaseMs);
      else this.drop(worker);
  }

  /** What it has on its way comes to its end; then its endpoint is anybody's, should it be enabled again. */
  private drop(worker: WebhookWorker): void {
    this.workers.delete(worker.lease.id);
    const over = worker
      .stop()
      .then(() => this.release([worker.lease]))
      .finally(() => this.ending.delete(over));
    this.ending.add(over);
  }

  private async release(leases: readonly WebhookLease[]): Promise<void> {
    try {
      await this.tools.dispatch.release(leases);
    } catch (error) {
      this.log.warn({
        err: error,
        msg: 'endpoints were not given back; others wait until their lease is over',
      });
    }
  }

  /** A batch a look until nothing old is left: leases are renewed between two looks. */
  private async prune(): Promise<void> {
    if (performance.now() - this.prunedAt < PRUNE_EVERY_MS) return;
    const { removed, isLast } = await this.tools.dispatch.prune(KEEP_MS);
    if (isLast) this.prunedAt = performance.now();
    if (removed > 0) this.log.log({ deliveries: removed, msg: 'removed old deliveries' });
  }

  private wake(): void {
    this.isRoused = true;
    this.rouse?.();
  }

  /** Until something was heard, or it is time to look again. */
  private async rest(): Promise<void> {
    const pause = (ms: number) =>
      new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.rouse = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    if (!this.isRoused) await pause(this.timing.tickMs);
    // a burst of notifications is one look
    if (!this.isClosing) await new Promise((resolve) => setTimeout(resolve, PACE_MS));
    this.rouse = null;
  }
}
