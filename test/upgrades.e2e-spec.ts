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

//
// Beside it, what that release asks of its tables (record-statements.mjs): of statements that differ only in how many rows or values they
// name, one.
const fileOf = (name: string) => readFileSync(join(DUMPS, name), 'utf8');

const dumps = readdirSync(DUMPS)
  .filter((file) => file.endsWith('.sql'))
  .map((file) => {
    const schema = file.replace(/\.sql$/, '');
    return {
      schema,
      sql: fileOf(file),
      statements: JSON.parse(fileOf(`${schema}.statements.json`)) as string[],
    };
  });

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

/** What PostgreSQL makes of each statement without running it: of tables, columns, types and keys. Null: it would run. */
async function refusals(database: Database, statements: readonly string[]): Promise<Record<string, string>> {
  const refused: Record<string, string> = {};
  const client = await database.pool.connect();
  try {
    for (const statement of statements) {
      const refusal = await client.query(`PREPARE told AS ${statement}`).then(
        () => null,
        (error: Error) => error.message,
      );
      if (refusal === null) await client.query('DEALLOCATE told');
      else refused[statement] = refusal;
    }
  } finally {
    client.release();
  }
  return refused;
}

interface ColumnRule {
  /** Table and column. */
  name: string;
  type: string;
  /** A row may be written without naming it. */
  optional: boolean;
}

function columnRules(database: Database): Promise<ColumnRule[]> {
  return database.query<ColumnRule>(
    `SELECT format('%s.%s', c.relname, a.attname) AS name, format_type(a.atttypid, a.atttypmod) AS type,
       NOT a.attnotnull OR a.atthasdef OR a.attidentity <> '' AS optional
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relnamespace = 'rollcall'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1`,
  );
}

describe.each(dumps)('a database of the schema $schema', ({ sql, statements }) => {
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

  it('has only been added to: its release goes on asking of the schema of this one what it asks of its own', async () => {
    const test = await createTestDatabase();
    const old = await createBareDatabase();
    await load(old.url, sql);
    const database = await open(old.url);
    try {
      expect(await refusals(database, statements)).toEqual({});
      expect(await refusals(test.database, statements)).toEqual({});
      expect(Object.keys(await refusals(test.database, ['SELECT gone FROM rollcall.job']))).toHaveLength(1);
      expect(statements.length).toBeGreaterThan(40);

      const before = new Map((await columnRules(database)).map((rule) => [rule.name, rule]));
      const after = new Map((await columnRules(test.database)).map((rule) => [rule.name, rule]));
      // a column that may be left out still may, and one that must not be null may become one that may
      for (const { name, type, optional } of before.values())
        expect(after.get(name)).toEqual({ name, type, optional: optional || after.get(name)?.optional });
      const tables = new Set([...before.keys()].map((name) => name.split('.')[0]));
      const required = [...after.values()].filter(
        ({ name, optional }) => tables.has(name.split('.')[0]) && !before.has(name) && !optional,
      );
      expect(required).toEqual([]);
    } finally {
      await database.close();
      await old.drop();
      await test.drop();
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
