import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { append } from '../../test/support/events.js';
import { insertSource } from '../../test/support/jobs.js';
import { createTestDatabase, TestDatabase } from '../../test/support/postgres.js';
import { Commits, ReadersTask, ReadersWord } from '../programs/stream-readers.js';
import { closing } from '../harness/closing.js';
import { cpuSeconds } from '../harness/cpu.js';
import { FeedLoad } from '../harness/feed-latency.js';
import { Latency, latencyOf, rounded } from '../harness/figures.js';
import { Upstream } from '../harness/polled.js';
import { HEADERS, Product } from '../harness/product.js';
import { monotonicMs, Program } from '../harness/program.js';
import { TargetResult } from '../harness/result.js';

export interface ProcessesOptions extends FeedLoad {
  /** How many processes of a role, one measurement each. */
  processes: readonly number[];
  /** More than can be polled at their pace of a second. */
  sources: number;
  /** Of each source. */
  jobs: number;
  /** How long polls are counted. */
  seconds: number;
}

/** What pollers did that had more to do than they could. */
interface Polling {
  perSecond: number;
  pollMs: Latency;
  /** CPU of a poll, milliseconds; null where nobody can tell. */
  nodeMs: number | null;
  postgresMs: number | null;
  upstreamMs: number | null;
  /** Cores that were busy with each. */
  nodeCores: number | null;
  postgresCores: number | null;
}

const LOOK_EVERY_MS = 250;

/** What more processes of a role bring on one machine: polls a second, and the way of a change to its readers. */
export async function measureProcesses(options: ProcessesOptions): Promise<TargetResult> {
  const polled: Polling[] = [];
  const heard: Latency[] = [];
  for (const count of options.processes) polled.push(await poll(count, options));
  for (const count of options.processes) heard.push(await follow(count, options));
  return resultOf(options, polled, heard);
}

function poll(count: number, { sources, jobs, seconds }: ProcessesOptions): Promise<Polling> {
  return closing(async (later) => {
    const test = await createTestDatabase();
    later(() => test.drop());
    const upstream = await Upstream.start({ jobs, changeEvery: 0 });
    later(() => upstream.end());
    const poll = { every: '1s', staleAfter: '5m', maxRequestsPerHour: 1_000_000 };
    const configured = Array.from({ length: sources }, (_, place) => ({
      ...{ ...upstream.source, key: `core-${place}`, poll },
    }));
    const products: Product[] = [];
    for (let place = 0; place < count; place++) {
      const product = await Product.start({ databaseUrl: test.url, roles: ['poller'], sources: configured });
      later(() => product.stop());
      products.push(product);
    }
    await untilRead(test, sources);
    const server = [await serverPid(test)];
    const spent = async () => ({
      node: await cpuSeconds(products.map(({ pid }) => pid)),
      postgres: await cpuSeconds(server),
      upstream: await cpuSeconds([upstream.pid]),
    });
    const [before, began, from] = [await spent(), performance.now(), await clockOf(test)];
    await delay(seconds * 1_000);
    const [after, took, to] = [await spent(), performance.now() - began, await clockOf(test)];
    const polls = await test.database.query<{ ms: number }>(
      `SELECT extract(epoch FROM ended_at - began_at)::float8 * 1000 AS ms FROM rollcall.poll
       WHERE result = 'ok' AND ended_at BETWEEN $1 AND $2`,
      [from, to],
    );
    const used = (whose: keyof typeof before) => {
      const [first, last] = [before[whose], after[whose]];
      return first === null || last === null ? null : (last - first) * 1_000;
    };
    const of = (whose: keyof typeof before, by: number) => {
      const ms = used(whose);
      return ms === null ? null : rounded(ms / by);
    };
    return {
      perSecond: rounded((polls.length * 1_000) / took),
      pollMs: latencyOf(polls.map(({ ms }) => ms)),
      nodeMs: of('node', polls.length),
      postgresMs: of('postgres', polls.length),
      upstreamMs: of('upstream', polls.length),
      nodeCores: of('node', took),
      postgresCores: of('postgres', took),
    };
  });
}

