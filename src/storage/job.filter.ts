import { JobState } from '../domain/job-state.js';
import { Instant, Json } from '../domain/job.js';
import { DURATION_MS, FRESHNESS } from './job.fields.js';

export const FRESHNESS_VALUES = ['fresh', 'stale', 'vanished'] as const;
export type Freshness = (typeof FRESHNESS_VALUES)[number];

/** An instant, or so long before *now*. */
export type TimeBound = { at: Instant } | { agoMs: number };

/** Half-open: since ≤ t < until. */
export interface TimeRange {
  since?: TimeBound | undefined;
  until?: TimeBound | undefined;
}

/** Inclusive on both sides. */
export interface NumberRange {
  min?: number | undefined;
  max?: number | undefined;
}

/** The columns whose ranges can be asked for. */
export const RANGE_COLUMNS = {
  created: 'j.created_at',
  started: 'j.started_at',
  finished: 'j.finished_at',
  updated: 'j.updated_at',
  changed: 'j.changed_at',
} as const;
export type RangeName = keyof typeof RANGE_COLUMNS;

/** What a list of jobs is asked for. Left out: no condition. Several values of one parameter mean any of them. */
export interface JobFilter {
  id?: readonly string[] | undefined;
  source?: readonly string[] | undefined;
  platform?: readonly string[] | undefined;
  type?: readonly string[] | undefined;
  owner?: readonly string[] | undefined;
  externalId?: readonly string[] | undefined;
  reason?: readonly string[] | undefined;
  rawStatus?: readonly string[] | undefined;
  parentId?: readonly string[] | undefined;
  state?: readonly JobState[] | undefined;
  freshness?: readonly Freshness[] | undefined;
  /** All of them. */
  label?: readonly KeyValue[] | undefined;
  /** All of them; scalars only, compared as text. */
  attribute?: readonly KeyValue[] | undefined;
  /** Words: each stands somewhere in name, type, external id or error message. */
  q?: readonly string[] | undefined;
  times?: Partial<Record<RangeName, TimeRange>> | undefined;
  durationMs?: NumberRange | undefined;
  progress?: NumberRange | undefined;
}

export interface KeyValue {
  key: string;
  value: string;
}

/** Values of one statement; `add` gives the placeholder. */
export class Parameters {
  constructor(readonly values: unknown[] = []) {}

  add(value: unknown): string {
    return `$${this.values.push(value)}`;
  }
}

/** A value of an indexed column: conditions on it can be split into one branch a value. */
export type BranchColumn = 'source_key' | 'state';

/** Conditions over `j` and, where `joinsSource`, over `s`. */
export interface Conditions {
  clauses: string[];
  joinsSource: boolean;
}

/** The length in characters of the indexed prefix of `job.type`: text from outside has no limit, a btree entry has. */
const TYPE_PREFIX = 128;

const TEXT_COLUMNS = {
  platform: 'platform',
  owner: 'owner',
  externalId: 'external_id',
  reason: 'reason',
  rawStatus: 'raw_status',
} as const;

/**
 * A filter as SQL. Values are parameters, all of them.
 *
 * @param sources those that the caller may see; null for every source
 * @param skip columns whose condition stands elsewhere
 */
