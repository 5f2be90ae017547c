import { parseArgs } from 'node:util';
import { Client } from 'pg';
import { serverUrl } from '../test/support/postgres.js';
import '../test/support/silence.js';
import { startTestServer, stopTestServer } from '../test/support/test-server.js';
import { busyness } from './harness/machine.js';
import { TARGETS, TargetName } from './harness/result.js';
import { RecordedResult, recordTargets } from './harness/result-files.js';
import { goalTable, tableMarkdown } from './report/markdown.js';
import { MEASUREMENTS } from './targets.js';

// npm run bench [-- TARGET… --size 10k|100k|1m|10m --rounds N --no-record]: measures the targets of performance.md on this machine, each as a
// ratio to its limit, and writes bench/results; `npm run bench:report` makes docs/performance.md of it.

const SIZES: Record<string, number> = { '10k': 10_000, '100k': 100_000, '1m': 1_000_000, '10m': 10_000_000 };

interface Options {
  targets: TargetName[];
  jobs: number;
  rounds: number;
  record: boolean;
}

/** @throws TypeError, RangeError */
function readOptions(): Options {
  const { values, positionals } = parseArgs({
    options: {
      size: { type: 'string', default: '1m' },
      rounds: { type: 'string', default: '3' },
      record: { type: 'boolean', default: true },
    },
    allowNegative: true,
    allowPositionals: true,
  });
  const unknown = positionals.find((name) => !(TARGETS as readonly string[]).includes(name));
  if (unknown !== undefined) throw new RangeError(`no target ${unknown}: ${TARGETS.join(', ')}`);
  const jobs = SIZES[values.size];
  if (jobs === undefined) throw new RangeError(`--size takes one of ${Object.keys(SIZES).join(', ')}`);
  const rounds = Number(values.rounds);
  if (!Number.isSafeInteger(rounds) || rounds < 1)
    throw new RangeError('--rounds takes a whole number above 0');
  const targets = positionals.length > 0 ? (positionals as TargetName[]) : [...TARGETS];
  return { targets, jobs, rounds, record: values.record };
}

async function main(): Promise<void> {
  const { targets, jobs, rounds, record } = readOptions();
  // As a user's: what is measured has to survive a power failure.
  await startTestServer({});
  try {
    for (const { targets: answered, measure } of MEASUREMENTS) {
      const wanted = answered.filter((name) => targets.includes(name));
      if (wanted.length === 0) continue;
      const [began, loadBefore] = [performance.now(), busyness()];
      const measured = await measure({ jobs, rounds });
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
