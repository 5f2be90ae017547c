import { isTerminal } from '../src/domain/job-state.js';
import { PollService } from '../src/polling/poll.service.js';
import { ManualClock } from '../src/simulators/clock.js';
import { Simulators, startSimulators } from '../src/simulators/simulators.js';
import { sourceConfig, testConfig } from './support/config.js';
import { createTestDatabase, TestDatabase } from './support/postgres.js';

// Elastic Path's reads can lag its writes by a minute: a list and a job's own page may agree that a young job is not there.

const STORE = 'store';

let test: TestDatabase;
let clock: ManualClock;
let simulators: Simulators;
let service: PollService;

beforeEach(async () => {
  test = await createTestDatabase();
  clock = new ManualClock(Date.UTC(2025, 0, 15, 14));
  simulators = await startSimulators({
    seed: 9,
    jobs: 60,
    clock,
    platforms: ['elastic-path'],
    limits: false,
  });
  service = new PollService(
    testConfig(simulators.sources.map((source) => sourceConfig(source))),
    test.database,
  );
  await service.reconcile();
});

afterEach(async () => {
  await service.onApplicationShutdown();
  await simulators.close();
  await test.drop();
});

const vanished = async (): Promise<string[]> => {
  const rows = await test.database.query<{ external_id: string }>(
    'SELECT external_id FROM rollcall.job WHERE vanished_at IS NOT NULL OR (absent_at IS NOT NULL AND NOT terminal)',
  );
  return rows.map(({ external_id: id }) => id);
};

it('a job does not vanish because a read lags', async () => {
  await service.pollNow(STORE, 'sweep');
  clock.advance(40_000);
  await service.pollNow(STORE, 'sweep');
  simulators.inject('elastic-path', { kind: 'lag', ms: 40_000, times: Infinity });
  expect(await service.pollNow(STORE, 'incremental')).toMatchObject({ error: null, discovered: 0 });
  expect(await service.pollNow(STORE, 'sweep')).toMatchObject({ error: null, discovered: 0 });
  expect(await vanished()).toEqual([]);
});

it('a job that was known for longer than reads lag vanishes when list and page are without it', async () => {
  await service.pollNow(STORE, 'sweep');
  const open = simulators.world.truth(clock.now()).find(({ state }) => !isTerminal(state))!;
  simulators.world.remove('elastic-path', open.externalId);
  await service.pollNow(STORE, 'sweep');
  expect(await vanished()).toEqual([]);
  // A minute later, as far as the database knows.
  await test.database.query("UPDATE rollcall.job SET first_seen_at = first_seen_at - interval '61 seconds'");
  await service.pollNow(STORE, 'sweep');
  expect(await vanished()).toEqual([open.externalId]);
});
