import { Instant } from '../domain/job.js';
import { FILTER_FIELDS } from '../storage/filter-expression.fields.js';
import { FilterCondition, FilterExpression } from '../storage/filter-expression.js';
import { JobFilter, RangeName } from '../storage/job.filter.js';
import { NumberRange } from '../storage/parameters.js';
import { TimeBound, isoOf } from '../storage/time-bound.js';

/**
 * What a filter looks at: a job as the API shows it. Of an event of a source only `source`, `platform` and `labels` are there, and what is
 * not there is null.
 */
export type MatchedJob = Readonly<Record<string, unknown>>;

/** @param now what relative times go by */
export type JobMatcher = (job: MatchedJob, now: Instant) => boolean;

const LISTS = [
  ...['id', 'source', 'platform', 'type', 'owner', 'externalId', 'reason', 'rawStatus', 'parentId'],
  ...['state', 'freshness'],
] as const;

const SEARCHED = ['name', 'type', 'externalId'];

const TIME_FIELDS: Record<RangeName, string> = {
  created: 'createdAt',
  started: 'startedAt',
  finished: 'finishedAt',
  updated: 'updatedAt',
  changed: 'changedAt',
};

/**
 * A filter as a function over jobs in memory, true for exactly those that a list with this filter would show (storage/job.filter.ts is
 * the same in SQL; a test compares the two). Made once for each question, since events meet it again and again. `latest` chooses among
 * jobs and says nothing of one, and `overdue` is not known of a job as it was: they are not looked at.
 */
export function jobMatcher(filter: JobFilter): JobMatcher {
  const tests: JobMatcher[] = [];
  for (const name of LISTS) {
    const values = filter[name as keyof JobFilter] as readonly string[] | undefined;
    if (!values) continue;
    const wanted = new Set<unknown>(values);
    tests.push((job) => wanted.has(job[name]));
  }
  for (const { key, value } of filter.label ?? []) tests.push((job) => member(job['labels'], key) === value);
  for (const { key, value } of filter.attribute ?? [])
    tests.push((job) => scalarText(member(job['attributes'], key)) === value);
  for (const word of filter.q ?? []) {
    const lower = word.toLowerCase();
    tests.push((job) =>
      [...SEARCHED.map((name) => job[name]), member(job['error'], 'message')].some((text) =>
        contains(text, lower),
      ),
    );
  }
  for (const [name, { since, until }] of Object.entries(filter.times ?? {})) {
    const field = TIME_FIELDS[name as RangeName];
    if (since) tests.push((job, now) => isTime(job[field], (at) => at >= isoOf(since, now)));
    if (until) tests.push((job, now) => isTime(job[field], (at) => at < isoOf(until, now)));
  }
  tests.push(...rangeTests('durationMs', filter.durationMs), ...rangeTests('progress', filter.progress));
  if (filter.expression) tests.push(expressionMatcher(filter.expression));
  return (job, now) => tests.every((test) => test(job, now));
}

function rangeTests(name: string, range: NumberRange | undefined): JobMatcher[] {
  const { min, max } = range ?? {};
  const test = (holds: (value: number) => boolean): JobMatcher => {
    return (job) => typeof job[name] === 'number' && holds(job[name]);
  };
  return [
    ...(min === undefined ? [] : [test((value) => value >= min)]),
    ...(max === undefined ? [] : [test((value) => value <= max)]),
  ];
}

function expressionMatcher(expression: FilterExpression): JobMatcher {
  if ('and' in expression) {
    const parts = expression.and.map(expressionMatcher);
    return (job, now) => parts.every((part) => part(job, now));
  }
  if ('or' in expression) {
    const parts = expression.or.map(expressionMatcher);
    return (job, now) => parts.some((part) => part(job, now));
  }
  if ('not' in expression) {
    const part = expressionMatcher(expression.not);
    return (job, now) => !part(job, now);
  }
  return conditionMatcher(expression);
}

function conditionMatcher({ field, key, operator, values }: FilterCondition): JobMatcher {
  const { comparedAs } = FILTER_FIELDS.get(field)!;
  const read = reader(field, key);
  if (operator === 'null') return (job) => (read(job) ?? null) === null;
  if (operator === '~') {
    const word = String(values[0]).toLowerCase();
    return (job) => contains(comparedAs === 'scalar' ? scalarText(read(job)) : read(job), word);
  }
  if (comparedAs === 'instant') {
    const bounds = values as readonly TimeBound[];
    return (job, now) =>
      isTime(read(job), (at) => bounds.some((bound) => ordered(operator, at, isoOf(bound, now))));
  }
  if (comparedAs === 'scalar' && operator === '=') {
    const wanted = new Set<unknown>(values);
    return (job) => wanted.has(scalarText(read(job)));
  }
  if (operator === '=') {
    const wanted = new Set<unknown>(values);
    return (job) => wanted.has(read(job));
  }
  const bound = values[0] as number;
  return (job) => {
    const value = read(job);
    return typeof value === 'number' && ordered(operator, value, bound);
  };
}

/** `error.message` and `labels.team` are members of members; every other field is a member. */
function reader(field: string, key: string | null): (job: MatchedJob) => unknown {
  if (key !== null) return (job) => member(job[field], key);
  const [name, inner] = field.split('.', 2) as [string, string?];
  return inner === undefined ? (job) => job[name] : (job) => member(job[name], inner);
}

function ordered<T extends string | number>(
  operator: FilterCondition['operator'],
  value: T,
  bound: T,
): boolean {
  switch (operator) {
    case '<':
      return value < bound;
    case '<=':
      return value <= bound;
    case '>':
      return value > bound;
    case '>=':
      return value >= bound;
    default:
      return value === bound;
  }
}

/** Every instant is written alike, of years with four digits: text in order is time in order. */
function isTime(value: unknown, holds: (iso: string) => boolean): boolean {
  return typeof value === 'string' && holds(value);
}

function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}

function contains(text: unknown, lower: string): boolean {
  return typeof text === 'string' && text.toLowerCase().includes(lower);
}

/** A scalar as PostgreSQL writes it; undefined for anything else, null included. */
function scalarText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  return typeof value === 'number' ? decimal(value) : undefined;
}

/** A number without an exponent. */
function decimal(value: number): string {
  const text = String(value);
  const match = /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (match === null) return text;
  const [, sign = '', whole = '', fraction = '', exponent] = match;
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return sign + digits.padEnd(point, '0');
}
