import { Logger } from '@nestjs/common';
import { PollService } from '../src/polling/poll.service.js';
import { TestApi, startApi } from './support/api.js';
import { ChartsServer, chartJob, startChartsServer } from './support/charts-server.js';
import { sourceConfig, testConfig } from './support/config.js';
import { insertSource } from './support/jobs.js';
import { TestDatabase, createTestDatabase } from './support/postgres.js';

const INSTANT = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

let test: TestDatabase;
let charts: ChartsServer;
let api: TestApi;
let polls: PollService;

beforeEach(async () => {
  test = await createTestDatabase();
  charts = await startChartsServer([chartJob('a', 'processing')]);
  const { baseUrl, token } = charts;
  const draft = { key: 'charts', platform: 'vectorcharts', baseUrl, auth: { token } };
  const poll = { maxRequestsPerHour: 1_234 };
  polls = new PollService(testConfig([sourceConfig({ ...draft, poll })]), test.database);
  await polls.reconcile();
  api = await startApi(test.database);
});

afterEach(async () => {
  await api?.close();
  await polls?.onApplicationShutdown();
  await charts?.close();
  await test?.drop();
});

const history = (query = '') => api.get(`/api/v1/sources/charts/polls${query}`);

it('shows what came of each poll, the newest first', async () => {
  // a VectorCharts account is one list: every read of it is a sweep
  expect((await history()).body.data).toEqual([]);
  await polls.pollNow('charts', 'incremental');
  charts.jobs = [chartJob('a', 'completed'), chartJob('b', 'pending')];
  await polls.pollNow('charts', 'sweep');
  await charts.close();
  await polls.pollNow('charts', 'incremental');

  const { status, body } = await history();
  expect(status).toBe(200);
  const common = { id: expect.any(Number), beganAt: INSTANT, endedAt: INSTANT, rejected: 0 };
  expect(body.data).toEqual([
    {
      ...common,
      ...{ kind: 'sweep', result: 'network', requests: expect.any(Number) },
      error: { kind: 'network', message: expect.any(String) },
      ...{ records: 0, discovered: 0, changed: 0 },
    },
    {
      ...common,
      ...{ kind: 'sweep', result: 'ok', error: null, requests: 1, records: 2, discovered: 1, changed: 1 },
    },
    {
      ...common,
      ...{
        kind: 'sweep',
        result: 'ok',
        error: null,
        requests: 1,
        records: 1,
        discovered: 1,
        changed: 0,
      },
    },
  ]);
});

it('is walked page by page, in both directions', async () => {
  for (let count = 0; count < 5; count++) await polls.pollNow('charts', 'incremental');
  const all = (await history()).body.data;
  expect(all).toHaveLength(5);
  const first = (await history('?limit=2')).body;
  const second = (await history(`?limit=2&cursor=${first.page.next}`)).body;
  const third = (await history(`?limit=2&cursor=${second.page.next}`)).body;
  expect([...first.data, ...second.data, ...third.data]).toEqual(all);
  expect(third.page.next).toBeNull();
  expect((await history(`?limit=2&cursor=${second.page.prev}`)).body.data).toEqual(first.data);
  await insertSource(test.database, { key: 'other' });
  const elsewhere = await api.get(`/api/v1/sources/other/polls?limit=2&cursor=${first.page.next}`);
  expect([elsewhere.status, elsewhere.body.type]).toEqual([400, expect.stringContaining('cursor-mismatch')]);
});

it('is not there where the source is not', async () => {
  expect((await api.get('/api/v1/sources/nowhere/polls')).status).toBe(404);
});

it('the budget stands beside what was spent of it', async () => {
  await polls.pollNow('charts', 'incremental');
  const { body } = await api.get('/api/v1/sources/charts');
  expect([body.requestsLastHour, body.maxRequestsPerHour]).toEqual([1, 1_234]);
});

it('logs one line a poll, with its result and without what the platform must not tell', async () => {
  const lines: object[] = [];
  const keep = (level: string) => (line: object, context: string) => {
    if (context === 'Poll') lines.push({ level, ...line });
  };
  Logger.overrideLogger({ log: keep('info'), warn: keep('warn'), error: keep('error') });
  try {
    await polls.pollNow('charts', 'incremental');
    charts.faults.push((_request, response) => {
      response.writeHead(403, { 'www-authenticate': charts.token }).end(`not with ${charts.token}`);
    });
    await polls.pollNow('charts', 'incremental');
    const stopped = polls.pollNow('charts', 'sweep').catch((error: Error) => error.message);
    charts.faults.push(() => void polls.onModuleDestroy());
    expect(await stopped).toBe('Rollcall is stopping');
  } finally {
    Logger.overrideLogger(false);
  }
  const common = { source: 'charts', kind: 'sweep', pollId: expect.any(Number) as number };
  const counts = { requests: 1, records: 0, discovered: 0, changed: 0, rejected: 0, suspended: false };
  const durationMs = expect.any(Number) as number;
  expect(lines).toEqual([
    {
      ...{ level: 'info', ...common, ...counts, durationMs, records: 1, discovered: 1 },
      ...{ result: 'ok', health: 'healthy', reason: null, msg: 'polled' },
    },
    {
      ...{ level: 'warn', ...common, ...counts, durationMs },
      ...{ result: 'permission', health: 'failing', reason: 'permission' },
      msg: expect.stringMatching(/^poll failed: GET \/.*403/) as string,
    },
    {
      ...{ level: 'info', source: 'charts', result: 'cut-off', durationMs },
      msg: 'poll cut off: Rollcall is stopping',
    },
  ]);
  expect(JSON.stringify(lines)).not.toContain(charts.token);
});
