import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PoolClient, escapeLiteral } from 'pg';
import { JOB_STATES, JobState, STATE_GROUPS } from '../src/domain/job-state.js';
import { QueryTooBroadError } from '../src/storage/bounded-query.js';
import { Database } from '../src/storage/database.js';
import {
  ExpectedJobs,
  openJobs,
  outcomesBetween,
  queueLengths,
  recentRuns,
  typesOf,
} from '../src/storage/expectation.facts.js';
import { DURATION_MS, JOB_FIELDS, JobMembers } from '../src/storage/job.fields.js';
import { JobFilter, filterConditions } from '../src/storage/job.filter.js';
import { JobQuery, SortField } from '../src/storage/job.query.js';
import { PageKey, startOfList } from '../src/storage/page-cursor.js';
import { Parameters } from '../src/storage/parameters.js';
import { Statement } from '../src/storage/statement.js';
import { OLD_SOURCE, PLATFORMS, SOURCES, insertManyJobs } from './support/many-jobs.js';
import { TestDatabase, createTestDatabase } from './support/postgres.js';

jest.setTimeout(600_000);

const JOBS = 1_000_000;
const NOW = Date.parse('2026-02-01T00:00:00.000Z');
/** Blocks that a page may touch: 200 for one of fifty. Where the times end and the jobs without one begin, two ranges are read. */
const mostBlocks = (limit: number) => 2 * limit + 100;

const ANY_ID = '0007a120-0000-0000-0000-000000000000';
/** Positions in the list: the row itself need not be there any more. */
const PLACES: Record<string, PageKey | null> = {
  'at the start': null,
  'in the middle': ['2025-07-01 00:00:00+00', ANY_ID],
  'near the end': ['2025-01-01 00:30:00+00', ANY_ID],
  'where the time is missing': [null, ANY_ID],
};

/** Positions by duration: of the open jobs, which have run for up to a year, and of the finished ones, which took two hours at most. */
const DURATIONS: Record<string, PageKey | null> = {
  'at the start': null,
  'among those that run': [20_000_000_000, ANY_ID],
  'in the middle': [3_600_000, ANY_ID],
  'near the end': [1_000, ANY_ID],
  'where there is none': [null, ANY_ID],
};
const placesOf = (sort: SortField | undefined) => (sort === 'durationMs' ? DURATIONS : PLACES);

/** How a server plans a prepared statement: for its values in the first runs, later once for any values. */
const PLAN_MODES = ['force_custom_plan', 'force_generic_plan'] as const;
type PlanMode = (typeof PLAN_MODES)[number];

interface PlanNode {
  'Node Type': string;
  'Actual Rows': number;
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
  Plans?: PlanNode[];
}

/** A database whose every statement is explained as it runs; what it touched is added up. */
class ExplainedDatabase {
  /** Shared ones, found in memory or read. */
  blocks = 0;
  readonly plans: PlanNode[] = [];
  /** What was set for transactions: a question that an index bounds is asked in none. */
  readonly timeBounds: string[] = [];

  constructor(
    private readonly database: Database,
    private readonly mode: PlanMode,
  ) {}

  async query<T>(sql: string | Statement, values: readonly unknown[] = []): Promise<T[]> {
    const client = await this.database.pool.connect();
    try {
      return await this.explain<T>(client, typeof sql === 'string' ? sql : sql.text, values);
    } finally {
      client.release();
    }
  }

  transaction<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    return this.database.transaction((client) => {
      const explain = async (sql: string | { text: string; values: unknown[] }, values?: unknown[]) => {
        if (typeof sql !== 'string') return { rows: await this.explain(client, sql.text, sql.values) };
        if (values !== undefined) return { rows: await this.explain(client, sql, values) };
        this.timeBounds.push(sql);
        return client.query(sql);
      };
      return work({ query: explain } as unknown as PoolClient);
    });
  }

  private async explain<T>(client: PoolClient, text: string, values: readonly unknown[]): Promise<T[]> {
    const name = `explained_${(prepared += 1)}`;
    const literals = values.map(literal).join(', ');
    await client.query(`SET plan_cache_mode = ${this.mode}`);
    await client.query(`PREPARE ${name} AS ${text}`);
    const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
      `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE ${name}(${literals})`,
    );
    const { Plan: plan } = rows[0]!['QUERY PLAN'][0];
    this.blocks += plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
    this.plans.push(plan);
    await client.query(`DEALLOCATE ${name}; RESET plan_cache_mode`);
    // how many there are is all that decides what is read next
    return Array.from({ length: plan['Actual Rows'] }, () => ({ line: NO_JOB }) as T);
  }
}

