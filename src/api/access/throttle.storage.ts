import { ThrottlerStorage } from '@nestjs/throttler';

/** What a window shows of itself. Members as the throttler names them, times in whole seconds. */
export interface WindowRecord {
  totalHits: number;
  timeToExpire: number;
  isBlocked: boolean;
  timeToBlockExpire: number;
}

interface Window {
  hits: number;
  /** By the monotonic clock, milliseconds. */
  endsAt: number;
}

/** Keys of one kind that are remembered; beyond them the oldest window is forgotten, and its owner begins a new one. */
const MAX_KEYS = 10_000;

/**
 * Counts requests in fixed windows, each beginning with its first request, in the memory of this process. The library's own storage
 * remembers every request of every key, so whoever makes keys up could fill the memory; this one is bounded.
 */
export class BoundedWindows implements ThrottlerStorage {
  private readonly kinds = new Map<string, Map<string, Window>>();

  constructor(
    private readonly now: () => number = () => performance.now(),
    private readonly maxKeys = MAX_KEYS,
  ) {}

  /** @param kind keys of one kind never crowd out those of another */
  increment(key: string, ttl: number, limit: number, _block: number, kind: string): Promise<WindowRecord> {
    return Promise.resolve(this.count(key, ttl, limit, kind));
  }

  count(key: string, ttlMs: number, limit: number, kind: string): WindowRecord {
    const windows = this.windowsOf(kind);
    const now = this.now();
    let window = windows.get(key);
    if (window === undefined || window.endsAt <= now) {
      // inserted anew, so that the map stays in the order in which windows began
      windows.delete(key);
      window = { hits: 0, endsAt: now + ttlMs };
      windows.set(key, window);
      if (windows.size > this.maxKeys) windows.delete(windows.keys().next().value!);
    }
    window.hits += 1;
    // the sum of two fractions may be a hair above the window
    const seconds = Math.max(1, Math.ceil(Math.min(window.endsAt - now, ttlMs) / 1_000));
    const isBlocked = window.hits > limit;
    return {
      totalHits: window.hits,
      timeToExpire: seconds,
      isBlocked,
      timeToBlockExpire: isBlocked ? seconds : 0,
    };
  }

  /** Takes one count back; where the window is gone, there is nothing to take back. */
  forgive(key: string, kind: string): void {
    const window = this.windowsOf(kind).get(key);
    if (window !== undefined && window.hits > 0) window.hits -= 1;
  }

  private windowsOf(kind: string): Map<string, Window> {
    const known = this.kinds.get(kind);
    if (known !== undefined) return known;
    const fresh = new Map<string, Window>();
    this.kinds.set(kind, fresh);
    return fresh;
  }
}
