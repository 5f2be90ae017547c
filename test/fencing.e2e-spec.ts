import { setTimeout as pause } from 'node:timers/promises';
import { PollService } from '../src/polling/poll.service.js';
import { openDatabase } from '../src/storage/database.js';
import { LeaseStore } from '../src/storage/lease.store.js';
import { fromPg } from '../src/storage/pg-time.js';
import { ReplicaLab } from './lab/replicas.js';
import { chartJob, ChartsServer, startChartsServer } from './support/charts-server.js';
import { sourceConfig, testConfig } from './support/config.js';
import { insertSource } from './support/jobs.js';
import { createTestDatabase, TestDatabase } from './support/postgres.js';
import { quietLog } from './support/quiet-log.js';
import { waitFor } from './support/wait-for.js';

describe('a poller that lost its lease while it waited for the platform', () => {
  let test: TestDatabase;
  let charts: ChartsServer;
  let service: PollService;

  beforeEach(async () => {
    test = await createTestDatabase();
    charts = await startChartsServer();
    const source = sourceConfig({
      key: 'charts',
      platform: 'vectorcharts',
      baseUrl: charts.baseUrl,
      auth: { token: charts.token },
    });
    service = new PollService(testConfig([source]), test.database);
    await service.reconcile();
  });

  afterEach(async () => {
    await service.onApplicationShutdown();
    await charts.close();
    await test.drop();
  });

  const rejects = () =>
    test.database.query('SELECT external_id, count, xmin::text FROM rollcall.reject ORDER BY external_id');

  /** Another poller claims the source before the platform answers; the answer shows these jobs. */
  async function loseLeaseBefore(jobs: unknown[]): Promise<void> {
    charts.faults.push((_request, response) => {
      test.database
        .query('UPDATE rollcall.source SET lease_token = lease_token + 1')
        .then(() => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(jobs)))
        .catch((error: Error) => response.destroy(error));
    });
    await expect(service.pollNow('charts', 'incremental')).rejects.toThrow('lease');
  }

  it('knows what another poll brought while it was claiming the source', async () => {
    await test.database.query(`
      CREATE SCHEMA held;
      CREATE FUNCTION held.now() RETURNS timestamptz LANGUAGE plpgsql AS $$ BEGIN
        PERFORM pg_advisory_lock_shared(1), pg_advisory_unlock_shared(1);
        RETURN pg_catalog.now();
      END $$;
      UPDATE rollcall.source SET lease_owner = 'gone', lease_until = now() - interval '1 second'`);
    const url = `${test.url}?options=${encodeURIComponent('-c search_path=held,pg_catalog')}`;
    const slow = await openDatabase({ url, dataDir: '', poolSize: 2, log: quietLog() });
    try {
      // It looks which sources are free, and is held up between that and the claim.
      const claim = await test.database.transaction(async (client) => {
        await client.query('SELECT pg_advisory_xact_lock(1)');
        const claiming = new LeaseStore(slow).claimNow('slow', 'charts', 15_000);
        const waiting = async () =>
          test.database.query("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted");
        await waitFor(async () => (await waiting()).length > 0);
        charts.jobs = [chartJob('a', 'processing')];
        await service.pollNow('charts', 'incremental');
        return { claiming };
      });
      const lease = await claim.claiming;
      expect(lease?.standing).toMatchObject({ present: 1, open: 1 });
      expect(lease?.standing.openOrdinals).toHaveLength(1);
      expect(lease?.spent.requests).toBeGreaterThan(0);
      const [other] = await test.database.query<{ ended_at: string }>('SELECT ended_at FROM rollcall.poll');
      expect(lease?.claimedAt).toBeGreaterThanOrEqual(fromPg(other!.ended_at));
    } finally {
      await slow.close();
    }
  });

  it.each([
    ['readable once', [chartJob('a', 'completed'), chartJob('b', 'completed')]],
    ['no more', [chartJob('a', 'completed')]],
  ])('forgets no reject, though what it reads shows the record %s', async (_, shown) => {
    charts.jobs = [chartJob('a', 'completed'), chartJob('b', 'completed', { created_at: 'yesterday' })];
    await service.pollNow('charts', 'incremental');
    const before = await rejects();
    expect(before).toHaveLength(1);
    await loseLeaseBefore(shown);
    expect(await rejects()).toEqual(before);
  });
});

describe('the fence of a write', () => {
  it('lets whoever writes without a lease refer to the source, who may hold a job that the write waits for', async () => {
    const test = await createTestDatabase();
    try {
      await insertSource(test.database, { key: 'charts' });
      const leases = new LeaseStore(test.database);
      const lease = (await leases.claimNow('test', 'charts', 60_000))!;
      await test.database.transaction(async (client) => {
        await leases.fence(client, lease);
        await test.database.transaction(async (other) => {
          await other.query("SET LOCAL lock_timeout = '1s'");
          await other.query(
            "INSERT INTO rollcall.job_count (source_key, state, jobs, absent) VALUES ('charts', 'running', 0, 0)",
          );
        });
      });
      expect(await test.database.query('SELECT source_key FROM rollcall.job_count')).toEqual([
        { source_key: 'charts' },
      ]);
    } finally {
      await test.drop();
    }
  });
});

describe('a process that is stopped in the middle of a transaction', () => {
  let lab: ReplicaLab;

  afterEach(() => lab.close());

  it('holds nobody up for longer than a lease lasts', async () => {
    lab = await ReplicaLab.open({ seed: 43, jobs: 60, replicas: 2, platforms: ['vectorcharts'] });
    const { database } = lab.test;
    const polls = async (): Promise<number> =>
      (
        await database.query<{ polls: number }>(
          "SELECT count(*) AS polls FROM rollcall.poll WHERE result = 'ok'",
        )
      )[0]!.polls;
    await waitFor(async () => (await polls()) > 1);

    // Its transaction waits for its turn to number its events: the source's row is locked, and the feed is next.
    const stopped = await database.transaction(async (client) => {
      await client.query('SELECT rollcall.take_event_turn()');
      const waiting = async (): Promise<boolean> =>
        (await database.query("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")).length >
        0;
      await waitFor(async () => {
        lab.clock.advance(1_000);
        await pause(50);
        return waiting();
      });
      const poller = (await lab.holderOf('vectorcharts'))!;
      poller.stop();
      return poller;
    });

    const before = await polls();
    await waitFor(async () => (await polls()) > before + 1);
    stopped.goOn();
    await waitFor(async () => stopped.log.includes('LeaseLostError'));
    await lab.settle();
    expect(await lab.report()).toMatchObject({ lost: [], wrong: [], duplicates: [], missing: [] });
  }, 120_000);
});
