import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { Client, PoolClient } from 'pg';
import { run } from '../src/cli.js';
import { readEnvironment } from '../src/config/environment.js';
import { RunningService, startService } from '../src/main.js';
import { ManualClock } from '../src/simulators/clock.js';
import { SIMULATED_PLATFORMS } from '../src/simulators/life.js';
import { Simulators, startSimulators } from '../src/simulators/simulators.js';
import { Database, openDatabase } from '../src/storage/database.js';
import { isDatabaseFault } from '../src/storage/database-fault.js';
import { migrate, PooledMigrationError } from '../src/storage/migrate.js';
import { check } from './lab/check.js';
import { PgBouncer } from './lab/cluster/pgbouncer.js';
import { sourceConfig, testConfig } from './support/config.js';
import { TestPooler } from './support/pooler.js';
import { createBareDatabase, createTestDatabase, TestDatabase } from './support/postgres.js';
import { quietLog } from './support/quiet-log.js';
import { SseReader } from './support/sse-reader.js';
import { makeTestFolder } from './support/test-folder.js';
import { waitFor } from './support/wait-for.js';
import { WebhookReceiver } from './support/webhook-receiver.js';

// A pooler in transaction mode stands before the database. One is of this repository and forgets everything after each transaction; the
// other is PgBouncer as it is installed on the machine (apt install pgbouncer), without which its part is skipped.

jest.setTimeout(60_000);

interface Pooler {
  readonly url: string;
  stop(): Promise<void>;
}

const pgBouncer = PgBouncer.program();
const POOLERS: [string, string | null, (target: string) => Promise<Pooler>][] = [
  ['a pooler that forgets everything', 'ours', (target) => TestPooler.start(target)],
  [`PgBouncer (${pgBouncer ?? 'not installed'})`, pgBouncer, (target) => PgBouncer.start(pgBouncer!, target)],
];

describe('prepared statements', () => {
  it.each([
    ['are named where the pooler keeps them', true],
    ['have no names where it does not', false],
  ])('%s', async (_, keepsStatements) => {
    const test = await createTestDatabase();
    const pooler = await TestPooler.start(test.url, { keepsStatements });
    const database = await openDatabase({ url: pooler.url, dataDir: '', poolSize: 3, log: quietLog() });
    const prepared = new Set<string>();
    for (let n = 1; n <= 8; n++) {
      const statement = {
        name: 'mine',
        text: "SELECT $1::int AS n, (SELECT count(*) FROM pg_prepared_statements WHERE name = 'mine') AS named",
      };
      const [row] = await database.query<{ n: number; named: number }>(statement, [n]);
      expect(row!.n).toBe(n);
      prepared.add(String(row!.named));
    }
    expect([...prepared]).toEqual([keepsStatements ? '1' : '0']);
    await database.close();
    await pooler.stop();
    await test.drop();
  });

  it('lose their names when a pooler begins to mix them up, and only what met that has to be tried again', async () => {
    const test = await createTestDatabase();
    const pooler = await TestPooler.start(test.url, { keepsStatements: true });
    const database = await openDatabase({ url: pooler.url, dataDir: '', poolSize: 3, log: quietLog() });
    await database.now();
    pooler.keepsStatements = false;
    const faults: unknown[] = [];
    for (let turn = 0; turn < 20; turn++) await database.now().catch((error: unknown) => faults.push(error));
    expect(faults.length).toBeGreaterThan(0);
    expect(faults.length).toBeLessThan(3);
    expect(faults.map(isDatabaseFault)).toEqual(faults.map(() => true));
    await database.close();
    await pooler.stop();
    await test.drop();
  });
});

