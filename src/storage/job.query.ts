import { PoolClient } from 'pg';
import { Instant } from '../domain/job.js';
import { QueryTooBroadError, readWithin } from './bounded-query.js';
import { Database } from './database.js';
import { DURATION_MS, FRESHNESS, JobField, SELECT_JOB, SelectedJob, selectFields } from './job.fields.js';
import {
  BRANCH_SQL,
  BranchColumn,
  JobFilter,
  RANGE_COLUMNS,
  RangeName,
  branchValues,
  filterConditions,
  hasPrefixOnly,
  jobsFrom,
  visibleSources,
} from './job.filter.js';
import { answersFromKept, keptCounts } from './kept-counts.js';
import { Parameters } from './parameters.js';
import { Page, PageKey, Position, readPage } from './page-cursor.js';
import { Statement, statement } from './statement.js';

interface SortColumn {
  sql: string;
  type: string;
  nullable: boolean;
  /** An index gives this order. */
  indexed: boolean;
}

const SORT_COLUMNS = {
  updatedAt: { sql: 'j.updated_at', type: 'timestamptz', nullable: true, indexed: true },
  createdAt: { sql: 'j.created_at', type: 'timestamptz', nullable: true, indexed: true },
  startedAt: { sql: 'j.started_at', type: 'timestamptz', nullable: true, indexed: true },
  finishedAt: { sql: 'j.finished_at', type: 'timestamptz', nullable: true, indexed: true },
  changedAt: { sql: 'j.changed_at', type: 'timestamptz', nullable: false, indexed: true },
  durationMs: { sql: DURATION_MS, type: 'float8', nullable: true, indexed: false },
} satisfies Record<string, SortColumn>;

export type SortField = keyof typeof SORT_COLUMNS;
export const SORT_FIELDS = Object.keys(SORT_COLUMNS) as SortField[];

/** Nulls are last in both directions; ties go by id in the direction of the sort. */
export interface JobSort {
  field: SortField;
  descending: boolean;
}

export const COUNT_KINDS = ['none', 'exact', 'estimated'] as const;
export type CountKind = (typeof COUNT_KINDS)[number];

export interface Total {
  total: number | null;
  totalKind: CountKind;
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

/** A job of an outline. */
export interface ListedJob {
  id: string;
  /** The sort value, as the database writes it. */
  key: string | number | null;
  /** Another text when the job would be shown otherwise, but for what only moves with time. */
  version: string;
}

/** How long a question may look for its answer when no index bounds it, milliseconds. */
const PAGE_BOUND_MS = 5_000;
const COUNT_BOUND_MS = 1_000;
/** An outline is of up to a hundred thousand jobs that may have to be read from disk. */
const OUTLINE_BOUND_MS = 20_000;

/** At most so many index ranges are read beside each other for one page. */
const MAX_BRANCHES = 64;

/**
 * How many rows a statement asks for: the next of these. As a parameter, PostgreSQL would plan for a tenth of the table; as any
 * number, each would be a statement of its own to prepare.
 */
const FETCH_SIZES = [11, 26, 51, 101, 201, 501];

/** Filters that an index answers whatever the sort: few jobs remain. */
const SELECTIVE: ReadonlySet<keyof JobFilter> = new Set(['id', 'externalId', 'parentId']);

/** One range of the list in which the sort value is given, or in which it is null; read one after the other. */
interface Segment {
  nulls: boolean | null;
  key: PageKey | null;
}

/** Reads jobs for lists. Never asks an upstream, and loads nothing into entities: rows go out as they come. */
export class JobQuery {
  constructor(private readonly database: Database) {}

  /** @throws QueryTooBroadError when no index bounds the question and it takes too long */
  async page(asked: JobPageAsked): Promise<Page<SelectedJob>> {
    const { position, limit, sort, offset } = asked;
    const keyOf = (row: SelectedJob): PageKey => [
      row[sort.field] as string | number | null,
      row['id'] as string,
    ];
    const read = (run: Run) =>
      readPage(
        position,
        limit,
        (count) => this.rows<SelectedJob>(asked, count, run, SELECT_JOB),
        keyOf,
        offset > 0,
      );
    if (isBounded(asked)) return read((sql, values) => this.database.query(sql, values));
    return readWithin(this.database, PAGE_BOUND_MS, (client) => read(runOn(client)));
  }

  /**
   * A list without its jobs: which ones, in what order, and in what version each. All of it is of one moment.
   *
   * @throws QueryTooBroadError when it takes too long
   */
  async outline(asked: JobPageAsked): Promise<Page<ListedJob>> {
    const { position, limit, sort, offset } = asked;
    const select = `j.id, ${SORT_COLUMNS[sort.field].sql} AS key, concat(j.version, ' ', ${FRESHNESS}) AS version`;
    return readWithin(this.database, OUTLINE_BOUND_MS, (client) =>
      readPage(
        position,
        limit,
        (count) => this.rows<ListedJob>(asked, count, runOn(client), select),
        ({ id, key }) => [key, id],
        offset > 0,
      ),
    );
  }

