import { durationLimits, durationRanges } from './job.duration.js';
import { DURATION_MS } from './job.fields.js';
import {
  BRANCH_SQL,
  BranchColumn,
  JobFilter,
  RANGE_COLUMNS,
  RANGE_NAMES,
  RangeName,
  branchValues,
  filterConditions,
  hasPrefixOnly,
  jobsFrom,
  visibleSources,
} from './job.filter.js';
import { PageKey, Position } from './page-cursor.js';
import { Parameters } from './parameters.js';
import { fromPg } from './pg-time.js';
import { isoOf } from './time-bound.js';

// A page of jobs as SQL: where it begins, which ranges of which index it is merged from, and whether they bound what is looked at
// (docs/decisions/0011-pages-merged-from-index-ranges.md, 0017-orders-that-carry-filters.md).

interface SortColumn {
  sql: string;
  type: string;
  nullable: boolean;
}

export const SORT_COLUMNS = {
  updatedAt: { sql: 'j.updated_at', type: 'timestamptz', nullable: true },
  createdAt: { sql: 'j.created_at', type: 'timestamptz', nullable: true },
  startedAt: { sql: 'j.started_at', type: 'timestamptz', nullable: true },
  finishedAt: { sql: 'j.finished_at', type: 'timestamptz', nullable: true },
  changedAt: { sql: 'j.changed_at', type: 'timestamptz', nullable: false },
  durationMs: { sql: DURATION_MS, type: 'float8', nullable: true },
} satisfies Record<string, SortColumn>;

export type SortField = keyof typeof SORT_COLUMNS;
export const SORT_FIELDS = Object.keys(SORT_COLUMNS) as SortField[];

/** Nulls are last in both directions; ties go by id in the direction of the sort. */
export interface JobSort {
  field: SortField;
  descending: boolean;
}

export interface JobsAsked {
  filter: JobFilter;
  /** Those that the caller may see; null: every source. */
  sources: readonly string[] | null;
}

export interface JobPageAsked extends JobsAsked {
  sort: JobSort;
  limit: number;
  /** Rows to leave out before the page; only with a position at the start of the list. */
  offset: number;
  position: Position;
}

/**
 * So many jobs are looked at in the order of the list, before the range of a narrower index is read: the square root of jobs times rows of a
 * page, at half a million jobs, since one job in a hundred is then found by either without looking at many more.
 */
const GLANCE = 5_000;

/** At most so many index ranges are read beside each other for one page. */
const MAX_BRANCHES = 64;

/** Filters that an index answers whatever the sort: few jobs remain. */
const SELECTIVE: ReadonlySet<keyof JobFilter> = new Set(['id', 'externalId', 'parentId']);

/** One range of the list in which the sort value is given, or in which it is null; read one after the other. */
export interface Segment {
  nulls: boolean | null;
  key: PageKey | null;
}

export const JOIN_SOURCE = ' JOIN rollcall.source s ON s.key = j.source_key';

/**
 * The ranges of the list from the position on, in reading order. Rows without a sort value come last in list order, whatever the
 * direction of the sort; an index keeps them at one end only, so they are a range of their own where that is the other end, and where a
 * position is compared with.
 */
export function segments({ sort, position, offset }: JobPageAsked): Segment[] {
  const { key, backward } = position;
  const asIndexed = key === null && !backward && sort.descending && sort.field !== 'durationMs';
  if (offset > 0 || asIndexed) return [{ nulls: null, key: null }];
  const nulls = SORT_COLUMNS[sort.field].nullable ? [false, true] : [false];
  if (backward) nulls.reverse();
  if (key === null) return nulls.map((isNull) => ({ nulls: isNull, key: null }));
  const first = nulls.indexOf(key[0] === null);
  return nulls.slice(first).map((isNull, index) => ({ nulls: isNull, key: index === 0 ? key : null }));
}

