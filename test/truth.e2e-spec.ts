import { NestFastifyApplication } from '@nestjs/platform-fastify';
import { jobId } from '../src/domain/job-id.js';
import { PollService } from '../src/polling/poll.service.js';
import { ManualClock } from '../src/simulators/clock.js';
import { SIMULATED_PLATFORMS, TruthJob } from '../src/simulators/life.js';
import { Simulators, startSimulators } from '../src/simulators/simulators.js';
import { allJobs, getJson, startApp } from './support/app.js';
import { sourceConfig, testConfig } from './support/config.js';
import { createTestDatabase, TestDatabase } from './support/postgres.js';
import { comparable, expectedAnswer } from './support/truth.js';

/** How often the world is read while it lives, and how far apart (its time). */
const POLLS = 25;
const INTERVAL_MS = 7_000;

let test: TestDatabase;
let clock: ManualClock;
let simulators: Simulators;
let polls: PollService;
let app: NestFastifyApplication;

beforeAll(async () => {
  test = await createTestDatabase();
  clock = new ManualClock(Date.UTC(2025, 0, 15, 14, 0, 0));
  simulators = await startSimulators({
    seed: 7,
    jobs: 1_200,
    clock,
    platforms: SIMULATED_PLATFORMS,
    limits: false,
  });
  const config = testConfig(
    simulators.sources.map((source) =>
      sourceConfig({ ...source, poll: { sweepEveryMs: 60_000, everyMs: 5_000 } }),
    ),
  );
  polls = new PollService(config, test.database);
  await polls.reconcile();
  app = await startApp(config, test.database);
}, 60_000);

afterAll(async () => {
  await polls.onApplicationShutdown();
  await app.close();
  await simulators.close();
  await test.drop();
});

/** By job id, the last plan that the platform showed at a moment when we read it; a plan between two reads is nobody's to know. */
const plans = new Map<string, number>();

async function pollAll(kind: 'incremental' | 'sweep'): Promise<void> {
  for (const { key } of simulators.sources) {
    const summary = await polls.pollNow(key, kind);
    expect(summary).toMatchObject({ source: key, error: null, rejected: 0, health: 'healthy' });
  }
  for (const { source, truth } of truths()) {
    if (truth.scheduledFor !== null) plans.set(jobId(source, truth.externalId), truth.scheduledFor);
  }
}

function truths(): { source: string; truth: TruthJob }[] {
  return simulators.sources.flatMap(({ key }, place) =>
    simulators.world.truth(clock.now(), SIMULATED_PLATFORMS[place]).map((truth) => ({ source: key, truth })),
  );
}

it('answers exactly what the published rules make of a living world', async () => {
  await pollAll('sweep');
  for (let round = 0; round < POLLS; round++) {
    clock.advance(INTERVAL_MS);
    await pollAll(round % 10 === 9 ? 'sweep' : 'incremental');
  }
  await pollAll('sweep');

  const jobs = await allJobs(app);
  const answered = new Map(jobs.map((job) => [job['id'], comparable(job)]));
  const expected = truths().map(({ source, truth }) => {
    const plannedFor = plans.get(jobId(source, truth.externalId)) ?? null;
    return expectedAnswer(source, { ...truth, plannedFor });
  });
  expect(expected.length).toBeGreaterThan(1_200);
  expect(answered.size).toBe(jobs.length);
  const different = expected.filter(
    (truth) => JSON.stringify(sorted(answered.get(truth['id']))) !== JSON.stringify(sorted(truth)),
  );
  expect(different.slice(0, 3).map((truth) => [answered.get(truth['id']), truth])).toEqual([]);
  expect(different).toHaveLength(0);
  expect(jobs).toHaveLength(expected.length);
}, 300_000);

it('says that five platforms (one of them with two faces) are healthy and complete', async () => {
  const { data } = await getJson<{ data: Record<string, unknown>[] }>(app, '/api/v1/sources');
  expect(
    data.map(({ health, completeThrough, rejects }) => ({
      health,
      complete: completeThrough !== null,
      rejects,
    })),
  ).toEqual(Array(6).fill({ health: 'healthy', complete: true, rejects: 0 }));
});

it('reads a quiet world without writing a job row or an event', async () => {
  const versions = () =>
    test.database.query('SELECT id, xmin::text, ctid::text FROM rollcall.job ORDER BY id');
  const feed = () => test.database.query('SELECT position FROM rollcall.event ORDER BY position');
  const [rows, events] = [await versions(), await feed()];
  await pollAll('incremental');
  await pollAll('sweep');
  expect(await versions()).toEqual(rows);
  expect(await feed()).toEqual(events);
});

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  );
}
