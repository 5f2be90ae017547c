import { PollService } from '../src/polling/poll.service.js';
import { ManualClock } from '../src/simulators/clock.js';
import { SimulatedPlatform } from '../src/simulators/life.js';
import { Simulators, startSimulators } from '../src/simulators/simulators.js';
import { check, Findings } from './lab/check.js';
import { sourceConfig, testConfig } from './support/config.js';
import { createTestDatabase, TestDatabase } from './support/postgres.js';

// The labs trust one judge. Here the database is falsified by hand, in every way that a lab has to notice.

const PLATFORMS: SimulatedPlatform[] = ['vectorcharts-oem', 'integrate-io'];

let simulators: Simulators;
let test: TestDatabase;
const clock = new ManualClock(Date.UTC(2025, 0, 15, 14));

beforeAll(async () => {
  simulators = await startSimulators({ seed: 6, jobs: 80, clock, platforms: PLATFORMS, limits: false });
});
afterAll(() => simulators.close());

beforeEach(async () => {
  test = await createTestDatabase();
  const service = new PollService(
    testConfig(simulators.sources.map((source) => sourceConfig(source))),
    test.database,
  );
  await service.reconcile();
  for (const { key } of simulators.sources)
    expect(await service.pollNow(key, 'sweep')).toMatchObject({ error: null, rejected: 0 });
  await service.onApplicationShutdown();
});
afterEach(() => test.drop());

const KINDS = ['lost', 'wrong', 'duplicates', 'missing'] as const;

async function findings(over: Partial<Parameters<typeof check>[1]> = {}): Promise<Findings> {
  const sources = new Map(PLATFORMS.map((platform, place) => [platform, simulators.sources[place]!.key]));
  const { world } = simulators;
  return check(test.database, {
    world,
    sources,
    now: clock.now(),
    removed: [],
    strangers: new Set(),
    ...over,
  });
}

/** The kinds of faults that were found. */
const found = (result: Findings): string[] => KINDS.filter((kind) => result[kind].length > 0);

const ONE = "(SELECT id FROM rollcall.job WHERE state = 'succeeded' ORDER BY id LIMIT 1)";
const OPEN = "(SELECT id FROM rollcall.job WHERE state = 'running' ORDER BY id LIMIT 1)";

it('finds nothing in a database that is right, and compares all of it', async () => {
  const result = await findings();
  expect(found(result)).toEqual([]);
  expect(result).toMatchObject({ jobs: 80, withTasks: 80, transitions: 80, events: 80, detours: 0 });
});

it.each<[string, string[], (typeof KINDS)[number]]>([
  ['a job that is not known', [`DELETE FROM rollcall.job WHERE id = ${ONE}`], 'lost'],
  ['an end that is not known', [`UPDATE rollcall.job SET state = 'running' WHERE id = ${ONE}`], 'lost'],
  ['another end', [`UPDATE rollcall.job SET state = 'failed' WHERE id = ${ONE}`], 'wrong'],
  ['another word', [`UPDATE rollcall.job SET raw_status = 'done' WHERE id = ${ONE}`], 'wrong'],
  ['another time', [`UPDATE rollcall.job SET finished_at = now() WHERE id = ${ONE}`], 'wrong'],
  ['another progress', [`UPDATE rollcall.job SET progress = 0.123 WHERE id = ${OPEN}`], 'wrong'],
  [
    'a job that counts as vanished',
    [`UPDATE rollcall.job SET vanished_at = now() WHERE id = ${OPEN}`],
    'wrong',
  ],
  ['tasks that nobody showed', ["UPDATE rollcall.job_task SET tasks = '[]'"], 'wrong'],
  ['tasks that are not there', ['DELETE FROM rollcall.job_task'], 'wrong'],
  ['a change without its event', [`DELETE FROM rollcall.event WHERE job_id = ${ONE}`], 'missing'],
  ['a transition that is not there', [`DELETE FROM rollcall.transition WHERE job_id = ${ONE}`], 'missing'],
  [
    'an event that is there twice',
    [
      `CREATE TEMP TABLE twice AS SELECT * FROM rollcall.event WHERE job_id = ${ONE};
       UPDATE twice SET position = (SELECT max(position) + 1 FROM rollcall.event); INSERT INTO rollcall.event SELECT * FROM twice`,
    ],
    'duplicates',
  ],
  [
    'a discovery that is none',
    [`UPDATE rollcall.event SET type = 'job.changed' WHERE job_id = ${ONE}`],
    'wrong',
  ],
  [
    'a chain of states that is broken',
    [`UPDATE rollcall.event SET to_state = 'failed' WHERE job_id = ${ONE}`],
    'wrong',
  ],
  ['counters that are off', ['UPDATE rollcall.job_count SET jobs = jobs + 1'], 'missing'],
])('finds %s', async (_, statements, kind) => {
  for (const sql of statements) await test.database.query(sql);
  expect(found(await findings())).toContain(kind);
});

it('finds jobs out of nowhere, and open ones that were deleted and did not vanish', async () => {
  const [row] = await test.database.query<{ external_id: string; source_key: string }>(
    `SELECT external_id, source_key FROM rollcall.job WHERE id = ${OPEN}`,
  );
  const platform = PLATFORMS[simulators.sources.findIndex(({ key }) => key === row!.source_key)]!;
  const world = Object.create(simulators.world, {
    truth: {
      value: (now: number, name: SimulatedPlatform) =>
        simulators.world.truth(now, name).filter(({ externalId }) => externalId !== row!.external_id),
    },
  }) as typeof simulators.world;
  const name = `${platform}/${row!.external_id}`;
  const strangers = new Set([name]);
  expect((await findings({ world })).wrong).toEqual([`${name} is out of nowhere`]);
  expect((await findings({ world, strangers })).wrong).toEqual([`${name}… did not vanish`]);
  const at = clock.now();
  const removed = [{ platform, externalId: row!.external_id, at }];
  expect((await findings({ world, removed })).wrong).toEqual([`${name} (deleted) did not vanish`]);
  await test.database.query(`UPDATE rollcall.job SET vanished_at = now() WHERE id = ${OPEN}`);
  expect(found(await findings({ world, removed }))).toEqual([]);
});
