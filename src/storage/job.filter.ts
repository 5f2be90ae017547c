import { JobState } from '../domain/job-state.js';
import { Instant, Json } from '../domain/job.js';
import { FilterExpression } from './filter-expression.js';
import { expressionSql } from './filter-expression.sql.js';
import { durationCondition } from './job.duration.js';
import { FRESHNESS } from './job.fields.js';
import { latestJobs } from './job.latest.js';
import { NumberRange, Parameters, anyOf, containing, numberRange } from './parameters.js';
import { TimeBound, isoOf } from './time-bound.js';

export const FRESHNESS_VALUES = ['fresh', 'stale', 'vanished'] as const;
export type Freshness = (typeof FRESHNESS_VALUES)[number];

/** Half-open: since ≤ t < until. */
export interface TimeRange {
  since?: TimeBound | undefined;
  until?: TimeBound | undefined;
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
export const RANGE_NAMES = Object.keys(RANGE_COLUMNS) as RangeName[];

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
  /** Only the newest job of each (source, type), chosen before all other conditions but those on source and platform. */
  latest?: true | undefined;
  state?: readonly JobState[] | undefined;
  freshness?: readonly Freshness[] | undefined;
  /** Whether an expectation about single jobs found it overdue in its last evaluation. */
  overdue?: boolean | undefined;
  /** All of them. */
  label?: readonly KeyValue[] | undefined;
  /** All of them; scalars only, compared as text. */
  attribute?: readonly KeyValue[] | undefined;
  /** Words without a line break: each stands somewhere in name, type, external id or error message. */
  q?: readonly string[] | undefined;
  times?: Partial<Record<RangeName, TimeRange>> | undefined;
  durationMs?: NumberRange | undefined;
  progress?: NumberRange | undefined;
  expression?: FilterExpression | undefined;
}

export interface KeyValue {
  key: string;
  value: string;
}

/** The length in characters of the indexed prefix of text from outside: that has no limit, a btree entry has. */
const PREFIX = 128;

/** Parts of a filter whose values an index keeps apart, and what that index keeps: a condition on them can be one branch a value. */
export const BRANCH_SQL = {
  source: 'j.source_key',
  state: 'j.state',
  type: `left(j.type, ${PREFIX})`,
  owner: `left(j.owner, ${PREFIX})`,
  platform: 'j.platform',
} as const;
export type BranchColumn = keyof typeof BRANCH_SQL;

/** Conditions over `j` and, where `joinsSource`, over `s`. */
export interface Conditions {
  clauses: string[];
  joinsSource: boolean;
}

/** Read once for a statement: they are few, and the planner goes by them, or keeps to the order of the list. */
const OVERDUE =
  'ARRAY(SELECT b.job_id FROM rollcall.expectation_breach b WHERE b.resolved_at IS NULL AND b.job_id IS NOT NULL)';

const PREFIXED = ['type', 'owner'] as const;

const TEXT_COLUMNS = {
  externalId: 'external_id',
  reason: 'reason',
  rawStatus: 'raw_status',
} as const;

/**
 * Where words are looked for. One text, so that one index holds each of its parts once: a name mostly begins with its type. Spelled as
 * job_words_idx is (migrations).
 */
const SEARCHED = `(coalesce(j.name, '') || chr(10) || coalesce(j.type, '') || chr(10) || j.external_id || chr(10)
  || coalesce(j.error ->> 'message', ''))`;

/** The jobs that the conditions of a filter choose from, as the FROM item `j`. */
export function jobsFrom(
  filter: JobFilter,
  sources: readonly string[] | null,
  parameters: Parameters,
): string {
  if (!filter.latest) return 'rollcall.job j';
  const visible = visibleSources(filter, sources);
  return `${latestJobs(visible ? anyOf('s.key', 'text', visible, parameters) : 'true')} j`;
}

/**
 * A filter as SQL, over what {@link jobsFrom} gives. Values are parameters, all of them.
 *
 * @param sources those that the caller may see; null for every source
 * @param skip what has its condition elsewhere
 */
export function filterConditions(
  filter: JobFilter,
  sources: readonly string[] | null,
  now: Instant,
  parameters: Parameters,
  skip: readonly (BranchColumn | 'durationMs')[] = [],
): Conditions {
  const clauses: string[] = [];
  for (const column of Object.keys(BRANCH_SQL) as BranchColumn[]) {
    const values = skip.includes(column) ? null : branchValues(column, filter, sources);
    if (values) clauses.push(anyOf(BRANCH_SQL[column], 'text', values, parameters));
  }
  for (const column of PREFIXED) {
    // a shorter prefix is the whole text; asked twice, the planner expects too few rows and sorts instead of reading in order
    if (filter[column]?.some(isLong)) clauses.push(anyOf(`j.${column}`, 'text', filter[column], parameters));
  }
  if (filter.id) clauses.push(anyOf('j.id', 'uuid', filter.id, parameters));
  if (filter.parentId) clauses.push(anyOf('j.parent_id', 'uuid', filter.parentId, parameters));
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
  for (const word of filter.q ?? []) clauses.push(`${SEARCHED} ILIKE ${parameters.add(containing(word))}`);
  for (const [name, range] of Object.entries(filter.times ?? {})) {
    const column = RANGE_COLUMNS[name as RangeName];
    const bound = (time: TimeBound) => `${parameters.add(isoOf(time, now))}::timestamptz`;
    if (range.since) clauses.push(`${column} >= ${bound(range.since)}`);
    if (range.until) clauses.push(`${column} < ${bound(range.until)}`);
  }
  const { min, max } = filter.durationMs ?? {};
  if ((min !== undefined || max !== undefined) && !skip.includes('durationMs'))
    clauses.push(durationCondition({ min, max }, filter.state, now, parameters));
  clauses.push(...numberRange('j.progress', filter.progress, parameters));
  if (filter.freshness) clauses.push(anyOf(`(${FRESHNESS})`, 'text', filter.freshness, parameters));
  if (filter.overdue !== undefined)
    clauses.push(filter.overdue ? `j.id = ANY(${OVERDUE})` : `j.id <> ALL(${OVERDUE})`);
  const expression = filter.expression && expressionSql(filter.expression, now, parameters);
  if (expression) clauses.push(expression.sql);
  return { clauses, joinsSource: filter.freshness !== undefined || expression?.joinsSource === true };
}

/** The sources that both the filter and the caller name; null: no condition. */
export function visibleSources(
  filter: JobFilter,
  sources: readonly string[] | null,
): readonly string[] | null {
  if (!filter.source) return sources;
  return sources ? filter.source.filter((key) => sources.includes(key)) : filter.source;
}

/** What a column of {@link BRANCH_SQL} may be, each value once; null: no condition. */
export function branchValues(
  column: BranchColumn,
  filter: JobFilter,
  sources: readonly string[] | null,
): readonly string[] | null {
  const values = column === 'source' ? visibleSources(filter, sources) : filter[column];
  if (!values) return null;
  return [...new Set(column === 'type' || column === 'owner' ? values.map(prefixOf) : values)];
}

/** Whether an index may keep other texts in one place with those that are asked for: of a long one it keeps the beginning only. */
export function hasPrefixOnly(filter: JobFilter): boolean {
  return PREFIXED.some((column) => filter[column]?.some(isLong));
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

function isLong(text: string): boolean {
  return Array.from(text).length >= PREFIX;
}

function prefixOf(text: string): string {
  return Array.from(text).slice(0, PREFIX).join('');
}
