import { performance } from 'node:perf_hooks';

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number;

/** The time of the simulated world: births, scripts, token lifetimes and the Date header all follow it. Never goes back. */
export interface Clock {
  now(): Instant;
}

/** Stands still until a test moves it. */
export class ManualClock implements Clock {
  constructor(private instant: Instant) {}

  now(): Instant {
    return this.instant;
  }

  /** @throws RangeError when asked to go back */
  advance(ms: number): void {
    if (!(ms >= 0)) throw new RangeError(`the world's clock never goes back: ${ms}`);
    this.instant += ms;
  }
}

/** Real time, started anywhere, running `speed` times as fast. */
export class RealClock implements Clock {
  private readonly startedAt = performance.now();

  constructor(
    private readonly speed = 1,
    private readonly origin: Instant = Date.now(),
  ) {}

  now(): Instant {
    return Math.floor(this.origin + (performance.now() - this.startedAt) * this.speed);
  }
}

const SECOND = 1000;

/** What a platform that prints whole seconds shows of an instant. */
export function wholeSecond(instant: Instant): Instant {
  return Math.floor(instant / SECOND) * SECOND;
}
