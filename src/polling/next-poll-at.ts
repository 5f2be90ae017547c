import { createHash } from 'node:crypto';
import { ErrorKind } from '../domain/errors.js';

/** The next try after a refused credential comes no sooner: three quick tries lock an account out. */
export const REFUSED_CREDENTIAL_MS = 5 * 60_000;

/** Failing sources are tried for ever, at least this often (or at their own pace when that is slower). */
export const LONGEST_BACKOFF_MS = 10 * 60_000;

/** A source that has never been polled starts within this time, so that a start is not a stampede and nobody waits for long. */
const FIRST_SPREAD_MS = 5_000;

export interface PollResultForPace {
  /** Null: the poll did what it set out to do. */
  errorKind: ErrorKind | null;
  /** What the upstream asked for, milliseconds; null when it asked for nothing. */
  retryAfterMs: number | null;
  /** Failed polls in a row, this one included. */
  consecutiveFailures: number;
  /** The source has unfinished jobs. */
  hasOpenJobs: boolean;
}

/**
 * Milliseconds from the begin of a poll to the next. Pure; `random` is 0 ≤ random < 1. A good poll keeps the source's pace; a failed
 * one backs off exponentially with jitter, up to a cap, for ever; an upstream's own wish is a lower bound.
 */
export function nextPollDelayMs(
  pace: { everyMs: number; idleEveryMs: number },
  result: PollResultForPace,
  random: number,
): number {
  const regular = result.hasOpenJobs ? pace.everyMs : pace.idleEveryMs;
  if (result.errorKind === null) return regular;
  const wish = result.retryAfterMs ?? 0;
  if (result.errorKind === 'rate-limited') return Math.max(pace.everyMs, wish);
  const exponent = Math.min(result.consecutiveFailures - 1, 20);
  const cap = Math.max(LONGEST_BACKOFF_MS, pace.everyMs);
  const backoff = Math.min(cap, pace.everyMs * 2 ** exponent);
  const jittered = backoff * (0.75 + random / 2);
  const credential =
    result.errorKind === 'authentication' || result.errorKind === 'permission'
      ? REFUSED_CREDENTIAL_MS * (1 + random / 4)
      : 0;
  return Math.round(Math.max(jittered, wish, credential, Math.min(pace.everyMs, cap)));
}

/** Where in its interval a source starts: stable, from a hash of its key. */
export function firstDelayMs(key: string, everyMs: number): number {
  const fraction = createHash('sha256').update(key).digest().readUInt32BE(0) / 2 ** 32;
  return Math.floor(fraction * Math.min(everyMs, FIRST_SPREAD_MS));
}
