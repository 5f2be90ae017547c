import { closest } from 'fastest-levenshtein';
import { parseDuration } from '../../domain/duration.js';
import { FilterExpressionError } from '../../storage/filter-expression.grammar.js';
import { FilterExpression, parseFilterExpression } from '../../storage/filter-expression.js';
import { KeyValue } from '../../storage/job.filter.js';
import { TimeBound, parseTimeBound } from '../../storage/time-bound.js';
import { ParameterError } from '../http/parameter.js';

/** Values of a parameter that is repeatable or comma-separated; a comma inside a value is `\,`, any other backslash is itself. */
export function list(values: string[]): string[] {
  const items = separated(values).map((item) => item.replaceAll('\\,', ','));
  if (items.includes('')) throw new ParameterError('has an empty value in its list');
  return [...new Set(items)];
}

/** Each value for itself, as it may be written again: a comma inside it stays `\,`. */
export function separated(values: string[]): string[] {
  return values.flatMap((value) => value.split(/(?<!\\),/));
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

export function uuids(values: string[]): string[] {
  const items = list(values);
  const wrong = items.find((item) => !isUuid(item));
  if (wrong !== undefined) throw new ParameterError(`${quote(wrong)} is not a UUID`);
  return items.map((item) => item.toLowerCase());
}

/** Any of several words. */
export function words<Word extends string>(allowed: readonly Word[]): (values: string[]) => Word[] {
  return (values) => list(values).map((item) => oneOf(item, allowed));
}

/** One word. */
export function word<Word extends string>(allowed: readonly Word[]): (values: string[]) => Word {
  return ([value]) => oneOf(value!, allowed);
}

export function oneOf<Word extends string>(value: string, allowed: readonly Word[]): Word {
  if ((allowed as readonly string[]).includes(value)) return value as Word;
  const hint = allowed.length > 4 ? `; did you mean ${closest(value.slice(0, 64), allowed)}?` : '';
  throw new ParameterError(`${quote(value)} is none of ${allowed.join(', ')}${hint}`);
}

/** @returns a reader of a whole number between two bounds, both included */
export function integer(min: number, max: number): (values: string[]) => number {
  return ([value]) => {
    const number = /^\d{1,9}$/.test(value!) ? Number(value) : NaN;
    if (!(number >= min && number <= max))
      throw new ParameterError(`${quote(value!)} is not a whole number from ${min} to ${max}`);
    return number;
  };
}

export function fraction([value]: string[]): number {
  const number = /^\d*\.?\d+$/.test(value!) && value!.length <= 32 ? Number(value) : NaN;
  if (!(number >= 0 && number <= 1)) throw new ParameterError(`${quote(value!)} is not a number from 0 to 1`);
  return number;
}

export function duration([value]: string[]): number {
  const ms = parseDuration(value!);
  if (ms === null)
    throw new ParameterError(`${quote(value!)} is not a duration such as 500ms, 30s, 10m, 1h, 7d or PT30S`);
  return ms;
}

/** `true` or `false`. */
export function flag([value]: string[]): boolean {
  return oneOf(value!, ['true', 'false']) === 'true';
}

// beyond it, the bucket of a job of the year 1 would begin before the years that text can say
const MAX_BUCKET_MS = 366 * 86_400_000;

/** How long one bucket of a summary is, milliseconds. */
export function bucketLength(values: string[]): number {
  const ms = duration(values);
  if (ms < 1 || ms > MAX_BUCKET_MS)
    throw new ParameterError(`${quote(values[0]!)} is not a length from 1ms to 366d`);
  return ms;
}

/** ISO 8601 with zone, epoch milliseconds, or relative to *now* (`-15m`). */
export function timeBound([value]: string[]): TimeBound {
  const text = value!;
  const bound = parseTimeBound(text);
  if (bound !== null) return bound;
  const plus = / \d{2}:?\d{2}$/.test(text) ? ' (a + in a query string is written %2B)' : '';
  throw new ParameterError(
    `${quote(text)} is not a time: ISO 8601 with zone, epoch milliseconds, or relative such as -15m${plus}`,
  );
}

/** An expression over the fields of a job. */
export function filterExpression([value]: string[]): FilterExpression {
  try {
    return parseFilterExpression(value!);
  } catch (error) {
    if (error instanceof FilterExpressionError) throw new ParameterError(error.message);
    throw error;
  }
}

/** `key:value`, split at the first colon. */
export function keyValues(values: string[]): KeyValue[] {
  return values.map((value) => {
    const colon = value.indexOf(':');
    if (colon < 1) throw new ParameterError(`${quote(value)} is not key:value`);
    return { key: value.slice(0, colon), value: value.slice(colon + 1) };
  });
}

const MAX_WORDS = 8;

/** The words of a search; the more of them, the fewer jobs. */
export function searchWords([value]: string[]): string[] {
  const found = [...new Set(value!.split(/\s+/u).filter((part) => part !== ''))];
  if (found.length === 0) throw new ParameterError('has no word in it');
  if (found.length > MAX_WORDS)
    throw new ParameterError(`has ${found.length} words; at most ${MAX_WORDS} are looked for`);
  return found;
}

export function text([value]: string[]): string {
  return value!;
}

export function quote(value: string): string {
  return JSON.stringify(value.length > 64 ? `${value.slice(0, 64)}…` : value);
}
