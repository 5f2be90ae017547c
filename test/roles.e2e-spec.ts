import { IncomingMessage, ServerResponse } from 'node:http';
import { PollService } from '../src/polling/poll.service.js';
import { LeaseLostError } from '../src/storage/lease.js';
import { LeaseStore } from '../src/storage/lease.store.js';
import { WebhookDispatchStore, WebhookLeaseLostError } from '../src/storage/webhook-dispatch.store.js';
import { WebhookStore } from '../src/storage/webhook.store.js';
import { ChartsServer, startChartsServer } from './support/charts-server.js';
import { sourceConfig, testConfig } from './support/config.js';
import { newWebhook } from './support/notifier.js';
import { createTestDatabase, TestDatabase } from './support/postgres.js';
import { waitFor } from './support/wait-for.js';

// How processes of one role share their work, in an order that the test says: nothing here depends on how fast anybody is.
// With real processes that are killed: replicas.e2e-spec.ts, webhooks-crash.e2e-spec.ts and `npm run lab:cluster`.

let test: TestDatabase;

beforeEach(async () => {
  test = await createTestDatabase({ poolSize: 10 });
});
afterEach(() => test?.drop());

const rows = <T>(sql: string, values: unknown[] = []): Promise<T[]> => test.database.query<T>(sql, values);

describe('pollers', () => {
  const KEYS = ['a', 'b', 'c', 'd', 'e', 'f'];
  const LEASE_MS = 15_000;
  let charts: ChartsServer;
  let pollers: PollService[];

  beforeEach(async () => {
    charts = await startChartsServer();
    pollers = [];
  });
  afterEach(async () => {
    await Promise.all(pollers.map((poller) => poller.onApplicationShutdown()));
    await charts.close();
  });

  /** A process that comes to the others. */
  async function join(): Promise<PollService> {
    const { baseUrl, token } = charts;
    const sources = KEYS.map((key) =>
      sourceConfig({ key, platform: 'vectorcharts', baseUrl, auth: { token } }),
    );
    const poller = new PollService(testConfig(sources), test.database);
    pollers.push(poller);
    await poller.reconcile();
    return poller;
  }

  const due = (keys: readonly string[]) =>
    rows('UPDATE rollcall.source SET next_poll_at = now() WHERE key = ANY($1)', [keys]);

  /** The sources that are polled now, by who has them. */
  async function held(): Promise<string[][]> {
    const owned = await rows<{ keys: string[] }>(
      `SELECT array_agg(key ORDER BY key) AS keys FROM rollcall.source WHERE lease_owner IS NOT NULL GROUP BY lease_owner
       ORDER BY min(key)`,
    );
    return owned.map(({ keys }) => keys);
  }

  const nobodyPolls = () => waitFor(async () => (await held()).length === 0);

  /** Platforms that do not answer until they are told to. */
  function silence(requests: number): () => void {
    const open: ServerResponse[] = [];
    const keep = (_request: IncomingMessage, response: ServerResponse) => void open.push(response);
    charts.faults.push(...Array.from({ length: requests }, () => keep));
    return () => {
      charts.faults.length = 0;
      for (const response of open) response.writeHead(200, { 'content-type': 'application/json' }).end('[]');
    };
  }

  it('one that joins has its share within one interval: each is given what is due when it looks', async () => {
    const first = await join();
    await due(KEYS);
    await first.pollDue(32);
    await nobodyPolls();

    const second = await join();
    const answer = silence(KEYS.length);
    for (const [place, key] of KEYS.entries()) {
      await due([key]);
      await [first, second][place % 2]!.pollDue(32);
    }
    expect(await held()).toEqual([
      ['a', 'c', 'e'],
      ['b', 'd', 'f'],
    ]);
    answer();
    await nobodyPolls();
  });

  it('one has no more than it may poll at a time, and leaves the rest to the next that looks', async () => {
    const [first, second] = [await join(), await join()];
    await due(KEYS);
    const answer = silence(KEYS.length);
    await first.pollDue(2);
    await first.pollDue(2);
    await second.pollDue(32);
    expect((await held()).map(({ length }) => length).sort()).toEqual([2, 4]);
    answer();
    await nobodyPolls();
  });

  it('all that look at one moment never have a source in common', async () => {
    const all = [await join(), await join(), await join()];
    await due(KEYS);
    const answer = silence(KEYS.length);
    await Promise.all(all.map((poller) => poller.pollDue(32)));
    expect((await held()).flat().sort()).toEqual(KEYS);
    await waitFor(async () => charts.requests >= KEYS.length);
    expect(charts.requests).toBe(KEYS.length);
    answer();
    await nobodyPolls();
  });

  it('one that stops gives its sources back at once, though their platforms have not answered', async () => {
    const [first, second] = [await join(), await join()];
    await due(KEYS);
    silence(KEYS.length);
    await first.pollDue(32);
    await waitFor(async () => charts.requests === KEYS.length);
    await first.onModuleDestroy();
    expect(await held()).toEqual([]);
    const answer = silence(KEYS.length);
    await second.pollDue(32);
    expect(await held()).toEqual([KEYS]);
    answer();
    await nobodyPolls();
  });

  it('what a killed one had is polled again when its lease is over, and nothing that it still sends is written', async () => {
    const second = await join();
    await due(KEYS);
    const store = new LeaseStore(test.database);
    const killed = await store.claimDue('killed', KEYS, LEASE_MS, 32);

    await second.pollDue(32);
    expect(await held()).toEqual([KEYS]);
    await rows("UPDATE rollcall.source SET lease_until = now() - interval '1 millisecond'");
    await second.pollDue(32);
    await nobodyPolls();
    const [polled] = await rows<{ polls: number }>(
      "SELECT count(*) AS polls FROM rollcall.poll WHERE result = 'ok'",
    );
    expect(polled).toEqual({ polls: KEYS.length });

    for (const lease of killed) {
      await expect(store.renew(lease, LEASE_MS)).rejects.toThrow(LeaseLostError);
      await expect(test.database.transaction((client) => store.fence(client, lease))).rejects.toThrow(
        LeaseLostError,
      );
      await expect(store.release(lease, 0)).rejects.toThrow(LeaseLostError);
    }
  });

  it('a claim that a promoted standby never heard of is none, even if another is made in its place', async () => {
    await join();
    await due(['a']);
    const store = new LeaseStore(test.database);
    const before = await rows<{ token: number }>(
      "SELECT lease_token AS token FROM rollcall.source WHERE key = 'a'",
    );
    const [lost] = await store.claimDue('one', ['a'], LEASE_MS, 1);
    await rows(
      "UPDATE rollcall.source SET lease_token = $1, lease_owner = NULL, lease_until = NULL WHERE key = 'a'",
      [before[0]!.token],
    );
    const [kept] = await store.claimDue('two', ['a'], LEASE_MS, 1);
    await expect(store.renew(lost!, LEASE_MS)).rejects.toThrow(LeaseLostError);
    await expect(store.renew(kept!, LEASE_MS)).resolves.toBeUndefined();
  });

  it('has a source for a quarter of a minute at most without being heard of', async () => {
    const poller = await join();
    await due(['a']);
    const answer = silence(1);
    await poller.pollDue(1);
    const [row] = await rows<{ lasts: number }>(
      "SELECT extract(epoch FROM lease_until - now())::float8 * 1000 AS lasts FROM rollcall.source WHERE key = 'a'",
    );
    expect(row!.lasts).toBeGreaterThan(0);
    expect(row!.lasts).toBeLessThanOrEqual(LEASE_MS);
    answer();
    await nobodyPolls();
  });
});