  /**
   * These jobs as they are by now, in this order. What the filter no longer names, because it changed or is gone, is left out;
   * only `latest` is not asked again.
   */
  async listed(
    ids: readonly string[],
    { filter, sources }: JobsAsked,
    now: Instant,
    fields: readonly JobField[],
  ): Promise<SelectedJob[]> {
    const parameters = new Parameters([toText(now)]);
    const places = `unnest(${parameters.add(ids)}::uuid[]) WITH ORDINALITY AS listed (id, place)`;
    const { clauses } = filterConditions(filter, sources, now, parameters);
    return this.database.query<SelectedJob>(
      `SELECT ${selectFields(fields)} FROM ${places} JOIN rollcall.job j ON j.id = listed.id${JOIN_SOURCE}
       WHERE ${[NOW_IS_USED, ...clauses].join(' AND ')} ORDER BY listed.place`,
      parameters.values,
    );
  }

  /** How many jobs the filter names; an exact count that takes too long is answered by an estimate. */
  async total({ filter, sources }: JobsAsked, now: Instant, kind: CountKind): Promise<Total> {
    if (kind === 'none') return { total: null, totalKind: 'none' };
    if (answersFromKept(filter)) {
      const parameters = new Parameters();
      const sql = keptCounts(filter, sources, [], parameters);
      const rows = await this.database.query<{ count: number | null }>(sql, parameters.values);
      return { total: rows[0]!.count ?? 0, totalKind: kind };
    }
    const parameters = new Parameters([toText(now)]);
    const jobs = jobsFrom(filter, sources, parameters);
    const { clauses, joinsSource } = filterConditions(filter, sources, now, parameters);
    const from = `FROM ${jobs}${joinsSource ? JOIN_SOURCE : ''} WHERE ${[NOW_IS_USED, ...clauses].join(' AND ')}`;
    // of the newest and of overdue jobs nothing can be estimated, and they are few
    if (kind === 'exact' || filter.latest || filter.overdue === true) {
      try {
        const rows = await readWithin(this.database, COUNT_BOUND_MS, (client) =>
          runOn(client)<{ count: number }>(
            { text: `SELECT count(*)::float8 AS count ${from}` },
            parameters.values,
          ),
        );
        return { total: rows[0]!.count, totalKind: kind };
      } catch (error) {
        if (!(error instanceof QueryTooBroadError)) throw error;
      }
    }
    const rows = await this.database.query<{ 'QUERY PLAN': [{ Plan: { 'Plan Rows': number } }] }>(
      `EXPLAIN (FORMAT JSON) SELECT 1 ${from}`,
      parameters.values,
    );
    return { total: rows[0]!['QUERY PLAN'][0].Plan['Plan Rows'], totalKind: 'estimated' };
  }

  /** Null when there is no such job, or none that the caller may see. */
  async byId(id: string, sources: readonly string[] | null, now: Instant): Promise<SelectedJob | null> {
    const parameters = new Parameters([toText(now)]);
    const { clauses } = filterConditions({ id: [id] }, sources, now, parameters);
    const rows = await this.database.query<SelectedJob>(
      statement(`SELECT ${SELECT_JOB} FROM rollcall.job j${JOIN_SOURCE} WHERE ${clauses.join(' AND ')}`),
      parameters.values,
    );
    return rows[0] ?? null;
  }

  /** The last record of each shape as JSON text, redacted; null for a shape that was never read, or is no longer kept. */
  async payload(id: string): Promise<{ list: string | null; detail: string | null }> {
    const rows = await this.database.query<{ shape: 'list' | 'detail'; record: string }>(
      statement('SELECT shape, record FROM rollcall.job_payload WHERE job_id = $1::uuid'),
      [id],
    );
    const record = (shape: string) => rows.find((row) => row.shape === shape)?.record ?? null;
    return { list: record('list'), detail: record('detail') };
  }

