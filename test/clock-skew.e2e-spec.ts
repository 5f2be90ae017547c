import { PollService } from '../src/polling/poll.service.js';
import { RealClock } from '../src/simulators/clock.js';
import { SIMULATED_PLATFORMS, SimulatedPlatform } from '../src/simulators/life.js';
import { Simulators, startSimulators } from '../src/simulators/simulators.js';
import { fromPg } from '../src/storage/pg-time.js';
import { completeThroughHere } from '../src/storage/source-health.js';
import { sourceConfig, testConfig } from './support/config.js';
import { createTestDatabase, TestDatabase } from './support/postgres.js';

const TEN_MINUTES = 600_000;
const PLATFORM = 'integrate-io';

let test: TestDatabase;
let simulators: Simulators;
let service: PollService;
let platform: SimulatedPlatform;

async function open(which: SimulatedPlatform): Promise<void> {
  platform = which;
  test = await createTestDatabase();
  simulators = await startSimulators({
    ...{ seed: 4, jobs: 40, clock: new RealClock(), platforms: [which], limits: false },
    // Nothing moves while it is read: what a poll proves is not the question here.
    ...{ endless: false, historyMs: 86_400_000, paceMs: 1 },
  });
  service = new PollService(
    testConfig(simulators.sources.map((source) => sourceConfig(source))),
    test.database,
  );
  await service.reconcile();
}

afterEach(async () => {
  await service.onApplicationShutdown();
  await simulators.close();
  await test.drop();
});

/** Polls while the upstream's clock is so far off, and says up to when (by our clock) every change is then said to be known. */
async function knownThrough(skewMs: number): Promise<{ claimed: number; begun: number; ended: number }> {
  const undo = simulators.inject(platform, { kind: 'skew', ms: skewMs, times: Infinity });
  const begun = await test.database.now();
  const kind = platform === 'workfloplus' ? 'sweep' : 'incremental';
  expect(await service.pollNow(simulators.sources[0]!.key, kind)).toMatchObject({ error: null });
  const ended = await test.database.now();
  undo();
  return { ...(await claim()), begun, ended };
}

async function claim(): Promise<{ claimed: number }> {
  const [row] = await test.database.query<{ complete_through: string; clock_skew_ms: number }>(
    'SELECT complete_through, clock_skew_ms FROM rollcall.source',
  );
  const facts = { completeThrough: fromPg(row!.complete_through), clockSkewMs: row!.clock_skew_ms };
  return { claimed: completeThroughHere(facts)! };
}

// A Date header has whole seconds, and the skew is measured by it.
const ROUNDING_MS = 2_000;

it.each([
  ['ahead', [TEN_MINUTES]],
  ['behind', [-TEN_MINUTES]],
  ['ahead, and then right', [TEN_MINUTES, 0]],
  ['behind, and then right', [-TEN_MINUTES, 0]],
  ['right, and then behind', [0, -TEN_MINUTES]],
])('with an upstream clock that is %s, nothing is claimed that was not read', async (_, skews) => {
  await open(PLATFORM);
  for (const skew of skews) await expectRightClaim(skew);
});

it.each(SIMULATED_PLATFORMS.filter((other) => other !== PLATFORM))(
  'nor with that of %s, ahead, behind, and right',
  async (other) => {
    await open(other);
    for (const skew of [TEN_MINUTES, -TEN_MINUTES, 0]) await expectRightClaim(skew);
  },
  30_000,
);

async function expectRightClaim(skew: number): Promise<void> {
  const settleMs = platform === 'elastic-path' ? 60_000 : 0;
  const { claimed, begun, ended } = await knownThrough(skew);
  expect(claimed + settleMs).toBeLessThanOrEqual(ended + ROUNDING_MS);
  expect(claimed + settleMs).toBeGreaterThanOrEqual(begun - ROUNDING_MS);
}

it('a poll that fails after its first answer does not date what was known before by another clock', async () => {
  await open(PLATFORM);
  const before = await knownThrough(0);
  simulators.inject(PLATFORM, { kind: 'skew', ms: -TEN_MINUTES, times: Infinity });
  simulators.inject(PLATFORM, { kind: 'truncated-json' });
  expect(await service.pollNow('etl', 'incremental')).toMatchObject({
    error: { kind: 'malformed-response' },
  });
  expect((await claim()).claimed).toBe(before.claimed);
});
