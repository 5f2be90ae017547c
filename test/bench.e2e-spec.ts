import { execFileSync } from 'node:child_process';
import { Table, TargetResult } from '../bench/harness/result.js';
import { measureArray } from '../bench/targets/array.js';
import { measureFeed } from '../bench/targets/feed.js';
import { measureGrowth } from '../bench/targets/growth.js';
import { measureList } from '../bench/targets/list.js';
import { measureProcesses } from '../bench/targets/processes.js';
import { measureQuiet } from '../bench/targets/quiet.js';
import { measureSources } from '../bench/targets/sources.js';
import { measureSync } from '../bench/targets/sync.js';
import { ROOT } from './support/repository.js';

// The benchmark with next to nothing to do, all of it at once: that it works, and what of its figures does not depend on the machine.

jest.setTimeout(180_000);

const JOBS = 1_000;

let running: ReturnType<typeof start>;

beforeAll(() => {
  const build = "import('./scripts/build.mjs').then((build) => build.ensureBuilt())";
  execFileSync(process.execPath, ['--input-type=module', '--eval', build], { cwd: ROOT });
  running = start();
});
afterAll(() => Promise.allSettled(Object.values(running)));

function start() {
  const measured = {
    sync: measureSync({ jobs: JOBS, rounds: 1 }),
    array: measureArray({ megabytes: 0.2, rounds: 1 }),
    list: measureList({ jobs: JOBS, rounds: 1, seconds: 0.2, coldStarts: 0 }),
    feed: measureFeed({ streams: 10, changes: 5, everyMs: 20, rounds: 1 }),
    sources: measureSources({ sources: 5, everySeconds: 1, seconds: 1 }),
    quiet: measureQuiet({ finished: [20, 40] }),
    processes: measureProcesses({
      ...{ processes: [1, 2], sources: 3, jobs: 5, seconds: 1, streams: 4, changes: 5, everyMs: 20 },
    }),
    growth: measureGrowth({ jobs: [JOBS], sources: [], seconds: 0.2, watchSeconds: 0 }),
  };
  // whoever fails is told of where it is waited for
  for (const one of Object.values(measured)) one.catch(() => undefined);
  return measured;
}

/** Every goal's number, with how often. */
const numbers = ({ goals }: TargetResult) => goals.map(({ number }) => number);
const column = ({ head, rows }: Table, name: string) => rows.map((row) => row[head.indexOf(name)]);

function expectWhole({ tables, series, goals }: TargetResult): void {
  for (const { head, rows } of tables)
    for (const row of rows) {
      expect(row).toHaveLength(head.length);
      expect(row).not.toContain(NaN);
    }
  for (const { points } of series) expect(points.length).toBeGreaterThan(0);
  for (const { value } of goals) expect(value).not.toBeNaN();
}

it('measures a first sync, the limit over the same rows, and a re-read that writes none of them', async () => {
  const [sync, reread] = await running.sync;
  expectWhole(sync);
  expectWhole(reread);
  expect(numbers(sync)).toEqual([1, 1]);
  expect(sync.tables[1]!.rows).toEqual(
    expect.arrayContaining([
      ['job', JOBS],
      ['job_payload', JOBS],
      ['transition', JOBS],
    ]),
  );
  expect(numbers(reread)).toEqual([2, 2, 2]);
  expect(reread.goals.find(({ what }) => what === 'job rows written')).toMatchObject({
    value: 0,
    range: [0, 0],
  });
});

it('reads one array both ways', async () => {
  const array = await running.array;
  expectWhole(array);
  expect(numbers(array)).toEqual([3, 3]);
  expect(column(array.tables[0]!, 'jobs')).toEqual([1_000, 1_000]);
});

it('asks every server for the same pages', async () => {
  const list = await running.list;
  expectWhole(list);
  expect(numbers(list)).toEqual([4, 4, 4, 4, 4, 4, 4]);
  for (const table of list.tables.slice(0, 2))
    expect(column(table, 'pages')).toEqual(['page one', 'page one of a filter', 'deep pages']);
});

it('hears every change on every stream', async () => {
  const feed = await running.feed;
  expectWhole(feed);
  expect(numbers(feed)).toEqual([5]);
  expect(column(feed.tables[0]!, 'arrivals')).toEqual([50]);
});

it('polls many sources', async () => {
  const sources = await running.sources;
  expectWhole(sources);
  expect(numbers(sources)).toEqual([6, 6]);
  expect(column(sources.tables[1]!, 'of these failed')).toEqual([0]);
});

it('counts what a quiet poll asks of every platform', async () => {
  const quiet = await running.quiet;
  expectWhole(quiet);
  expect(quiet.goals).toEqual([expect.objectContaining({ number: 7, value: 0 })]);
  expect(quiet.tables[0]!.rows).toHaveLength(6);
});

it('compares one process with two', async () => {
  const processes = await running.processes;
  expectWhole(processes);
  expect(processes.tables.map((table) => column(table, table.head[0]!))).toEqual([
    [1, 2],
    [1, 2],
    [1, 2],
  ]);
  expect(column(processes.tables[2]!, 'arrivals')).toEqual([20, 20]);
});

it('measures how cost grows', async () => {
  const growth = await running.growth;
  expectWhole(growth);
  expect(column(growth.tables[0]!, 'jobs')).toEqual([JOBS]);
  expect(growth.series.map(({ plot, name }) => `${plot}: ${name}`)).toEqual([
    'list: p50',
    'list: p99',
    'speed: first sync',
    'speed: quiet poll',
  ]);
});