  private async rows<Row>(asked: JobPageAsked, count: number, run: Run, select: string): Promise<Row[]> {
    const size = FETCH_SIZES.find((known) => known >= count) ?? count;
    const rows: Row[] = [];
    for (const segment of segments(asked)) {
      if (rows.length >= count) break;
      const parameters = new Parameters([toText(asked.position.now)]);
      const text = pageSql(asked, segment, size, parameters, select);
      // an expression makes a statement of its own, and only so many are kept
      const prepared = asked.filter.expression ? { text } : statement(text);
      const found = await run<Row>(prepared, parameters.values);
      for (const row of found) rows.push(row);
    }
    return rows.slice(0, count);
  }
}

type Run = <T>(sql: Statement, values: unknown[]) => Promise<T[]>;

const JOIN_SOURCE = ' JOIN rollcall.source s ON s.key = j.source_key';
/** Parameter 1 is always given, and PostgreSQL wants to know its type. */
const NOW_IS_USED = '$1::timestamptz IS NOT NULL';

function runOn(client: PoolClient): Run {
  return async <T>(sql: Statement, values: unknown[]) => (await client.query({ ...sql, values })).rows as T[];
}

function toText(now: Instant): string {
  return new Date(now).toISOString();
}

/**
 * The ranges of the list from the position on, in reading order. Rows without a sort value come last in list order, whatever the
 * direction of the sort; an index keeps them at one end only, so they are a range of their own.
 */
function segments({ sort, position, offset }: JobPageAsked): Segment[] {
  const { key, backward } = position;
  if (offset > 0) return [{ nulls: null, key: null }];
  const nulls = SORT_COLUMNS[sort.field].nullable ? [false, true] : [false];
  if (backward) nulls.reverse();
  if (key === null) return nulls.map((isNull) => ({ nulls: isNull, key: null }));
  const first = nulls.indexOf(key[0] === null);
  return nulls.slice(first).map((isNull, index) => ({ nulls: isNull, key: index === 0 ? key : null }));
}

/**
 * One range of a page. The rows are found and limited on the job table alone, and only they are joined with their source.
 */
function pageSql(
  asked: JobPageAsked,
  segment: Segment,
  count: number,
  parameters: Parameters,
  shown: string,
): string {
  const { filter, sources, sort, position, offset } = asked;
  const column: SortColumn = SORT_COLUMNS[sort.field];
  const descending = sort.descending !== position.backward;
  const branches = branchesOf(asked);
  const jobs = jobsFrom(filter, sources, parameters);
  const { clauses, joinsSource } = filterConditions(
    filter,
    sources,
    position.now,
    parameters,
    branches?.columns,
  );
  clauses.push(...segmentConditions(column, segment, position.inclusive, descending, parameters));
  const order = orderBy(column, descending, segment.nulls === null);
  const limited = `${order} LIMIT ${count}${offset > 0 ? ` OFFSET ${parameters.add(offset)}` : ''}`;
  const from = `FROM ${jobs}${joinsSource ? JOIN_SOURCE : ''}`;
  const select = (own: readonly string[]) => `SELECT j.* ${from}${where([...own, ...clauses])} ${limited}`;
  const ranges = branches === null ? [[]] : branchConditions(branches, parameters);
  const found =
    ranges.length === 1
      ? select(ranges[0]!)
      : `SELECT j.* FROM (${ranges.map((own) => `(${select(own)})`).join(' UNION ALL ')}) j ${limited}`;
  return `SELECT ${shown} FROM (${found}) j${JOIN_SOURCE} ${order}`;
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
 * Which ranges of one index hold what is asked for, each of them in order; null when no index has such ranges, or too many.
 * A page is then the merge of ranges that are read only as far as the page needs them, where `= ANY` would read and sort
 * everything (docs/database.md, "Indexes").
 */
function branchesOf({ filter, sources, sort, offset }: JobPageAsked): Branches | null {
  if (sort.field !== 'updatedAt' || offset > 0 || filter.latest || filter.overdue === true) return null;
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

function segmentConditions(
  { sql, type }: SortColumn,
  { nulls, key }: Segment,
  inclusive: boolean,
  descending: boolean,
  parameters: Parameters,
): string[] {
  if (nulls === null) return [];
  const beyond = `${descending ? '<' : '>'}${inclusive ? '=' : ''}`;
  const id = () => `${parameters.add(key![1])}::uuid`;
  if (nulls) return [`${sql} IS NULL`, ...(key ? [`j.id ${beyond} ${id()}`] : [])];
  if (key === null) return [`${sql} IS NOT NULL`];
  // compared as a row: an index answers this at any depth, and `a < x OR (a = x AND b < y)` it does not
  return [`(${sql}, j.id) ${beyond} (${parameters.add(key[0])}::${type}, ${id()})`];
}

/** Spelled as the indexes are: descending with nulls last, or that read backwards. `whole`: nulls last in both directions. */
function orderBy({ sql }: SortColumn, descending: boolean, whole: boolean): string {
  return descending
    ? `ORDER BY ${sql} DESC NULLS LAST, j.id DESC`
    : `ORDER BY ${sql} ASC NULLS ${whole ? 'LAST' : 'FIRST'}, j.id ASC`;
}

/** Whether an index bounds what must be looked at for a page. */
function isBounded(asked: JobPageAsked): boolean {
  const { filter, sources, sort, offset } = asked;
  const names = new Set<string>(
    Object.keys(filter).filter((name) => filter[name as keyof JobFilter] !== undefined),
  );
  if (filter.latest) return false;
  if ([...SELECTIVE].some((name) => names.has(name)) || filter.overdue === true) return true;
  // what is overdue is rare: leaving it out looks at hardly more than the page
  names.delete('overdue');
  const column: SortColumn = SORT_COLUMNS[sort.field];
  if (!column.indexed || offset > 0) return false;
  if (Object.keys(filter.times ?? {}).every((range) => RANGE_COLUMNS[range as RangeName] === column.sql))
    names.delete('times');
  const visible = visibleSources(filter, sources);
  if (visible !== null) names.add('source');
  if (names.size === 0) return true;
  const branches = branchesOf(asked);
  if (branches === null || hasPrefixOnly(filter)) return false;
  return [...names].every((name) => branches.columns.includes(name as BranchColumn));
}
