import { PollService } from '../src/polling/poll.service.js';
import { SourceControl } from '../src/storage/source.control.js';
import { LeaseStore } from '../src/storage/lease.store.js';
import { PollOutcome, PollStore } from '../src/storage/poll.store.js';
import { TestApi, startApi } from './support/api.js';
import { chartJob, ChartsServer, startChartsServer } from './support/charts-server.js';
import { sourceConfig, testConfig } from './support/config.js';
import { createTestDatabase, TestDatabase } from './support/postgres.js';

// Contract, section 7: one `source.health` on every change of what a source's health shows, and none without one.

let test: TestDatabase;
let charts: ChartsServer;
let polls: PollService;
let api: TestApi;
let services: PollService[];

beforeEach(async () => {
  test = await createTestDatabase();
  charts = await startChartsServer([chartJob('a', 'completed')]);
  services = [];
  polls = await service();
  await polls.pollNow('charts', 'incremental');
  api = await startApi(test.database);
  told = await position();
});

afterEach(async () => {
  await api?.close();
  for (const one of services) await one.onApplicationShutdown();
  await charts?.close();
  await test?.drop();
});

/** A service that comes with another configuration: without the source, or with other words about it. */
async function service(over: { enabled?: boolean; none?: boolean } = {}): Promise<PollService> {
  const { baseUrl, token } = charts;
  const { none, ...draft } = over;
  const source = sourceConfig({
    key: 'charts',
    platform: 'vectorcharts',
    baseUrl,
    auth: { token },
    ...draft,
  });
  const made = new PollService(testConfig(none === true ? [] : [source]), test.database);
  services.push(made);
  await made.reconcile();
  return made;
}

/** Where the events begin that a test looks at. */
let told: number;
const position = async (): Promise<number> =>
  (
    await test.database.query<{ last: number }>(
      'SELECT coalesce(max(position), 0) AS last FROM rollcall.event',
    )
  )[0]!.last;

/** `previous → health (reason)` of every health event since the last call. */
async function events(): Promise<string[]> {
  const rows = await test.database.query<{ body: Record<string, string | null> }>(
    "SELECT body FROM rollcall.event WHERE type = 'source.health' AND position > $1 ORDER BY position",
    [told],
  );
  told = await position();
  return rows.map(({ body }) => `${body['previousHealth']} → ${body['health']} (${body['reason']})`);
}

const shown = async () => (await api.get('/api/v1/sources/charts')).body;
const row = async () =>
  (await test.database.query<{ xmin: string }>('SELECT xmin::text, * FROM rollcall.source'))[0]!;
const update = (change: string) => test.database.query(`UPDATE rollcall.source SET ${change}`);
/** The last proof becomes so old. */
const age = (interval: string) =>
  update(
    `complete_through = complete_through - interval '${interval}', proven_at = proven_at - interval '${interval}'`,
  );

describe('a configuration', () => {
  it('that disables and enables a source says so, once', async () => {
    await service({ enabled: false });
    expect(await events()).toEqual(['healthy → paused (disabled)']);
    const since = Date.parse((await shown()).since);
    await service({ enabled: false });
    expect(await events()).toEqual([]);
    expect(Date.parse((await shown()).since)).toBe(since);
    await service();
    expect(await events()).toEqual(['paused → healthy (null)']);
    expect(await shown()).toMatchObject({ health: 'healthy', reason: null });
    expect(Date.parse((await shown()).since)).toBeGreaterThan(since);
  });

  it('that retires a source and brings it back says so, once', async () => {
    await service({ none: true });
    expect(await events()).toEqual(['healthy → retired (null)']);
    await service({ none: true });
    expect(await events()).toEqual([]);
    const since = Date.parse((await shown()).since);
    const back = await service();
    expect(await events()).toEqual(['retired → degraded (not-polled-yet)']);
    expect(Date.parse((await shown()).since)).toBeGreaterThan(since);
    await back.pollNow('charts', 'incremental');
    expect(await events()).toEqual(['degraded → healthy (null)']);
  });

  it('that brings a source back disabled, or retires one that is paused, tells what shows', async () => {
    await service({ none: true });
    await service({ enabled: false });
    expect(await events()).toEqual(['healthy → retired (null)', 'retired → paused (disabled)']);
    await service();
    await new SourceControl(test.database).pause('charts', null);
    await service({ none: true });
    expect(await events()).toEqual([
      'paused → degraded (not-polled-yet)',
      'degraded → paused (paused)',
      'paused → retired (null)',
    ]);
  });

  it('that changes nothing of a source says nothing', async () => {
    await service();
    expect(await events()).toEqual([]);
  });
});

