import { Duration } from 'luxon';

const UNITS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const SHORT = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

/**
 * `500ms`, `30s`, `10m`, `1h`, `7d`, or ISO 8601 (`PT30S`) in milliseconds; null when the text is neither.
 * Years and months are refused: they have no fixed length.
 */
export function parseDuration(text: string): number | null {
  const short = SHORT.exec(text);
  if (short) return finite(Number(short[1]) * UNITS[short[2]!]!);
  if (!/^P.*\d/.test(text)) return null;
  const iso = Duration.fromISO(text);
  if (!iso.isValid || iso.years !== 0 || iso.months !== 0) return null;
  return finite(iso.toMillis());
}

function finite(ms: number): number | null {
  return Number.isSafeInteger(Math.round(ms)) && ms >= 0 ? Math.round(ms) : null;
}

/** `1h 02m`, `3m 07s`, `12s`, `250ms`: the two greatest units. */
export function durationText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`;
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
