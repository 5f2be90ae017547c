import { PollService } from '../src/polling/poll.service.js';
import { ManualClock } from '../src/simulators/clock.js';
import { SimulatedPlatform } from '../src/simulators/life.js';
import { Simulators, startSimulators } from '../src/simulators/simulators.js';
import { check } from './lab/check.js';
import { DATABASE_FAULTS, DatabaseFaults } from './lab/database-faults.js';
import { sourceConfig, testConfig } from './support/config.js';
import { createTestDatabase, TestDatabase } from './support/postgres.js';

// The database fails in the middle of a transaction, at every statement in turn. Sweeps would heal what is lost that way, so none is
// made here: what was interrupted has to be made good by the very next poll.

const PLATFORM: SimulatedPlatform = 'integrate-io';
const KEY = 'etl';

let clock: ManualClock;
let simulators: Simulators;
let test: TestDatabase;
let faults: DatabaseFaults;
let service: PollService;

beforeEach(async () => {
  clock = new ManualClock(Date.UTC(2025, 0, 15, 14));
  // More than one transaction of a first read.
  simulators = await startSimulators({ seed: 5, jobs: 620, clock, platforms: [PLATFORM], limits: false });
});

afterEach(() => simulators.close());

async function open(): Promise<void> {
  test = await createTestDatabase();
  faults = await DatabaseFaults.install(test.database);
  service = new PollService(
    testConfig(simulators.sources.map((source) => sourceConfig(source))),
    test.database,
  );
  await service.reconcile();
}

async function close(): Promise<void> {
  await service.onApplicationShutdown();
  await test.drop();
}

/** One poll; null when the database cut it off. */
async function poll(): Promise<{ error: unknown } | null> {
  // The claim of a poll that was cut off would run out by itself; nobody needs to wait for that here.
  await test.database.query('UPDATE rollcall.source SET lease_until = NULL');
  return service.pollNow(KEY, 'incremental').catch(() => null);
}

async function findings() {
  const { lost, wrong, duplicates, missing } = await check(test.database, {
    world: simulators.world,
    sources: new Map([[PLATFORM, KEY]]),
    now: clock.now(),
    removed: [],
    strangers: new Set(),
  });
  return { lost: lost.length, wrong, duplicates, missing };
}

const NOTHING = { lost: 0, wrong: [], duplicates: [], missing: [] };

it('a first read that is interrupted at any statement is complete after the next poll', async () => {
  let turn = 0;
  let struck: number;
  do {
    turn++;
    await open();
    struck = await pollStruckAt(turn);
    expect({ turn, summary: await poll() }).toMatchObject({ turn, summary: { error: null } });
    expect({ turn, ...(await findings()) }).toEqual({ turn, ...NOTHING });
    await close();
  } while (struck > 0);
  expect(turn).toBeGreaterThan(10);
}, 180_000);

it('so is a later poll of a world that goes on', async () => {
  let turn = 0;
  let struck: number;
  await open();
  await poll();
  do {
    turn++;
    clock.advance(8_000);
    struck = await pollStruckAt(turn);
    expect({ turn, summary: await poll() }).toMatchObject({ turn, summary: { error: null } });
    expect({ turn, ...(await findings()) }).toEqual({ turn, ...NOTHING });
  } while (struck > 0);
  expect(turn).toBeGreaterThan(5);
  await close();
}, 180_000);

/** A poll whose n-th writing statement fails, the claim left out. Returns how many did: none when the poll has fewer of them. */
async function pollStruckAt(turn: number): Promise<number> {
  const before = sum(await faults.struck());
  // One turn is this file's own statement, one the claim's.
  await faults.armAt(turn + 2, DATABASE_FAULTS[turn % DATABASE_FAULTS.length]!);
  await poll();
  await faults.disarm();
  return sum(await faults.struck()) - before;
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}
