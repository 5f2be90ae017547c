import { Instant } from '../domain/job.js';
import { NO_ROUND, OpenRound } from '../storage/lease.js';

/** What a round that begins now is dated by, and what else was proven then. */
export type RoundBegin = Pick<OpenRound, 'upstreamDate' | 'proven'> & { beganAt: Instant };

export function beginRound(begin: RoundBegin, before: OpenRound | null): OpenRound {
  return { ...NO_ROUND, ...begin, failing: before?.failing ?? [] };
}

export function isUnderWay(round: OpenRound | null): round is OpenRound & { beganAt: Instant } {
  return round !== null && round.beganAt !== null;
}

/**
 * Which of two rounds later polls go on with: a complete sweep of many parts begins one of its own, dated by its begin, beside one that
 * other polls may have begun since. The younger one proves more when it ends.
 */
export function youngerRound(kept: OpenRound | null, round: OpenRound): OpenRound {
  return isUnderWay(kept) && kept.beganAt > (round.beganAt ?? 0)
    ? { ...kept, failing: round.failing }
    : round;
}
