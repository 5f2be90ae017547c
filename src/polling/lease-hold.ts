import { Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { Lease, LeaseLostError } from '../storage/lease.js';
import { LeaseStore } from '../storage/lease.store.js';
import { describe } from './poll-report.js';

/** How long a claim lasts without renewal, milliseconds; the longest that a killed process can keep a source from the others. */
export const LEASE_MS = 15_000;

/** Between two tries to give a source back, milliseconds; the first of them. */
const GIVE_BACK_WAIT_MS = { first: 250, longest: 5_000 };

/** Holds on to one claimed source while it is polled. */
export class LeaseHold {
  /** Aborted when the lease is lost, the poll's time is over, or the process stops. */
  readonly signal: AbortSignal;
  private readonly over = new AbortController();
  private readonly renewal: NodeJS.Timeout;
  private bound: NodeJS.Timeout | undefined;

  constructor(
    private readonly lease: Lease,
    private readonly leases: LeaseStore,
    private readonly stopping: AbortSignal,
    private readonly log: Logger,
  ) {
    this.signal = this.over.signal;
    // Not AbortSignal.any: the process's signal would remember every poll that ever was (Node 20).
    stopping.addEventListener('abort', this.stop);
    if (stopping.aborted) this.stop();
    this.renewal = setInterval(() => void this.renew(), LEASE_MS / 3);
  }

  /** Ends the poll with this reason after so many milliseconds. */
  endAfter(ms: number, reason: Error): void {
    this.bound = setTimeout(() => this.over.abort(reason), ms);
  }

  /** Renews the lease no more. Whoever polled gives the source back. */
  end(): void {
    clearInterval(this.renewal);
    clearTimeout(this.bound);
    this.stopping.removeEventListener('abort', this.stop);
  }

  /**
   * Gives the source back without a result, as soon as the database answers: tried for as long as the lease may last or the source is not
   * to be asked, and once only by a process that stops. After that the lease runs out by itself.
   */
  async giveBack(delayMs: number): Promise<void> {
    const { lease, stopping: signal } = this;
    const begun = performance.now();
    for (let waitMs = GIVE_BACK_WAIT_MS.first; ; waitMs = Math.min(2 * waitMs, GIVE_BACK_WAIT_MS.longest)) {
      const passed = performance.now() - begun;
      try {
        await this.leases.release(lease, Math.max(0, delayMs - passed));
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

  private readonly stop = (): void => this.over.abort(this.stopping.reason);

  private async renew(): Promise<void> {
    try {
      await this.leases.renew(this.lease, LEASE_MS);
    } catch (error) {
      if (error instanceof LeaseLostError) this.over.abort(error);
      // Another try comes before the lease is over, and nothing is written behind its end.
      else this.log.warn({ source: this.lease.key, msg: `lease not renewed yet: ${describe(error)}` });
    }
  }
}
