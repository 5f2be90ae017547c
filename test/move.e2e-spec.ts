import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { run } from '../src/cli.js';
import { SourceConfig } from '../src/config/config.js';
import { PollService } from '../src/polling/poll.service.js';
import { ManualClock } from '../src/simulators/clock.js';
import { Simulators, startSimulators } from '../src/simulators/simulators.js';
import { Database, openDatabase } from '../src/storage/database.js';
import { EventPartitions } from '../src/storage/event.partitions.js';
import { moveDatabase } from '../src/storage/move/move.js';
import { TokenStore } from '../src/storage/token.store.js';
import { Answer, startApi, TestApi } from './support/api.js';
import { chartJob, ChartsServer, startChartsServer } from './support/charts-server.js';
import { sourceConfig, testConfig } from './support/config.js';
import { contentsOf } from './support/contents.js';
import { append } from './support/events.js';
import { createBareDatabase, createTestDatabase, TestDatabase } from './support/postgres.js';
import { quietLog } from './support/quiet-log.js';
import { waitFor } from './support/wait-for.js';

jest.setTimeout(60_000);

const DAY = 86_400_000;
const START = Date.UTC(2025, 0, 15, 14);
const open = (url: string, poolSize = 2) => openDatabase({ url, dataDir: '', poolSize, log: quietLog() });

/** What only the moment of asking decides. */
const OF_THE_MOMENT = new Set(['changedThrough', 'lagMs', 'requestsLastHour', 'next', 'prev', 'feed']);

function lasting(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lasting);
  if (typeof value !== 'object' || value === null) return value;
  const isOpen =
    ('terminal' in value && !value.terminal) || ('rule' in value && value.rule === 'now − startedAt');
  const entries = Object.entries(value).filter(
    ([key]) => !OF_THE_MOMENT.has(key) && !(isOpen && ['durationMs', 'value'].includes(key)),
  );
  return Object.fromEntries(entries.map(([key, inner]) => [key, lasting(inner)]));
}

/** Metrics of what is stored: those of the process and of the disk are each their own. */
function lastingMetrics({ text: metrics }: Answer): string[] {
  return metrics
    .split('\n')
    .filter((line) => /^rollcall_(?!database_|http_|build_|process_|feed_|streams?_)/.test(line));
}

async function walk(api: TestApi, path: string, next: 'cursor' | 'after'): Promise<unknown[]> {
  const rows: unknown[] = [];
  for (let at = ''; ;) {
    const { status, body } = await api.get(`${path}${at}`);
    expect(status).toBe(200);
    rows.push(...(body.data as unknown[]));
    const more = body.page.next as string | null;
    if (more === null || body.data.length === 0) return rows;
    at = `${path.includes('?') ? '&' : '?'}${next}=${encodeURIComponent(more)}`;
  }
}