/**
 * The same question, begun from one place: where a range of what the list is sorted by begins, or behind the position, whichever is later.
 * Of two beginnings PostgreSQL goes to one, and passes over all that lies between.
 */
export function startOf(asked: JobPageAsked, segment: Segment): [JobPageAsked, Segment] {
  const { filter, sort, position } = asked;
  const value = segment.key?.[0] ?? null;
  if (value === null) return [asked, segment];
  const descending = sort.descending !== position.backward;
  const ofRange: Segment = { ...segment, key: null };
  if (typeof value === 'number') {
    const { min, max } = filter.durationMs ?? {};
    const begins = descending ? max : min;
    if (begins === undefined) return [asked, segment];
    if (descending ? value > begins : value < begins) return [asked, ofRange];
    const durationMs = descending ? { min } : { max };
    return [{ ...asked, filter: { ...filter, durationMs } }, segment];
  }
  const name = RANGE_NAMES.find((range) => RANGE_COLUMNS[range] === SORT_COLUMNS[sort.field].sql)!;
  const { since, until } = filter.times?.[name] ?? {};
  const begins = descending ? until : since;
  if (begins === undefined) return [asked, segment];
  const at = Date.parse(isoOf(begins, position.now));
  if (descending ? fromPg(value) >= at : fromPg(value) < at) return [asked, ofRange];
  const times = { ...filter.times, [name]: descending ? { since } : { until } };
  return [{ ...asked, filter: { ...filter, times } }, segment];
}

/** What is read in one order: the whole list, or a part of it whose order an index has. */
interface Range {
  conditions: readonly string[];
  /** What it is ordered by, before the id. */
  sql: string;
}

/**
 * One segment of a page. The rows are found and limited on the job table alone, and only they are joined with their source.
 */
export function pageSql(
  asked: JobPageAsked,
  segment: Segment,
  count: number,
  parameters: Parameters,
  shown: string,
): string {
  const { filter, sources, sort, position, offset } = asked;
  const column: SortColumn = SORT_COLUMNS[sort.field];
  const descending = sort.descending !== position.backward;
  const jobs = jobsFrom(filter, sources, parameters);
  const branches = branchesOf(asked);
  const skip = hasDurationRanges(asked) ? (['durationMs'] as const) : branches?.columns;
  const { clauses, joinsSource } = filterConditions(filter, sources, position.now, parameters, skip);
  const whole = segment.nulls === null;
  const limit = ` LIMIT ${count}${offset > 0 ? ` OFFSET ${parameters.add(offset)}` : ''}`;
  const from = `FROM ${jobs}${joinsSource ? JOIN_SOURCE : ''}`;
  const select = ({ conditions, sql }: Range) =>
    `SELECT j.* ${from}${where([...conditions, ...clauses])} ${orderBy(sql, descending, whole)}${limit}`;
  const ranges = rangesOf(asked, segment, branches, parameters).map(select);
  const order = orderBy(column.sql, descending, whole);
  const found =
    ranges.length === 1
      ? ranges[0]
      : `SELECT j.* FROM (${ranges.map((range) => `(${range})`).join(' UNION ALL ')}) j ${order}${limit}`;
  return `SELECT ${shown} FROM (${found}) j${JOIN_SOURCE} ${order}`;
}

/**
 * Whether a filter by another time passes over jobs that the range of a narrower index would have to look up in the table, one by one: the
 * entries of an order carry the other times, those within a value do not, and nobody knows how many there are until the first one that fits.
 */
export function isWorthGlance(asked: JobPageAsked): boolean {
  return branchesOf(asked) !== null && otherTimes(asked).length > 0;
}

/** The ranges of times that the list is not sorted by. */
function otherTimes({ filter, sort }: JobPageAsked): RangeName[] {
  const names = RANGE_NAMES.filter((name) => filter.times?.[name] !== undefined);
  return names.filter((name) => RANGE_COLUMNS[name] !== SORT_COLUMNS[sort.field].sql);
}

