import { LabReport, runLab } from './lab/lab.js';

// `npm run lab` runs twenty worlds of thousands of jobs; here are two small ones.

const SEEDS = [101, 102];
const reports: LabReport[] = [];

it.each(SEEDS)(
  'loses nothing in a world full of faults (seed %i)',
  async (seed) => {
    const report = await runLab({ seed, jobs: 400 });
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
    expect(report.transitions).toBeGreaterThan(report.jobs);
  },
  120_000,
);

it('those worlds were full of faults indeed', () => {
  const kinds = new Set(reports.flatMap(({ faults }) => [...faults.keys()]));
  expect(kinds.size).toBeGreaterThan(25);
  for (const { failedPolls } of reports) expect(failedPolls).toBeGreaterThan(10);
});

it('a reader that follows `updated` loses jobs in the same worlds without any fault', () => {
  for (const { naive } of reports) expect(naive.watermark).toBeGreaterThan(naive.ended / 20);
});