describe('rollcall move', () => {
  let folder: string;
  let clock: ManualClock;
  let simulators: Simulators;
  let charts: ChartsServer;
  let sources: SourceConfig[];
  let old: TestDatabase;
  let target: { url: string; drop(): Promise<void> };
  let cursors: { jobs: string; events: string };
  const services: PollService[] = [];

  async function poll(database: Database, kind: 'sweep' | 'incremental') {
    const service = new PollService(testConfig(sources), database);
    services.push(service);
    await service.reconcile();
    const polls = [];
    for (const { key } of sources) polls.push(await service.pollNow(key, kind));
    await service.onApplicationShutdown();
    return polls;
  }

  async function rollcall(...args: string[]) {
    const stdout = new PassThrough();
    const stderr = new PassThrough();
    const env = { DATABASE_URL: old.url, ROLLCALL_DATA_DIR: folder };
    const code = await run(args, {
      ...{ env, cwd: folder, stdout, stderr },
      interruption: () => new AbortController().signal,
    });
    return { code, stdout: await text(stdout.end()), stderr: await text(stderr.end()) };
  }

  /** Until the server knows that they are gone. */
  const nobodyIn = (database: Database, url: string) =>
    waitFor(async () => {
      const rows = await database.query(
        "SELECT FROM pg_stat_activity WHERE datname = $1 AND application_name = 'rollcall' AND pid <> pg_backend_pid()",
        [new URL(url).pathname.slice(1)],
      );
      return rows.length === 0;
    });

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'rollcall-move-'));
    writeFileSync(
      join(folder, 'rollcall.yaml'),
      'sources: [{ key: charts, platform: vectorcharts, baseUrl: "https://charts.example.com", auth: { token: x } }]',
    );
    clock = new ManualClock(START);
    simulators = await startSimulators({ seed: 9, clock, jobs: 60, endless: false, limits: false });
    charts = await startChartsServer([
      chartJob('a', 'failed'),
      chartJob('odd', 'ODD_WORD'),
      chartJob('tab\t\\N "x"\r\n🦄', 'processing', { parameters: { 'a\\nb': ['\t', '\\.', null] } }),
      chartJob('broken', 'failed', { created_at: 'not a time' }),
    ]);
    sources = [
      ...simulators.sources.map((source) => sourceConfig(source)),
      sourceConfig({
        ...{ key: 'more-charts', platform: 'vectorcharts', baseUrl: charts.baseUrl },
        auth: { token: charts.token },
      }),
    ];
    old = await createTestDatabase();
    target = await createBareDatabase();
    await new EventPartitions(old.database).make(30 * DAY, await old.database.now());
    await poll(old.database, 'sweep');
    clock.advance(60_000);
    await poll(old.database, 'incremental');
    await new TokenStore(old.database).create({
      ...{ name: 'ops', scopes: ['jobs:read'], sources: ['more-charts'], expiresAt: null },
    });
    await append(
      old.database,
      { at: (await old.database.now()) + DAY, type: 'source.health', source: 'more-charts' },
      { at: Date.now() + 90 * DAY, type: 'source.health', source: 'more-charts' },
    );
    await old.database.query('DELETE FROM rollcall.event WHERE position = 1');
    const api = await startApi(old.database, testConfig(sources));
    const payload = { name: 'desk', url: 'https://hooks.example.com/x', filter: { state: 'failed' } };
    expect((await api.send('POST', '/api/v1/webhooks', { payload })).status).toBe(201);
    cursors = {
      jobs: (await api.get('/api/v1/jobs?limit=7&sort=createdAt')).body.page.next,
      events: (await api.get('/api/v1/events?limit=10')).body.page.next,
    };
    await api.close();
  });

  afterAll(async () => {
    await Promise.all(services.map((service) => service.onApplicationShutdown()));
    await simulators.close();
    await charts.close();
    await old.drop();
    await target.drop();
    rmSync(folder, { recursive: true });
  });

  it('refuses while somebody uses the old database, or holds something of it', async () => {
    expect(await rollcall('move', '--to', target.url)).toMatchObject({
      ...{ code: 1, stdout: '' },
      stderr: expect.stringMatching(
        /^rollcall: the old database is in use: Rollcall has \d+ other sessions? there; stop /m,
      ) as string,
    });
    await old.database.query(
      `UPDATE rollcall.source SET lease_owner = 'elsewhere', lease_until = now() + interval '1 minute' WHERE key = 'more-charts'`,
    );
    await old.database.close();
    expect((await rollcall('move', '--to', target.url)).stderr).toMatch(
      /^rollcall: the old database is in use: source more-charts is held by elsewhere for another \d+ s/m,
    );
    const database = await open(old.url);
    await database.query('UPDATE rollcall.source SET lease_owner = NULL, lease_until = NULL');
    await database.close();
  });

  it('refuses what cannot be moved or moved into, and shows no password', async () => {
    expect(await rollcall('move')).toMatchObject({ code: 2, stdout: '' });
    const wrong = await rollcall('move', '--to', 'mysql://me:top-secret@localhost/x');
    expect(wrong).toEqual({
      ...{ code: 2, stdout: '' },
      stderr: 'rollcall: --to: expected an address such as postgres://user@host:5432/name\n',
    });
    const away = await rollcall('move', '--to', 'postgres://me:top-secret@127.0.0.1:1/x');
    expect(away).toMatchObject({
      ...{ code: 1, stdout: '' },
      stderr: 'rollcall: the new database: connect ECONNREFUSED 127.0.0.1:1\n',
    });
    expect((await rollcall('move', '--to', old.url)).stderr).toContain(
      'the new database is the old one, or another rollcall move works on it',
    );
    const signal = new AbortController().signal;
    const options = { migrateOld: true, signal, log: quietLog() };
    const [from, to] = [await open(old.url, 1), await open(target.url, 1)];
    await expect(moveDatabase(to, from, options)).rejects.toThrow('holds nothing of Rollcall');

    await from.query('CREATE TABLE rollcall.mine (x integer)');
    await expect(moveDatabase(from, to, options)).rejects.toThrow(/did not make: rollcall\.mine\./);
    await from.query('DROP TABLE rollcall.mine');

    await to.query(
      "INSERT INTO rollcall.migration (timestamp, name) VALUES (9999999999999, 'Later9999999999999')",
    );
    await expect(moveDatabase(from, to, options)).rejects.toThrow(
      /^the new database: .* newer release of Rollcall \(Later9999999999999\)/,
    );
    await to.query("DELETE FROM rollcall.migration WHERE name LIKE 'Later%'");

    await Promise.all([from.close(), to.close()]);
  });

  it('leaves an empty database behind when it is ended, or killed, in the middle', async () => {
    const [from, to] = [await open(old.url, 1), await open(target.url, 1)];
    const ending = new AbortController();
    const onTable = (table: string) => void (table === 'transition' && ending.abort());
    const options = { migrateOld: true, signal: ending.signal, log: quietLog(), onTable };
    await expect(moveDatabase(from, to, options)).rejects.toThrow(/abort/);
    await from.close();
    expect(await to.query('SELECT count(*) FROM rollcall.job')).toEqual([{ count: 0 }]);

    const child = spawn(
      process.execPath,
      [
        ...[join(__dirname, 'support', 'run-ts.mjs'), join(__dirname, 'support', 'move-child.ts')],
        ...[old.url, target.url, 'transition'],
      ],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    // A session of ours in the new database keeps nobody from moving into it.
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
    await nobodyIn(to, old.url);
    await nobodyIn(to, target.url);
    expect(await to.query('SELECT count(*) FROM rollcall.job')).toEqual([{ count: 0 }]);
    await to.close();
  });

  it('copies everything, says where it went, and what to do next', async () => {
    const moved = await rollcall('move', '--to', target.url, '--json');
    expect(moved.code).toBe(0);
    const { password, port, pathname } = new URL(target.url);
    expect(moved.stdout + moved.stderr).not.toContain(password);
    expect(JSON.parse(moved.stdout)).toMatchObject({
      to: { host: '127.0.0.1', port: Number(port), database: pathname.slice(1) },
      tables: expect.arrayContaining([
        { table: 'token', rows: 1 },
        { table: 'webhook', rows: 1 },
        { table: 'reject', rows: 1 },
      ]) as unknown,
    });

    const [before, after] = [await open(old.url), await open(target.url)];
    expect(await contentsOf(after)).toEqual(await contentsOf(before));
    await Promise.all([before.close(), after.close()]);

    expect((await rollcall('move', '--to', target.url)).stderr).toMatch(
      /the new database is not empty: Rollcall has rows in .*job \(\d+\)/,
    );
    // a role that owns its database and nothing else
    const second = await createBareDatabase();
    const owner = new URL(second.url);
    [owner.username, owner.password] = [`${owner.pathname.slice(1)}_owner`, 'owner-secret'];
    const admin = await open(second.url);
    await admin.query(`CREATE ROLE ${owner.username} LOGIN PASSWORD 'owner-secret'`);
    await admin.query(`ALTER DATABASE ${owner.pathname.slice(1)} OWNER TO ${owner.username}`);
    await admin.close();
    const told = await rollcall('move', '--to', owner.href);
    await second.drop();
    const server = await open(target.url);
    await server.query(`DROP ROLE ${owner.username}`);
    await server.close();
    expect(told.stdout + told.stderr).not.toContain('owner-secret');
    expect(told).toMatchObject({ code: 0 });
    expect(told.stdout).toMatch(/^job +\d+$/m);
    expect(told.stdout).toMatch(/^Moved [\d,]+ rows to test_\w+ on 127\.0\.0\.1:\d+ in [\d.]+ s\./m);
    expect(told.stdout).toContain('database: { url: "${DATABASE_URL}" }');
  });

  describe('afterwards', () => {
    let databases: Database[];
    let apis: TestApi[];

    beforeAll(async () => {
      databases = [await open(old.url, 5), await open(target.url, 5)];
      apis = await Promise.all(databases.map((database) => startApi(database, testConfig(sources))));
    });
    afterAll(async () => {
      for (const api of apis) await api.close();
      for (const database of databases) await database.close();
    });

    /** What the old database answers, and the new one. */
    const both = <T>(ask: (api: TestApi) => Promise<T>): Promise<T[]> => Promise.all(apis.map(ask));

    it('every answer is the same', async () => {
      const [jobs, same] = await both((api) => walk(api, '/api/v1/jobs?limit=25', 'cursor'));
      expect(lasting(same)).toEqual(lasting(jobs));
      expect(jobs!.length).toBeGreaterThan(60);
      const [events, sameEvents] = await both((api) => walk(api, '/api/v1/events?limit=100', 'after'));
      expect(sameEvents).toEqual(events);
      expect(events!.length).toBeGreaterThan(60);

      const endpoint = (await apis[0]!.get('/api/v1/webhooks')).body.data[0].id as string;
      const ids = (jobs as { id: string }[]).map(({ id }) => `/api/v1/jobs/${id}`);
      const paths = [
        ...['?count=exact', '?state=failed&sort=-durationMs', '?q=index', '?latest=true'].map(
          (query) => `/api/v1/jobs${query}`,
        ),
        '/api/v1/jobs/summary?groupBy=source,state,type,platform',
        '/api/v1/jobs/summary?groupBy=type&bucket=1h&stats=duration&state=terminal',
        '/api/v1/sources',
        ...sources.flatMap(({ key }) => [`/api/v1/sources/${key}`, `/api/v1/sources/${key}/polls`]),
        ...['/api/v1/rejects', '/api/v1/webhooks', '/api/v1/tokens', '/api/v1/audit', '/api/v1/alerts'],
        ...[`/api/v1/webhooks/${endpoint}`, `/api/v1/webhooks/${endpoint}/deliveries`],
        ...ids.flatMap((path) => [`${path}?include=payload`, `${path}/transitions`, `${path}/tasks`]),
        ...ids.filter((_, index) => index % 5 === 0).map((path) => `${path}/explain`),
      ];
      for (const path of paths) {
        const [answer, other] = await both((api) => api.get(path));
        expect({ path, status: answer!.status }).toEqual({ path, status: 200 });
        expect({ path, body: lasting(other!.body) }).toEqual({ path, body: lasting(answer!.body) });
        expect({ path, etag: other!.headers['etag'] }).toEqual({ path, etag: answer!.headers['etag'] });
      }
      const [metrics, sameMetrics] = (await both((api) => api.get('/metrics'))).map(lastingMetrics);
      expect(sameMetrics).toEqual(metrics);
      expect(metrics).toEqual(expect.arrayContaining(['rollcall_rejects{source="more-charts"} 1']));
    });

    it('cursors from before go on', async () => {
      for (const path of [
        `/api/v1/jobs?limit=7&sort=createdAt&cursor=${encodeURIComponent(cursors.jobs)}`,
        `/api/v1/events?limit=10&after=${encodeURIComponent(cursors.events)}`,
      ]) {
        const [answer, other] = await both((api) => api.get(path));
        expect(answer!.status).toBe(200);
        expect(lasting(other!.body)).toEqual(lasting(answer!.body));
      }
    });

    it('polls go on where they were: nothing is found anew, and what changes has later numbers', async () => {
      const moved = databases[1]!;
      for (const { error, discovered } of await poll(moved, 'sweep'))
        expect({ error, discovered }).toEqual({ error: null, discovered: 0 });
      const [{ last }] = (await moved.query<{ last: number }>(
        'SELECT max(position) AS last FROM rollcall.event',
      )) as [{ last: number }];
      charts.jobs = [chartJob('a', 'failed'), chartJob('new', 'failed')];
      await poll(moved, 'sweep');
      const added = await moved.query<{ position: number }>(
        "SELECT position FROM rollcall.event WHERE position > $1 AND type LIKE 'job.%' ORDER BY position",
        [last],
      );
      // in this database another history of the feed begins
      expect(added[0]?.position).toBeGreaterThan(last + 2 ** 30);
      const ordinals = await moved.query(
        'SELECT ordinal FROM rollcall.job GROUP BY ordinal HAVING count(*) > 1',
      );
      expect(ordinals).toEqual([]);
      // the trigger counts again: the broken record is gone from the list
      expect((await apis[1]!.get('/metrics')).text).toContain('rollcall_rejects{source="more-charts"} 0');
    });
  });
});
