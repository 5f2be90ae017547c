import { createHash } from 'node:crypto';
import { LONGEST_PAUSE_MS } from '../connectors/shared/http-faults.js';
import { AuthError, ErrorKind, RateLimitError, UnavailableError } from '../domain/errors.js';
import { PollKind } from '../domain/poll-kind.js';

/** The next try after a refused credential comes no sooner: three quick tries lock an account out. */
export const REFUSED_CREDENTIAL_MS = 5 * 60_000;

/** Failing sources are tried for ever, at least this often (or at their own pace when that is slower). */
export const LONGEST_BACKOFF_MS = 10 * 60_000;

/** When our own database failed, a source is due again so soon; twice as long each time in a row, up to its own pace. */
const DATABASE_BACKOFF_MS = 5_000;

/** A poll that goes on for longer is ended. Walks of whole collections get more time; what a first read stored is not read again. */
const POLL_BOUND_MS: Readonly<Record<PollKind, number>> = { incremental: 3_600_000, sweep: 6 * 3_600_000 };

/** A poll has time for so many requests that use all of theirs. */
const TIMEOUTS_PER_POLL = 20;

/** A source that has never been polled starts within this time, so that a start is not a stampede and nobody waits for long. */
const FIRST_SPREAD_MS = 5_000;

export interface PollResultForPace {
  /** Null: the poll did what it set out to do. */
  errorKind: ErrorKind | null;
  /** What the upstream asked for, milliseconds; null when it asked for nothing. */
  retryAfterMs: number | null;
  /** Failed polls in a row, this one included. */
  consecutiveFailures: number;
  /** Since when every poll was only asked for patience, this one included, milliseconds; 0 for the first of them. */
  limitedForMs: number;
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
  const wish = Math.min(result.retryAfterMs ?? 0, LONGEST_PAUSE_MS);
  const cap = Math.max(LONGEST_BACKOFF_MS, pace.everyMs);
  const jitter = 0.75 + random / 2;
  if (result.errorKind === 'rate-limited') {
    if (result.retryAfterMs !== null) return Math.max(pace.everyMs, wish);
    // As long again as it has been limited already: that doubles each time.
    return Math.round(Math.max(pace.everyMs, Math.min(cap, result.limitedForMs) * jitter));
  }
  const exponent = Math.min(result.consecutiveFailures - 1, 20);
  const backoff = Math.min(cap, pace.everyMs * 2 ** exponent);
  const jittered = backoff * jitter;
  const credential =
    result.errorKind === 'authentication' || result.errorKind === 'permission'
      ? REFUSED_CREDENTIAL_MS * (1 + random / 4)
      : 0;
  return Math.round(Math.max(jittered, wish, credential, Math.min(pace.everyMs, cap)));
}

/**
 * Milliseconds until a source is due again whose poll came to no result, because our database failed or the process stops. Soon: the
 * source did nothing wrong. A refused credential and an upstream's own wish still count.
 *
 * @param faults of the database in a row, this one included; 0 when it answers
 * @param fault that the poll had met before, if any
 */
export function resumeDelayMs(everyMs: number, faults: number, fault: unknown, random: number): number {
  const soon =
    faults === 0
      ? 0
      : Math.min(everyMs, DATABASE_BACKOFF_MS * 2 ** Math.min(faults - 1, 20)) * (0.75 + random / 2);
  const refused = fault instanceof AuthError ? REFUSED_CREDENTIAL_MS : 0;
  return Math.round(Math.max(soon, refused, Math.min(retryAfterMs(fault) ?? 0, LONGEST_PAUSE_MS)));
}

/** What the upstream asked for when it failed, milliseconds; null when it asked for nothing. */
export function retryAfterMs(fault: unknown): number | null {
  return fault instanceof RateLimitError || fault instanceof UnavailableError ? fault.retryAfterMs : null;
}

/** How long a poll may take from claim to result, milliseconds. */
export function pollBoundMs(kind: PollKind, timeoutMs: number): number {
  return Math.max(POLL_BOUND_MS[kind], TIMEOUTS_PER_POLL * timeoutMs);
}

/** Where in its interval a source starts: stable, from a hash of its key. */
export function firstDelayMs(key: string, everyMs: number): number {
  const fraction = createHash('sha256').update(key).digest().readUInt32BE(0) / 2 ** 32;
  return Math.floor(fraction * Math.min(everyMs, FIRST_SPREAD_MS));
}
