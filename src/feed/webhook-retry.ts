import { Instant } from '../domain/job.js';
import { DOWN_AFTER, DueDelivery } from '../storage/webhook-dispatch.store.js';
import { WebhookDisabledReason } from '../storage/webhook.store.js';
import { DeliveryOutcome, EndedAttempt, EndpointHealth } from '../storage/webhook.turn.js';
import { fromPg } from '../storage/pg-time.js';

/** The longest wait before the try after the first, second, … failure of one delivery, milliseconds; the last one for all further ones. */
const LONGEST_WAITS_MS = [8_000, 40_000, 200_000, 1_000_000, 5_000_000, 21_600_000];
/** No try comes sooner. */
const SHORTEST_WAIT_MS = 500;

/** The longest wait before the first of the single tries of an endpoint that is down; each further one waits twice as long. */
const FIRST_DOWN_MS = 5_000;
/** The longest wait between two tries of an endpoint that is down. Somebody waits for its alerts, and one request a minute hurts nobody. */
const LONGEST_DOWN_MS = 60_000;

/** The longest that a Retry-After keeps an endpoint waiting. */
const LONGEST_RETRY_AFTER_MS = 21_600_000;

/** A delivery that fails alone for so long, while others are taken, is given up. */
export const GIVE_UP_AFTER_MS = 3 * 86_400_000;

/** An endpoint that takes nothing for so long is told of nothing any more. */
export const DISABLE_AFTER_MS = 5 * 86_400_000;

/** A try that is over, and what it asks for. */
export interface SentAttempt extends EndedAttempt {
  /** Of a 429 or 503; null: it names no time. */
  retryAfterMs: number | null;
  /** Another try would send the same and fail the same. */
  isHopeless: boolean;
}

/** What follows from a try. */
export interface Consequence {
  outcome: DeliveryOutcome;
  health: EndpointHealth;
  /** The endpoint was down and is no more. */
  recovered: boolean;
  /** Null: it is not disabled. */
  disable: WebhookDisabledReason | null;
}

/**
 * How long the next try of a delivery waits after so many failures: exponential with full jitter, so that those that failed together do
 * not come back together. The first comes within 8 seconds.
 *
 * @param random 0 to 1
 */
export function retryWaitMs(failures: number, random: number): number {
  const longest = LONGEST_WAITS_MS[Math.min(failures, LONGEST_WAITS_MS.length) - 1]!;
  return Math.round(SHORTEST_WAIT_MS + random * (longest - SHORTEST_WAIT_MS));
}

/** How long an endpoint that is down is left alone: at least half of the longest wait, since one delivery asks for all. */
export function downWaitMs(failures: number, random: number): number {
  const longest = Math.min(FIRST_DOWN_MS * 2 ** (failures - DOWN_AFTER), LONGEST_DOWN_MS);
  return Math.round((longest / 2) * (1 + random));
}

/**
 * Judges a try.
 *
 * @param health of the endpoint before, as it is now
 * @param random 0 to 1
 */
export function judge(
  health: EndpointHealth,
  delivery: DueDelivery,
  attempt: SentAttempt,
  now: Instant,
  random: number,
): Consequence {
  const { retryAfterMs: _retryAfterMs, isHopeless, ...ended } = attempt;
  const firstAttemptAt = delivery.firstAttemptAt === null ? attempt.at : fromPg(delivery.firstAttemptAt);
  const outcome: DeliveryOutcome = {
    id: delivery.id,
    lane: delivery.lane,
    attempts: delivery.attempts + 1,
    attempt: ended,
    state: 'delivered',
    nextAttemptAt: now,
    firstAttemptAt,
    aloneSince: null,
  };
  if (attempt.error === null) return { ...success(health, now), outcome };
  if (isHopeless)
    return { outcome: { ...outcome, state: 'failed' }, health, recovered: false, disable: null };
  const isAsked = attempt.status === 429 || attempt.status === 503;
  const aloneSince = isAsked ? timeOf(delivery.aloneSince) : aloneFrom(health, delivery, firstAttemptAt, now);
  const isGivenUp = aloneSince !== null && now - aloneSince >= GIVE_UP_AFTER_MS;
  // what fails alone says nothing of the endpoint
  const after = aloneSince === null || isAsked ? failure(health, attempt, now, random) : health;
  return {
    outcome: {
      ...outcome,
      state: isGivenUp ? 'failed' : 'pending',
      nextAttemptAt: now + retryWaitMs(outcome.attempts, random),
      aloneSince,
    },
    health: after,
    recovered: false,
    disable:
      attempt.status === 410
        ? 'gone'
        : after.failingSince !== null && now - after.failingSince >= DISABLE_AFTER_MS
          ? 'failing'
          : null,
  };
}

function success(health: EndpointHealth, now: Instant): Omit<Consequence, 'outcome'> {
  return {
    health: {
      failingSince: null,
      lastSuccessAt: now,
      consecutiveFailures: 0,
      lastFailureAt: null,
      nextAttemptAt: null,
    },
    recovered: health.consecutiveFailures >= DOWN_AFTER,
    disable: null,
  };
}

/** Failures of tries that went on at one time count once: an endpoint that hiccups is not down. */
function failure(health: EndpointHealth, attempt: SentAttempt, now: Instant, random: number): EndpointHealth {
  const isCounted = health.lastFailureAt === null || attempt.at >= health.lastFailureAt;
  const failures = health.consecutiveFailures + Number(isCounted);
  const asked = Math.min(attempt.retryAfterMs ?? 0, LONGEST_RETRY_AFTER_MS);
  const wait = Math.max(asked, isCounted && failures >= DOWN_AFTER ? downWaitMs(failures, random) : 0);
  return {
    failingSince: health.failingSince ?? attempt.at,
    lastSuccessAt: health.lastSuccessAt,
    consecutiveFailures: failures,
    lastFailureAt: isCounted ? now : health.lastFailureAt,
    nextAttemptAt: wait === 0 ? health.nextAttemptAt : Math.max(now + wait, health.nextAttemptAt ?? 0),
  };
}

/** Others were taken since its first try: it is this delivery, and not the endpoint. */
function aloneFrom(
  { lastSuccessAt }: EndpointHealth,
  delivery: DueDelivery,
  firstAttemptAt: Instant,
  now: Instant,
): Instant | null {
  if (delivery.aloneSince !== null) return fromPg(delivery.aloneSince);
  return lastSuccessAt !== null && lastSuccessAt > firstAttemptAt ? now : null;
}

function timeOf(text: string | null): Instant | null {
  return text === null ? null : fromPg(text);
}