/** As {@link pageSql}, of the first jobs only whose times fit: either it finds the whole page, or few jobs fit otherwise. */
export function glanceSql(
  asked: JobPageAsked,
  segment: Segment,
  count: number,
  parameters: Parameters,
  shown: string,
): string {
  const { filter, sources, sort, position } = asked;
  const column: SortColumn = SORT_COLUMNS[sort.field];
  const descending = sort.descending !== position.backward;
  const order = orderBy(column.sql, descending, false);
  const { times, ...rest } = filter;
  const first = filterConditions({ times }, null, position.now, parameters).clauses;
  const given = (value: unknown, type: string) => `${parameters.add(value)}::${type}`;
  first.push(...segmentConditions(column, segment, position.inclusive, descending, given));
  const { clauses, joinsSource } = filterConditions(rest, sources, position.now, parameters);
  return `SELECT ${shown} FROM (
      SELECT j.* FROM (SELECT * FROM rollcall.job j${where(first)} ${order} LIMIT ${GLANCE}) j${joinsSource ? JOIN_SOURCE : ''}${where(clauses)}
      ${order} LIMIT ${count}) j${JOIN_SOURCE} ${order}`;
}

function rangesOf(
  asked: JobPageAsked,
  segment: Segment,
  branches: Branches | null,
  parameters: Parameters,
): Range[] {
  const { filter, sort, position } = asked;
  const { sql, type }: SortColumn = SORT_COLUMNS[sort.field];
  const descending = sort.descending !== position.backward;
  const isPlannedOnce = isBounded(asked);
  const beyond = (ordered: string, key: PageKey | null) =>
    segmentConditions(
      { sql: ordered, type },
      { ...segment, key },
      position.inclusive,
      descending,
      (value, type) =>
        isPlannedOnce ? `(SELECT ${parameters.add(value)}::${type})` : `${parameters.add(value)}::${type}`,
    );
  if (hasDurationRanges(asked)) {
    const ranges = durationRanges(segment.nulls === true, filter.state, position.now, parameters);
    return ranges.map((range) => {
      const [ms, ...id] = segment.key ?? [];
      const key = typeof ms === 'number' ? [range.valueOf(ms), ...id] : segment.key;
      const limits = durationLimits(range, filter.durationMs, parameters);
      return { conditions: [...range.conditions, ...limits, ...beyond(range.sql, key)], sql: range.sql };
    });
  }
  const own = branches === null ? [[]] : branchConditions(branches, parameters);
  const shared = beyond(sql, segment.key);
  return own.map((conditions) => ({ conditions: [...conditions, ...shared], sql }));
}

/** Whether the list is merged from jobs whose durations are known and those whose durations grow. */
function hasDurationRanges({ filter, sort, offset }: JobPageAsked): boolean {
  return sort.field === 'durationMs' && offset === 0 && !filter.latest;
}

function where(clauses: readonly string[]): string {
  return clauses.length > 0 ? ` WHERE ${clauses.join(' AND ')}` : '';
}

/** The values of indexed columns that a list is asked for: each combination is one range of an index. */
interface Branches {
  columns: readonly BranchColumn[];
  combinations: readonly (readonly string[])[];
}

/**
 * The indexes that keep jobs in the default order within one value of each of these columns (migrations). Of those whose columns
 * are all asked for, the first is taken.
 */
const ORDERED_WITHIN: readonly (readonly BranchColumn[])[] = [
  ['source', 'state'],
  ['source', 'type'],
  ['source'],
  ['state'],
  ['type'],
  ['owner'],
  ['platform'],
];

/**
 * Which ranges of one index hold what is asked for, each of them in order; null when no index has such ranges, or too many, or words
 * are looked for: only the planner can tell whether few jobs have them, and it does not see past a merge.
 * A page is then the merge of ranges that are read only as far as the page needs them, where `= ANY` would read and sort
 * everything (docs/database.md, "Indexes").
 */
