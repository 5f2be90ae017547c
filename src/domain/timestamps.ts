import { DateTime, IANAZone } from 'luxon';
import { Instant } from './job.js';

export interface TimeFormat {
  /** What a number means. Without it a number is refused: seconds and milliseconds are never told apart by size. */
  epoch?: 'ms' | 's';
  /** IANA zone of zoneless text; without it zoneless text is refused. */
  zone?: string;
  /**
   * Read the clock time of every text in `zone`, whatever zone the text claims. For platforms that write local time with a
   * `Z` (Veeva Vault documents it).
   */
  ignoreOffset?: boolean;
}

/** A time that is present but cannot be read without guessing. */
export class UnreadableTimeError extends Error {}

// Years 1 to 9999, which ISO 8601 text and PostgreSQL both carry.
const EARLIEST = Date.parse('0001-01-01T00:00:00.000Z');
const LATEST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

const NUMBER_TEXT = /^[+-]?\d+(?:\.\d+)?$/;

// RFC 3339 with what platforms really send: a space for `T`, offsets without a colon, 0 to 9 fraction digits, no zone at all.
const ISO_TEXT =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?:\s*([Zz])|([+-]\d{2})(?::?(\d{2}))?)?$/;

// Go's time.Time.String(): `2023-11-27 12:32:50.036 +0000 UTC`, with an optional monotonic reading after it.
const GO_TEXT =
  /^(\d{4})-(\d{2})-(\d{2}) (\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))? ([+-]\d{2})(\d{2}) [A-Z+\-0-9]{1,6}(?: m=[+-]\d+\.\d+)?$/;

/**
 * The one parser of upstream times: epoch milliseconds or seconds, ISO 8601 with 0 to 9 fraction digits, zoneless text with
 * the source's zone, and Go's default text. Truncates to milliseconds.
 *
 * @returns null when the value is absent (null, undefined or empty text)
 * @throws UnreadableTimeError when the value is present but unreadable or ambiguous
 */
export function parseInstant(value: unknown, format: TimeFormat = {}): Instant | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number') return fromEpoch(value, format);
  if (typeof value !== 'string')
    throw new UnreadableTimeError(
      `a time cannot be ${Array.isArray(value) ? 'an array' : `a ${typeof value}`}`,
    );
  const text = value.trim();
  if (text === '') return null;
  const plain = format.ignoreOffset ? null : plainInstant(text);
  if (plain !== null) return plain;
  if (NUMBER_TEXT.test(text)) return fromEpoch(Number(text), format);
  const match = ISO_TEXT.exec(text) ?? goMatch(text);
  if (match === null) throw new UnreadableTimeError(`not a time: ${quote(text)}`);
  return fromParts(match, text, format);
}

/**
 * The form in which most platforms write most times, `2025-01-15T14:06:40.000Z` with 0 to 9 fraction digits, at a fraction of what the
 * expressions cost. Null for every other text, among them times that do not exist, leap days and years before 100.
 */
function plainInstant(text: string): Instant | null {
  const end = text.length - 1;
  if (end < 19 || end > 29 || text[end] !== 'Z' || text[10] !== 'T') return null;
  if (text[4] !== '-' || text[7] !== '-' || text[13] !== ':' || text[16] !== ':') return null;
  const year = digits(text, 0, 4);
  const [month, day] = [digits(text, 5, 7), digits(text, 8, 10)];
  const [hour, minute, second] = [digits(text, 11, 13), digits(text, 14, 16), digits(text, 17, 19)];
  const isDay = year >= 100 && day >= 1 && day <= (DAYS_OF_MONTHS[month - 1] ?? 0);
  if (!isDay || !(hour <= 23 && minute <= 59 && second <= 59)) return null;
  const seconds = Date.UTC(year, month - 1, day, hour, minute, second);
  if (end === 19) return seconds;
  const fraction = digits(text, 20, end);
  if (text[19] !== '.' || Number.isNaN(fraction)) return null;
  return seconds + Math.floor((fraction * 1_000) / 10 ** (end - 20));
}

/** The number that these characters write; NaN, which compares as false, when they are not digits only, or none. */
function digits(text: string, from: number, to: number): number {
  let value = from < to ? 0 : NaN;
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - ZERO;
    if (digit < 0 || digit > 9) return NaN;
    value = value * 10 + digit;
  }
  return value;
}

const ZERO = 0x30;
const DAYS_OF_MONTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** The same field order as ISO_TEXT: no `Z` group, so the offset moves one place on. */
function goMatch(text: string): RegExpExecArray | null {
  const match = GO_TEXT.exec(text);
  match?.splice(8, 0, '');
  return match;
}

