import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { PollService } from '../src/polling/poll.service.js';
import { Database, openDatabase } from '../src/storage/database.js';
import { migrate, schemaStatus } from '../src/storage/migrate.js';
import { startApi } from './support/api.js';
import { chartJob, startChartsServer } from './support/charts-server.js';
import { sourceConfig, testConfig } from './support/config.js';
import { createBareDatabase, createTestDatabase } from './support/postgres.js';
import { quietLog } from './support/quiet-log.js';

// One file for each released schema, named after its last migration, with rows in every table that it has:
//   pg_dump --schema=rollcall --column-inserts --load-via-partition-root --no-owner --no-privileges --no-comments
// without the lines that only psql understands, and no row of more than one line. It has to have a source `charts` with the jobs `a` and
// `odd` and one reject.
const DUMPS = join(__dirname, 'upgrades');

const dumps = readdirSync(DUMPS).map((file) => ({
  schema: file.replace(/\.sql$/, ''),
  sql: readFileSync(join(DUMPS, file), 'utf8'),
}));

interface Table {
  name: string;
  columns: string[];
}

/** Those of the database as it is; the parts of a table are that table. */
function tablesOf(database: Database): Promise<Table[]> {
  return database.query<Table>(
    `SELECT format('rollcall.%I', c.relname) AS name, array_agg(quote_ident(a.attname) ORDER BY a.attnum) AS columns
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relnamespace = 'rollcall'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
       AND c.relname <> 'migration'
     GROUP BY c.oid, c.relname ORDER BY c.relname`,
  );
}

/** Every row of these tables, as far as these columns go. */
async function rowsOf(database: Database, tables: readonly Table[]): Promise<Record<string, string[]>> {
  const rows: Record<string, string[]> = {};
  for (const { name, columns } of tables) {
    const found = await database.query<{ row: string }>(
      `SELECT to_jsonb(t)::text AS row FROM (SELECT ${columns.join(', ')} FROM ${name}) t ORDER BY 1`,
    );
    rows[name] = found.map(({ row }) => row);
  }
  return rows;
}

async function load(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

const open = (url: string) => openDatabase({ url, dataDir: '', poolSize: 3, log: quietLog() });

describe.each(dumps)('a database of the schema $schema', ({ sql }) => {
  it('keeps every row when it is brought up to date, and is read and polled as before', async () => {
    const { url, drop } = await createBareDatabase();
    await load(url, sql);
    const database = await open(url);
    try {
      const tables = await tablesOf(database);
      const before = await rowsOf(database, tables);
      for (const [table, rows] of Object.entries(before))
        expect({ table, rows: rows.length }).not.toEqual({ table, rows: 0 });

      expect((await schemaStatus(database)).unknown).toEqual([]);
      await migrate(database);
      expect(await schemaStatus(database)).toEqual({ pending: [], unknown: [] });
      expect(await rowsOf(database, tables)).toEqual(before);
      await expectViewsToShowAll(database);
      await expectApiToShowAll(database);
      await expectPollsToGoOn(database);
    } finally {
      await database.close();
      await drop();
    }
  });

  it('is written to by processes of its release beside those of this one', async () => {
    const test = await createTestDatabase();
    const old = await createBareDatabase();
    try {
      // what such a process writes: rows with the columns that it knows, into the schema of this release
      const inserts = sql.split('\n').filter((line) => /^INSERT INTO rollcall\.(?!migration )/.test(line));
      const isOf = (table: string) => (line: string) => line.startsWith(`INSERT INTO rollcall.${table} `);
      const first = [...inserts.filter(isOf('source')), ...inserts.filter(isOf('job'))];
      for (const line of [...first, ...inserts.filter((line) => !first.includes(line))])
        await test.database.query(line);

      await load(old.url, sql);
      const database = await open(old.url);
      const tables = await tablesOf(database);
      expect(await rowsOf(test.database, tables)).toEqual(await rowsOf(database, tables));
      await database.close();
      await expectViewsToShowAll(test.database);
      await expectApiToShowAll(test.database);
    } finally {
      await test.drop();
      await old.drop();
    }
  });
});

/** The public views, against the tables. */
async function expectViewsToShowAll(database: Database): Promise<void> {
  const pairs = [
    ['SELECT id, external_id, state, changed_at, version FROM rollcall.job', 'rollcall.jobs'],
    [
      'SELECT job_id, sequence, to_state AS "to", occurred_at FROM rollcall.transition',
      'rollcall.transitions',
    ],
    ['SELECT key, platform, label FROM rollcall.source', 'rollcall.sources'],
  ] as const;
  for (const [stored, view] of pairs) {
    const rows = await database.query<Record<string, unknown>>(`${stored} ORDER BY 1, 2`);
    const columns = Object.keys(rows[0]!).map((name) => `"${name}"`);
    expect(await database.query(`SELECT ${columns.join(', ')} FROM ${view} ORDER BY 1, 2`)).toEqual(rows);
  }
}

async function expectApiToShowAll(database: Database): Promise<void> {
  const [count] = await database.query<{ jobs: number; events: number; rejects: number }>(
    `SELECT (SELECT count(*) FROM rollcall.job) AS jobs, (SELECT count(*) FROM rollcall.event) AS events,
       (SELECT count(*) FROM rollcall.reject) AS rejects`,
  );
  const api = await startApi(database);
  try {
    const jobs = await api.get('/api/v1/jobs?limit=500');
    expect(jobs.body.data).toHaveLength(count!.jobs);
    for (const { id, version } of jobs.body.data as { id: string; version: number }[]) {
      const { body } = await api.get(`/api/v1/jobs/${id}?include=payload`);
      expect(body.payload.list).not.toBeNull();
      expect((await api.get(`/api/v1/jobs/${id}/transitions`)).body.data).toHaveLength(version);
      expect((await api.get(`/api/v1/jobs/${id}/tasks`)).status).toBe(200);
    }
    expect((await api.get('/api/v1/events?limit=500')).body.data).toHaveLength(count!.events);
    expect((await api.get('/api/v1/rejects')).body.data).toHaveLength(count!.rejects);
    const summary = await api.get('/api/v1/jobs/summary?groupBy=source,state');
    expect(summary.body.total).toBe(count!.jobs);
    expect((await api.get('/metrics')).text).toContain(`rollcall_rejects{source="charts"} ${count!.rejects}`);
  } finally {
    await api.close();
  }
}

async function expectPollsToGoOn(database: Database): Promise<void> {
  const charts = await startChartsServer([chartJob('a', 'failed'), chartJob('odd', 'completed')]);
  const { baseUrl, token } = charts;
  const source = sourceConfig({ key: 'charts', platform: 'vectorcharts', baseUrl, auth: { token } });
  const service = new PollService(testConfig([source]), database);
  try {
    await service.reconcile();
    expect(await service.pollNow('charts', 'sweep')).toMatchObject({
      error: null,
      discovered: 0,
      records: 2,
    });
  } finally {
    await service.onApplicationShutdown();
    await charts.close();
  }
}
