import { PollService } from '../src/polling/poll.service.js';
import { fromPg } from '../src/storage/pg-time.js';
import { Answer, TestApi, startApi } from './support/api.js';
import { ChartsServer, chartJob, startChartsServer } from './support/charts-server.js';
import { sourceConfig, testConfig } from './support/config.js';
import { TestDatabase, createTestDatabase } from './support/postgres.js';
import { waitFor } from './support/wait-for.js';

const HOUR = 3_600_000;

let test: TestDatabase;
let charts: ChartsServer;
let api: TestApi;
let polls: PollService;

beforeEach(async () => {
  test = await createTestDatabase();
  charts = await startChartsServer([chartJob('a', 'completed')]);
  polls = await service();
  await polls.pollNow('charts', 'incremental');
  api = await startApi(test.database);
});

afterEach(async () => {
  await api?.close();
  await polls?.onApplicationShutdown();
  await charts?.close();
  await test?.drop();
});

async function service(over: { enabled?: boolean } = {}): Promise<PollService> {
  const { baseUrl, token } = charts;
  const draft = { key: 'charts', platform: 'vectorcharts', baseUrl, auth: { token }, ...over };
  const made = new PollService(testConfig([sourceConfig(draft)]), test.database);
  await made.reconcile();
  return made;
}

const post = (verb: string, payload?: object): Promise<Answer> =>
  api.send('POST', `/api/v1/sources/charts/${verb}`, payload === undefined ? {} : { payload });
const shown = async () => (await api.get('/api/v1/sources/charts')).body;
const inAnHour = () => new Date(Date.now() + HOUR).toISOString();
const healthEvents = () =>
  test.database.query<{ health: string; previousHealth: string; reason: string | null }>(
    "SELECT body->>'previousHealth' AS \"previousHealth\", body->>'health' AS health, body->>'reason' AS reason FROM rollcall.event WHERE type = 'source.health' ORDER BY position OFFSET 1",
  );
const makeDue = () => test.database.query('UPDATE rollcall.source SET next_poll_at = now()');
const row = async () =>
  (
    await test.database.query<Record<string, string | null>>(
      'SELECT paused_at, paused_until, next_poll_at, next_poll_at <= now() AS due FROM rollcall.source',
    )
  )[0]!;

/** Whether a poller finds the source due, as the scheduler would. */
async function isPolled(): Promise<boolean> {
  const before = charts.requests;
  await polls.pollDue(1);
  const lease = () =>
    test.database.query<{ free: boolean }>('SELECT lease_owner IS NULL AS free FROM rollcall.source');
  await waitFor(async () => (await lease())[0]!.free);
  return charts.requests > before;
}

it('stops the polls until somebody resumes the source, which is then due at once', async () => {
  const { status, headers, body } = await post('pause');
  expect([status, headers['cache-control'], body.key]).toEqual([200, 'no-store', 'charts']);
  expect(body).toMatchObject({ health: 'paused', reason: 'paused', nextPollAt: null });
  expect(await shown()).toEqual({ ...body, lagMs: expect.any(Number) });
  await makeDue();
  expect(await isPolled()).toBe(false);

  await test.database.query("UPDATE rollcall.source SET next_poll_at = now() + interval '1 hour'");
  const resumed = await post('resume');
  expect([resumed.status, resumed.body.health, resumed.body.reason]).toEqual([200, 'healthy', null]);
  expect(Date.parse(resumed.body.since)).toBeGreaterThanOrEqual(Date.parse(body.since));
  expect((await row())['due']).toBe(true);
  expect(await isPolled()).toBe(true);
  expect(await healthEvents()).toEqual([
    { previousHealth: 'healthy', health: 'paused', reason: 'paused' },
    { previousHealth: 'paused', health: 'healthy', reason: null },
  ]);
});

it('ends by itself when it says until when, and the first poll after it says so', async () => {
  const until = inAnHour();
  expect((await post('pause', { until })).body).toMatchObject({ health: 'paused', nextPollAt: until });
  await makeDue();
  expect(await isPolled()).toBe(false);
  await test.database.query("UPDATE rollcall.source SET paused_until = now() - interval '1 second'");
  expect((await shown()).health).toBe('healthy');
  expect(await isPolled()).toBe(true);
  expect(await row()).toMatchObject({ paused_at: null, paused_until: null });
  expect(await healthEvents()).toEqual([
    { previousHealth: 'healthy', health: 'paused', reason: 'paused' },
    { previousHealth: 'paused', health: 'healthy', reason: null },
  ]);
});

it('survives a restart', async () => {
  const { body } = await post('pause');
  await polls.onApplicationShutdown();
  polls = await service();
  await makeDue();
  expect(await isPolled()).toBe(false);
  expect(await shown()).toMatchObject({ health: 'paused', since: body.since, nextPollAt: null });
});

it('of a paused source moves its end and nothing else', async () => {
  const { since } = (await post('pause')).body;
  const until = inAnHour();
  expect((await post('pause', { until })).body).toMatchObject({ health: 'paused', since, nextPollAt: until });
  expect((await post('pause', { until: null })).body).toMatchObject({ since, nextPollAt: null });
  expect(await healthEvents()).toHaveLength(1);
});

