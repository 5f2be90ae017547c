import { createTestDatabase } from '../../test/support/postgres.js';
import { closing } from '../harness/closing.js';
import { rounded, Spread, spreadOf } from '../harness/figures.js';
import { PollCost, Polls, Upstream } from '../harness/polled.js';
import { Product } from '../harness/product.js';
import { residentBytes, Resident, ResidentSeries } from '../harness/resident.js';
import { Goal, Series, TargetResult } from '../harness/result.js';
import { copyJobs, Dump, dumpJobs } from './copy-limit.js';

export interface SyncOptions {
  jobs: number;
  rounds: number;
}

/** One first sync, the same list read again, and the limit, all of the same machine within minutes. */
interface Round {
  idleMiB: number;
  first: PollCost & { memory: ResidentSeries };
  again: PollCost & { memory: ResidentSeries };
  limitSeconds: number;
  tables: Dump['tables'];
}

const MIB = 1_048_576;

/** Targets 1 and 2: a first sync from an upstream to committed rows beside COPY of the same rows, and the re-read of a list that did not change. */
export async function measureSync({ jobs, rounds }: SyncOptions): Promise<[TargetResult, TargetResult]> {
  return closing(async (later) => {
    const upstream = await Upstream.start({ jobs, changeEvery: 0 });
    later(() => upstream.end());
    const measured: Round[] = [];
    for (let round = 0; round < rounds; round++) measured.push(await measureRound(upstream, jobs));
    return [syncResult(jobs, upstream.bytes, measured), rereadResult(jobs, measured)];
  });
}

async function measureRound(upstream: Upstream, jobs: number): Promise<Round> {
  return closing(async (later) => {
    const test = await createTestDatabase();
    later(() => test.drop());
    const product = await Product.start({
      databaseUrl: test.url,
      roles: ['api', 'poller'],
      sources: [upstream.source],
    });
    later(() => product.stop());
    const polls = new Polls(test, product);
    const idleMiB = Math.round((await residentBytes(product.pid)) / MIB);
    const first = await watched(product, () => polls.first());
    const again = await watched(product, () => polls.again());
    const dump = await dumpJobs(test, jobs);
    later(() => dump.remove());
    const empty = await createTestDatabase();
    later(() => empty.drop());
    return { idleMiB, first, again, limitSeconds: await copyJobs(empty, dump), tables: dump.tables };
  });
}

async function watched(
  product: Product,
  poll: () => Promise<PollCost>,
): Promise<PollCost & { memory: ResidentSeries }> {
  const resident = Resident.watch(product.pid);
  try {
    return { ...(await poll()), memory: await resident.stop() };
  } finally {
    await resident.stop();
  }
}

function syncResult(jobs: number, bytes: number, rounds: readonly Round[]): TargetResult {
  const first = spreadOf(rounds.map((round) => round.first.seconds));
  const limit = spreadOf(rounds.map((round) => round.limitSeconds));
  const resident = spreadOf(
    rounds.map(({ first, again }) => Math.max(first.memory.largestMiB, again.memory.largestMiB)),
  );
  const { idleMiB, tables } = rounds[0]!;
  return {
    target: 'sync',
    size: `${jobs} jobs`,
    goals: [
      goal(
        1,
        'jobs a second against COPY into the same tables',
        '',
        spreadOf(rounds.map((round) => round.limitSeconds / round.first.seconds)),
        { atLeast: 0.5 },
      ),
      // the largest, and not the median: it must never be more
      { ...goal(1, 'resident, at most', 'MiB', resident, { atMost: 256 }), value: resident.most },
    ],
    tables: [
      {
        title: `First sync of a list of ${Math.round(bytes / 1e6)} MB, and the limit`,
        head: ['', 'seconds', 'from', 'to', 'jobs a second'],
        rows: [
          [
            'Rollcall, to committed rows',
            first.median,
            first.least,
            first.most,
            rounded(jobs / first.median),
          ],
          ['COPY', limit.median, limit.least, limit.most, rounded(jobs / limit.median)],
        ],
      },
      {
        title: 'What was written',
        head: ['table', 'rows'],
        rows: tables.map(({ name, rows }) => [name, rows]),
      },
    ],
    series: memorySeries(
      'first sync',
      rounds.map(({ first }) => first.memory),
    ),
    notes: [
      `The service runs as users run it, in a process of its own (${idleMiB} MiB resident before its first poll); the list is that of the simulated VectorCharts, written to a file before and sent from there by a third process, so that making it up takes no core from anybody.`,
      'COPY reads the rows that the sync had written from files on the server, in their order, into an empty database with all keys and indexes, one transaction a table. The memory of PostgreSQL is not counted on either side.',
    ],
  };
}

function rereadResult(jobs: number, rounds: readonly Round[]): TargetResult {
  const seconds = spreadOf(rounds.map(({ again }) => again.seconds));
  const wal = spreadOf(rounds.map(({ again }) => (again.walBytes / jobs) * 100_000));
  const rows = spreadOf(rounds.map(({ again }) => again.jobRows));
  return {
    target: 'reread',
    size: `${jobs} jobs`,
    goals: [
      goal(
        2,
        'speed against the first sync',
        '',
        spreadOf(rounds.map(({ first, again }) => first.seconds / again.seconds)),
        { atLeast: 5 },
      ),
      { ...goal(2, 'job rows written', '', rows, { atMost: 0 }), value: rows.most },
      {
        ...goal(
          2,
          'WAL for 100,000 jobs',
          'kB',
          spreadOf(rounds.map(({ again }) => (again.walBytes / jobs) * 100)),
          { below: 1_000 },
        ),
      },
    ],
    tables: [
      {
        title: 'The same list again',
        head: ['', 'median', 'from', 'to'],
        rows: [
          ['seconds', seconds.median, seconds.least, seconds.most],
          [
            'jobs a second',
            rounded(jobs / seconds.median),
            rounded(jobs / seconds.most),
            rounded(jobs / seconds.least),
          ],
          ['WAL bytes for 100,000 jobs', wal.median, wal.least, wal.most],
        ],
      },
    ],
    series: memorySeries(
      're-read',
      rounds.map(({ again }) => again.memory),
    ),
    notes: [
      'Read again once the statistics of the load were taken (VACUUM ANALYZE, a checkpoint), which PostgreSQL also does by itself.',
    ],
  };
}

function goal(
  number: number,
  what: string,
  unit: string,
  { median, least, most }: Spread,
  bound: Goal['bound'],
): Goal {
  return { number, what, unit, value: median, range: [least, most], bound };
}

/** Of the first round. */
function memorySeries(name: string, [memory]: readonly ResidentSeries[]): Series[] {
  return [{ plot: 'memory', name, x: 'seconds', y: 'resident MiB', points: memory!.points }];
}
