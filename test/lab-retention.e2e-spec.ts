import { Period, RetentionReport, runRetention } from './lab/retention.js';
import { verdictOf } from './lab/retention-verdict.js';

// `npm run lab:retention` simulates a year of many jobs; here are two months of a thousand.

const OPTIONS = {
  ...{ seed: 7, days: 60, periodDays: 5, jobsADay: 33, waitsForVacuum: false, deletedADay: 1 },
  kept: { jobs: 10, payloads: 5, events: 4, audit: 6 },
  platforms: ['vectorcharts-oem'] as const,
};
/** Polls are kept for a week, whatever the configuration says. */
const POLLS_KEPT_DAYS = 7;

let report: RetentionReport;
beforeAll(async () => {
  report = await runRetention(OPTIONS);
}, 240_000);

const last = (): Period => report.periods.at(-1)!;

it('two months leave what the configuration keeps, and nothing else', () => {
  const { jobsADay, kept } = OPTIONS;
  const { rows, vanishedJobs, openJobs } = last();
  expect(report.jobs).toBeGreaterThan(1_900);
  expect(last().day).toBe(OPTIONS.days);

  // by age, and until the sweep that a day later has told of it
  expect(rows['job']! - vanishedJobs - openJobs).toBeLessThan((kept.jobs + 4) * jobsADay);
  expect(rows['job']! - vanishedJobs - openJobs).toBeGreaterThan(kept.jobs * jobsADay * 0.9);
  expect(rows['removed_job']).toBeLessThan((kept.jobs + 1) * jobsADay * 1.1);
  expect(rows['event']).toBeLessThan((kept.events + 2) * jobsADay * 2);
  expect(rows['job_payload']).toBeLessThan((kept.payloads + 1) * jobsADay * 1.1);
  expect(rows['audit']).toBe(kept.audit);
  expect(rows['poll']).toBe(POLLS_KEPT_DAYS * 2 * OPTIONS.platforms.length);
  expect(rows['upstream_request']).toBeLessThanOrEqual(2 * OPTIONS.platforms.length);

  for (const { removed } of report.periods.filter(({ day }) => day > 30))
    expect(Object.entries(removed).filter(([what, count]) => count === 0 && what !== 'events')).toEqual([]);
});

it('no count went wrong on the way, no open or vanished job went, and what the platforms show is stored', () => {
  expect(report.periods.flatMap(({ differences }) => differences)).toEqual([]);
  expect(report).toMatchObject({ wrong: [], lost: [] });
  expect(last().vanishedJobs).toBeGreaterThan(40);
});

describe('the verdict', () => {
  const periods = (bytes: (day: number) => number, wallMs: (day: number) => number): Period[] =>
    Array.from({ length: 12 }, (_, index) => {
      const day = 5 * (index + 1);
      const rounds = (['incremental', 'sweep'] as const).map((kind) => ({
        ...{ kind, cpuMs: 5, serverMs: 10, wallMs: [wallMs(day)] },
      }));
      return { ...last(), day, bytes: bytes(day), tables: { job: bytes(day) }, rounds };
    });

  it('compares the first quarter after everything has come round with the last one', () => {
    const flat = verdictOf(
      periods(
        () => 3_000_000,
        () => 10,
      ),
      OPTIONS,
    );
    expect(flat).toEqual({
      ...{ first: [30, 35, 40], last: [50, 55, 60], bytes: 1, tables: { job: 1 }, isFlat: true },
      polls: { incremental: { wall: 1, cpu: 1, server: 1 }, sweep: { wall: 1, cpu: 1, server: 1 } },
    });
  });

  it('sees a database that grows and polls that slow down, and is silent about a run that is too short', () => {
    const growing = periods(
      (day) => 1_000_000 * day,
      () => 10,
    );
    expect(verdictOf(growing, OPTIONS)).toMatchObject({ bytes: 1.57, isFlat: false });
    expect(
      verdictOf(
        periods(
          () => 3_000_000,
          (day) => day,
        ),
        OPTIONS,
      ),
    ).toMatchObject({
      bytes: 1,
      polls: { sweep: { wall: 1.57, cpu: 1 } },
      isFlat: false,
    });
    expect(verdictOf(growing.slice(0, 8), OPTIONS)).toBeNull();
  });
});
