import { setTimeout as delay } from 'node:timers/promises';
import { FIVE_PLATFORMS } from '../../src/simulators/world.js';
import { createTestDatabase, TestDatabase } from '../../test/support/postgres.js';
import { PlatformsTask, PlatformsWord } from '../programs/platforms.js';
import { closing } from './closing.js';
import { Latency, latencyOf, quantile } from './figures.js';
import { Product } from './product.js';
import { Program } from './program.js';
import { Resident } from './resident.js';

export interface ManySources {
  sources: number;
  everySeconds: number;
  /** How long is measured, once every source was read for the first time. */
  seconds: number;
}

/** What a service was like that polls so many sources. */
export interface SourcesFigures {
  jobs: number;
  polls: number;
  /** Polls that began later than one interval after they were due; a source that was not polled at all is one. */
  late: number;
  /** How long after they were due polls began, seconds. */
  lateness: { p50: number; p99: number; max: number };
  /** How old the knowledge was of the sources whose every poll proves it, once a second, seconds. */
  lag: { samples: number; p50: number; p99: number };
  pollMs: Latency;
  failed: number;
  requestsPerSecond: number;
  residentMiB: number;
}

const JOBS = 50;
const BIRTH_EVERY_MS = 50_000;
/** Of one platform. More sources than this would be more than a platform's own limits leave one account. */
const SOURCES_OF_AN_ACCOUNT = 5;
const LOOK_EVERY_MS = 1_000;

/**
 * A service that polls the five simulated platforms through as many sources, at one pace.
 *
 * @param meanwhile is measured beside it
 */
export function livingSources<Beside>(
  { sources, everySeconds, seconds }: ManySources,
  meanwhile: (product: Product, test: TestDatabase) => Promise<Beside>,
): Promise<SourcesFigures & { beside: Beside }> {
  return closing(async (later) => {
    const test = await createTestDatabase();
    later(() => test.drop());
    const platforms = Program.start<PlatformsWord>('platforms', {
      accounts: Math.ceil(sources / (SOURCES_OF_AN_ACCOUNT * FIVE_PLATFORMS.length)),
      jobs: JOBS,
      birthEveryMs: BIRTH_EVERY_MS,
    } satisfies PlatformsTask);
    later(() => platforms.end());
    const { sources: platformsOf } = await platforms.next();
    const product = await Product.start({
      databaseUrl: test.url,
      roles: ['api', 'poller'],
      sources: Array.from({ length: sources }, (_, place) => {
        const source = platformsOf[place % platformsOf.length]!;
        const poll = { every: `${everySeconds}s`, staleAfter: '5m', maxRequestsPerHour: 1_000_000 };
        return { ...source, key: `${source.key}-${place}`, poll };
      }),
    });
    later(() => product.stop());
    await untilRead(test, sources);
    const resident = Resident.watch(product.pid, LOOK_EVERY_MS);
    later(() => resident.stop());
    const [began] = await test.database.query<{ at: string }>('SELECT clock_timestamp() AS at');
    const beside = meanwhile(product, test);
    const lags = await sampleLags(test, seconds);
    const { largestMiB } = await resident.stop();
    const polled = await pollsSince(test, began!.at, everySeconds);
    return {
      ...polled,
      lag: { samples: lags.length, p50: quantile(lags, 0.5), p99: quantile(lags, 0.99) },
      requestsPerSecond: Math.round(polled.requests / seconds),
      residentMiB: largestMiB,
      beside: await beside,
    };
  });
}

/** Until every source was read for the first time. */
async function untilRead({ database }: TestDatabase, sources: number): Promise<void> {
  for (;;) {
    const [row] = await database.query<{ read: number }>(
      'SELECT count(*)::int AS read FROM rollcall.source WHERE first_read_at IS NOT NULL',
    );
    if (row!.read === sources) return;
    await delay(LOOK_EVERY_MS);
  }
}

async function sampleLags({ database }: TestDatabase, seconds: number): Promise<number[]> {
  const lags: number[] = [];
  const until = performance.now() + seconds * 1_000;
  while (performance.now() < until) {
    const rows = await database.query<{ lag: number }>(
      `SELECT extract(epoch FROM clock_timestamp() - proven_at)::float8 AS lag FROM rollcall.source WHERE proof_every_ms = every_ms`,
    );
    for (const { lag } of rows) lags.push(lag);
    await delay(LOOK_EVERY_MS);
  }
  return lags;
}

async function pollsSince({ database }: TestDatabase, since: string, everySeconds: number) {
  // Of each source also the time since its last poll: who waits for one that does not come is late, too.
  const gaps = await database.query<{ gap: number }>(
    `SELECT extract(epoch FROM lead(began_at, 1, clock_timestamp()) OVER own - began_at)::float8 AS gap
     FROM rollcall.poll WHERE began_at >= $1 OR began_at = (SELECT max(earlier.began_at) FROM rollcall.poll earlier
       WHERE earlier.source_key = poll.source_key AND earlier.began_at < $1)
     WINDOW own AS (PARTITION BY source_key ORDER BY began_at)`,
    [since],
  );
  const polls = await database.query<{ ms: number; failed: boolean; requests: number }>(
    `SELECT extract(epoch FROM ended_at - began_at)::float8 * 1000 AS ms, error IS NOT NULL AS failed, requests
     FROM rollcall.poll WHERE began_at >= $1 AND ended_at IS NOT NULL`,
    [since],
  );
  const [row] = await database.query<{ jobs: number }>(
    'SELECT coalesce(sum(jobs), 0)::float8 AS jobs FROM rollcall.job_count',
  );
  const lateness = gaps.map(({ gap }) => gap - everySeconds);
  return {
    jobs: row!.jobs,
    polls: polls.length,
    late: lateness.filter((seconds) => seconds > everySeconds).length,
    lateness: { p50: quantile(lateness, 0.5), p99: quantile(lateness, 0.99), max: quantile(lateness, 1) },
    pollMs: latencyOf(polls.map(({ ms }) => ms)),
    failed: polls.filter(({ failed }) => failed).length,
    requests: polls.reduce((sum, { requests }) => sum + requests, 0),
  };
}
