import { Clock, Instant } from '../../../src/simulators/clock.js';

/** Real time that stands still until it is told to go, and again when it is told to stand. */
export class LiveClock implements Clock {
  private readonly origin: Instant = Date.now();
  private startedAt: number | null = null;
  private stoppedAt: number | null = null;

  now(): Instant {
    return this.startedAt === null ? this.origin : this.instantAt(this.stoppedAt ?? performance.now());
  }

  get isGoing(): boolean {
    return this.startedAt !== null && this.stoppedAt === null;
  }

  go(): void {
    this.startedAt ??= performance.now();
  }

  stand(): void {
    this.stoppedAt ??= performance.now();
  }

  /** Whether it was before this clock went. */
  isPast(instant: Instant): boolean {
    return instant <= this.origin;
  }

  /** When that was, as `performance.now()` counts. */
  measured(instant: Instant): number {
    return instant - this.origin + (this.startedAt ?? 0);
  }

  private instantAt(measured: number): Instant {
    return Math.floor(this.origin + measured - (this.startedAt ?? measured));
  }
}
