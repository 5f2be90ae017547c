import { PollService } from '../src/polling/poll.service.js';
import { pollBoundMs } from '../src/polling/next-poll-at.js';
import { ManualClock } from '../src/simulators/clock.js';
import { Simulators, startSimulators } from '../src/simulators/simulators.js';
import { USER_AGENT } from '../src/version.js';
import { startChartsServer } from './support/charts-server.js';
import { sourceConfig, testConfig } from './support/config.js';
import { createTestDatabase, TestDatabase } from './support/postgres.js';
import { waitFor } from './support/wait-for.js';

// How long a platform may take: a request its timeout, a poll its bound.

const PLATFORM = 'elastic-path';
const STORE = 'store';
const NO_RETRY = { maxRetries: 0, minTimeoutMs: 1, maxTimeoutMs: 1 };

let test: TestDatabase;
let simulators: Simulators;
let service: PollService;

beforeEach(async () => {
  test = await createTestDatabase();
  const clock = new ManualClock(Date.UTC(2025, 0, 15, 14));
  simulators = await startSimulators({ seed: 9, jobs: 60, clock, platforms: [PLATFORM], limits: false });
});

afterEach(async () => {
  jest.restoreAllMocks();
  await service.onApplicationShutdown();
  await simulators.close();
  await test.drop();
});

async function start(timeoutMs: number): Promise<void> {
  const config = testConfig(
    simulators.sources.map((source) => sourceConfig({ ...source, poll: { timeoutMs, pageSize: 10 } })),
  );
  service = new PollService(config, test.database, NO_RETRY);
  await service.reconcile();
}

const source = async () =>
  (
    await test.database.query<Record<string, unknown>>(
      'SELECT health, health_reason, consecutive_failures, lease_owner, walk, last_error FROM rollcall.source',
    )
  )[0]!;
const jobs = async () => (await test.database.query('SELECT 1 FROM rollcall.job')).length;
const requests = (part: string) =>
  simulators.requests.list(PLATFORM).filter(({ url }) => url.includes(part)).length;
const isList = ({ path }: { path: string }) => path === '/pcm/jobs';

it('a body that drips ends its poll, and the next one reads all', async () => {
  await start(2_000);
  const release = simulators.inject(PLATFORM, {
    kind: 'drip',
    bytes: 1,
    everyMs: 20,
    times: Infinity,
    match: isList,
  });
  expect(await service.pollNow(STORE, 'incremental')).toMatchObject({
    error: { kind: 'timeout', message: 'GET /pcm/jobs: the answer was not here within 2000 ms' },
  });
  expect(await source()).toMatchObject({ health: 'failing', health_reason: 'timeout', lease_owner: null });
  release();
  expect(await service.pollNow(STORE, 'incremental')).toMatchObject({ error: null, health: 'healthy' });
  expect(await jobs()).toBe(60);
  expect(requests('/oauth/access_token')).toBe(1);
});

it('a poll that goes on past its bound ends as a timeout, with all that it has read', async () => {
  const timeoutMs = 600_000;
  await start(timeoutMs);
  const timers = jest.spyOn(globalThis, 'setTimeout');
  let lists = 0;
  simulators.inject(PLATFORM, { kind: 'hang', match: (call) => isList(call) && ++lists === 3 });
  const polled = service.pollNow(STORE, 'sweep');
  await waitFor(async () => lists === 3);
  const [bound] = timers.mock.calls.filter(([, ms]) => ms === pollBoundMs('sweep', timeoutMs));
  (bound![0] as () => void)();
  expect(await polled).toMatchObject({
    error: { kind: 'timeout', message: 'the poll was not over within 360 minutes' },
  });
  expect(await jobs()).toBeGreaterThan(10);
  const cutOff = await source();
  expect(cutOff).toMatchObject({ health: 'failing', consecutive_failures: 1, lease_owner: null });
  expect(cutOff['walk']).toMatchObject({ kind: 'sweep' });

  expect(await service.pollNow(STORE, 'sweep')).toMatchObject({ error: null, health: 'healthy' });
  expect(await jobs()).toBe(60);
  expect(requests('/oauth/access_token')).toBe(1);
});

it('every request says who asks', async () => {
  const charts = await startChartsServer();
  const names: (string | undefined)[] = [];
  charts.faults.push((request, response) => {
    names.push(request.headers['user-agent']);
    response.writeHead(403).end();
  });
  const { baseUrl, token } = charts;
  const config = sourceConfig({ key: 'charts', platform: 'vectorcharts', baseUrl, auth: { token } });
  service = new PollService(testConfig([config]), test.database, NO_RETRY);
  await service.pollNow('charts', 'sweep');
  expect(names).toEqual([USER_AGENT]);
  await charts.close();
});
