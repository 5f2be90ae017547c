import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import '../support/silence.js';
import { startTestServer, stopTestServer } from '../support/test-server.js';
import { LabReport, runLab } from './lab.js';
import { PLAIN } from './plain-table.js';

// npm run lab [-- --seeds N] [--jobs N] [--first SEED]: worlds full of faults, read to the end, and the table of what was lost.

async function main(): Promise<void> {
  const { seeds, jobs, first } = wholeNumbers();
  const reports: LabReport[] = [];
  await startTestServer();
  try {
    for (let seed = first; seed < first + seeds; seed++) {
      const report = await runLab({ seed, jobs: Math.ceil(jobs / seeds) });
      reports.push(report);
      console.log(lineOf(report));
      for (const problem of problemsOf(report).slice(0, 10)) console.log(`  ${problem.slice(0, 400)}`);
    }
  } finally {
    await stopTestServer();
  }
  console.log(
    `\nFaults that struck\n${faultTable(reports)}\n\nWhat became of the jobs\n${resultTable(reports)}`,
  );
  console.log(
    'Lost: ended jobs that a reader does not know as ended; Rollcall over all jobs, the others over those that ended while they read. ' +
      'The readers without care met no faults.',
  );
  if (reports.some((report) => problemsOf(report).length > 0)) process.exitCode = 1;
}

function wholeNumbers(): { seeds: number; jobs: number; first: number } {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '20' },
      jobs: { type: 'string', default: '104000' },
      first: { type: 'string', default: '1' },
    },
  });
  const numbers = [values.seeds, values.jobs, values.first].map(Number);
  if (numbers.some((number) => !Number.isSafeInteger(number) || number < 1))
    throw new RangeError('--seeds, --jobs (over all seeds) and --first take whole numbers above 0');
  const [seeds = 1, jobs = 1, first = 1] = numbers;
  return { seeds, jobs, first };
}

function problemsOf(report: LabReport): string[] {
  const { lost, wrong, duplicates, missing, rejects, unproven } = report;
  return Object.entries({ lost, wrong, duplicates, missing, rejects, unproven }).flatMap(([kind, problems]) =>
    problems.map((problem) => `${kind}: ${problem}`),
  );
}

function lineOf(report: LabReport): string {
  const { seed, jobs, transitions, polls, failedPolls, naive } = report;
  const struck = sum([...report.faults.values()]);
  const verdict = problemsOf(report).length === 0 ? 'ok' : `${problemsOf(report).length} PROBLEMS`;
  return (
    `seed ${seed}: ${jobs} jobs, ${transitions} transitions, ${polls} polls (${failedPolls} failed), ${struck} faults: ${verdict}; ` +
    `of ${naive.ended} that ended a watermark loses ${naive.watermark}, the newest page ${naive.newestPage}`
  );
}

function faultTable(reports: readonly LabReport[]): string {
  const totals = new Map<string, number>();
  for (const { faults } of reports)
    for (const [kind, count] of faults) totals.set(kind, (totals.get(kind) ?? 0) + count);
  const table = new Table({ ...PLAIN, head: ['fault', 'times'], colAligns: ['left', 'right'] });
  table.push(...[...totals].sort(([a], [b]) => (a < b ? -1 : 1)));
  table.push(['all', sum([...totals.values()])]);
  return table.toString();
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
    return [name, reports.length, `${ended} ended`, '', `${lost}${share}`, '', '', '', ''];
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
