import { parseArgs } from 'node:util';
import { Client } from 'pg';
import { serverUrl } from '../test/support/postgres.js';
import '../test/support/silence.js';
import { startTestServer, stopTestServer } from '../test/support/test-server.js';
import { busyness } from './harness/machine.js';
import { TARGETS, TargetName } from './harness/result.js';
import { RecordedResult, recordTargets } from './harness/result-files.js';
import { goalTable, tableMarkdown } from './report/markdown.js';
import { BenchOptions, MEASUREMENTS } from './targets.js';

// npm run bench [-- TARGET… --size 10k|100k|1m|10m --rounds N --no-record]: measures the targets of performance.md on this machine, each as a
// ratio to its limit, and writes bench/results; `npm run bench:report` makes docs/performance.md of it.

const SIZES: Record<string, number> = { '10k': 10_000, '100k': 100_000, '1m': 1_000_000, '10m': 10_000_000 };

interface Options {
  targets: TargetName[];
  /** Of those that are named, for every measurement; each has its own for the others. */
  amount: Partial<BenchOptions>;
  record: boolean;
}

/** @throws TypeError, RangeError */
function readOptions(): Options {
  const { values, positionals } = parseArgs({
    options: {
      size: { type: 'string' },
      rounds: { type: 'string' },
      record: { type: 'boolean', default: true },
    },
    allowNegative: true,
    allowPositionals: true,
  });
  const unknown = positionals.find((name) => !(TARGETS as readonly string[]).includes(name));
  if (unknown !== undefined) throw new RangeError(`no target ${unknown}: ${TARGETS.join(', ')}`);
  const targets = positionals.length > 0 ? (positionals as TargetName[]) : [...TARGETS];
  const amount: Options['amount'] = {};
  if (values.size !== undefined) amount.jobs = jobsOf(values.size);
  if (values.rounds !== undefined) amount.rounds = roundsOf(values.rounds);
  return { targets, amount, record: values.record };
}

function jobsOf(size: string): number {
  const jobs = SIZES[size];
  if (jobs === undefined) throw new RangeError(`--size takes one of ${Object.keys(SIZES).join(', ')}`);
  return jobs;
}

function roundsOf(text: string): number {
  const rounds = Number(text);
  if (!Number.isSafeInteger(rounds) || rounds < 1)
    throw new RangeError('--rounds takes a whole number above 0');
  return rounds;
}

async function main(): Promise<void> {
  const { targets, amount, record } = readOptions();
  const begun = performance.now();
  // As a user's: what is measured has to survive a power failure.
  await startTestServer({});
  try {
    for (const { targets: answered, byDefault, measure } of MEASUREMENTS) {
      const wanted = answered.filter((name) => targets.includes(name));
      if (wanted.length === 0) continue;
      const [began, loadBefore] = [performance.now(), busyness()];
      const measured = await measure({ ...byDefault, ...amount });
      const seconds = Math.round((performance.now() - began) / 1_000);
      const results = measured
        .filter(({ target }) => wanted.includes(target))
        .map((result): RecordedResult => ({ ...result, at: new Date().toISOString(), loadBefore, seconds }));
      results.forEach(report);
      if (record) console.log(`written to ${await recordTargets(results, await postgresVersion())}`);
    }
  } finally {
    await stopTestServer();
  }
  console.log(`${((performance.now() - begun) / 60_000).toFixed(1)} minutes`);
}

function report({ target, size, goals, tables, seconds, loadBefore }: RecordedResult): void {
  const figures = goals.map((goal) => ({ goal, size }));
  const parts = [...(goals.length > 0 ? [goalTable(figures)] : []), ...tables.map(tableMarkdown)];
  console.log(
    `\n**${target}** (measured in ${seconds} s, load ${loadBefore} before)\n\n${parts.join('\n\n')}\n`,
  );
}

async function postgresVersion(): Promise<string> {
  const client = new Client({ connectionString: serverUrl() });
  await client.connect();
  try {
    const { rows } = await client.query<{ version: string }>(
      "SELECT current_setting('server_version') AS version",
    );
    return rows[0]!.version;
  } finally {
    await client.end();
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof RangeError || error instanceof TypeError ? error.message : error);
  process.exitCode = 1;
});
