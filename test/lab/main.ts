import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { SIMULATED_PLATFORMS } from '../../src/simulators/life.js';
import '../support/silence.js';
import { startTestServer, stopTestServer } from '../support/test-server.js';
import { DATABASE_FAULTS } from './database-faults.js';
import { LabReport, runLab, SERVER_RESTARTED } from './lab.js';
import { PLAIN } from './plain-table.js';
import { recordResult } from './record-result.js';
import { faultsOf } from './storm.js';
import { Tally } from './tally.js';

// npm run lab [-- --seeds N] [--jobs N] [--first SEED] [--no-record]: worlds full of faults, read to the end, and the table of what was
// lost. The figures are written to bench/results.

/** In this many worlds Core's array goes on for this long; in the others it is one that a test can wait for. */
const LONG_FLOODS = 2;
const LONG_FLOOD_BYTES = 500_000_000;
const FLOOD_BYTES = 4_000_000;
/** From so many worlds on, a fault that never struck a platform is a fault of the lab. */
const ENOUGH_SEEDS = 10;

async function main(): Promise<void> {
  const options = readOptions();
  const { seeds, jobs, first } = options;
  const reports: LabReport[] = [];
  await startTestServer();
  try {
    for (let place = 0; place < seeds; place++) {
      const report = await runLab({
        seed: first + place,
        jobs: Math.ceil(jobs / seeds),
        floodBytes: place < LONG_FLOODS ? LONG_FLOOD_BYTES : FLOOD_BYTES,
        ownServer: true,
      });
      reports.push(report);
      console.log(lineOf(report));
      for (const problem of problemsOf(report).slice(0, 10)) console.log(`  ${problem.slice(0, 400)}`);
    }
  } finally {
    await stopTestServer();
  }
  const faults = new Tally();
  for (const report of reports) faults.add(report.faults);
  const missed = neverStruck(faults);
  console.log(
    `\nFaults that struck\n${faultTable(faults)}\n\nWhat became of the jobs\n${resultTable(reports)}`,
  );
  console.log(
    'Lost: ended jobs that a reader does not know as ended; Rollcall over all jobs, the others over those that ended while they read. ' +
      'The readers without care met no faults.',
  );
  console.log(detailsOf(reports));
  if (missed.length > 0) console.log(`Never struck: ${missed.join(', ')}`);
  if (options.record) console.log(`written to ${await recordResult(resultOf(options, reports, faults))}`);
  const incomplete = seeds >= ENOUGH_SEEDS && missed.length > 0;
  if (incomplete || reports.some((report) => problemsOf(report).length > 0)) process.exitCode = 1;
}

interface Options {
  seeds: number;
  jobs: number;
  first: number;
  record: boolean;
}

function readOptions(): Options {
  const { values } = parseArgs({
    allowNegative: true,
    options: {
      seeds: { type: 'string', default: '20' },
      jobs: { type: 'string', default: '104000' },
      first: { type: 'string', default: '1' },
      record: { type: 'boolean', default: true },
    },
  });
  const numbers = [values.seeds, values.jobs, values.first].map(Number);
  if (numbers.some((number) => !Number.isSafeInteger(number) || number < 1))
    throw new RangeError('--seeds, --jobs (over all seeds) and --first take whole numbers above 0');
  const [seeds = 1, jobs = 1, first = 1] = numbers;
  return { seeds, jobs, first, record: values.record };
}

function problemsOf(report: LabReport): string[] {
  const { lost, wrong, duplicates, missing, rejects, unproven } = report;
  return Object.entries({ lost, wrong, duplicates, missing, rejects, unproven }).flatMap(([kind, problems]) =>
    problems.map((problem) => `${kind}: ${problem}`),
  );
}

function lineOf(report: LabReport): string {
  const { seed, jobs, transitions, polls, failedPolls, naive } = report;
  const verdict = problemsOf(report).length === 0 ? 'ok' : `${problemsOf(report).length} PROBLEMS`;
  return (
    `seed ${seed}: ${jobs} jobs, ${transitions} transitions, ${polls} polls (${failedPolls} failed), ${report.faults.total} faults: ` +
    `${verdict}; of ${naive.ended} that ended a watermark loses ${naive.watermark}, the newest page ${naive.newestPage}`
  );
}

