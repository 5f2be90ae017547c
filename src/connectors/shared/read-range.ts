import { Instant } from '../../domain/job.js';

/**
 * From when on a source is read, for platforms whose list takes a start: null for everything. The limit that a first read was made
 * with stays (`kept`, from the bookmark), because the store knows nothing older and a later sweep must list all that the store
 * knows; a longer `history` takes it further back.
 *
 * @param kept what the last read left: undefined before the first, null when that read everything
 */
export function historyStart(
  historyMs: number | null,
  kept: Instant | null | undefined,
  now: Instant,
): Instant | null {
  if (historyMs === null || kept === null) return null;
  return kept === undefined ? now - historyMs : Math.min(kept, now - historyMs);
}

/**
 * How far a read reached, for the bookmark: the latest upstream time that it saw, but nothing later than the platform's own clock,
 * so that one record with a time of the far future does not blind the reads to come.
 *
 * @param known the bookmark that the read began with; null when it read everything
 * @param date the platform's clock at the first answer; null when it sends none
 */
export function reachedTime(
  known: Instant | null,
  newest: Instant | null,
  date: Instant | null,
): Instant | null {
  if (newest === null) return known;
  return Math.max(Math.min(newest, date ?? newest), known ?? -Infinity);
}
