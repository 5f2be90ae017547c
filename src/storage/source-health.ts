import { Instant } from '../domain/job.js';

export type Health = 'healthy' | 'degraded' | 'failing' | 'paused' | 'retired';

/** What decides a source's health when it is read. Instants are the database's; durations are milliseconds. */
export interface HealthFacts {
  /** As the last poll left it, or `behind` where that was noticed since. */
  health: Health;
  reason: string | null;
  since: Instant;
  enabled: boolean;
  retiredAt: Instant | null;
  pausedAt: Instant | null;
  /** Null: until somebody resumes it. */
  pausedUntil: Instant | null;
  /** By the upstream's clock; null until a poll proved it. */
  completeThrough: Instant | null;
  /** The upstream's clock minus ours; null while unknown. */
  clockSkewMs: number | null;
  staleAfterMs: number;
  /** How often this source can prove its knowledge complete. */
  proofEveryMs: number;
}

export interface HealthShown {
  health: Health;
  reason: string | null;
  since: Instant;
}

/** The reason that only the time of day gives: polls went well, and yet nothing proved what is known complete for too long. */
const BEHIND = 'behind';

/** A source's `completeThrough` by our clock: what was 12:00:05 there while it was 12:00:00 here is five seconds less. */
export function completeThroughHere({
  completeThrough,
  clockSkewMs,
}: Pick<HealthFacts, 'completeThrough' | 'clockSkewMs'>): Instant | null {
  return completeThrough === null ? null : completeThrough - (clockSkewMs ?? 0);
}

/** The stored health, and what follows from the time of day: a pause that ended by itself, knowledge that fell behind. */
export function healthNow(facts: HealthFacts, now: Instant): HealthShown {
  const told = healthTold(facts);
  const { pausedAt, pausedUntil } = facts;
  const isPaused = pausedAt !== null && (pausedUntil === null || pausedUntil > now);
  if (facts.retiredAt !== null || !facts.enabled || isPaused) return told;
  const since = Math.max(facts.since, (pausedAt === null ? null : pausedUntil) ?? -Infinity);
  const wasBehind = facts.reason === BEHIND;
  if (facts.health !== 'healthy' && !wasBehind) return { health: facts.health, reason: facts.reason, since };
  const behindSince = behindFrom(facts);
  if (behindSince === null || behindSince >= now) return { health: 'healthy', reason: null, since };
  return { health: 'degraded', reason: BEHIND, since: wasBehind ? since : Math.max(since, behindSince) };
}

/** What the row itself says, whatever the time is: what the last `source.health` event told. */
export function healthTold({
  health,
  reason,
  since,
  enabled,
  retiredAt,
  pausedAt,
}: HealthFacts): HealthShown {
  if (retiredAt !== null) return { health: 'retired', reason: null, since: retiredAt };
  if (!enabled) return { health: 'paused', reason: 'disabled', since };
  if (pausedAt !== null) return { health: 'paused', reason: 'paused', since: pausedAt };
  return { health, reason, since };
}

/** What becomes of a source's health. */
export interface HealthStep {
  told: HealthShown;
  shown: HealthShown;
  /** Another health than was told before. */
  isNews: boolean;
  /** What the row keeps: under a pause what the polls found, to be shown when it ends. */
  kept: Pick<HealthFacts, 'health' | 'reason'>;
  /** The row keeps it already. */
  isStored: boolean;
  /** Neither a pause nor an end hides it. */
  isPolled: boolean;
}

/**
 * @param before of the row as it was
 * @param after the same row now, with the health that a poll found where there was one
 */
export function healthStep(before: HealthFacts, after: HealthFacts, now: Instant): HealthStep {
  const told = healthTold(before);
  const shown = healthNow(after, now);
  const isPolled = shown.health !== 'paused' && shown.health !== 'retired';
  const { health, reason } = isPolled ? shown : after;
  const isStored = before.health === health && before.reason === reason;
  return { told, shown, isNews: !isSameHealth(told, shown), kept: { health, reason }, isStored, isPolled };
}

export function isSameHealth(a: HealthShown, b: HealthShown): boolean {
  return a.health === b.health && a.reason === b.reason;
}

/** From when on what is known is too old (contract, section 8); null while nothing was ever proven. */
function behindFrom(facts: HealthFacts): Instant | null {
  const here = completeThroughHere(facts);
  return here === null ? null : here + Math.max(facts.staleAfterMs, 2 * facts.proofEveryMs);
}
