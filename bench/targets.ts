import { TargetName, TargetResult } from './harness/result.js';
import { measureArray } from './targets/array.js';
import { measureFeed } from './targets/feed.js';
import { measureGrowth } from './targets/growth.js';
import { measureList } from './targets/list.js';
import { measureProcesses } from './targets/processes.js';
import { measureQuiet } from './targets/quiet.js';
import { measureSources } from './targets/sources.js';
import { measureSync } from './targets/sync.js';

/** How much is measured. The targets are meant for a million jobs and more; with fewer, everything else is less, too. */
export interface BenchOptions {
  jobs: number;
  rounds: number;
}

/** What nobody asked otherwise for: all of them together take about half an hour (31 minutes where COPY of a million jobs took four). */
const BY_DEFAULT: BenchOptions = { jobs: 1_000_000, rounds: 3 };

/** Measurements in the order in which they are made, each with the targets that it answers. */
export const MEASUREMENTS: readonly {
  targets: readonly TargetName[];
  byDefault: BenchOptions;
  measure: (options: BenchOptions) => Promise<readonly TargetResult[]>;
}[] = [
  // a round takes eight minutes
  { targets: ['sync', 'reread'], byDefault: { ...BY_DEFAULT, rounds: 1 }, measure: measureSync },
  {
    targets: ['array'],
    byDefault: BY_DEFAULT,
    measure: async ({ jobs, rounds }) => [
      await measureArray({ megabytes: Math.min(500, jobs / 2_000), rounds }),
    ],
  },
  {
    targets: ['list'],
    byDefault: BY_DEFAULT,
    measure: async ({ jobs, rounds }) => [
      await measureList({
        ...{ jobs, rounds, seconds: secondsOf(jobs) },
        coldStarts: jobs < 100_000 ? 0 : COLD_STARTS,
      }),
    ],
  },
  {
    targets: ['feed'],
    byDefault: BY_DEFAULT,
    measure: async ({ jobs, rounds }) => [
      await measureFeed({ streams: Math.min(1_000, jobs / 100), changes: 200, everyMs: 100, rounds }),
    ],
  },
  {
    targets: ['sources'],
    byDefault: BY_DEFAULT,
    measure: async ({ jobs }) => [
      await measureSources({ sources: sourcesOf(jobs), everySeconds: 10, seconds: 20 * secondsOf(jobs) }),
    ],
  },
  {
    targets: ['quiet'],
    byDefault: BY_DEFAULT,
    measure: async ({ jobs }) => {
      const few = Math.max(1_000, jobs / 1_000);
      return [await measureQuiet({ finished: [few, 10 * few] })];
    },
  },
  {
    targets: ['processes'],
    byDefault: BY_DEFAULT,
    measure: async ({ jobs }) => [
      await measureProcesses({
        ...{ processes: [1, 2, 4], sources: sourcesOf(jobs), jobs: 20, seconds: 4 * secondsOf(jobs) },
        ...{ streams: Math.min(200, jobs / 1_000), changes: 100, everyMs: 50 },
      }),
    ],
  },
  {
    targets: ['growth'],
    // to a million takes ten minutes, to ten millions an hour and a half
    byDefault: { ...BY_DEFAULT, jobs: 100_000 },
    measure: async ({ jobs }) => [
      await measureGrowth({
        jobs: [10_000, 100_000, 1_000_000, 10_000_000].filter((size) => size <= jobs),
        sources: [10, 100, 1_000].filter((sources) => sources <= sourcesOf(jobs)),
        seconds: 2 * secondsOf(jobs),
        watchSeconds: 25,
      }),
    ],
  },
];

/** Opening a dashboard over few jobs says nothing. */
const COLD_STARTS = 7;

/** How long one thing is asked or watched at least, seconds. */
function secondsOf(jobs: number): number {
  return jobs < 1_000_000 ? 2 : 5;
}

/** Every source has a thousand of the jobs, up to the thousand that a target is about. */
function sourcesOf(jobs: number): number {
  return Math.min(1_000, jobs / 1_000);
}
