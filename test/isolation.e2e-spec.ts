import { PollService } from '../src/polling/poll.service.js';
import { RealClock } from '../src/simulators/clock.js';
import { Fault } from '../src/simulators/http/faults.js';
import { Simulators, startSimulators } from '../src/simulators/simulators.js';
import { sourceConfig, testConfig } from './support/config.js';
import { createTestDatabase, TestDatabase } from './support/postgres.js';
import { waitFor } from './support/wait-for.js';

const VICTIM = 'elastic-path';
/** Its key. */
const STORE = 'store';
/** So many polls of every other source end while the victim is in trouble. */
const ENOUGH = 5;

let test: TestDatabase;
let simulators: Simulators;
let service: PollService;

beforeEach(async () => {
  test = await createTestDatabase();
  simulators = await startSimulators({ seed: 3, jobs: 100, clock: new RealClock(), limits: false });
  const config = testConfig(
    simulators.sources.map((source) =>
      // A hang outlasts the test: nobody is saved by a timeout.
      sourceConfig({ ...source, poll: { everyMs: 50, idleEveryMs: 50, timeoutMs: 600_000 } }),
    ),
  );
  service = new PollService(config, test.database, { maxRetries: 1, minTimeoutMs: 1, maxTimeoutMs: 1 });
  await service.reconcile();
});

afterEach(async () => {
  await service.onApplicationShutdown();
  await simulators.close();
  await test.drop();
});

/** How many polls of each source have ended, and how many of them well. */
async function polls(): Promise<Map<string, { ended: number; good: number }>> {
  const rows = await test.database.query<{ key: string; ended: number; good: number }>(
    `SELECT key, count(poll.id) AS ended, count(poll.id) FILTER (WHERE result = 'ok') AS good
     FROM rollcall.source LEFT JOIN rollcall.poll ON source_key = key GROUP BY key`,
  );
  return new Map(rows.map(({ key, ...counts }) => [key, counts]));
}

/** Ticks as the scheduler does until all other sources were polled often enough, and says how the victim fared meanwhile. */
async function pollOthers(): Promise<{ ended: number; good: number }> {
  const before = await polls();
  return waitFor(async () => {
    await service.pollDue(32);
    const now = await polls();
    const others = [...now].filter(([key]) => key !== STORE);
    const { ended, good } = now.get(STORE)!;
    const enough = others.every(([key, counts]) => counts.good - before.get(key)!.good >= ENOUGH);
    return enough && { ended: ended - before.get(STORE)!.ended, good: good - before.get(STORE)!.good };
  });
}

const STUCK: [string, Fault][] = [
  ['hangs before headers', { kind: 'hang' }],
  ['hangs in the body', { kind: 'hang-in-body' }],
  ['drips', { kind: 'drip', bytes: 1, everyMs: 1_000 }],
];

it.each(STUCK)('while one source %s, all others go on being polled', async (_, fault) => {
  simulators.inject(VICTIM, { ...fault, times: Infinity });
  expect(await pollOthers()).toEqual({ ended: 0, good: 0 });
  expect(simulators.requests.count(VICTIM)).toBe(1);
});

const FAILING: [string, Fault][] = [
  ['fails', { kind: 'status', status: 500 }],
  ['resets its connections', { kind: 'reset', in: 'headers' }],
  ['refuses the credential', { kind: 'status', status: 401 }],
  ['answers HTML', { kind: 'html' }],
];

it.each(FAILING)('while one source %s, all others go on being polled', async (_, fault) => {
  simulators.inject(VICTIM, { ...fault, times: Infinity });
  const { ended, good } = await pollOthers();
  expect(good).toBe(0);
  expect(ended).toBeGreaterThan(0);
});

it('a source that failed is polled on, and well, when it answers again', async () => {
  const release = simulators.inject(VICTIM, { kind: 'status', status: 503, times: Infinity });
  await pollOthers();
  release();
  await waitFor(async () => {
    await service.pollDue(32);
    return (await polls()).get(STORE)!.good > 0;
  });
}, 120_000);
