import type { Zone } from '../preferences';

const AGES = [
  ['y', 31_557_600_000],
  ['mo', 2_629_800_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** How long before now an instant is, or how far ahead: `5m ago`, `in 20s`, `now`. */
export function formatAge(at: number, now: number): string {
  const difference = Math.abs(now - at);
  const [unit, length] = AGES.find(([, span]) => difference >= span) ?? ['s', 1_000];
  const amount = Math.floor(difference / length);
  if (amount === 0) return 'now';
  return at <= now ? `${amount}${unit} ago` : `in ${amount}${unit}`;
}

/** An instant to the second, with its zone: `2026-01-15 10:42:07 UTC`. Of the local zone its offset is named. */
export function formatExact(at: number, zone: Zone): string {
  const { date, time } = partsOf(at, zone);
  return `${date} ${time} ${zoneName(at, zone)}`;
}

/** As short as it can be told from now: `10:42:07` today, `Jan 14 10:42` before. */
export function formatShort(at: number, now: number, zone: Zone): string {
  const { date, time } = partsOf(at, zone);
  if (date === partsOf(now, zone).date) return time;
  const [year, month, day] = date.split('-');
  const year4 = partsOf(now, zone).date.startsWith(year!) ? '' : ` ${year}`;
  return `${MONTHS[Number(month) - 1]} ${Number(day)}${year4} ${time.slice(0, 5)}`;
}

/** `10:42` */
export function formatClock(at: number, zone: Zone): string {
  return partsOf(at, zone).time.slice(0, 5);
}

/** `UTC`, or the local zone's distance from it: `UTC+02:00`. */
export function zoneName(at: number, zone: Zone): string {
  const offset = zone === 'utc' ? 0 : -new Date(at).getTimezoneOffset();
  if (offset === 0) return 'UTC';
  const minutes = Math.abs(offset);
  return `UTC${offset < 0 ? '−' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function partsOf(at: number, zone: Zone): { date: string; time: string } {
  const offsetMs = zone === 'utc' ? 0 : new Date(at).getTimezoneOffset() * 60_000;
  const [date, rest] = new Date(at - offsetMs).toISOString().split('T');
  return { date: date!, time: rest!.slice(0, 8) };
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