it('leaves a poll that is under way to its end, whose health shows when the source is resumed', async () => {
  charts.faults.push((_request, response) => {
    void post('pause').then(() => response.writeHead(403).end());
  });
  expect(await polls.pollNow('charts', 'incremental')).toMatchObject({ health: 'failing' });
  expect((await shown()).health).toBe('paused');
  expect((await post('resume')).body).toMatchObject({ health: 'failing', reason: 'permission' });
  expect(await healthEvents()).toEqual([
    { previousHealth: 'healthy', health: 'paused', reason: 'paused' },
    { previousHealth: 'paused', health: 'failing', reason: 'permission' },
  ]);
});

it('resuming a source that is not paused does nothing', async () => {
  const before = await row();
  expect((await post('resume')).body.health).toBe('healthy');
  expect(await row()).toEqual(before);
  expect(await healthEvents()).toEqual([]);
});

it('of a disabled source is kept, and changes nothing that is shown', async () => {
  await service({ enabled: false }).then((other) => other.onApplicationShutdown());
  expect((await post('pause')).body).toMatchObject({
    health: 'paused',
    reason: 'disabled',
    nextPollAt: null,
  });
  expect(await healthEvents()).toEqual([{ previousHealth: 'healthy', health: 'paused', reason: 'disabled' }]);
});

it('of a retired source is refused', async () => {
  await test.database.query("UPDATE rollcall.source SET retired_at = now(), health = 'retired'");
  for (const verb of ['pause', 'resume']) {
    const { status, body } = await post(verb);
    expect([status, body.type, body.detail]).toEqual([
      409,
      'urn:rollcall:problem:conflict',
      'The source charts is retired: nobody polls it.',
    ]);
  }
  expect((await row())['paused_at']).toBeNull();
});

it('of no source is a 404', async () => {
  for (const verb of ['pause', 'resume'])
    expect((await api.send('POST', `/api/v1/sources/none/${verb}`)).status).toBe(404);
});

it('takes every way to write an instant with its zone', async () => {
  for (const until of ['2999-01-15T10:00:00Z', '2999-01-15T11:00:00.000+01:00', '2999-01-15T10:00Z']) {
    const { status } = await post('pause', { until });
    expect([until, status]).toEqual([until, 200]);
    expect(fromPg((await row())['paused_until']!)).toBe(Date.UTC(2999, 0, 15, 10));
  }
});

describe('a body', () => {
  const TIME = 'is not a time in the future: ISO 8601 with zone, such as 2030-01-15T10:00:00Z';
  it.each<[unknown, object[]]>([
    [{ until: '2020-01-01T00:00:00Z' }, [{ pointer: '#/until', detail: TIME }]],
    [{ until: '2999-01-01T00:00:00' }, [{ pointer: '#/until', detail: TIME }]],
    [{ until: '2999-02-30T00:00:00Z' }, [{ pointer: '#/until', detail: TIME }]],
    [{ until: '2999-01-01 00:00:00 +0000 UTC' }, [{ pointer: '#/until', detail: TIME }]],
    [{ until: 'tomorrow' }, [{ pointer: '#/until', detail: TIME }]],
    [{ until: 32503680000000 }, [{ pointer: '#/until', detail: TIME }]],
    [{ until: {} }, [{ pointer: '#/until', detail: TIME }]],
    [{ untill: inAnHour() }, [{ pointer: '#/untill', detail: 'is unknown; did you mean "until"?' }]],
    [
      { until: '', 'a/b~\ud800': 1 },
      [
        { pointer: '#/a~1b~0%EF%BF%BD', detail: 'is unknown; did you mean "until"?' },
        { pointer: '#/until', detail: TIME },
      ],
    ],
    [[], [{ pointer: '#', detail: 'is not an object' }]],
    [['2999-01-01T00:00:00Z'], [{ pointer: '#', detail: 'is not an object' }]],
    ['"2999-01-01T00:00:00Z"', [{ pointer: '#', detail: 'is not an object' }]],
  ])('%j is refused with every fault', async (payload, errors) => {
    const { status, body } = await api.send('POST', '/api/v1/sources/charts/pause', {
      payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
      headers: { 'content-type': 'application/json' },
    });
    expect([status, body.type, body.errors]).toEqual([400, 'urn:rollcall:problem:invalid-request', errors]);
    expect((await row())['paused_at']).toBeNull();
  });

  it.each(['{"until":', '{"__proto__":{"until":"2999-01-01T00:00:00Z"}}'])(
    '%s is refused',
    async (payload) => {
      const headers = { 'content-type': 'application/json' };
      const { status, body } = await api.send('POST', '/api/v1/sources/charts/pause', { payload, headers });
      expect([status, body.type]).toEqual([400, 'urn:rollcall:problem:invalid-request']);
    },
  );

  it('is nothing that resuming takes', async () => {
    expect((await post('resume', {})).status).toBe(200);
    const { status, body } = await post('resume', { until: inAnHour() });
    expect([status, body.errors]).toEqual([
      400,
      [{ pointer: '#/until', detail: 'is unknown: this takes no fields' }],
    ]);
  });

  it('may be left out, as the document says', async () => {
    const { body } = await api.get('/openapi.json');
    for (const verb of ['poll', 'pause', 'resume'])
      expect(body.paths[`/api/v1/sources/{key}/${verb}`].post.requestBody.required).toBe(false);
    expect(body.components.schemas.PauseSourceBody.required).toBeUndefined();
  });

  it('is no place for a parameter', async () => {
    expect((await post('pause?until=2999-01-01T00:00:00Z')).status).toBe(400);
  });
});