let prepared = 0;

/** A job that is null everywhere. */
const NO_JOB = '\x1f'.repeat(JOB_FIELDS.length - 1);

function literal(value: unknown): string {
  if (value === null) return 'NULL';
  if (Array.isArray(value)) return `ARRAY[${value.map(literal).join(', ')}]::text[]`;
  return escapeLiteral(String(value));
}

const PAGES: [limit: number, backward: boolean][] = [
  [50, false],
  [50, true],
  [500, false],
];

interface Question {
  filter: JobFilter;
  /** Ranges of the index beyond the usual few: a rare state of a source may be looked for among all jobs of that state. */
  ranges?: number;
  sort?: SortField;
  ascending?: true;
}

const HOUR = {
  since: { at: Date.parse('2025-06-01T00:00:00.000Z') },
  until: { at: Date.parse('2025-06-01T01:00:00.000Z') },
};
/** The places in the middle are within it. */
const MONTHS = {
  since: { at: Date.parse('2025-03-01T00:00:00.000Z') },
  until: { at: Date.parse('2025-11-01T00:00:00.000Z') },
};
/** What is passed over in the default order before the first of these jobs: nearly all. */
const LONG_AGO = { until: { at: Date.parse('2025-02-01T00:00:00.000Z') } };
const RARE: JobState[] = ['stopping', 'unknown', 'missed', 'paused'];

/** What docs/database.md promises to answer from a few blocks at any depth. */
const BOUNDED: [string, Question][] = [
  ['nothing', { filter: {} }],
  ['nothing, oldest first', { filter: {}, ascending: true }],
  ['a busy source', { filter: { source: ['source-0'] } }],
  ['a source whose jobs are all old', { filter: { source: [OLD_SOURCE] } }],
  ['an unknown source', { filter: { source: ['nowhere'] } }],
  ['several sources', { filter: { source: ['source-0', 'source-7', OLD_SOURCE, 'nowhere'] } }],
  ['all twenty sources', { filter: { source: SOURCES } }],
  ['the common state', { filter: { state: ['succeeded'] } }],
  ['a rare state', { filter: { state: ['stopping'] } }],
  ['several rare states', { filter: { state: RARE } }],
  ['active', { filter: { state: STATE_GROUPS.active } }],
  ['terminal', { filter: { state: STATE_GROUPS.terminal } }],
  ['every state', { filter: { state: JOB_STATES }, ascending: true }],
  ['a busy type', { filter: { type: ['type-0'] } }],
  ['a rare type', { filter: { type: ['type-199'] } }],
  ['several types', { filter: { type: ['type-0', 'type-199', 'no such type'] } }],
  ['the busiest platform', { filter: { platform: [PLATFORMS[0]!] } }],
  ['several platforms', { filter: { platform: ['elastic-path', 'veeva-vault'] } }],
  ['a busy owner', { filter: { owner: ['owner-0'] } }],
  ['a rare owner', { filter: { owner: ['owner-799'] } }],
  ['several owners', { filter: { owner: ['owner-0', 'owner-799'] } }],
  ['source and state', { filter: { source: ['source-3'], state: ['failed'] } }],
  [
    'sources and states',
    { filter: { source: ['source-3', OLD_SOURCE], state: ['failed', ...RARE] }, ranges: 10 },
  ],
  ['source and type', { filter: { source: ['source-3'], type: ['type-7'] } }],
  ['sources and types', { filter: { source: ['source-3', OLD_SOURCE], type: ['type-7', 'type-199'] } }],
  ['a time range', { filter: { times: { updated: HOUR } } }],
  ['a long time range', { filter: { times: { updated: MONTHS } } }],
  [
    'a time range of a source',
    { filter: { source: [OLD_SOURCE], times: { updated: { since: HOUR.since } } } },
  ],
  ['a time range of a state', { filter: { state: ['failed'], times: { updated: { until: HOUR.until } } } }],
  ['what is overdue', { filter: { overdue: true } }],
  [
    'what is overdue of a source, by createdAt',
    { filter: { overdue: true, source: ['source-0'] }, sort: 'createdAt' },
  ],
  ['what is not overdue', { filter: { overdue: false } }],
  ['what is not overdue of a source', { filter: { overdue: false, source: ['source-0'] } }],
  ...(['createdAt', 'startedAt', 'finishedAt', 'changedAt'] as const).flatMap(
    (sort): [string, Question][] => {
      const range = sort.slice(0, -2) as 'created' | 'started' | 'finished' | 'changed';
      return [
        [sort, { filter: {}, sort }],
        [`${sort}, oldest first`, { filter: {}, sort, ascending: true }],
        [`a time range by ${sort}`, { filter: { times: { [range]: HOUR } }, sort }],
        [`a long time range by ${sort}`, { filter: { times: { [range]: MONTHS } }, sort }],
      ];
    },
  ),
  ['durationMs', { filter: {}, sort: 'durationMs' }],
  ['durationMs, shortest first', { filter: {}, sort: 'durationMs', ascending: true }],
  [
    'durations of an hour and more by durationMs',
    { filter: { durationMs: { min: 3_600_000 } }, sort: 'durationMs' },
  ],
];