describe('a source that falls behind', () => {
  it('is told once, since when it is so, and again when it has caught up', async () => {
    await age('1 hour');
    const { since } = await shown();
    await polls.tellHealth();
    expect(await events()).toEqual(['healthy → degraded (behind)']);
    expect(await shown()).toMatchObject({ health: 'degraded', reason: 'behind', since });
    const before = await row();
    await polls.tellHealth();
    expect(await row()).toEqual(before);
    expect(await events()).toEqual([]);
    await polls.pollNow('charts', 'incremental');
    expect(await events()).toEqual(['degraded → healthy (null)']);
    expect((await shown()).health).toBe('healthy');
  });

  it('is told by one of several processes', async () => {
    await age('1 hour');
    const others = [await service(), await service(), await service()];
    await Promise.all([polls, ...others].map((one) => one.tellHealth()));
    expect(await events()).toEqual(['healthy → degraded (behind)']);
  });

  it('is told by a poll that went well and proved nothing, and stays so after the next one', async () => {
    await age('1 hour');
    await pollWithoutProof();
    expect(await events()).toEqual(['healthy → degraded (behind)']);
    const { since } = await shown();
    await pollWithoutProof();
    await polls.tellHealth();
    expect(await events()).toEqual([]);
    expect(await shown()).toMatchObject({ reason: 'behind', since });
  });

  it('that fails then is failing, and behind again afterwards', async () => {
    await age('1 hour');
    await polls.tellHealth();
    charts.faults.push((_request, response) => void response.writeHead(403).end());
    await polls.pollNow('charts', 'incremental');
    const failedAt = Date.parse((await shown()).since);
    await pollWithoutProof();
    expect(await events()).toEqual([
      'healthy → degraded (behind)',
      'degraded → failing (permission)',
      'failing → degraded (behind)',
    ]);
    expect(Date.parse((await shown()).since)).toBeGreaterThanOrEqual(failedAt);
  });

  it('is so no more when the configuration asks for less', async () => {
    await age('1 hour');
    await polls.tellHealth();
    await update('stale_after_ms = 86400000');
    await polls.tellHealth();
    expect(await events()).toEqual(['healthy → degraded (behind)', 'degraded → healthy (null)']);
  });

  it('while it is paused shows it when the pause ends', async () => {
    const control = new SourceControl(test.database);
    await control.pause('charts', null);
    await age('1 hour');
    await polls.tellHealth();
    expect(await events()).toEqual(['healthy → paused (paused)']);
    await control.resume('charts');
    expect(await events()).toEqual(['paused → degraded (behind)']);
    expect(await shown()).toMatchObject({ health: 'degraded', reason: 'behind' });
  });
});

describe('a pause that ends by itself', () => {
  it('is told with nobody polling, from its end on', async () => {
    await new SourceControl(test.database).pause('charts', Date.now() + 3_600_000);
    await update("paused_until = date_trunc('milliseconds', now()) - interval '1 second'");
    const { since } = await shown();
    await polls.tellHealth();
    expect(await events()).toEqual(['healthy → paused (paused)', 'paused → healthy (null)']);
    expect(await shown()).toMatchObject({ health: 'healthy', since });
    expect(await row()).toMatchObject({ paused_at: null, paused_until: null });
    await polls.tellHealth();
    expect(await events()).toEqual([]);
  });

  it('and is renewed before anybody noticed was never over', async () => {
    const control = new SourceControl(test.database);
    await control.pause('charts', Date.now() + 3_600_000);
    await update("paused_until = now() - interval '1 second'");
    await control.pause('charts', null);
    await polls.tellHealth();
    expect(await events()).toEqual(['healthy → paused (paused)']);
    expect((await shown()).health).toBe('paused');
  });
});

/** As a platform's bounded walk: it found no news, which proves nothing. */
async function pollWithoutProof(): Promise<void> {
  const lease = (await new LeaseStore(test.database).claimNow('test', 'charts', 60_000))!;
  const outcome: PollOutcome = {
    kind: 'incremental',
    beganAt: lease.claimedAt,
    durationMs: 0,
    error: null,
    health: 'healthy',
    reason: null,
    nextPollAt: lease.claimedAt + 60_000,
    consecutiveFailures: 0,
    bookmark: lease.bookmark,
    walk: null,
    openRound: null,
    skippedOld: 0,
    requests: 1,
    records: 0,
    discovered: 0,
    changed: 0,
    rejected: 0,
  };
  await new PollStore(test.database).finish(lease, outcome, { requests: 1, answers: new Map([['200', 1]]) });
}
