import { Instant } from '../domain/job.js';

interface Kept {
  value: unknown;
  until: Instant;
}

/** What was worked out of history is good for a while; the most that is kept at one time. */
const MOST = 20_000;

/** Things that are dear to work out and change slowly. */
export class Memories {
  private readonly kept = new Map<string, Kept>();
  private budget = 0;

  /** How many things may be worked out anew until this is called again. */
  allow(count: number): void {
    this.budget = count;
  }

  /** @returns undefined when it is not known, and may not be worked out now */
  async recall<T>(
    key: string,
    now: Instant,
    keepMs: number,
    workOut: () => Promise<T>,
  ): Promise<T | undefined> {
    const known = this.kept.get(key);
    if (known !== undefined && known.until > now) return known.value as T;
    if (this.budget <= 0) return known?.value as T | undefined;
    this.budget--;
    const value = await workOut();
    if (this.kept.size >= MOST) this.kept.clear();
    this.kept.set(key, { value, until: now + keepMs });
    return value;
  }
}