/**
 * What no index bounds, and what it touches nevertheless: the entries of an order are passed over by the hundred in a block, jobs one by
 * one. A million jobs are 68,000 blocks, the entries of one order 9,000.
 */
const PASSED_OVER: [string, number, Question][] = [
  ['what was created in an hour', 400, { filter: { times: { created: HOUR } } }],
  ['what was created long ago', 12_000, { filter: { times: { created: LONG_AGO } } }],
  [
    'what was started long ago, by finishedAt',
    12_000,
    { filter: { times: { started: LONG_AGO } }, sort: 'finishedAt' },
  ],
  [
    'what was updated long ago, by createdAt',
    12_000,
    { filter: { times: { updated: LONG_AGO } }, sort: 'createdAt' },
  ],
  [
    'what succeeded, created long ago',
    12_000,
    { filter: { state: ['succeeded'], times: { created: LONG_AGO } } },
  ],
  [
    'what is final, created long ago',
    12_000,
    { filter: { state: STATE_GROUPS.terminal, times: { created: LONG_AGO } } },
  ],
  [
    'a platform, created long ago',
    12_000,
    { filter: { platform: ['vectorcharts'], times: { created: LONG_AGO } } },
  ],
  ['a rare type, created long ago', 20_000, { filter: { type: ['type-199'], times: { created: LONG_AGO } } }],
  ['what failed, by durationMs', 1_000, { filter: { state: ['failed'] }, sort: 'durationMs' }],
  [
    'a busy source by durationMs',
    1_000,
    { filter: { source: ['source-0'] }, sort: 'durationMs', ascending: true },
  ],
  [
    'a source whose jobs are all old, by durationMs',
    15_000,
    { filter: { source: [OLD_SOURCE] }, sort: 'durationMs' },
  ],
  ['a platform by durationMs', 1_000, { filter: { platform: ['veeva-vault'] }, sort: 'durationMs' }],
  ['a type by durationMs', 3_000, { filter: { type: ['type-7'] }, sort: 'durationMs' }],
  ['what runs, by durationMs', 4_000, { filter: { state: ['running'] }, sort: 'durationMs' }],
  ['durations of hardly more than none', 3_000, { filter: { durationMs: { max: 100 } } }],
  ['words of few jobs', 4_000, { filter: { q: ['job-12401'] } }],
  ['words that nothing has', 1_000, { filter: { q: ['no-such-word'] } }],
  ['words of some jobs', 25_000, { filter: { q: ['type-123'] } }],
  ['words of every job', 200, { filter: { q: ['job'] } }],
  ['words of few jobs in several sources', 6_000, { filter: { q: ['12401'], source: SOURCES.slice(0, 10) } }],
];

