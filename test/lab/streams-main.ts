import { spawn } from 'node:child_process';
import { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { getJson, startApp } from '../support/app.js';
import { testConfig } from '../support/config.js';
import { insertSource } from '../support/jobs.js';
import { createTestDatabase } from '../support/postgres.js';
import { ROOT } from '../support/repository.js';
import '../support/silence.js';
import { startTestServer, stopTestServer } from '../support/test-server.js';
import type { ReadersTask } from './streams-readers.js';
import { Followed, sourcesOf, write } from './streams.js';

// node scripts/streams.mjs [--readers N] [--transitions N] [--writers N]: readers of the stream whose connections break at random, while
// writers write. Every reader must be given everything its question selects, of each job in order.

/** Processes of readers. */
const PROCESSES = 2;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      readers: { type: 'string', default: '1000' },
      transitions: { type: 'string', default: '50000' },
      writers: { type: 'string', default: '3' },
      drops: { type: 'string', default: '20' },
    },
  });
  const [readers, transitions, writers, drops] = [
    values.readers,
    values.transitions,
    values.writers,
    values.drops,
  ].map(wholeNumber) as [number, number, number, number];
  const writing = { writers, transitions, jobsPerWriter: 100 };
  await startTestServer();
  const test = await createTestDatabase({ poolSize: 10 });
  const app = await startApp(testConfig([]), test.database);
  try {
    for (const key of sourcesOf(writing)) await insertSource(test.database, { key });
    await app.listen(0, '127.0.0.1');
    const { port } = (app.getHttpServer() as { address(): AddressInfo }).address();
    const { page } = await getJson<{ page: { next: string } }>(app, '/api/v1/events?after=latest');
    const following = { readers: Math.ceil(readers / PROCESSES), dropsPerSecond: drops / PROCESSES };
    const url = `http://127.0.0.1:${port}/api/v1/events/stream`;
    const began = performance.now();
    const reading = Array.from({ length: PROCESSES }, () =>
      readersProcess({ url, start: page.next, following, writing }),
    );
    let largest = 0;
    const measuring = setInterval(() => (largest = Math.max(largest, process.memoryUsage().rss)), 500);
    const [, ...followed] = await Promise.all([
      write(test.database, writing).then(() => console.log(`written after ${seconds(began)}`)),
      ...reading,
    ]);
    clearInterval(measuring);
    report(followed, began, largest);
  } finally {
    await app.close();
    await test.drop();
    await stopTestServer();
  }
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new RangeError(`${text} is not a whole number above 0`);
  return value;
}

function seconds(began: number): string {
  return `${((performance.now() - began) / 1_000).toFixed(1)} s`;
}

function report(followed: readonly Followed[], began: number, largest: number): void {
  const sum = (count: (one: Followed) => number) => followed.reduce((total, one) => total + count(one), 0);
  const faults = followed.flatMap((one) => one.faults);
  const complete = sum((one) => one.complete);
  console.log(
    `${complete} of ${complete + faults.length} readers were given everything in order, after ${seconds(began)}: ` +
      `${sum((one) => one.events)} events over ${sum((one) => one.connections)} connections; ` +
      `the service took ${Math.round(largest / 1_048_576)} MiB at most`,
  );
  for (const fault of faults.slice(0, 10)) console.log(`fault: ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
}

function readersProcess(task: ReadersTask): Promise<Followed> {
  return new Promise((resolve, reject) => {
    const program = [
      join(ROOT, 'test/support/run-ts.mjs'),
      join(ROOT, 'test/lab/streams-readers.ts'),
      JSON.stringify(task),
    ];
    const child = spawn(process.execPath, program, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(output.trim().split('\n').at(-1)!) as Followed);
      else reject(new Error(`a process of readers ended with ${code}`));
    });
  });
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
