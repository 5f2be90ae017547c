import { PollService } from '../../src/polling/poll.service.js';
import { ManualClock } from '../../src/simulators/clock.js';
import { SimulatedPlatform } from '../../src/simulators/life.js';
import { startSimulators } from '../../src/simulators/simulators.js';
import { PollKind } from '../../src/domain/poll-kind.js';
import { sourceConfig, testConfig } from '../support/config.js';
import { createTestDatabase } from '../support/postgres.js';

export interface QuietPoll {
  platform: SimulatedPlatform;
  /** Jobs that the platform shows and we know, all of them ended. */
  finished: number;
  /** Requests of one poll that finds nothing new, logins included, as the platform counted them. */
  requests: number;
  /** Records that those requests brought. */
  records: number;
  /** Requests of one sweep, to compare. */
  sweepRequests: number;
}

const START = Date.UTC(2025, 0, 15, 14);
const DAY_MS = 86_400_000;
/** One job a minute, however many there are: a larger world is a longer history, and not a busier one. */
const BIRTH_EVERY_MS = 60_000;
/** After this every job has ended long ago. */
const REST_MS = 30 * DAY_MS;

/** What one platform is asked for in a poll when every job has ended and nothing happens any more. */
export async function measureQuietPoll(platform: SimulatedPlatform, finished: number): Promise<QuietPoll> {
  const test = await createTestDatabase();
  const clock = new ManualClock(START);
  const simulators = await startSimulators({
    seed: 5,
    jobs: finished,
    clock,
    platforms: [platform],
    limits: false,
    endless: false,
    birthEveryMs: BIRTH_EVERY_MS,
    historyMs: finished * BIRTH_EVERY_MS,
  });
  const sources = simulators.sources.map((source) =>
    sourceConfig({ ...source, poll: { maxRequestsPerHour: 1_000_000, timeoutMs: 60_000 } }),
  );
  const service = new PollService(testConfig(sources), test.database);
  const [{ key } = { key: '' }] = sources;

  async function poll(kind: PollKind): Promise<{ requests: number; records: number }> {
    const before = simulators.requests.count(platform);
    const { error, records } = await service.pollNow(key, kind);
    if (error !== null) throw new Error(`${platform}: ${error.message}`);
    return { requests: simulators.requests.count(platform) - before, records };
  }

  try {
    await service.reconcile();
    clock.advance(REST_MS);
    const truth = simulators.world.truth(clock.now(), platform);
    if (truth.length !== finished || truth.some(({ terminal }) => !terminal))
      throw new Error(`${platform}: not all of ${finished} jobs have ended`);
    await poll('sweep');
    const sweep = await poll('sweep');
    // The first one after a sweep may still want to know what the sweep could not tell it.
    await poll('incremental');
    const quiet = await poll('incremental');
    return { platform, finished, ...quiet, sweepRequests: sweep.requests };
  } finally {
    await service.onApplicationShutdown();
    await simulators.close();
    await test.drop();
  }
}