describe.each(POOLERS)('behind %s', (_name, program, start) => {
  const whenInstalled = program === null ? it.skip : it;
  let test: TestDatabase;
  let pooler: Pooler;

  beforeAll(async () => {
    if (program === null) return;
    test = await createTestDatabase();
    pooler = await start(test.url);
  });

  afterAll(async () => {
    await pooler?.stop();
    await test?.drop();
  });

  const open = (url = pooler.url, directUrl: string | null = null) =>
    openDatabase({ url, directUrl, dataDir: '', poolSize: 3, log: quietLog() });

  describe('a database', () => {
    let database: Database;

    beforeAll(async () => {
      if (program !== null) database = await open();
    });
    afterAll(() => database?.close());

    whenInstalled('runs named statements, whichever session they come to', async () => {
      const statement = { name: 'double', text: 'SELECT 2 * $1::int AS n, pg_backend_pid() AS pid' };
      const occupied: PoolClient[] = [];
      const pids = new Set<number>();
      const asking = await database.pool.connect();
      for (let n = 1; n <= 3; n++) {
        const { rows } = await asking.query<{ n: number; pid: number }>({ ...statement, values: [n] });
        expect(rows[0]!.n).toBe(2 * n);
        pids.add(rows[0]!.pid);
        if (n === 3) break;
        const other = await database.pool.connect();
        await other.query('BEGIN');
        await other.query('SELECT');
        occupied.push(other);
      }
      for (const other of occupied) {
        await other.query('ROLLBACK');
        other.release();
      }
      asking.release();
      expect(pids.size).toBeGreaterThan(1);
    });

    whenInstalled('says within each transaction what it relies on', async () => {
      const settings = await database.transaction(async (client) => {
        const { rows } = await client.query<{ idle: string; bitmap: string }>(
          `SELECT current_setting('idle_in_transaction_session_timeout') AS idle, current_setting('enable_bitmapscan') AS bitmap`,
        );
        return rows[0];
      });
      expect(settings).toEqual({ idle: '15s', bitmap: 'off' });
    });

    whenInstalled('leaves nothing behind in a session that is anybody’s', async () => {
      await database.query('SELECT');
      const other = new Client({ connectionString: pooler.url });
      await other.connect();
      for (let turn = 0; turn < 5; turn++) {
        const { rows } = await other.query<Record<string, unknown>>(
          `SELECT current_setting('idle_in_transaction_session_timeout') AS idle, current_setting('enable_bitmapscan') AS bitmap,
             (SELECT count(*)::int FROM pg_listening_channels()) AS listening,
             (SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) AS locks`,
        );
        expect(rows).toEqual([{ idle: '0', bitmap: 'on', listening: 0, locks: 0 }]);
      }
      await other.end();
    });

    whenInstalled('that lacks nothing needs no migrating', async () => {
      expect(await migrate(database)).toEqual([]);
    });
  });

  whenInstalled('a database is migrated on the server itself, or not at all', async () => {
    const bare = await createBareDatabase();
    const before = await start(bare.url);
    const alone = await open(before.url);
    await expect(migrate(alone)).rejects.toThrow(PooledMigrationError);
    await expect(migrate(alone)).rejects.toThrow('Name the server itself in `database.directUrl`.');
    await alone.close();
    const both = await open(before.url, bare.url);
    expect((await migrate(both)).length).toBeGreaterThan(10);
    expect(await migrate(both)).toEqual([]);
    await both.close();
    await before.stop();
    await bare.drop();
  });

  describe.each([
    ['with database.directUrl', true],
    ['without database.directUrl', false],
  ])('a service %s', (_, isNamed) => {
    let clock: ManualClock;
    let simulators: Simulators;
    let receiver: WebhookReceiver;
    let service: RunningService;
    let test: TestDatabase;
    let pooler: Pooler;

    beforeAll(async () => {
      if (program === null) return;
      test = await createTestDatabase();
      pooler = await start(test.url);
      clock = new ManualClock(Date.UTC(2025, 0, 15, 14));
      [simulators, receiver] = await Promise.all([
        startSimulators({ seed: 11, jobs: 60, clock, platforms: SIMULATED_PLATFORMS, limits: false }),
        WebhookReceiver.start(),
      ]);
      const sources = simulators.sources.map((source) => sourceConfig(source));
      const config = testConfig(sources, {
        database: {
          ...{ url: pooler.url, directUrl: isNamed ? test.url : null, replicas: [] },
          ...{ poolSize: 5, migrate: 'auto' },
        },
        webhooks: { allowPrivateAddresses: true, endpoints: [] },
      });
      service = await startService({
        config,
        environment: readEnvironment({ LOG_LEVEL: 'silent' }, tmpdir()),
      });
    });

    afterAll(async () => {
      await service?.stop();
      await receiver?.close();
      await simulators?.close();
      await pooler?.stop();
      await test?.drop();
    });

    const get = async (path: string) => {
      const answer = await fetch(`${service.url}/api/v1${path}`);
      expect(`${path}: ${answer.status}`).toBe(`${path}: 200`);
      // the tests read what they expect; a wrong shape fails there
      // eslint-disable-next-line @typescript-eslint/no-explicit-any
      return (await answer.json()) as any;
    };
    const post = (path: string, body?: object) =>
      fetch(`${service.url}/api/v1${path}`, {
        method: 'POST',
        ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      });
    /** Sweeps of all sources that began after now. */
    const sweep = async () => {
      const began = await test.database.now();
      for (const { key } of simulators.sources)
        expect((await post(`/sources/${key}/poll?sweep=true`)).status).toBe(202);
      await waitFor(async () => {
        const { data } = await get('/sources');
        return data.every(
          ({ lastSuccessAt }: { lastSuccessAt: string | null }) => Date.parse(lastSuccessAt ?? '') > began,
        );
      });
    };

    whenInstalled(
      'polls, streams and sends what the platforms say, nothing lost, nothing twice',
      async () => {
        await waitFor(async () =>
          (await get('/sources')).data.every(({ health }: { health: string }) => health === 'healthy'),
        );
        const made = await post('/webhooks', {
          name: 'hook',
          url: receiver.url,
          types: ['job.transitioned'],
        });
        expect(made.status).toBe(201);
        const stream = await SseReader.open(`${service.url}/api/v1/events/stream`);
        clock.advance(600_000);
        await sweep();
        const { data: events } = await test.database
          .query<{ count: number }>(
            "SELECT count(*)::int AS count FROM rollcall.event WHERE type = 'job.transitioned' AND NOT backfill",
          )
          .then(([row]) => ({ data: row!.count }));
        expect(events).toBeGreaterThan(10);
        const heard = () => stream.events.filter(({ type }) => type === 'job.transitioned').length;
        await waitFor(async () => heard() === events && receiver.requests.length >= events);
        const { lost, wrong, duplicates, missing } = await check(test.database, {
          ...{ world: simulators.world, now: clock.now(), removed: [], strangers: new Set<string>() },
          sources: new Map(
            SIMULATED_PLATFORMS.map((platform, place) => [platform, simulators.sources[place]!.key]),
          ),
        });
        expect({ lost, wrong, duplicates, missing }).toEqual({
          lost: [],
          wrong: [],
          duplicates: [],
          missing: [],
        });
      },
    );

    whenInstalled('answers every kind of question', async () => {
      const { data, page, coverage } = await get('/jobs?count=exact&limit=20');
      expect(data).toHaveLength(20);
      expect(page.total).toBeGreaterThanOrEqual(60);
      expect(coverage.completeThrough).not.toBeNull();
      await get(`/jobs?cursor=${page.next}&limit=20`);
      await get('/jobs?q=ex&state=terminal&sort=-durationMs');
      await get('/jobs?latest=true&state=failed');
      await get('/jobs/summary?groupBy=source,state&bucket=30d&stats=duration');
      await get('/jobs?attribute=x:1&count=estimated');
      for (const path of ['', '/transitions', '/tasks', '/explain', '?include=payload'])
        await get(`/jobs/${data[0].id}${path}`);
      for (const path of ['/events?to=failed', '/rejects', '/webhooks', '/sources']) await get(path);
      for (const path of ['/metrics', '/health/ready'])
        expect((await fetch(`${service.url}${path}`)).status).toBe(200);
      expect((await post(`/jobs/${data[0].id}/refresh`)).status).toBeLessThan(500);
    });

    whenInstalled('is told of events as they are committed where the server is named', async () => {
      const listening = await test.database.query(
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'",
      );
      // the streams of the api, and the notifier
      expect(listening).toHaveLength(isNamed ? 2 : 0);
    });

    whenInstalled('works beside commands', async () => {
      const [stdout, stderr] = [new PassThrough(), new PassThrough()];
      const folder = await makeTestFolder();
      await writeFile(join(folder, 'rollcall.yaml'), 'database: { url: "${DATABASE_URL}" }\n');
      const env = { DATABASE_URL: pooler.url, LOG_LEVEL: 'warn' };
      const code = await run(['migrate'], { env, cwd: folder, stdout, stderr });
      await rm(folder, { recursive: true });
      stdout.end();
      stderr.end();
      expect([code, await text(stdout), await text(stderr)]).toEqual([0, 'The schema is up to date.\n', '']);
    });
  });
});