/** The streams are shared out evenly; each `api` reads the feed by itself. */
function follow(count: number, { streams, changes, everyMs }: ProcessesOptions): Promise<Latency> {
  return closing(async (later) => {
    const test = await createTestDatabase();
    later(() => test.drop());
    await insertSource(test.database, { key: 'charts' });
    const readers: Program<ReadersWord>[] = [];
    for (let place = 0; place < count; place++) {
      const product = await Product.start({ databaseUrl: test.url, roles: ['api'] });
      later(() => product.stop());
      const task = { url: `${product.url}/api/v1/events/stream`, headers: HEADERS };
      const reader = Program.start<ReadersWord>('stream-readers', {
        ...task,
        streams: Math.ceil(streams / count),
      } satisfies ReadersTask);
      later(() => reader.end());
      await reader.next();
      readers.push(reader);
    }
    const commits: Commits = {};
    const began = performance.now();
    for (let change = 0; change < changes; change++) {
      await delay(Math.max(0, began + change * everyMs - performance.now()));
      await append(test.database, { source: 'charts', job: { externalId: String(change) } });
      commits[change] = monotonicMs();
    }
    for (const reader of readers) reader.tell(commits);
    const heard = await Promise.all(readers.map(async (reader) => (await reader.next()).latency!));
    // what is said of several is true of each of them
    const most = (figure: (latency: Latency) => number) => Math.max(...heard.map(figure));
    return {
      samples: heard.reduce((sum, { samples }) => sum + samples, 0),
      p50: most(({ p50 }) => p50),
      p99: most(({ p99 }) => p99),
      max: most(({ max }) => max),
    };
  });
}

async function untilRead({ database }: TestDatabase, sources: number): Promise<void> {
  for (;;) {
    const [row] = await database.query<{ read: number }>(
      'SELECT count(*) AS read FROM rollcall.source WHERE first_read_at IS NOT NULL',
    );
    if (row!.read === sources) return;
    await delay(LOOK_EVERY_MS);
  }
}

async function serverPid({ database }: TestDatabase): Promise<number> {
  const [row] = await database.query<{ file: string }>("SELECT pg_read_file('postmaster.pid') AS file");
  return Number.parseInt(row!.file, 10);
}

async function clockOf({ database }: TestDatabase): Promise<string> {
  const [row] = await database.query<{ now: string }>('SELECT clock_timestamp() AS now');
  return row!.now;
}

function resultOf(
  { processes, sources, jobs, seconds, streams, everyMs }: ProcessesOptions,
  polled: readonly Polling[],
  heard: readonly Latency[],
): TargetResult {
  const each = processes.map((count, place) => ({ count, polling: polled[place]!, latency: heard[place]! }));
  return {
    target: 'processes',
    size: `${sources} sources`,
    goals: [],
    tables: [
      {
        title: `Polls of ${sources} sources with ${jobs} jobs each, as many as can be made in ${seconds} s`,
        head: ['pollers', 'polls a second', 'a poll, p50 ms', 'p99 ms', 'cores busy: pollers', 'PostgreSQL'],
        rows: each.map(({ count, polling: { perSecond, pollMs, nodeCores, postgresCores } }) => [
          ...[count, perSecond, pollMs.p50, pollMs.p99, nodeCores, postgresCores],
        ]),
      },
      {
        title: 'CPU of one poll, milliseconds',
        head: ['pollers', 'poller', 'PostgreSQL', 'platform', 'polls a second of one core of PostgreSQL'],
        rows: each.map(({ count, polling: { nodeMs, postgresMs, upstreamMs } }) => [
          ...[count, nodeMs, postgresMs, upstreamMs],
          postgresMs === null ? null : rounded(1_000 / postgresMs),
        ]),
      },
      {
        title: `From the commit of a change to its event on ${streams} streams, shared by so many processes`,
        head: ['apis', 'arrivals', 'p50 ms', 'p99 ms', 'max ms'],
        rows: each.map(({ count, latency: { samples, p50, p99, max } }) => [count, samples, p50, p99, max]),
      },
    ],
    series: [],
    notes: [
      `Every process, PostgreSQL, the platform and the readers share the ${availableParallelism()} cores: where those are all busy, a further process only takes from the others. With more cores, pollers add up until PostgreSQL has no more of them: the polls a second that one core of it serves say where.`,
      `Lists that do not change: what a poll costs that finds nothing new. A change every ${everyMs} ms on the streams; of several processes the slowest.`,
    ],
  };
}