const SORTED_BY: Record<SortField, string> = {
  updatedAt: 'j.updated_at',
  createdAt: 'j.created_at',
  startedAt: 'j.started_at',
  finishedAt: 'j.finished_at',
  changedAt: 'j.changed_at',
  durationMs: DURATION_MS,
};

/** What may have to look at every job, and so is bounded in time. */
const BROAD: [string, Question][] = [
  ['words', { filter: { q: ['no such word'] } }],
  ['a reason', { filter: { reason: ['timed_out'], state: ['failed'] } }],
  ['an attribute', { filter: { attribute: [{ key: 'priority', value: '3' }] } }],
  ['freshness', { filter: { freshness: ['stale'] } }],
  ['an owner of a source', { filter: { owner: ['owner-1'], source: ['source-1'] } }],
  ['a time range on another column', { filter: { times: { created: HOUR } } }],
  ['a source by createdAt', { filter: { source: ['source-1'] }, sort: 'createdAt' }],
  ['a type longer than the index keeps', { filter: { type: ['x'.repeat(128)] } }],
];

describe('a million jobs', () => {
  let test: TestDatabase;

  beforeAll(async () => {
    test = await createTestDatabase();
    await insertManyJobs(test.database, JOBS);
    await test.database.query(
      `INSERT INTO rollcall.expectation_breach (rule, kind, source_key, subject, job_id, since, fired_at, value, limit_value, message)
       SELECT 'slow', 'duration', source_key, id::text, id, '2026-01-01', '2026-01-01', 2, 1, ''
       FROM rollcall.job WHERE state = 'running' LIMIT 20`,
    );
  });
  afterAll(() => test?.drop());

  async function ask(question: Question, mode: PlanMode, key: PageKey | null, backward = false, limit = 50) {
    const explained = new ExplainedDatabase(test.database, mode);
    await new JobQuery(explained as unknown as Database).page({
      filter: question.filter,
      sources: null,
      sort: { field: question.sort ?? 'updatedAt', descending: !question.ascending },
      limit,
      offset: 0,
      position: { ...startOfList(NOW), key, backward },
    });
    return { explained };
  }

  describe.each(BOUNDED)('answers %s', (_name, question) => {
    it.each(PLAN_MODES)('from a few blocks at any depth (%s)', async (mode) => {
      const touched: Record<string, number> = {};
      for (const [place, key] of Object.entries(placesOf(question.sort))) {
        for (const [limit, backward] of PAGES) {
          const { explained } = await ask(question, mode, key, backward, limit);
          expect(explained.timeBounds).toEqual([]);
          if (explained.blocks >= mostBlocks(limit) + 10 * (question.ranges ?? 0))
            touched[`${limit} ${place}${backward ? ', backward' : ''}`] = explained.blocks;
        }
      }
      expect(touched).toEqual({});
    });
  });

  /** What expectations ask again and again: it goes by what is open, or recent, and never by how many jobs there are. */
  it.each<[string, number, (client: PoolClient, asked: ExpectedJobs) => Promise<unknown>]>([
    ['open jobs of every source', 4 * 3_000, (client, asked) => openJobs(client, asked, 'running', 10_000)],
    ['queues', 3_000, (client, asked) => queueLengths(client, asked, 100_000)],
    ['recent runs', 2_000, (client, asked) => recentRuns(client, asked, 'source-0', 200)],
    ['recent runs of a type', 2_000, (client, asked) => recentRuns(client, asked, 'source-0', 200, 'type-0')],
    ['recent runs of an old source', 2_000, (client, asked) => recentRuns(client, asked, OLD_SOURCE, 200)],
    ['types', 4_000, (client, asked) => typesOf(client, asked, 'source-0', 1_000)],
    [
      'outcomes of a day',
      6_000,
      (client, asked) =>
        outcomesBetween(client, asked, 'source-0', NOW - 32 * 86_400_000, NOW - 31 * 86_400_000),
    ],
  ])('tells expectations %s from at most %i blocks', async (_name, most, ask) => {
    for (const mode of PLAN_MODES) {
      const explained = new ExplainedDatabase(test.database, mode);
      await explained.transaction((client) => ask(client, { filter: {}, sources: SOURCES, now: NOW }));
      expect(explained.blocks).toBeLessThan(most);
    }
  });

  it.each(PASSED_OVER)('answers %s from at most %i blocks', async (_name, most, question) => {
    for (const backward of [false, true]) {
      const { explained } = await ask(question, 'force_custom_plan', null, backward);
      expect(explained.blocks).toBeLessThan(most);
    }
  });

  it.each(PASSED_OVER.filter(([, , { filter }]) => filter.q === undefined))(
    'finds what a look at every job finds: %s',
    async (_name, _most, { filter, sort = 'updatedAt' }) => {
      const parameters = new Parameters([new Date(NOW).toISOString()]);
      const { clauses } = filterConditions(filter, null, NOW, parameters);
      const { rows: expected } = await test.database.transaction(async (client) => {
        await client.query('SET LOCAL enable_indexscan = off; SET LOCAL enable_indexonlyscan = off');
        return client.query<{ id: string }>(
          `SELECT j.id FROM rollcall.job j WHERE ${['$1::timestamptz IS NOT NULL', ...clauses].join(' AND ')}
         ORDER BY ${SORTED_BY[sort]} DESC NULLS LAST, j.id DESC LIMIT 120`,
          parameters.values,
        );
      });
      const asked = { filter, sources: null, sort: { field: sort, descending: true }, limit: 60, offset: 0 };
      const first = await new JobQuery(test.database).page({ ...asked, position: startOfList(NOW) });
      const rows = [...first.rows];
      if (first.next)
        rows.push(...(await new JobQuery(test.database).page({ ...asked, position: first.next })).rows);
      expect(rows.map((row) => new JobMembers(row).value('id'))).toEqual(expected.map(({ id }) => id));
    },
  );

  it.each(BROAD)('answers %s within a time, or says that it is too broad', async (_name, question) => {
    const answered = await ask(question, 'force_custom_plan', null).catch((error: unknown) => error);
    if (answered instanceof QueryTooBroadError) return;
    expect(answered).toMatchObject({
      explained: { timeBounds: [expect.stringContaining('statement_timeout = 5000')] },
    });
  });
});