export function filterConditions(
  filter: JobFilter,
  sources: readonly string[] | null,
  now: Instant,
  parameters: Parameters,
  skip: readonly BranchColumn[] = [],
): Conditions {
  const clauses: string[] = [];
  const visible = visibleSources(filter, sources);
  if (visible && !skip.includes('source_key'))
    clauses.push(anyOf('j.source_key', 'text', visible, parameters));
  if (filter.state && !skip.includes('state'))
    clauses.push(anyOf('j.state', 'text', filter.state, parameters));
  if (filter.id) clauses.push(anyOf('j.id', 'uuid', filter.id, parameters));
  if (filter.parentId) clauses.push(anyOf('j.parent_id', 'uuid', filter.parentId, parameters));
  if (filter.type) {
    const prefixes = filter.type.map(typePrefix);
    clauses.push(anyOf(`left(j.type, ${TYPE_PREFIX})`, 'text', prefixes, parameters));
    // a shorter prefix is the whole type; asked twice, the planner expects too few rows and sorts instead of reading in order
    if (prefixes.some((prefix) => Array.from(prefix).length === TYPE_PREFIX))
      clauses.push(anyOf('j.type', 'text', filter.type, parameters));
  }
  for (const [name, column] of Object.entries(TEXT_COLUMNS)) {
    const values = filter[name as keyof typeof TEXT_COLUMNS];
    if (values) clauses.push(anyOf(`j.${column}`, 'text', values, parameters));
  }
  for (const { key, value } of filter.label ?? []) {
    clauses.push(
      `j.source_key IN (SELECT key FROM rollcall.source WHERE labels ->> ${parameters.add(key)}::text = ${parameters.add(value)})`,
    );
  }
  for (const { key, value } of filter.attribute ?? []) {
    const place = `${parameters.add(key)}::text`;
    clauses.push(
      `(j.attributes ->> ${place} = ${parameters.add(value)}
        AND jsonb_typeof(j.attributes -> ${place}) IN ('string', 'number', 'boolean'))`,
    );
  }
  for (const word of filter.q ?? []) {
    const pattern = parameters.add(`%${escapeLike(word)}%`);
    const columns = ['j.name', 'j.type', 'j.external_id', `j.error ->> 'message'`];
    clauses.push(`(${columns.map((column) => `${column} ILIKE ${pattern}`).join(' OR ')})`);
  }
  for (const [name, range] of Object.entries(filter.times ?? {})) {
    const column = RANGE_COLUMNS[name as RangeName];
    const bound = (time: TimeBound) => `${parameters.add(isoOf(time, now))}::timestamptz`;
    if (range.since) clauses.push(`${column} >= ${bound(range.since)}`);
    if (range.until) clauses.push(`${column} < ${bound(range.until)}`);
  }
  clauses.push(...numberRange(DURATION_MS, filter.durationMs, parameters));
  clauses.push(...numberRange('j.progress', filter.progress, parameters));
  if (filter.freshness) clauses.push(anyOf(`(${FRESHNESS})`, 'text', filter.freshness, parameters));
  return { clauses, joinsSource: filter.freshness !== undefined };
}

/** The sources that both the filter and the caller name; null: no condition. */
export function visibleSources(
  filter: JobFilter,
  sources: readonly string[] | null,
): readonly string[] | null {
  if (!filter.source) return sources;
  return sources ? filter.source.filter((key) => sources.includes(key)) : filter.source;
}

/** The filter as it decides which jobs are listed: equal for equal questions, whatever the order of values. */
export function canonicalFilter(filter: JobFilter): Json {
  const canonical = (value: unknown): Json => {
    if (Array.isArray(value))
      return [...new Set(value.map((item) => JSON.stringify(canonical(item))))].sort();
    if (typeof value !== 'object' || value === null) return (value ?? null) as Json;
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    return members.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, member]) => [name, canonical(member)]);
  };
  return canonical(filter);
}

/** One value as `=`, so that an index keeps its order behind it; several as `= ANY`. */
function anyOf(expression: string, type: string, values: readonly string[], parameters: Parameters): string {
  if (values.length === 1) return `${expression} = ${parameters.add(values[0])}::${type}`;
  return `${expression} = ANY(${parameters.add(values)}::${type}[])`;
}

function numberRange(expression: string, range: NumberRange | undefined, parameters: Parameters): string[] {
  const clauses: string[] = [];
  if (range?.min !== undefined) clauses.push(`${expression} >= ${parameters.add(range.min)}::float8`);
  if (range?.max !== undefined) clauses.push(`${expression} <= ${parameters.add(range.max)}::float8`);
  return clauses;
}

function isoOf(bound: TimeBound, now: Instant): string {
  return new Date('at' in bound ? bound.at : Math.max(now - bound.agoMs, EARLIEST)).toISOString();
}

// The first instant of the four-digit years, which ISO 8601 text and PostgreSQL write alike.
const EARLIEST = Date.parse('0001-01-01T00:00:00.000Z');

function typePrefix(type: string): string {
  return Array.from(type).slice(0, TYPE_PREFIX).join('');
}

function escapeLike(word: string): string {
  return word.replace(/[\\%_]/g, '\\$&');
}
