import { createTestDatabase } from '../../test/support/postgres.js';
import { closing } from '../harness/closing.js';
import { feedLatency } from '../harness/feed-latency.js';
import { Latency, rounded } from '../harness/figures.js';
import { askAtRate, Asked, saturate } from '../harness/load.js';
import { livingSources, SourcesFigures } from '../harness/many-sources.js';
import { PollCost, Polls, SOURCE, Upstream } from '../harness/polled.js';
import { HEADERS, Product } from '../harness/product.js';
import { Resident } from '../harness/resident.js';
import { Series, TargetResult } from '../harness/result.js';

export interface GrowthOptions {
  jobs: readonly number[];
  sources: readonly number[];
  /** How long the list is asked at each size. */
  seconds: number;
  /** How long the sources are watched; more than two of their intervals. */
  watchSeconds: number;
}

/** A service with so many jobs, of one source. */
interface JobsFigures {
  jobs: number;
  first: PollCost;
  quiet: PollCost;
  /** A poll in which every hundredth job had changed, as in the one before. */
  changing: PollCost;
  list: Latency;
  feed: Latency;
  residentMiB: number;
  /** Of the database with its indexes and events, less an empty one. */
  bytesOfAJob: number;
}

const CHANGE_EVERY = 100;
const EVERY_SECONDS = 10;
const LOAD = 0.7;
const FEED = { streams: 100, changes: 50, everyMs: 100 };
const QUESTIONS_A_SECOND = 20;
const LIST = '/api/v1/jobs';

/** What everything costs as the work grows: with the jobs of a source, and with the sources of a service. */
export async function measureGrowth({
  jobs,
  sources,
  seconds,
  watchSeconds,
}: GrowthOptions): Promise<TargetResult> {
  const byJobs: JobsFigures[] = [];
  for (const count of jobs) byJobs.push(await measureJobs(count, seconds));
  const bySources: BySources[] = [];
  for (const count of sources)
    bySources.push(
      await livingSources({ sources: count, everySeconds: EVERY_SECONDS, seconds: watchSeconds }, ({ url }) =>
        askAtRate({ url, paths: [LIST], headers: HEADERS }, QUESTIONS_A_SECOND, watchSeconds),
      ),
    );
  return resultOf(byJobs, sources, bySources, watchSeconds);
}

type BySources = SourcesFigures & { beside: Latency };

function measureJobs(jobs: number, seconds: number): Promise<JobsFigures> {
  return closing(async (later) => {
    const upstream = await Upstream.start({ jobs, changeEvery: CHANGE_EVERY });
    later(() => upstream.end());
    const test = await createTestDatabase();
    later(() => test.drop());
    const bytes = async () => {
      const [row] = await test.database.query<{ bytes: number }>(
        'SELECT pg_database_size(current_database())::float8 AS bytes',
      );
      return row!.bytes;
    };
    const empty = await bytes();
    const product = await Product.start({
      databaseUrl: test.url,
      roles: ['api', 'poller'],
      sources: [upstream.source],
    });
    later(() => product.stop());
    const resident = Resident.watch(product.pid);
    later(() => resident.stop());
    const polls = new Polls(test, product);
    const first = await polls.first();
    const quiet = await polls.again();
    const bytesOfAJob = Math.round(((await bytes()) - empty) / jobs);
    const asked: Asked = { url: product.url, paths: [LIST], headers: HEADERS };
    const list = await askAtRate(asked, LOAD * (await saturate(asked, seconds)), seconds);
    const feed = await feedLatency(test.database, product, SOURCE, FEED);
    upstream.change();
    await polls.again();
    upstream.change();
    const changing = await polls.atOnce();
    const { largestMiB } = await resident.stop();
    return { jobs, first, quiet, changing, list, feed, residentMiB: largestMiB, bytesOfAJob };
  });
}

function resultOf(
  byJobs: readonly JobsFigures[],
  sources: readonly number[],
  bySources: readonly BySources[],
  seconds: number,
): TargetResult {
  return {
    target: 'growth',
    size: `${byJobs.at(-1)!.jobs} jobs`,
    goals: [],
    tables: [
      {
        title: 'By the jobs of one source',
        head: [
          'jobs',
          'first sync, s',
          'quiet poll, s',
          'list p50 ms',
          'list p99 ms',
          'feed p50 ms',
          'feed p99 ms',
          'resident MiB',
          'database bytes a job',
          'WAL bytes a change',
        ],
        rows: byJobs.map(({ jobs, first, quiet, changing, list, feed, residentMiB, bytesOfAJob }) => [
          jobs,
          rounded(first.seconds),
          rounded(quiet.seconds),
          list.p50,
          list.p99,
          feed.p50,
          feed.p99,
          residentMiB,
          bytesOfAJob,
          Math.round((changing.walBytes - quiet.walBytes) / changing.changed),
        ]),
      },
      {
        title: `By the sources of a service, each polled every ${EVERY_SECONDS} s, for ${seconds} s`,
        head: [
          'sources',
          'poll p50 ms',
          'poll p99 ms',
          'behind due time p99 s',
          'lag p99 s',
          'list p50 ms',
          'list p99 ms',
          'resident MiB',
        ],
        rows: bySources.map(({ pollMs, lateness, lag, beside, residentMiB }, place) => [
          sources[place]!,
          pollMs.p50,
          pollMs.p99,
          lateness.p99,
          lag.p99,
          beside.p50,
          beside.p99,
          residentMiB,
        ]),
      },
    ],
    series: [
      bySize('list', 'p50', 'milliseconds', byJobs, ({ list }) => list.p50),
      bySize('list', 'p99', 'milliseconds', byJobs, ({ list }) => list.p99),
      bySize('speed', 'first sync', 'jobs a second', byJobs, ({ jobs, first }) => jobs / first.seconds),
      bySize('speed', 'quiet poll', 'jobs a second', byJobs, ({ jobs, quiet }) => jobs / quiet.seconds),
    ],
    notes: [
      `The list is asked for page one at 70 % of what it can answer, at moments that do not wait for answers; beside many sources, ${QUESTIONS_A_SECOND} times a second. The feed has ${FEED.streams} streams.`,
      `WAL is that of a poll in which every ${CHANGE_EVERY}th job had changed, less that of a quiet one, for each change. The same jobs had changed in the poll before, so that the pages that PostgreSQL writes whole after a checkpoint are no part of it.`,
      'The database of a job holds its row with all indexes, its record, its transition and its event.',
    ],
  };
}

function bySize(
  plot: string,
  name: string,
  y: string,
  byJobs: readonly JobsFigures[],
  value: (figures: JobsFigures) => number,
): Series {
  return {
    plot,
    name,
    x: 'jobs',
    y,
    points: byJobs.map((figures) => [figures.jobs, rounded(value(figures))]),
  };
}