describe('a database whose role may not make extensions', () => {
  it('answers q, and quickly with the index that docs/database.md offers', async () => {
    const test = await createTestDatabase();
    try {
      await insertManyJobs(test.database, 20_000);
      await test.database.query('DROP INDEX rollcall.job_words_idx; DROP EXTENSION pg_trgm');
      const ask = async (database: Database) => {
        const page = await new JobQuery(database).page({
          filter: { q: ['OF', 'job-7777'] },
          sources: null,
          sort: { field: 'updatedAt', descending: true },
          limit: 50,
          offset: 0,
          position: startOfList(NOW),
        });
        return page.rows.map((row) => new JobMembers(row).value('externalId'));
      };
      expect(await ask(test.database)).toEqual(['job-7777']);
      const page = readFileSync(join(__dirname, '..', 'docs', 'database.md'), 'utf8');
      const offered = /```sql\n(CREATE EXTENSION[^`]+)```/.exec(page)?.[1] ?? '';
      await test.database.query(offered);
      await test.database.query('ANALYZE rollcall.job');
      expect(await ask(test.database)).toEqual(['job-7777']);
      const explained = new ExplainedDatabase(test.database, 'force_custom_plan');
      await ask(explained as unknown as Database);
      expect(JSON.stringify(explained.plans[0])).toContain('"Index Name":"job_words_idx"');
    } finally {
      await test.drop();
    }
  });
});
