import { Instant } from '../domain/job.js';
import { Health } from './source.store.js';

/** What decides a source's health when it is read. Instants are the database's; durations are milliseconds. */
export interface HealthFacts {
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

/** A source's `completeThrough` by our clock: what was 12:00:05 there while it was 12:00:00 here is five seconds less. */
export function completeThroughHere({
  completeThrough,
  clockSkewMs,
}: Pick<HealthFacts, 'completeThrough' | 'clockSkewMs'>): Instant | null {
  return completeThrough === null ? null : completeThrough - (clockSkewMs ?? 0);
}

/** The stored health, and what follows from the time of day: a pause that ended by itself, knowledge that fell behind. */
export function healthNow(facts: HealthFacts, now: Instant): HealthShown {
  const { health, reason, since } = facts;
  if (facts.retiredAt !== null) return { health: 'retired', reason: null, since: facts.retiredAt };
  if (!facts.enabled) return { health: 'paused', reason: 'disabled', since };
  if (facts.pausedAt !== null && (facts.pausedUntil === null || facts.pausedUntil > now))
    return { health: 'paused', reason: 'paused', since: facts.pausedAt };
  const here = completeThroughHere(facts);
  const behindSince = here === null ? null : here + Math.max(facts.staleAfterMs, 2 * facts.proofEveryMs);
  if (health === 'healthy' && behindSince !== null && behindSince < now)
    return { health: 'degraded', reason: 'behind', since: behindSince };
  return { health, reason, since };
}