/** A job shows each of its few instants in many places; to format one costs more than to look it up. */
const formatted = new Map<Instant, string>();
const MOST_FORMATTED = 1_000;

/** ISO 8601 in UTC with milliseconds: `2025-01-15T14:06:40.000Z`. */
export function formatInstant(instant: Instant): string {
  const known = formatted.get(instant);
  if (known !== undefined) return known;
  const text = new Date(instant).toISOString();
  if (formatted.size >= MOST_FORMATTED) formatted.clear();
  formatted.set(instant, text);
  return text;
}

function fromEpoch(value: number, format: TimeFormat): Instant {
  if (format.epoch === undefined) throw new UnreadableTimeError(`a number without a known unit: ${value}`);
  return inRange(Math.floor(format.epoch === 's' ? Math.round(value * 1e6) / 1e3 : value), value);
}

function fromParts(match: RegExpExecArray, text: string, format: TimeFormat): Instant {
  const [, year, month, day, hour, minute, second = '0', fraction = '', utc, offsetHour, offsetMinute = '0'] =
    match;
  const clock = clockTime(
    [Number(year), Number(month), Number(day), Number(hour), Number(minute), Number(second)],
    Number(fraction.slice(0, 3).padEnd(3, '0')),
  );
  if (clock === null) throw new UnreadableTimeError(`not a time: ${quote(text)}`);
  const zoned = (utc !== undefined && utc !== '') || offsetHour !== undefined;
  if (!zoned || format.ignoreOffset) return inRange(localInstant(clock, format.zone, text), text);
  if (offsetHour === undefined) return inRange(clock, text);
  const sign = offsetHour.startsWith('-') ? -1 : 1;
  const offset = sign * (Math.abs(Number(offsetHour)) * 60 + Number(offsetMinute));
  if (Math.abs(offset) > 18 * 60 || Number(offsetMinute) > 59)
    throw new UnreadableTimeError(`not an offset: ${quote(text)}`);
  return inRange(clock - offset * 60_000, text);
}

/** The instant at which a UTC clock shows these parts; null when no clock does. A Date is far cheaper than luxon here. */
function clockTime(
  [year, month, day, hour, minute, second]: [number, number, number, number, number, number],
  millisecond: number,
): Instant | null {
  const date = new Date(Date.UTC(2000, month - 1, 1, hour, minute, second, millisecond));
  date.setUTCFullYear(year, month - 1, day);
  const exists =
    hour < 24 && minute < 60 && second < 60 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return exists ? date.getTime() : null;
}

/** Clock time in a zone. A time that a clock change skips or repeats is refused, not guessed. */
function localInstant(clock: Instant, zone: string | undefined, text: string): Instant {
  if (zone === undefined) throw new UnreadableTimeError(`no zone: ${quote(text)}`);
  if (zone.toUpperCase() === 'UTC') return clock;
  const local = DateTime.fromMillis(clock, { zone: 'utc' }).setZone(zone, { keepLocalTime: true });
  if (!local.isValid || local.toMillis() + local.offset * 60_000 !== clock) {
    throw new UnreadableTimeError(`${quote(text)} does not exist in ${zone}`);
  }
  if (local.getPossibleOffsets().length > 1)
    throw new UnreadableTimeError(`${quote(text)} happens twice in ${zone}`);
  return local.toMillis();
}

/** @param given what the instant was read from */
function inRange(instant: number, given: string | number): Instant {
  if (!Number.isFinite(instant) || instant < EARLIEST || instant > LATEST) {
    throw new UnreadableTimeError(`outside the years 1 to 9999: ${quote(String(given))}`);
  }
  return instant;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text);
}

/** Local time less UTC at an instant, milliseconds. @param zone one that {@link isTimeZone} */
export function offsetOf(zone: string, at: Instant): number {
  const quarter = Math.floor(at / QUARTER_MS);
  const key = `${zone} ${quarter}`;
  const known = offsets.get(key);
  if (known !== undefined) return known;
  const offset = IANAZone.create(zone).offset(at) * 60_000;
  if (offsets.size >= MOST_OFFSETS) offsets.clear();
  offsets.set(key, offset);
  return offset;
}

/** Clocks are moved at a quarter of an hour; asking for one is dear. */
const QUARTER_MS = 900_000;
const MOST_OFFSETS = 20_000;
const offsets = new Map<string, number>();

export function isTimeZone(zone: string): boolean {
  return IANAZone.isValidZone(zone);
}