describe('notifiers', () => {
  const LEASE_MS = 10_000;
  let store: WebhookDispatchStore;

  beforeEach(async () => {
    store = new WebhookDispatchStore(test.database);
    const webhooks = new WebhookStore(test.database);
    for (const name of ['a', 'b', 'c'])
      await webhooks.create(newWebhook({ name, url: 'https://hooks.example.com/' }));
  });

  const over = () => rows("UPDATE rollcall.webhook SET lease_until = now() - interval '1 millisecond'");

  it('never have an endpoint in common, and what a killed one had is another’s when its lease is over', async () => {
    const [one, two] = await Promise.all([store.claim('one', LEASE_MS, 2), store.claim('two', LEASE_MS, 2)]);
    const ids = [...one, ...two].map(({ id }) => id);
    expect(new Set(ids).size).toBe(3);
    expect(await store.claim('three', LEASE_MS, 3)).toEqual([]);
    await over();
    const three = await store.claim('three', LEASE_MS, 3);
    expect(three.map(({ id }) => id).sort()).toEqual([...ids].sort());
    expect(await store.renew([...one, ...two], LEASE_MS)).toEqual([]);
    for (const lease of [...one, ...two])
      await expect(store.turn(lease, () => Promise.resolve())).rejects.toThrow(WebhookLeaseLostError);
  });

  it('a claim that a promoted standby never heard of is none, even if another is made in its place', async () => {
    const before = await rows<{ id: string; fence: number }>('SELECT id, fence FROM rollcall.webhook');
    const lost = await store.claim('one', LEASE_MS, 3);
    for (const { id, fence } of before)
      await rows(
        'UPDATE rollcall.webhook SET fence = $2, lease_owner = NULL, lease_until = NULL WHERE id = $1',
        [id, fence],
      );
    const kept = await store.claim('two', LEASE_MS, 3);
    expect(await store.renew(lost, LEASE_MS)).toEqual([]);
    expect(await store.renew(kept, LEASE_MS)).toHaveLength(3);
  });
});
