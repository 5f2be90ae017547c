import { PollService } from '../src/polling/poll.service.js';
import { REFUSED_CREDENTIAL_MS } from '../src/polling/next-poll-at.js';
import { ManualClock } from '../src/simulators/clock.js';
import { SimulatedPlatform } from '../src/simulators/life.js';
import { Simulators, startSimulators } from '../src/simulators/simulators.js';
import { SourceControl } from '../src/storage/source.control.js';
import { check } from './lab/check.js';
import { DATABASE_FAULTS, DatabaseFault, DatabaseFaults } from './lab/database-faults.js';
import { sourceConfig, testConfig } from './support/config.js';
import { createTestDatabase, TestDatabase } from './support/postgres.js';
import { waitFor } from './support/wait-for.js';

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

/** One poll; null when the database cut it off. Its claim is given back by then: nobody has to wait for it to run out. */
async function poll(): Promise<{ error: unknown } | null> {
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
}, 400_000);

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
}, 400_000);

describe('a fault of the database', () => {
  beforeEach(async () => {
    await open();
    await poll();
    clock.advance(60_000);
  });

  afterEach(close);

  const source = async () =>
    (
      await test.database.query<Record<string, unknown>>(
        `SELECT health, health_reason, health_since, last_error, consecutive_failures, last_poll_at, lease_owner, requested_poll,
           extract(epoch FROM next_poll_at - now())::float8 * 1000 AS "dueInMs" FROM rollcall.source`,
      )
    )[0]!;
  const healthEvents = async () =>
    (await test.database.query("SELECT 1 FROM rollcall.event WHERE type = 'source.health'")).length;
  /** The poll's writing statements fail from the n-th on, so many of them. */
  const arm = async (from: number, count: number, kind: DatabaseFault = 'disk full'): Promise<void> => {
    for (let turn = from; turn < from + count; turn++) await faults.armAt(turn + 1, kind);
  };

  it.each(DATABASE_FAULTS)('is no news of the source: %s', async (kind) => {
    const { dueInMs: _, ...before } = await source();
    const told = await healthEvents();
    await arm(1, 1, kind);
    await expect(service.pollNow(KEY, 'incremental')).rejects.toThrow(
      /Connection terminated|terminating connection|No space left|deadlock/,
    );
    const { dueInMs, ...after } = await source();
    expect(after).toEqual({ ...before, lease_owner: null });
    expect(dueInMs).toBeLessThan(10_000);
    expect(await healthEvents()).toBe(told);
    expect(await poll()).toMatchObject({ error: null });
  });

  it('leaves what was asked for', async () => {
    await new SourceControl(test.database).requestPoll(KEY, 'sweep');
    await arm(1, 1);
    await service.pollDue(1);
    await waitFor(async () => sum(await faults.struck()) > 0 && (await source())['lease_owner'] === null);
    expect(await source()).toMatchObject({ requested_poll: 'sweep' });
  });

  it('that goes on for a while ends with the source given back', async () => {
    await arm(1, 4);
    expect(await poll()).toBeNull();
    expect(sum(await faults.struck())).toBe(4);
    expect(await source()).toMatchObject({ lease_owner: null });
  });

  it('does not hold a stop up, and the lease runs out by itself', async () => {
    await arm(1, 500);
    const polled = poll();
    await waitFor(async () => sum(await faults.struck()) > 1);
    await service.onApplicationShutdown();
    expect(await polled).toBeNull();
    expect((await source())['lease_owner']).not.toBeNull();
  });

  it('shortens no wait after a refused credential', async () => {
    simulators.inject(PLATFORM, { kind: 'status', status: 401 });
    await arm(1, 1);
    expect(await poll()).toBeNull();
    const { dueInMs, last_error: lastError } = await source();
    expect(lastError).toBeNull();
    expect(dueInMs).toBeGreaterThan(REFUSED_CREDENTIAL_MS - 60_000);
  });
});

/** A poll whose n-th writing statement fails, the claim left out. Returns how many did: none when the poll has fewer of them. */
async function pollStruckAt(turn: number): Promise<number> {
  const before = sum(await faults.struck());
  // One turn is the claim's.
  await faults.armAt(turn + 1, DATABASE_FAULTS[turn % DATABASE_FAULTS.length]!);
  await poll();
  await faults.disarm();
  return sum(await faults.struck()) - before;
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}
