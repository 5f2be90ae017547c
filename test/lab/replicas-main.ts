import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import '../support/silence.js';
import { startTestServer, stopTestServer } from '../support/test-server.js';
import { PLAIN } from './plain-table.js';
import { ReplicaLab, ReplicasReport } from './replicas.js';

// npm run lab:replicas -- [--kills N] [--replicas N] [--jobs N] [--seed N]: kill -9 again and again, and what was lost by it.

/** So many kills, and everything is compared; then the world goes on. */
const KILLS_PER_WORLD = 25;
/** Each at one of the next so many requests. */
const REQUESTS_TO_KILL = 60;
const FAULTS = ['lost', 'wrong', 'duplicates', 'missing', 'simultaneous'] as const;

async function main(): Promise<void> {
  const { kills, replicas, jobs, seed } = wholeNumbers();
  const reports: ReplicasReport[] = [];
  await startTestServer();
  try {
    for (let left = kills, world = seed; left > 0; left -= KILLS_PER_WORLD, world++) {
      const report = await runWorld({ seed: world, jobs, replicas }, Math.min(left, KILLS_PER_WORLD));
      reports.push(report);
      console.log(`seed ${world}: ${JSON.stringify(figuresOf(report))}`);
      for (const fault of FAULTS)
        for (const problem of report[fault].slice(0, 10)) console.log(`  ${fault}: ${problem.slice(0, 400)}`);
    }
  } finally {
    await stopTestServer();
  }
  console.log(tableOf(reports, replicas));
  if (reports.some((report) => FAULTS.some((fault) => report[fault].length > 0))) process.exitCode = 1;
}

async function runWorld(
  options: { seed: number; jobs: number; replicas: number },
  kills: number,
): Promise<ReplicasReport> {
  const lab = await ReplicaLab.open(options);
  try {
    lab.live(true);
    for (let kill = 0; kill < kills; kill++) await lab.killOne(REQUESTS_TO_KILL);
    await lab.settle();
    return await lab.report();
  } finally {
    await lab.close();
  }
}

function wholeNumbers(): { kills: number; replicas: number; jobs: number; seed: number } {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: '100' },
      replicas: { type: 'string', default: '3' },
      jobs: { type: 'string', default: '1200' },
      seed: { type: 'string', default: '1' },
    },
  });
  const numbers = [values.kills, values.replicas, values.jobs, values.seed].map(Number);
  if (numbers.some((number) => !Number.isSafeInteger(number) || number < 1))
    throw new RangeError('--kills, --replicas, --jobs and --seed take whole numbers above 0');
  const [kills = 1, replicas = 1, jobs = 1, seed = 1] = numbers;
  return { kills, replicas, jobs, seed };
}

function figuresOf(report: ReplicasReport): Record<string, number> {
  const { kills, cutPolls, pollers, polls, jobs, transitions, events } = report;
  const faults = Object.fromEntries(FAULTS.map((fault) => [fault, report[fault].length]));
  return { kills, cutPolls, pollers, polls, jobs, transitions, events, ...faults };
}

function tableOf(reports: readonly ReplicasReport[], replicas: number): string {
  const total = (count: (report: ReplicasReport) => number): number =>
    reports.reduce((sum, report) => sum + count(report), 0);
  const table = new Table({
    ...PLAIN,
    head: [`${replicas} replicas, kill -9`, ''],
    colAligns: ['left', 'right'],
  });
  table.push(
    ['worlds', reports.length],
    ['kills', total(({ kills }) => kills)],
    ['polls that they cut off', total(({ cutPolls }) => cutPolls)],
    ['processes that polled', total(({ pollers }) => pollers)],
    ['polls that ended', total(({ polls }) => polls)],
    ['jobs', total(({ jobs }) => jobs)],
    ['transitions', total(({ transitions }) => transitions)],
    ['events', total(({ events }) => events)],
    ['lost', total(({ lost }) => lost.length)],
    ['wrong', total(({ wrong }) => wrong.length)],
    ['duplicates', total(({ duplicates }) => duplicates.length)],
    ['events missing', total(({ missing }) => missing.length)],
    ['two polls of one source at a time', total(({ simultaneous }) => simultaneous.length)],
  );
  return table.toString();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
