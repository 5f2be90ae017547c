import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { Client } from 'pg';
import { JOB_STATES } from '../src/domain/job-state.js';
import { JOB_FIELDS, writeJob } from '../src/storage/job.fields.js';
import { JobQuery } from '../src/storage/job.query.js';
import { startOfList } from '../src/storage/page-cursor.js';
import { fromPg, isoFromPg } from '../src/storage/pg-time.js';
import { TestApi, startApi } from './support/api.js';
import { SourceSeed, insertJob, insertSource, insertTransition } from './support/jobs.js';
import { TestDatabase, createTestDatabase, urlOf } from './support/postgres.js';

jest.setTimeout(60_000);

const VIEWS = ['jobs', 'sources', 'transitions'];
const PAGE = readFileSync(join(__dirname, '..', 'docs', 'sql.md'), 'utf8');
/** One column a line, as they were published. Lines are only ever added; UPDATE_GOLDEN=1 adds those of new columns. */
const PUBLISHED = join(__dirname, 'support', 'sql-columns.txt');

const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
const MINUTE = 60_000;
const DAY = 86_400_000;

/** Every way in which a source can be, and both sides of each. */
const SOURCES: (SourceSeed & { extra?: string })[] = [
  { key: 'healthy', labels: { team: 'maps' }, label: 'Maps', sweptAt: ago(MINUTE) },
  {
    key: 'failing',
    platform: 'veeva-vault',
    health: 'failing',
    healthReason: 'timeout',
    openRoundAt: ago(DAY),
    extra: `last_error = '{"kind": "timeout", "message": "no answer", "at": "2025-01-01T00:00:00.000Z"}', consecutive_failures = 3`,
  },
  { key: 'behind', completeThrough: ago(DAY), clockSkewMs: 5_000 },
  { key: 'behind-noticed', health: 'degraded', healthReason: 'behind', completeThrough: ago(DAY) },
  { key: 'caught-up', health: 'degraded', healthReason: 'behind' },
  {
    key: 'never-proven',
    health: 'degraded',
    healthReason: 'not-polled-yet',
    completeThrough: null,
    openRoundAt: null,
    extra: 'proven_at = NULL, last_poll_at = NULL',
  },
  { key: 'disabled', enabled: false, extra: `next_poll_at = now()` },
  { key: 'paused', pausedAt: ago(DAY), extra: `next_poll_at = '2025-01-01Z'` },
  {
    key: 'paused-until',
    pausedAt: ago(DAY),
    extra: `paused_until = '2100-01-01Z', next_poll_at = '2025-01-01Z'`,
  },
  {
    key: 'paused-until-later-poll',
    pausedAt: ago(DAY),
    extra: `paused_until = '2100-01-01Z', next_poll_at = '2100-02-01Z'`,
  },
  {
    key: 'pause-ended',
    pausedAt: ago(DAY),
    extra: `paused_until = '2025-02-01Z', next_poll_at = '2025-03-01Z'`,
  },
  {
    key: 'pause-ended-failing',
    health: 'failing',
    healthReason: 'network',
    pausedAt: ago(DAY),
    extra: `paused_until = '2025-02-01Z'`,
  },
  {
    key: 'pause-ended-behind',
    completeThrough: ago(DAY),
    pausedAt: ago(DAY),
    extra: `paused_until = '2025-02-01Z'`,
  },
  { key: 'retired', retiredAt: ago(DAY), pausedAt: ago(DAY), health: 'failing', healthReason: 'network' },
  {
    key: 'counted',
    extra: `upstream_total = 12, upstream_total_at = '2025-01-01T10:00:00.12Z', skipped_old = 4`,
  },
];

const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const instant = fc.integer({ min: 0, max: 3 * DAY }).map((ms) => ago(ms - DAY));
const text = fc.constantFrom('a', 'ünï 🦄', `it's "x"`, 'x'.repeat(300));
const JOBS = fc.sample(
  fc.record({
    source: fc.constantFrom(...SOURCES.map(({ key }) => key)),
    platform: fc.constantFrom('vectorcharts', 'integrate-io'),
    type: orNull(text),
    name: orNull(text),
    state: fc.constantFrom(...JOB_STATES),
    statusMapped: fc.boolean(),
    reason: orNull(text),
    rawStatus: orNull(text),
    progress: orNull(fc.constantFrom(0, 0.45, 1)),
    createdAt: orNull(instant),
    scheduledFor: orNull(instant),
    startedAt: orNull(instant),
    finishedAt: orNull(instant),
    updatedAt: orNull(instant),
    provenance: fc.constantFrom({}, { startedAt: 'unknown' }),
    error: orNull(
      fc.record({ message: text, code: orNull(text), details: fc.constantFrom(null, { a: [1] }) }),
    ),
    owner: orNull(text),
    parentId: orNull(fc.uuid()),
    attributes: fc.constantFrom({}, { parameters: { tiles: 7 }, list: [1, 'a', null] }),
    links: fc.constantFrom({}, { html: 'https://jobs.example.com/1' }),
    actions: fc.constantFrom<string[]>([], ['cancel', 'start']),
    firstSeenAt: instant,
    stateChangedAt: instant,
    changedAt: instant,
    seenAt: instant,
    absentAt: orNull(instant),
    vanishedAt: orNull(instant),
    version: fc.integer({ min: 1, max: 9 }),
  }),
  { numRuns: 300, seed: 9 },
);