function branchesOf({ filter, sources, sort, offset }: JobPageAsked): Branches | null {
  if (sort.field !== 'updatedAt' || offset > 0 || filter.latest || filter.overdue === true || filter.q)
    return null;
  for (const columns of ORDERED_WITHIN) {
    const values = columns.map((column) => branchValues(column, filter, sources));
    if (!values.every((list) => list !== null)) continue;
    const combinations = values.reduce<string[][]>(
      (found, list) =>
        found.length > MAX_BRANCHES ? found : found.flatMap((head) => list.map((value) => [...head, value])),
      [[]],
    );
    if (combinations.length <= MAX_BRANCHES) return { columns, combinations };
  }
  return null;
}

/** One list of conditions for each range. There are 1, 2, 4, 8 … of them, so that few shapes of the statement are prepared. */
function branchConditions({ columns, combinations }: Branches, parameters: Parameters): string[][] {
  const size = 2 ** Math.ceil(Math.log2(Math.max(combinations.length, 1)));
  return Array.from({ length: size }, (_, index) =>
    columns.map(
      // nothing equals null: a range that is there to make up the number is empty
      (column, place) =>
        `${BRANCH_SQL[column]} = ${parameters.add(combinations[index]?.[place] ?? null)}::text`,
    ),
  );
}

/**
 * @param given writes a value of the position. A page whose plan is the same wherever it begins hides the values from the planner by a
 * query of their own: it would else plan every page anew, since what it expects behind a deep position is less than behind any, and
 * planning takes nearly as long as reading (0.35 and 0.45 ms).
 */
function segmentConditions(
  { sql, type }: { sql: string; type: string },
  { nulls, key }: Segment,
  inclusive: boolean,
  descending: boolean,
  given: (value: unknown, type: string) => string,
): string[] {
  if (nulls === null) return [];
  const beyond = `${descending ? '<' : '>'}${inclusive ? '=' : ''}`;
  const id = () => given(key![1], 'uuid');
  if (nulls) return [`${sql} IS NULL`, ...(key ? [`j.id ${beyond} ${id()}`] : [])];
  if (key === null) return [`${sql} IS NOT NULL`];
  // compared as a row: an index answers this at any depth, and `a < x OR (a = x AND b < y)` it does not
  return [`(${sql}, j.id) ${beyond} (${given(key[0], type)}, ${id()})`];
}

/** Spelled as the indexes are: descending with nulls last, or that read backwards. `whole`: nulls last in both directions. */
function orderBy(sql: string, descending: boolean, whole: boolean): string {
  return descending
    ? `ORDER BY ${sql} DESC NULLS LAST, j.id DESC`
    : `ORDER BY ${sql} ASC NULLS ${whole ? 'LAST' : 'FIRST'}, j.id ASC`;
}

/** Whether an index bounds what must be looked at for a page. */
export function isBounded(asked: JobPageAsked): boolean {
  const { filter, sources, sort, offset } = asked;
  const names = new Set<string>(
    Object.keys(filter).filter((name) => filter[name as keyof JobFilter] !== undefined),
  );
  if (filter.latest) return false;
  if ([...SELECTIVE].some((name) => names.has(name)) || filter.overdue === true) return true;
  // what is overdue is rare: leaving it out looks at hardly more than the page
  names.delete('overdue');
  if (offset > 0) return false;
  if (sort.field === 'durationMs') names.delete('durationMs');
  if (otherTimes(asked).length === 0) names.delete('times');
  const visible = visibleSources(filter, sources);
  if (visible !== null) names.add('source');
  if (names.size === 0) return true;
  const branches = branchesOf(asked);
  if (branches === null || hasPrefixOnly(filter)) return false;
  return [...names].every((name) => branches.columns.includes(name as BranchColumn));
}
