import { Instant } from '../domain/job.js';
import { formatInstant } from '../domain/timestamps.js';

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

/** `1h 02m`, `3m 07s`, `12s`, `250ms`: the two greatest units. */
export function durationText(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return '';
  if (ms < 1000) return `${ms}ms`;
  const seconds = Math.floor(ms / 1000);
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
  ];
  const two = (value: number) => String(value).padStart(2, '0');
  if (days > 0) return `${days}d ${two(hours)}h`;
  if (hours > 0) return `${hours}h ${two(minutes)}m`;
  if (minutes > 0) return `${minutes}m ${two(seconds % 60)}s`;
  return `${seconds}s`;
}

/** 0 to 1 as a percentage that never rounds up to done. */
export function progressText(progress: number | null | undefined): string {
  if (progress === null || progress === undefined) return '';
  return `${Math.floor(progress * 100 + 1e-9)}%`;
}

/** `1,440`. */
export function countText(count: number): string {
  return count.toLocaleString('en-US');
}

/** `1 request`, `2 requests`. */
export function countOf(count: number, noun: string): string {
  return `${countText(count)} ${noun}${count === 1 ? '' : 's'}`;
}
