import { totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { PollKind } from '../../src/domain/poll-kind.js';
import { SIMULATED_PLATFORMS, SimulatedPlatform } from '../../src/simulators/life.js';
import '../support/silence.js';
import { startTestServer, stopTestServer } from '../support/test-server.js';
import { PLAIN } from './plain-table.js';
import { recordResult } from './record-result.js';
import { Period, RetentionOptions, RetentionReport, runRetention } from './retention.js';
import { pollTimes, Verdict, verdictOf } from './retention-verdict.js';

// npm run lab:retention -- [--months N] [--jobs-a-month N|Nk|Nm] [--jobs-kept DAYS] [--vanish-a-day N] [--platforms A,B] [--seed N] [--no-record]:
// a simulated year with retention on, and whether the database and the polls stay as they are once everything that goes by age has come round.

const MONTH_DAYS = 30;

/**
 * A year is written in minutes, so autovacuum gets more of the time: it looks every five seconds, some hours of a year of a million jobs
 * a month (and days of one of few jobs), and does not rest in between.
 * A million jobs a month take more than the quarter of a GiB that an embedded server allows itself: a database of that size has memory of its own, here a third of the machine's.
 */
const SETTINGS = {
  ...{ fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' },
  ...{ autovacuum_naptime: '5s', autovacuum_vacuum_cost_delay: '0' },
  ...{ shared_buffers: `${Math.floor(totalmem() / 3 / 1_048_576)}MB`, max_wal_size: '4GB' },
};

async function main(): Promise<void> {
  const { months, jobsAMonth, options, record } = readOptions();
  console.log(
    `${months} months of ${MONTH_DAYS} days, ${jobsAMonth} jobs a month; kept: jobs ${options.kept.jobs} days, records ${options.kept.payloads}, ` +
      `events ${options.kept.events}. ${jobsAMonth < 1_000_000 ? 'Scaled down: --jobs-a-month 1m is the full size.' : ''}`,
  );
  const begun = performance.now();
  let report: RetentionReport;
  await startTestServer(SETTINGS);
  try {
    report = await runRetention(options, (period) => console.log(lineOf(period, performance.now() - begun)));
  } finally {
    await stopTestServer();
  }
  const { periods, jobs, polls, wrong, lost } = report;
  const verdict = verdictOf(periods, options);
  const differences = periods.flatMap((period) => period.differences);
  console.log(`\n${sizeTable(periods)}\n\n${pollTable(periods)}`);
  console.log(`\n${jobs} jobs, ${polls} polls, ${Math.round((performance.now() - begun) / 60_000)} minutes`);
  console.log(`Counters that a recount disagrees with: ${differences.length}`);
  console.log(
    `Stored otherwise than shown: ${wrong.length}; vanished jobs that retention took: ${lost.length}`,
  );
  for (const what of [...differences, ...wrong, ...lost].slice(0, 20)) console.log(`  ${what}`);
  console.log(describe(verdict));
  if (record) {
    const figures = { months, jobsAMonth, ...options, jobs, polls, verdict, periods: periods.map(figuresOf) };
    const problems = { differences: differences.length, wrong: wrong.length, lost: lost.length };
    console.log(
      `written to ${await recordResult({ name: 'lab-retention', ...figures, ...problems }, 'lab-retention')}`,
    );
  }
  if ([...differences, ...wrong, ...lost].length > 0 || verdict?.isFlat === false) process.exitCode = 1;
}

interface Options {
  months: number;
  jobsAMonth: number;
  options: RetentionOptions;
  record: boolean;
}

function readOptions(): Options {
  const { values } = parseArgs({
    allowNegative: true,
    options: {
      months: { type: 'string', default: '12' },
      'jobs-a-month': { type: 'string', default: '21k' },
      'jobs-kept': { type: 'string', default: '60' },
      'vanish-a-day': { type: 'string', default: '0' },
      platforms: { type: 'string', default: 'vectorcharts,vectorcharts-oem,integrate-io' },
      seed: { type: 'string', default: '1' },
      record: { type: 'boolean', default: true },
    },
  });
  const [months, jobsAMonth, jobsKept, seed] = [
    values.months,
    values['jobs-a-month'],
    values['jobs-kept'],
    values.seed,
  ].map(sizeOf) as [number, number, number, number];
  const deletedADay = Number(values['vanish-a-day']);
  if (!Number.isSafeInteger(deletedADay) || deletedADay < 0)
    throw new RangeError('--vanish-a-day takes a whole number');
  const options: RetentionOptions = {
    ...{
      seed,
      days: months * MONTH_DAYS,
      periodDays: MONTH_DAYS,
      jobsADay: Math.ceil(jobsAMonth / MONTH_DAYS),
    },
    kept: { jobs: jobsKept, payloads: 30, events: 30, audit: 90 },
    platforms: values.platforms.split(',').map(platformOf),
    waitsForVacuum: true,
    deletedADay,
  };
  return { months, jobsAMonth, options, record: values.record };
}

function platformOf(name: string): SimulatedPlatform {
  const platform = SIMULATED_PLATFORMS.find((known) => known === name);
  if (platform === undefined)
    throw new RangeError(`--platforms takes some of ${SIMULATED_PLATFORMS.join()}, and not ${name}`);
  return platform;
}

function sizeOf(text: string): number {
  const [, digits = '', unit = ''] = /^(\d+)([km]?)$/i.exec(text) ?? [];
  const size = Number(digits) * { '': 1, k: 1_000, m: 1_000_000 }[unit.toLowerCase() as '' | 'k' | 'm'];
  if (digits === '' || size < 1)
    throw new RangeError('--months, --jobs-a-month, --jobs-kept and --seed take whole numbers above 0');
  return size;
}

function lineOf(period: Period, passedMs: number): string {
  const { day, bytes, rows, removed, differences } = period;
  const verdict =
    differences.length === 0 ? 'counters right' : `${differences.length} COUNTERS WRONG: ${differences[0]}`;
  const wall = (kind: PollKind): number => Math.round(pollTimes(period, kind).wall.p50);
  return (
    `day ${day}, after ${(passedMs / 60_000).toFixed(1)} min: ${megabytes(bytes)} MB, ${rows['job']} jobs, ${rows['event']} events, ` +
    `${removed.jobs} jobs removed; polls ${wall('incremental')} and ${wall('sweep')} ms; ${verdict}`
  );
}

const SHOWN_TABLES = ['job', 'job_payload', 'transition', 'job_task', 'event', 'removed_job'] as const;

function sizeTable(periods: readonly Period[]): string {
  const table = new Table({
    ...PLAIN,
    head: [
      'day',
      'MB',
      ...SHOWN_TABLES,
      'others',
      'jobs',
      'open',
      'vanished',
      'events',
      'jobs removed',
      'records',
      'partitions',
      'forgotten',
      'put off',
      'dead rows',
      'autovacuums',
    ],
    colAligns: Array(19).fill('right'),
  });
  for (const { day, bytes, tables, rows, openJobs, vanishedJobs, removed, ...period } of periods) {
    const shown = SHOWN_TABLES.map((name) => tables[name] ?? 0);
    const others = bytes - shown.reduce((sum, size) => sum + size, 0);
    table.push([
      ...[day, ...[bytes, ...shown, others].map(megabytes)],
      ...[rows['job'], openJobs, vanishedJobs, rows['event']],
      ...[removed.jobs, removed.payloads, removed.partitions, removed.forgotten],
      ...[period.putOff, period.deadTuples, period.autovacuums],
    ]);
  }
  return table.toString();
}

function pollTable(periods: readonly Period[]): string {
  const figures = ['wall p50', 'p99', 'CPU p50', 'p99', 'PostgreSQL CPU'];
  const table = new Table({
    ...PLAIN,
    head: [
      'day',
      ...figures.map((figure) => `incremental ${figure}, ms`),
      ...figures.map((figure) => `sweep ${figure}, ms`),
    ],
    colAligns: Array(11).fill('right'),
  });
  for (const period of periods) {
    const [incremental, sweep] = [pollTimes(period, 'incremental'), pollTimes(period, 'sweep')];
    const columns = [incremental, sweep].flatMap(({ wall, cpu, server }) => [
      wall.p50,
      wall.p99,
      cpu.p50,
      cpu.p99,
      server,
    ]);
    table.push([period.day, ...columns]);
  }
  return table.toString();
}

function describe(verdict: Verdict | null): string {
  if (verdict === null) return 'Too short for a verdict: two quarters after everything has come round.';
  const { first, last, bytes, tables, polls, isFlat } = verdict;
  const grown = Object.entries(tables).map(([table, factor]) => `${table} ${factor}`);
  return [
    `Months that end on days ${last.join(', ')} against those on ${first.join(', ')}, by their means:`,
    `  the database ${bytes} (${grown.join(', ')})`,
    ...(['incremental', 'sweep'] as const).map(
      (kind) =>
        `  ${kind} polls ${polls[kind].wall} (CPU of the process ${polls[kind].cpu}, of PostgreSQL ${polls[kind].server ?? 'not told'})`,
    ),
    isFlat ? 'Flat.' : 'NOT FLAT.',
  ].join('\n');
}

function figuresOf(period: Period): object {
  const { rounds, ...figures } = period;
  return {
    ...figures,
    rounds: rounds.length,
    incremental: pollTimes(period, 'incremental'),
    sweep: pollTimes(period, 'sweep'),
  };
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
