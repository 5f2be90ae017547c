import { PollConfig } from '../src/config/config.js';
import { PollService } from '../src/polling/poll.service.js';
import { RealClock } from '../src/simulators/clock.js';
import { Fault } from '../src/simulators/http/faults.js';
import { Simulators, startSimulators } from '../src/simulators/simulators.js';
import { sourceConfig, testConfig } from './support/config.js';
import { endedPolls, Hours } from './support/lived-hours.js';
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
  service = await start({ everyMs: 50, idleEveryMs: 50 });
});

async function start(poll: Partial<PollConfig>): Promise<PollService> {
  const config = testConfig(
    simulators.sources.map((source) =>
      // A hang outlasts the test: nobody is saved by a timeout.
      sourceConfig({ ...source, poll: { ...poll, timeoutMs: 600_000 } }),
    ),
  );
  const made = new PollService(config, test.database, { maxRetries: 1, minTimeoutMs: 1, maxTimeoutMs: 1 });
  await made.reconcile();
  return made;
}

async function restart(poll: Partial<PollConfig>): Promise<void> {
  await service.onApplicationShutdown();
  service = await start(poll);
  // Never polled yet: a start is spread over its first seconds.
  await test.database.query('UPDATE rollcall.source SET next_poll_at = now()');
}

afterEach(async () => {
  await service.onApplicationShutdown();
  await simulators.close();
  await test.drop();
});

const polls = () => endedPolls(test);

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

describe('by the time of the database', () => {
  const HOUR = 3_600_000;
  const EVERY_HOURS = 6;
  const SPAN_HOURS = 4 * EVERY_HOURS;

  beforeEach(() =>
    restart({
      everyMs: EVERY_HOURS * HOUR,
      idleEveryMs: EVERY_HOURS * HOUR,
      sweepEveryMs: EVERY_HOURS * HOUR,
    }),
  );

  it.each([...STUCK, ...FAILING])(
    'while one source %s, the others are polled as often and lag as little as before',
    async (_, fault) => {
      const hours = new Hours(test, service, [STORE]);
      await hours.tick();
      await waitFor(async () => (await polls()).get(STORE)!.good > 0);
      const before = await hours.live(SPAN_HOURS);
      for (const { polls, lagHours } of Object.values(before)) {
        expect(polls).toBe(SPAN_HOURS / EVERY_HOURS);
        expect(lagHours.slice(0, EVERY_HOURS)).toEqual([1, 2, 3, 4, 5, 0]);
      }
      simulators.inject(VICTIM, { ...fault, times: Infinity });
      expect(await hours.live(SPAN_HOURS)).toEqual(before);
    },
    120_000,
  );
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
