import { Instant } from './clock.js';
import { mix } from './random.js';

export interface BirthPlan {
  /** Jobs that exist at `start`. */
  jobs: number;
  start: Instant;
  /** How far back the oldest of them goes. */
  historyMs: number;
  /** Distance between births near `start` and after it. */
  everyMs: number;
  /** How long before `start` births already come at that distance, so that the world does not start asleep. */
  busyMs: number;
  /** Whether jobs go on being born after `start`. */
  endless: boolean;
  key: number;
}

/**
 * When the jobs of one platform are born: a grid of slots with one birth at a random place in each, so that any birth and any
 * count is computed and none is stored.
 */
export class Births {
  private readonly recent: number;
  private readonly old: number;

  constructor(private readonly plan: BirthPlan) {
    const { jobs, historyMs, everyMs, busyMs } = plan;
    this.recent = Math.floor(Math.min(jobs / 2, busyMs / everyMs, historyMs / 2 / everyMs));
    this.old = jobs - this.recent;
  }

  /** Whether a job with this index is born, ever. */
  has(index: number): boolean {
    return index >= 0 && (this.plan.endless || index < this.plan.jobs);
  }

  slotAt(index: number): Instant {
    const { jobs, start, historyMs, everyMs } = this.plan;
    if (index >= jobs) return start + 1 + Math.floor((index - jobs) * everyMs);
    if (index >= this.old) return start - Math.ceil((jobs - index) * everyMs);
    return start - historyMs + Math.floor((index * (historyMs - this.recent * everyMs)) / this.old);
  }

  slotMs(index: number): number {
    return this.slotAt(index + 1) - this.slotAt(index);
  }

  /** Never decreases with the index. */
  bornAt(index: number): Instant {
    const room = Math.max(1, this.slotMs(index));
    return this.slotAt(index) + (mix(this.plan.key, index, 0) % room);
  }

  /** How many have been born by `now`. */
  count(now: Instant): number {
    return this.firstAfter(now);
  }

  /** The first index born later than `instant`. */
  firstAfter(instant: Instant): number {
    let low = 0;
    let high = this.last(instant);
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.bornAt(middle) > instant) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** At least as many as can have been born by then. */
  private last(instant: Instant): number {
    const { jobs, start, everyMs, endless } = this.plan;
    if (!endless || instant <= start) return jobs;
    return jobs + Math.ceil((instant - start) / everyMs) + 1;
  }
}
