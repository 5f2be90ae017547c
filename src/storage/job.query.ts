import { PoolClient } from 'pg';
import { Instant } from '../domain/job.js';
import { QueryTooBroadError, readWithin } from './bounded-query.js';
import { FRESHNESS, JobField, JobMembers, SELECT_JOB, SelectedJob, selectFields } from './job.fields.js';
import { filterConditions, jobsFrom } from './job.filter.js';
import {
  JOIN_SOURCE,
  JobPageAsked,
  JobsAsked,
  SORT_COLUMNS,
  Segment,
  glanceSql,
  isBounded,
  isWorthGlance,
  pageSql,
  segments,
  startOf,
} from './job.page.js';
import { answersFromKept, keptCounts } from './kept-counts.js';
import { Parameters } from './parameters.js';
import { Page, PageKey, readPage } from './page-cursor.js';
import { Reader } from './reader.js';
import { Statement, statement } from './statement.js';

export { type JobPageAsked, type JobsAsked, type JobSort, SORT_FIELDS, type SortField } from './job.page.js';

export const COUNT_KINDS = ['none', 'exact', 'estimated'] as const;
export type CountKind = (typeof COUNT_KINDS)[number];

export interface Total {
  total: number | null;
  totalKind: CountKind;
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

/**
 * How many rows a statement asks for: the next of these. As a parameter, PostgreSQL would plan for a tenth of the table; as any
 * number, each would be a statement of its own to prepare.
 */
const FETCH_SIZES = [11, 26, 51, 101, 201, 501];

/** Reads jobs for lists. Never asks an upstream, and loads nothing into entities: rows go out as they come. */
export class JobQuery {
  constructor(private readonly database: Reader) {}

  /** @throws QueryTooBroadError when no index bounds the question and it takes too long */
  async page(asked: JobPageAsked): Promise<Page<SelectedJob>> {
    const { position, limit, sort, offset } = asked;
    const keyOf = (row: SelectedJob): PageKey => {
      const job = new JobMembers(row);
      return [job.value(sort.field), job.value('id')];
    };
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
    const ask = (sql: typeof pageSql, segment: Segment) => {
      const parameters = new Parameters([toText(asked.position.now)]);
      const text = sql(...startOf(asked, segment), size, parameters, select);
      // what goes by the values is planned for them, every time; and only so many statements are kept
      return run<Row>(isBounded(asked) ? statement(text) : { text }, parameters.values);
    };
    const rows: Row[] = [];
    for (const segment of segments(asked)) {
      const missing = count - rows.length;
      if (missing <= 0) break;
      let found = isWorthGlance(asked) ? await ask(glanceSql, segment) : [];
      if (found.length < missing) found = await ask(pageSql, segment);
      for (const row of found) rows.push(row);
    }
    return rows.slice(0, count);
  }
}

type Run = <T>(sql: Statement, values: unknown[]) => Promise<T[]>;

/** Parameter 1 is always given, and PostgreSQL wants to know its type. */
const NOW_IS_USED = '$1::timestamptz IS NOT NULL';

function runOn(client: PoolClient): Run {
  return async <T>(sql: Statement, values: unknown[]) => (await client.query({ ...sql, values })).rows as T[];
}

function toText(now: Instant): string {
  return new Date(now).toISOString();
}
