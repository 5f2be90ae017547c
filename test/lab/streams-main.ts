import { spawn } from 'node:child_process';
import { AddressInfo } from 'node:net';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { getJson, startApp } from '../support/app.js';
import { testConfig } from '../support/config.js';
import { insertSource } from '../support/jobs.js';
import { createTestDatabase } from '../support/postgres.js';
import { ROOT } from '../support/repository.js';
import '../support/silence.js';
import { startTestServer, stopTestServer } from '../support/test-server.js';
import { recordResult } from './record-result.js';
import type { ReadersTask, ReadersWord } from './streams-readers.js';
import { Followed, sourcesOf, write } from './streams.js';

// npm run lab:streams [-- --readers N --transitions N --writers N --breaks N --minutes N --no-record]: readers of the stream whose connections break
// at random, while writers write. Every reader must be given everything its question selects, of each job in order. The figures are
// written to bench/results.

/** Processes of readers. */
const PROCESSES = Math.max(2, availableParallelism() - 1);
/** Between two words of progress, milliseconds. */
const TELL_MS = 15_000;
const MIB = 1_048_576;

interface Options {
  readers: number;
  transitions: number;
  writers: number;
  breaks: number;
  minutes: number;
  record: boolean;
}

async function main(): Promise<void> {
  const options = readOptions();
  const { readers, transitions, writers, breaks, minutes } = options;
  const writing = { writers, transitions, jobsPerWriter: 100 };
  await startTestServer();
  const test = await createTestDatabase({ poolSize: 10 });
  const app = await startApp(testConfig([]), test.database);
  const crowd = new Crowd();
  try {
    for (const key of sourcesOf(writing)) await insertSource(test.database, { key });
    await app.listen(0, '127.0.0.1');
    const { port } = (app.getHttpServer() as { address(): AddressInfo }).address();
    const { page } = await getJson<{ page: { next: string } }>(app, '/api/v1/events?after=latest');
    const following = { readers: Math.ceil(readers / PROCESSES), breaks, withinMs: minutes * 60_000 };
    const url = `http://127.0.0.1:${port}/api/v1/events/stream`;
    const [, ...followed] = await Promise.all([
      write(test.database, writing).then(() => crowd.say('everything is written')),
      ...Array.from({ length: PROCESSES }, (_, place) =>
        crowd.readers(place, { url, start: page.next, following, writing }),
      ),
    ]);
    const result = crowd.result(followed);
    report(result, followed);
    if (options.record)
      console.log(`written to ${await recordResult({ lab: 'streams', options, result }, 'lab-streams')}`);
    if (result.complete < result.readers) process.exitCode = 1;
  } finally {
    crowd.close();
    await app.close();
    await test.drop();
    await stopTestServer();
  }
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      readers: { type: 'string', default: '1000' },
      transitions: { type: 'string', default: '50000' },
      writers: { type: 'string', default: '3' },
      breaks: { type: 'string', default: '4' },
      minutes: { type: 'string', default: '30' },
      'no-record': { type: 'boolean', default: false },
    },
  });
  return {
    readers: wholeNumber(values.readers),
    transitions: wholeNumber(values.transitions),
    writers: wholeNumber(values.writers),
    breaks: wholeNumber(values.breaks),
    minutes: wholeNumber(values.minutes),
    record: !values['no-record'],
  };
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new RangeError(`${text} is not a whole number above 0`);
  return value;
}

/** Processes of readers, and what is measured meanwhile of the process that serves them. */
class Crowd {
  private readonly began = performance.now();
  private readonly words = new Map<number, ReadersWord>();
  private readonly cpu = process.cpuUsage();
  private largest = 0;
  /** What else this machine has to do: figures of a busy one are no measurement. */
  private readonly loadBefore = round(loadavg()[0]!);
  private readonly timers = [
    setInterval(() => (this.largest = Math.max(this.largest, process.memoryUsage.rss())), 500),
    setInterval(() => this.tell(), TELL_MS),
  ];

  say(text: string): void {
    console.log(`${this.seconds.toFixed(1)} s: ${text}`);
  }

  readers(place: number, task: ReadersTask): Promise<Followed> {
    return new Promise((resolve, reject) => {
      const program = [
        join(ROOT, 'test/support/run-ts.mjs'),
        join(ROOT, 'test/lab/streams-readers.ts'),
        JSON.stringify(task),
      ];
      const child = spawn(process.execPath, program, { stdio: ['ignore', 'pipe', 'inherit'] });
      const lines = createInterface(child.stdout);
      lines.on('line', (line) => this.words.set(place, JSON.parse(line) as ReadersWord));
      child.on('error', reject);
      lines.on('close', () => {
        const followed = this.words.get(place)?.followed;
        if (followed) resolve(followed);
        else reject(new Error('a process of readers ended too soon'));
      });
    });
  }

  close(): void {
    for (const timer of this.timers) clearInterval(timer);
  }

  result(followed: readonly Followed[]) {
    const sum = (count: (one: Followed) => number) => followed.reduce((total, one) => total + count(one), 0);
    const [seconds, events, bytes] = [this.seconds, sum((one) => one.events), sum((one) => one.bytes)];
    const { user, system } = process.cpuUsage(this.cpu);
    const [complete, faults] = [sum((one) => one.complete), sum((one) => one.faults.length)];
    return {
      readers: complete + faults,
      complete,
      /** Events missing, twice, of others or out of their order; the first of them ends a reader. */
      faults,
      events,
      disconnects: sum((one) => one.connections) - (complete + faults),
      gigabytes: round(bytes / 1e9),
      seconds: round(seconds),
      eventsPerSecond: Math.round(events / seconds),
      megabytesPerSecond: Math.round(bytes / 1e6 / seconds),
      loadBefore: this.loadBefore,
      /** Of the process that serves, and writes the transitions. */
      service: { cpuSeconds: round((user + system) / 1e6), largestMiB: Math.round(this.largest / MIB) },
    };
  }

  private tell(): void {
    const sum = (count: (word: ReadersWord) => number) =>
      [...this.words.values()].reduce((total, word) => total + count(word), 0);
    const memory = Math.round(process.memoryUsage.rss() / MIB);
    this.say(
      `${sum(({ events }) => events)} events, ${sum(({ done }) => done)} readers at their end; ${memory} MiB`,
    );
  }

  private get seconds(): number {
    return (performance.now() - this.began) / 1_000;
  }
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function report(result: ReturnType<Crowd['result']>, followed: readonly Followed[]): void {
  console.log(
    `${result.complete} of ${result.readers} readers were given everything, of each job in order, after ${result.seconds} s: ` +
      `${result.events} events (${result.gigabytes} GB, ${result.megabytesPerSecond} MB a second) over ${result.disconnects} disconnections; ` +
      `the service took ${result.service.largestMiB} MiB at most`,
  );
  for (const fault of followed.flatMap(({ faults }) => faults).slice(0, 10)) console.log(`fault: ${fault}`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