/** Every fault and platform that belong together and did not meet. */
function neverStruck(faults: Tally): string[] {
  return SIMULATED_PLATFORMS.flatMap((platform) =>
    [...faultsOf(platform), ...DATABASE_FAULTS, SERVER_RESTARTED]
      .filter((name) => faults.of(name, platform) === 0)
      .map((name) => `${name} at ${platform}`),
  );
}

function faultTable(faults: Tally): string {
  const table = new Table({
    ...PLAIN,
    head: ['fault', ...SIMULATED_PLATFORMS, 'all'],
    colAligns: ['left', ...SIMULATED_PLATFORMS.map(() => 'right' as const), 'right'],
  });
  for (const name of faults.names) {
    const counts = SIMULATED_PLATFORMS.map((platform) => faults.of(name, platform) || '');
    table.push([name, ...counts, faults.of(name)]);
  }
  table.push(['all', ...SIMULATED_PLATFORMS.map(() => ''), faults.total]);
  return table.toString();
}

/** What the table of results has no room for. */
function detailsOf(reports: readonly LabReport[]): string {
  const total = (count: (report: LabReport) => number): number => sum(reports.map(count));
  const floods = reports
    .slice(0, LONG_FLOODS)
    .map(
      ({ flood }) => `${flood.records} records in ${flood.seconds} s, ${flood.residentMiB} MiB above idle`,
    );
  return [
    `Left an end for a word without a rule, as the contract wants it, and came back to it: ${total(({ detours }) => detours)}`,
    `Jobs whose tasks were compared: ${total(({ withTasks }) => withTasks)}`,
    `An array of ${LONG_FLOOD_BYTES / 1e6} MB, its platform in the same process: ${floods.join('; ')}`,
  ].join('\n');
}

function resultOf({ seeds, jobs, first }: Options, reports: readonly LabReport[], faults: Tally): object {
  const figures = reports.map((report) => {
    const { seed, jobs, withTasks, transitions, events, polls, failedPolls, flood, detours, naive } = report;
    const { lost, wrong, duplicates, missing, rejects, unproven } = report;
    const problems = { lost, wrong, duplicates, missing, rejects, unproven };
    const counts = Object.fromEntries(Object.entries(problems).map(([kind, found]) => [kind, found.length]));
    const sizes = { jobs, withTasks, transitions, events, polls, failedPolls, faults: report.faults.total };
    return { seed, ...sizes, ...counts, detours, flood, naive };
  });
  const struck = faults.names.map((name) => {
    const platforms = SIMULATED_PLATFORMS.map((platform) => [platform, faults.of(name, platform)] as const);
    return [name, Object.fromEntries(platforms.filter(([, times]) => times > 0))];
  });
  return {
    name: 'lab',
    options: { seeds, jobs, first },
    worlds: figures,
    faults: Object.fromEntries(struck),
  };
}

function resultTable(reports: readonly LabReport[]): string {
  const total = (count: (report: LabReport) => number): number => sum(reports.map(count));
  const table = new Table({
    ...PLAIN,
    head: [
      'reader',
      'worlds',
      'jobs',
      'transitions',
      'lost',
      'wrong',
      'duplicates',
      'events missing',
      'rejects missing',
      'unproven',
    ],
  });
  const ended = total(({ naive }) => naive.ended);
  table.push(
    [
      'Rollcall, all faults',
      reports.length,
      total(({ jobs }) => jobs),
      total(({ transitions }) => transitions),
      total(({ lost }) => lost.length),
      total(({ wrong }) => wrong.length),
      total(({ duplicates }) => duplicates.length),
      total(({ missing }) => missing.length),
      total(({ rejects }) => rejects.length),
      total(({ unproven }) => unproven.length),
    ],
    naiveRow(
      'a watermark on `updated`, no faults',
      total(({ naive }) => naive.watermark),
    ),
    naiveRow(
      'only the newest page, no faults',
      total(({ naive }) => naive.newestPage),
    ),
  );
  return table.toString();

  function naiveRow(name: string, lost: number): (string | number)[] {
    const share = ended === 0 ? '' : ` (${((100 * lost) / ended).toFixed(1)} %)`;
    return [name, reports.length, `${ended} ended`, '', `${lost}${share}`, '', '', '', '', ''];
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
