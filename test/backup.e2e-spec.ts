import { chmod, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PollService } from '../src/polling/poll.service.js';
import { Database, openDatabase } from '../src/storage/database.js';
import { migrate } from '../src/storage/migrate.js';
import { startApi } from './support/api.js';
import { chartJob, ChartsServer, startChartsServer } from './support/charts-server.js';
import { sourceConfig, testConfig } from './support/config.js';
import { contentsOf } from './support/contents.js';
import { InstalledPostgres, installedReleases, InstalledServer } from './support/installed-postgres.js';
import { urlOf } from './support/postgres.js';
import { quietLog } from './support/quiet-log.js';
import { makeTestFolder } from './support/test-folder.js';

jest.setTimeout(120_000);

const open = (url: string) => openDatabase({ url, dataDir: '', poolSize: 2, log: quietLog() });

const isInstalled = installedReleases().length > 0;
const title = isInstalled
  ? `a backup, made with the PostgreSQL ${installedReleases()[0]} of this machine`
  : 'a backup (SKIPPED: this machine has no PostgreSQL with pg_dump and pg_basebackup under /usr/lib/postgresql)';

(isInstalled ? describe : describe.skip)(title, () => {
  let folder: string;
  let postgres: InstalledPostgres;
  let server: InstalledServer;
  let charts: ChartsServer;
  let database: Database;
  let cursors: { jobs: string; events: string };

  const source = () =>
    sourceConfig({
      ...{ key: 'charts', platform: 'vectorcharts', baseUrl: charts.baseUrl, auth: { token: charts.token } },
    });

  async function poll(into: Database) {
    const service = new PollService(testConfig([source()]), into);
    try {
      await service.reconcile();
      return await service.pollNow('charts', 'sweep');
    } finally {
      await service.onApplicationShutdown();
    }
  }

  beforeAll(async () => {
    folder = await makeTestFolder();
    await chmod(folder, 0o755);
    postgres = (await InstalledPostgres.find())!;
    const cluster = await postgres.makeFolder(join(folder, 'cluster'));
    await postgres.makeCluster(cluster);
    server = await postgres.start(cluster);
    charts = await startChartsServer([
      ...Array.from({ length: 20 }, (_, index) =>
        chartJob(`run-${index}`, index % 3 ? 'completed' : 'failed'),
      ),
      chartJob('open', 'processing'),
      chartJob('broken', 'failed', { created_at: 'not a time' }),
    ]);
    const admin = await open(server.url);
    await admin.query('CREATE DATABASE rollcall');
    await admin.close();
    database = await open(urlOf(server.url, 'rollcall'));
    await migrate(database);
    expect(await poll(database)).toMatchObject({ error: null, discovered: 21, rejected: 1 });
    const api = await startApi(database, testConfig([source()]));
    cursors = {
      jobs: (await api.get('/api/v1/jobs?limit=5&sort=createdAt')).body.page.next,
      events: (await api.get('/api/v1/events?limit=5')).body.page.next,
    };
    await api.close();
  });

  afterAll(async () => {
    await database.close();
    await server.stop();
    await charts.close();
    await rm(folder, { recursive: true });
  });

  /** It goes on as if nothing had happened: cursors, and what the next poll finds. */
  async function expectToGoOn(restored: Database): Promise<void> {
    expect(await migrate(restored)).toEqual([]);
    const api = await startApi(restored, testConfig([source()]));
    try {
      for (const path of [
        `jobs?limit=5&sort=createdAt&cursor=${encodeURIComponent(cursors.jobs)}`,
        `events?limit=5&after=${encodeURIComponent(cursors.events)}`,
      ]) {
        const { status, body } = await api.get(`/api/v1/${path}`);
        expect({ status, rows: body.data.length }).toEqual({ status: 200, rows: 5 });
      }
    } finally {
      await api.close();
    }
    expect(await poll(restored)).toMatchObject({ error: null, discovered: 0, changed: 0 });
  }

  it('pg_dump and pg_restore bring back all of it', async () => {
    const dumps = await postgres.makeFolder(join(folder, 'dumps'));
    const file = join(dumps, 'rollcall.dump');
    await postgres.run('pg_dump', '-Fc', '-f', file, urlOf(server.url, 'rollcall'));
    await database.query('CREATE DATABASE restored');
    const url = urlOf(server.url, 'restored');
    await postgres.run('pg_restore', '--exit-on-error', '--no-owner', '-d', url, file);
    const restored = await open(url);
    try {
      expect(await contentsOf(restored)).toEqual(await contentsOf(database));
      await expectToGoOn(restored);
    } finally {
      await restored.close();
    }
  });

  it('a base backup, taken while polls go on, starts as the database of a moment', async () => {
    const copy = await postgres.makeFolder(join(folder, 'copy'));
    const backup = postgres.run(
      ...(['pg_basebackup', '-D', copy, '-d', server.url, '--checkpoint=fast', '--no-sync'] as const),
    );
    // as many as there is time for
    let isDone = false;
    void backup.finally(() => (isDone = true)).catch(() => undefined);
    do expect(await poll(database)).toMatchObject({ error: null, discovered: 0 });
    while (!isDone);
    await backup;
    const other = await postgres.start(copy);
    const restored = await open(urlOf(other.url, 'rollcall'));
    try {
      // The moment may have been in the middle of a poll, whose lease of a few seconds nobody renews.
      await restored.query('UPDATE rollcall.source SET lease_until = now() WHERE lease_until > now()');
      await expectToGoOn(restored);
    } finally {
      await restored.close();
      await other.stop();
    }
  });
});
