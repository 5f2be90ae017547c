import { durationText as wholeDurationText } from '../domain/duration.js';
import { Instant } from '../domain/job.js';
import { formatInstant } from '../domain/timestamps.js';

export { countOf, countText } from '../domain/count-text.js';

/** Text from outside, safe to show: what a terminal would obey (control characters, changes of direction) becomes U+FFFD. */
export function printable(text: string): string {
  return text.toWellFormed().replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\uFFFD');
}

/** At most so many characters, the last an ellipsis where there was more. */
export function shorten(text: string, length: number): string {
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`;
}

/** `2026-01-15 10:00:00`, UTC. */
export function timeText(instant: Instant | string | null | undefined): string {
  if (instant === null || instant === undefined) return '';
  const iso = typeof instant === 'number' ? formatInstant(instant) : instant;
  return printable(iso.slice(0, 19).replace('T', ' '));
}

/** {@link wholeDurationText}, empty where there is none. */
export function durationText(ms: number | null | undefined): string {
  return ms === null || ms === undefined ? '' : wholeDurationText(ms);
}

/** 0 to 1 as a percentage that never rounds up to done. */
export function progressText(progress: number | null | undefined): string {
  if (progress === null || progress === undefined) return '';
  return `${Math.floor(progress * 100 + 1e-9)}%`;
}
