import { Instant } from '../domain/job.js';

/** How an expectation is broken. */
export interface Verdict {
  /** Since when it is. */
  since: Instant;
  /** What was measured, and what it may be at most (of a success rate, at least): milliseconds, jobs, or a part of 1. */
  value: number;
  limit: number;
}

/** What a rule says of a source: `unknown` leaves everything as it was found before. */
export type Judgement = Verdict | 'kept' | 'unknown';

export function isBroken(judgement: Judgement): judgement is Verdict {
  return typeof judgement === 'object';
}

/**
 * Whether something has gone on for too long, as far as it was seen: what nobody saw is not held against it.
 *
 * @param from when it began
 * @param seenAt the last moment at which it was seen to go on
 */
export function judgeElapsed(from: Instant, seenAt: Instant, limitMs: number): Verdict | 'kept' {
  const value = seenAt - from;
  return value > limitMs ? { since: from + limitMs, value, limit: limitMs } : 'kept';
}

/** Of the runs that ended in a window. */
export interface Outcomes {
  succeeded: number;
  /** Failed or missed; cancelled and skipped runs are neither. */
  failed: number;
}

/** Too few runs say nothing, and so break nothing. */
export function judgeSuccessRate(
  { below, minimumRuns }: { below: number; minimumRuns: number },
  { succeeded, failed }: Outcomes,
  at: Instant,
): Verdict | 'kept' {
  const runs = succeeded + failed;
  if (runs === 0 || runs < minimumRuns) return 'kept';
  const value = succeeded / runs;
  return value < below ? { since: at, value, limit: below } : 'kept';
}
