import { rm } from 'node:fs/promises';
import { PollService } from '../src/polling/poll.service.js';
import { ManualClock } from '../src/simulators/clock.js';
import { SimulatedPlatform } from '../src/simulators/life.js';
import { Simulators, startSimulators } from '../src/simulators/simulators.js';
import { Database, openDatabase } from '../src/storage/database.js';
import { migrate } from '../src/storage/migrate.js';
import { check } from './lab/check.js';
import { RestartKind, restartServer } from './lab/server-restart.js';
import { sourceConfig, testConfig } from './support/config.js';
import { quietLog } from './support/quiet-log.js';
import { makeTestFolder } from './support/test-folder.js';

// The server goes away in the middle of a poll and comes back by itself. It is a server of this file's own, which survives what its
// commits promise: those of the other tests do not wait for the disk.

const PLATFORM: SimulatedPlatform = 'elastic-path';
const KEY = 'store';
/** How the server goes, and at which request of the poll: at its login, between its pages, and while it asks for single jobs. */
const CASES: [RestartKind, number][] = [
  ['restart', 0],
  ['restart', 2],
  ['restart', 4],
  ['crash', 2],
  ['kill', 4],
];

let folder: string;
let database: Database;
let url: string;
let clock: ManualClock;
let simulators: Simulators;
let service: PollService;
let cutOff = 0;

beforeAll(async () => {
  folder = await makeTestFolder();
  database = await openDatabase({ url: null, dataDir: folder, poolSize: 5, log: quietLog() });
  url = database.embedded!.url;
  await migrate(database);
  clock = new ManualClock(Date.UTC(2025, 0, 15, 14));
  simulators = await startSimulators({ seed: 8, jobs: 150, clock, platforms: [PLATFORM], limits: false });
  const config = testConfig(
    simulators.sources.map((source) => sourceConfig({ ...source, poll: { pageSize: 40 } })),
  );
  service = new PollService(config, database);
  await service.reconcile();
}, 60_000);

afterAll(async () => {
  await service.onApplicationShutdown();
  await simulators.close();
  await database.close();
  await rm(folder, { recursive: true });
});

/** A sweep during which the server is stopped at the n-th request. */
async function pollWhileGone(request: number, how: RestartKind): Promise<void> {
  const restarts: Promise<void>[] = [];
  let waiting = request;
  const undo = simulators.inject(PLATFORM, {
    kind: 'before',
    match: () => waiting-- === 0,
    run: () => void restarts.push(restartServer(url, how)),
  });
  await service.pollNow(KEY, 'sweep').catch(() => cutOff++);
  undo();
  expect(restarts).toHaveLength(1);
  await Promise.all(restarts);
  await database.query('UPDATE rollcall.source SET lease_until = NULL');
}

it.each(CASES)(
  'nothing is lost by a %s of the server at request %i of a poll, and nothing is there twice',
  async (how, request) => {
    clock.advance(30_000);
    await pollWhileGone(request, how);
    expect(await service.pollNow(KEY, 'incremental')).toMatchObject({ error: null });
    const { lost, wrong, duplicates, missing, jobs } = await check(database, {
      world: simulators.world,
      sources: new Map([[PLATFORM, KEY]]),
      now: clock.now(),
      removed: [],
      strangers: new Set(),
    });
    expect({ lost, wrong, duplicates, missing }).toEqual({
      lost: [],
      wrong: [],
      duplicates: [],
      missing: [],
    });
    expect(jobs).toBeGreaterThan(150);
  },
  60_000,
);

it('polls were cut off by it indeed', () => {
  expect(cutOff).toBeGreaterThan(0);
});