type Row = Record<string, unknown>;

/** A row of a view as the API would show it: names in camelCase, times as ISO 8601. */
function asJson(row: Row): Row {
  const names = Object.entries(row).map(([name, value]) => {
    const time = typeof value === 'string' && /^\d{4}-\d\d-\d\d \d\d:/.test(value);
    return [name.replace(/_./g, ([, letter]) => letter!.toUpperCase()), time ? isoFromPg(value) : value];
  });
  return Object.fromEntries(names) as Row;
}

describe('the public views', () => {
  let test: TestDatabase;
  let api: TestApi;
  const ids: string[] = [];

  beforeAll(async () => {
    test = await createTestDatabase();
    for (const { extra, ...seed } of SOURCES) {
      await insertSource(test.database, seed);
      if (extra) await test.database.query(`UPDATE rollcall.source SET ${extra} WHERE key = $1`, [seed.key]);
    }
    for (const [index, seed] of JOBS.entries())
      ids.push(await insertJob(test.database, { ...seed, externalId: `job-${index}` }));
    await insertTransition(test.database, ids[0]!, 1, null, 'queued');
    await insertTransition(test.database, ids[0]!, 2, 'queued', 'running');
    await insertTransition(test.database, ids[1]!, 1, null, 'failed');
    await test.database.query(
      `INSERT INTO rollcall.reject (source_key, digest, reasons, first_seen_at, last_seen_at, payload)
       VALUES ('healthy', 'x', '{no id}', now(), now(), '{}')`,
    );
    await test.database.query(
      `INSERT INTO rollcall.upstream_request VALUES ('healthy', now() - interval '5 minutes', 7), ('healthy', now() - interval '5 hours', 9)`,
    );
    api = await startApi(test.database);
  });
  afterAll(async () => {
    await api?.close();
    await test?.drop();
  });

  it('have the columns that were published, and say when there are new ones', async () => {
    const columns = await test.database.query<{ line: string }>(
      `SELECT c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) AS line
       FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
       WHERE c.relnamespace = 'rollcall'::regnamespace AND c.relkind = 'v' ORDER BY c.relname, a.attnum`,
    );
    const present = columns.map(({ line }) => line);
    const published = existsSync(PUBLISHED) ? readFileSync(PUBLISHED, 'utf8').trim().split('\n') : [];
    expect(published.filter((line) => !present.includes(line))).toEqual([]);
    const added = present.filter((line) => !published.includes(line));
    if (process.env['UPDATE_GOLDEN']) writeFileSync(PUBLISHED, `${[...published, ...added].join('\n')}\n`);
    else expect(added).toEqual([]);
    for (const line of present) expect(PAGE).toMatch(new RegExp(`\`"?${/\.(\w+) /.exec(line)![1]}"?\``));
    expect([...new Set(present.map((line) => line.split('.')[0]))]).toEqual(VIEWS);
  });

  it('show every job as the API does', async () => {
    await test.database.transaction(async (client) => {
      const { rows: moment } = await client.query<{ now: string }>('SELECT now()');
      const { rows } = await client.query<Row>('SELECT * FROM rollcall.jobs ORDER BY id DESC');
      const now = fromPg(moment[0]!.now);
      const page = await new JobQuery(test.database).page({
        filter: {},
        sources: null,
        sort: { field: 'changedAt', descending: true },
        limit: 500,
        offset: 0,
        position: startOfList(now),
      });
      const shown = page.rows.map((row) => JSON.parse(writeJob(row).json) as Row);
      expect(rows).toHaveLength(JOBS.length);
      expect(Object.keys(asJson(rows[0]!))).toEqual(JOB_FIELDS.map(({ name }) => name));
      expect(rows.map(asJson)).toEqual(
        shown.sort((a, b) => ((a['id'] as string) < (b['id'] as string) ? 1 : -1)),
      );
      for (const freshness of ['fresh', 'stale', 'vanished'])
        expect(rows.some((row) => row['freshness'] === freshness)).toBe(true);
    });
  });

  it('show every source as the API does', async () => {
    const read = () => test.database.query<Row>('SELECT * FROM rollcall.sources ORDER BY key');
    const before = (await read()).map(asJson);
    const { body } = await api.get('/api/v1/sources?limit=500');
    const after = (await read()).map(asJson);
    // what may be asked of a source depends on who asks
    const shown = (body.data as Row[]).map(({ actions: _, ...row }) => row);
    expect(Object.keys(before[0]!)).toEqual(Object.keys(shown[0]!));
    const still = ({ lagMs: _, ...row }: Row) => row;
    expect(before.map(still)).toEqual(shown.map(still));
    for (const [index, { lagMs }] of shown.entries()) {
      const [least, most] = [before[index]!['lagMs'], after[index]!['lagMs']];
      if (lagMs === null) expect([least, most]).toEqual([null, null]);
      else {
        expect(lagMs).toBeGreaterThanOrEqual(least as number);
        expect(lagMs).toBeLessThanOrEqual(most as number);
      }
    }
    expect(new Set(shown.map(({ health }) => health))).toEqual(
      new Set(['healthy', 'degraded', 'failing', 'paused', 'retired']),
    );
  });

  it("show every transition as the API does, with its job's id and source", async () => {
    const rows = (
      await test.database.query<Row>('SELECT * FROM rollcall.transitions ORDER BY job_id, sequence')
    ).map(asJson);
    expect(rows).toHaveLength(3);
    for (const id of new Set(rows.map(({ jobId }) => jobId as string))) {
      const { body } = await api.get(`/api/v1/jobs/${id}/transitions`);
      const { source } = (await api.get(`/api/v1/jobs/${id}`)).body as Row;
      expect(rows.filter(({ jobId }) => jobId === id)).toEqual(
        (body.data as Row[]).map((row) => ({ jobId: id, source, ...row })),
      );
    }
  });

  describe('for the reader of docs/sql.md', () => {
    const role = `reader_${process.pid}`;
    const blocks = [...PAGE.matchAll(/```sql\n([^`]+)```/g)].map(([, sql = '']) => sql);
    const [roleSql = '', ...examples] = [
      ...blocks,
      ...[...PAGE.matchAll(/"""\n([^"]+)"""/g)].map(([, sql = '']) => sql),
    ];
    let reader: Client;

    beforeAll(async () => {
      await test.database.query(roleSql.replaceAll('rollcall_reader', role));
      const url = new URL(test.url);
      url.username = role;
      url.password = encodeURIComponent('choose one');
      reader = new Client({ connectionString: urlOf(url.href, url.pathname.slice(1)) });
      await reader.connect();
    });
    afterAll(async () => {
      await reader?.end();
      await test.database.query(`DROP OWNED BY ${role}`);
      await test.database.query(`DROP ROLE ${role}`);
    });

    it('has an example of each tool', () => {
      expect(roleSql).toMatch(/^CREATE ROLE rollcall_reader/);
      expect(examples.length).toBeGreaterThanOrEqual(7);
    });

    it.each(examples.map((sql) => [sql.trim().split('\n').slice(0, 2).join(' '), sql]))(
      'runs %s',
      async (_title, sql) => {
        // what Grafana and dbt put in
        const filled = sql
          .replace(/\$__timeFilter\((\w+)\)/g, `$1 BETWEEN '2020-01-01T00:00:00Z' AND '2100-01-01T00:00:00Z'`)
          .replace(/\{\{ source\('(\w+)', '(\w+)'\) \}\}/g, '$1.$2');
        const { rows } = await reader.query(filled);
        expect(rows.length).toBeGreaterThan(0);
      },
    );

    it('has every view to read, and none to write', async () => {
      await reader.query('SET default_transaction_read_only = off');
      for (const view of VIEWS) {
        await expect(reader.query(`SELECT count(*) FROM rollcall.${view}`)).resolves.toBeDefined();
        await expect(reader.query(`DELETE FROM rollcall.${view}`)).rejects.toThrow();
        await expect(test.database.query(`DELETE FROM rollcall.${view}`)).rejects.toThrow(
          /cannot delete from view/,
        );
      }
      const [jobs, source] = ['rollcall.jobs', 'rollcall.sources'];
      await expect(test.database.query(`UPDATE ${jobs} SET state = 'failed'`)).rejects.toThrow(
        /cannot update view/,
      );
      await expect(test.database.query(`UPDATE ${source} SET label = 'x'`)).rejects.toThrow(
        /cannot update view/,
      );
      await expect(test.database.query(`INSERT INTO ${source} (key) VALUES ('x')`)).rejects.toThrow(
        /cannot insert into view/,
      );
    });

    it('reaches nothing else', async () => {
      const { rows } = await test.database.pool.query<{ name: string }>(
        `SELECT format('%I.%I', relnamespace::regnamespace, relname) AS name FROM pg_class
         WHERE relnamespace = 'rollcall'::regnamespace AND relkind IN ('r', 'p', 'S')`,
      );
      expect(rows.length).toBeGreaterThan(10);
      for (const { name } of rows)
        await expect(reader.query(`SELECT * FROM ${name} LIMIT 1`)).rejects.toThrow(/permission denied/);
      await expect(reader.query('CREATE TABLE rollcall.mine (a int)')).rejects.toThrow(/permission denied/);
    });
  });

  it('are quick where the API is: conditions reach the indexes', async () => {
    const plan = await test.database.query<{ 'QUERY PLAN': string }>(
      `EXPLAIN SELECT id, freshness, duration_ms FROM rollcall.jobs WHERE id = '${ids[0]!}'`,
    );
    expect(plan.map((row) => row['QUERY PLAN']).join('\n')).toContain('job_pkey');
  });
});
