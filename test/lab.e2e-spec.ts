import { SIMULATED_PLATFORMS } from '../src/simulators/life.js';
import { DATABASE_FAULTS } from './lab/database-faults.js';
import { LabReport, runLab } from './lab/lab.js';
import { faultsOf, FLOOD } from './lab/storm.js';

// `npm run lab` runs twenty worlds of thousands of jobs; here are two small ones.

const SEEDS = [101, 102];
const reports: LabReport[] = [];

it.each(SEEDS)(
  'loses nothing in a world full of faults (seed %i)',
  async (seed) => {
    const report = await runLab({ seed, jobs: 400, floodBytes: 4_000_000, ownServer: false });
    reports.push(report);
    const { lost, wrong, duplicates, missing, rejects, unproven } = report;
    expect({ lost, wrong, duplicates, missing, rejects, unproven }).toEqual({
      lost: [],
      wrong: [],
      duplicates: [],
      missing: [],
      rejects: [],
      unproven: [],
    });
    expect(report.jobs).toBeGreaterThan(350);
    expect(report.withTasks).toBeGreaterThan(150);
    expect(report.transitions).toBeGreaterThan(report.jobs);
  },
  120_000,
);

it('every fault that there is struck somebody in those worlds', () => {
  const struck = (name: string): number => reports.reduce((sum, { faults }) => sum + faults.of(name), 0);
  const all = new Set([...SIMULATED_PLATFORMS.flatMap(faultsOf), ...DATABASE_FAULTS]);
  expect([...all].filter((name) => struck(name) === 0)).toEqual([]);
  for (const { faults, failedPolls } of reports) {
    for (const platform of SIMULATED_PLATFORMS) expect(faults.of(FLOOD, platform)).toBeGreaterThan(0);
    expect(failedPolls).toBeGreaterThan(10);
  }
});

it('a reader that follows `updated` loses jobs in the same worlds without any fault', () => {
  for (const { naive } of reports) expect(naive.watermark).toBeGreaterThan(naive.ended / 20);
});
