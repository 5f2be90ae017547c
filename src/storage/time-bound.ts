import { parseDuration } from '../domain/duration.js';
import { Instant } from '../domain/job.js';
import { UnreadableTimeError, parseInstant } from '../domain/timestamps.js';

/** An instant, or so long before *now*. */
export type TimeBound = { at: Instant } | { agoMs: number };

/** ISO 8601 with zone, epoch milliseconds, or relative to *now* (`-15m`); null when the text is none of them. */
export function parseTimeBound(text: string): TimeBound | null {
  const agoMs = text.startsWith('-') ? parseDuration(text.slice(1)) : null;
  if (agoMs !== null) return { agoMs };
  try {
    const at = parseInstant(text, { epoch: 'ms' });
    return at === null ? null : { at };
  } catch (error) {
    if (error instanceof UnreadableTimeError) return null;
    throw error;
  }
}

// The first instant of the four-digit years, which ISO 8601 text and PostgreSQL write alike.
const EARLIEST = Date.parse('0001-01-01T00:00:00.000Z');

/** Text for PostgreSQL. */
export function isoOf(bound: TimeBound, now: Instant): string {
  return new Date('at' in bound ? bound.at : Math.max(now - bound.agoMs, EARLIEST)).toISOString();
}
