import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import '../support/silence.js';
import { createTestDatabase } from '../support/postgres.js';
import { startTestServer, stopTestServer } from '../support/test-server.js';
import { simulateMonth } from './expectations-world.js';
import { LookedAt, ProblemTally, lookForPlanted } from './expectations.js';
import { PLAIN } from './plain-table.js';
import { recordResult } from './record-result.js';

// npm run lab:expectations -- [--months N] [--copies N] [--seed N] [--time-zone ZONE] [--no-record]: months with planted problems, and what
// the learned expectations, a success rate and a growing queue find of them.

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      months: { type: 'string', default: '5' },
      copies: { type: 'string', default: '4' },
      seed: { type: 'string', default: '1' },
      'time-zone': { type: 'string', default: 'UTC' },
      'no-record': { type: 'boolean', default: false },
    },
  });
  const [months, copies, seed] = [values.months, values.copies, values.seed].map(Number) as [
    number,
    number,
    number,
  ];
  if (![months, copies, seed].every((value) => Number.isSafeInteger(value) && value > 0))
    throw new RangeError('--months, --copies and --seed take whole numbers above 0');
  const looked: LookedAt[] = [];
  let jobs = 0;
  await startTestServer();
  try {
    for (let month = 0; month < months; month++) {
      const { database, drop } = await createTestDatabase();
      try {
        const simulated = simulateMonth(seed + month, { copies, isLarge: true });
        jobs += simulated.jobs.length;
        looked.push(
          await lookForPlanted(database, simulated, { timeZone: values['time-zone'], stepMs: 60_000 }),
        );
        const { missed, falseAlarms } = looked.at(-1)!;
        console.log(`month ${month + 1}: ${simulated.jobs.length} jobs`);
        for (const { problem, type, from } of missed)
          console.log(`  missed: ${problem} of ${type}, ${new Date(from).toISOString()}`);
        for (const { type, firedAt, message } of falseAlarms)
          console.log(`  false alarm: ${type}, ${new Date(firedAt).toISOString()}: ${message}`);
      } finally {
        await drop();
      }
    }
  } finally {
    await stopTestServer();
  }
  const tallies = sum(looked.map((one) => one.tallies));
  const table = new Table({
    ...PLAIN,
    head: ['problem', 'rule', 'planted', 'found', 'missed', 'false alarms', 'minutes to the alarm'],
    colAligns: ['left', 'left', 'right', 'right', 'right', 'right', 'right'],
  });
  for (const { problem, kind, planted, found, missed, falseAlarms, medianMinutes } of tallies)
    table.push([problem, kind, planted, found, missed, falseAlarms, medianMinutes ?? '']);
  console.log(table.toString());
  if (values['no-record']) return;
  const result = { lab: 'expectations', months, copies, seed, timeZone: values['time-zone'], jobs, tallies };
  console.log(await recordResult(result, 'lab-expectations'));
}

/** Of several months; of the times to the alarm the middle one of their medians. */
function sum(months: readonly (readonly ProblemTally[])[]): ProblemTally[] {
  return months[0]!.map((first, place) => {
    const all = months.map((month) => month[place]!);
    const total = (name: 'planted' | 'found' | 'missed' | 'falseAlarms') =>
      all.reduce((count, tally) => count + tally[name], 0);
    const medians = all.flatMap(({ medianMinutes }) => medianMinutes ?? []).sort((a, b) => a - b);
    return {
      ...first,
      planted: total('planted'),
      found: total('found'),
      missed: total('missed'),
      falseAlarms: total('falseAlarms'),
      medianMinutes: medians[medians.length >> 1] ?? null,
    };
  });
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
