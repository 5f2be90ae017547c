import { parseArgs } from 'node:util';
import '../support/silence.js';
import { startTestServer, stopTestServer } from '../support/test-server.js';
import { recordResult } from './record-result.js';
import { runUpgrade, UpgradeReport } from './upgrade.js';
import { Release } from './upgrade-release.js';

// npm run lab:upgrade -- [--from REVISION] [--jobs N] [--polls N] [--seed N] [--no-record]: a rolling upgrade from the release of that commit
// to this one, with pollers and readers on. Takes the commit from the repository's history and its dependencies from the registry.

/** The last commit with the first schema alone (test/upgrades), whose sources compile. */
const FIRST_SCHEMA = '3a5408c';

async function main(): Promise<void> {
  const { values } = parseArgs({
    allowNegative: true,
    options: {
      from: { type: 'string', default: FIRST_SCHEMA },
      jobs: { type: 'string', default: '3000' },
      polls: { type: 'string', default: '10' },
      seed: { type: 'string', default: '1' },
      record: { type: 'boolean', default: true },
    },
  });
  const [jobs, polls, seed] = [values.jobs, values.polls, values.seed].map(Number) as [
    number,
    number,
    number,
  ];
  if (![jobs, polls, seed].every((value) => Number.isSafeInteger(value) && value > 0))
    throw new RangeError('--jobs, --polls and --seed take whole numbers above 0');
  const { from } = values;
  const old = await Release.of(from);
  let report: UpgradeReport;
  try {
    await startTestServer();
    try {
      report = await runUpgrade(old, { seed, jobs, polls });
    } finally {
      await stopTestServer();
    }
  } finally {
    await old.remove();
  }
  const problems = problemsOf(report);
  for (const phase of report.phases) console.log(phase);
  const { readers, claims } = report;
  console.log(
    `\nfrom ${from}: ${report.jobs} jobs, ${report.transitions} transitions, ${report.events} events, ${report.polls} polls; ` +
      `claims while both releases ran: ${claims.old} by the old one, ${claims.new} by the new one`,
  );
  console.log(
    `readers: ${readers.pages} pages, of which ${readers.cursorsTakenOver} by a cursor of the other release; ${readers.jobs} answers of single jobs, ` +
      `${readers.feed} pages of the feed, ${readers.streams} streams`,
  );
  for (const [kind, found] of Object.entries(problems)) {
    console.log(`${kind}: ${found.length}`);
    for (const problem of found.slice(0, 10)) console.log(`  ${problem.slice(0, 500)}`);
  }
  if (values.record) {
    const counts = Object.fromEntries(Object.entries(problems).map(([kind, found]) => [kind, found.length]));
    const sizes = {
      ...{ jobs: report.jobs, transitions: report.transitions, events: report.events },
      polls: report.polls,
    };
    const result = { name: 'lab-upgrade', from, ...sizes, ...counts, readers, claims };
    console.log(`written to ${await recordResult(result, 'lab-upgrade')}`);
  }
  if (Object.values(problems).some((found) => found.length > 0)) process.exitCode = 1;
}

function problemsOf({
  lost,
  wrong,
  duplicates,
  missing,
  faults,
  simultaneous,
  unheard,
}: UpgradeReport): Record<string, string[]> {
  return { lost, wrong, duplicates, missing, faults, simultaneous, unheard };
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
