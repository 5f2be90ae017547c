import { copyFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import { ROOT } from '../../support/repository.js';
import { Plan, ShownFacts, ShownJob, TrueJob } from './compare.js';
import { History, PlatformKind, PlatformLab } from './platform-lab.js';
import { freePorts, missingPrograms, Processes } from './processes.js';

const PACKAGES = ['bullmq@5', '@bull-board/api@9', '@bull-board/express@9', 'express@5'];
const QUEUES = ['imports', 'exports', 'stalls'];
const PROGRAM = path.join(ROOT, 'scripts/platforms/bullmq.mjs');

const succeeded: ShownFacts = { state: 'succeeded', reason: null, error: null };
const failed = (message: string): ShownFacts => ({ state: 'failed', reason: null, error: { message } });
const scheduled: ShownFacts = { state: 'scheduled', reason: null, error: null, startedAt: null };
const isShown = (named: string, met: (job: ShownJob) => boolean) => ({ named, met });
const isHalfDone = isShown(
  'running with part of its progress',
  ({ state, progress }) => state === 'running' && progress !== null && progress > 0 && progress < 1,
);

const PLANS: readonly Plan[] = [
  { what: 'succeeds', jobs: 20, word: 'completed', shown: succeeded },
  {
    what: 'reports-percent',
    jobs: 5,
    word: 'completed',
    shown: { ...succeeded, progress: 1 },
    onTheWay: [isHalfDone],
  },
  {
    what: 'reports-object',
    jobs: 3,
    word: 'completed',
    shown: { ...succeeded, progress: 1 },
    onTheWay: [isHalfDone],
  },
  { what: 'fails', jobs: 6, word: 'failed', shown: failed('row 7: bad sku') },
  {
    what: 'succeeds-on-third-try',
    jobs: 4,
    word: 'completed',
    shown: succeeded,
    onTheWay: [
      isShown('scheduled after a try', ({ state, startedAt }) => state === 'scheduled' && startedAt !== null),
    ],
  },
  { what: 'fails-every-try', jobs: 3, word: 'failed', shown: failed('try 2: upstream 503') },
  { what: 'times-out', jobs: 3, word: 'failed', shown: failed('timed out after 1500 ms') },
  { what: 'stalls', jobs: 1, word: 'failed', shown: failed('stalled more than allowable limit') },
  // BullMQ has no word for a job that was cancelled: it failed.
  { what: 'is-cancelled', jobs: 4, word: 'failed', shown: failed('cancelled: by the lab') },
  { what: 'is-removed', jobs: 3, word: null, shown: { ...scheduled, freshness: 'vanished' } },
  {
    what: 'begins-later',
    jobs: 4,
    word: 'completed',
    shown: succeeded,
    onTheWay: [
      isShown(
        'scheduled with its planned start',
        ({ state, scheduledFor }) => state === 'scheduled' && scheduledFor !== null,
      ),
    ],
  },
  { what: 'waits-an-hour', jobs: 2, word: 'delayed', shown: scheduled },
  {
    what: 'is-prioritized',
    jobs: 2,
    word: 'completed',
    shown: succeeded,
    onTheWay: [
      isShown('queued', ({ state, rawStatus }) => state === 'queued' && rawStatus === 'prioritized'),
    ],
  },
  {
    what: 'gathers',
    jobs: 2,
    word: 'completed',
    shown: succeeded,
    onTheWay: [
      isShown(
        'waiting for its children',
        ({ state, reason }) => state === 'queued' && reason === 'waiting_for_children',
      ),
    ],
  },
  { what: 'is-gathered', jobs: 4, word: 'completed', shown: succeeded },
  {
    what: 'stands-still',
    jobs: 3,
    never: ['queued'],
    word: 'paused',
    shown: { state: 'paused', reason: 'queue_paused', error: null, startedAt: null },
  },
];

/** What the lab does to jobs once Rollcall has shown them in a state. */
const STEPS: Readonly<Record<string, { onceShown: string; action: string }>> = {
  'is-cancelled': { onceShown: 'running', action: 'cancel' },
  'is-removed': { onceShown: 'scheduled', action: 'remove' },
};

/** What `programs/bullmq.mjs` says of a job. */
interface Answer {
  what: string;
  queue: string;
  id: string;
  word: string | null;
  timestamp?: number;
  processedOn?: number | null;
  finishedOn?: number | null;
  delay?: number;
}

export const BULLMQ: PlatformKind = {
  name: 'bullmq',
  packages: PACKAGES,
  async missing() {
    const missing = await missingPrograms(['redis-server']);
    return missing.length === 0 ? null : 'redis-server not installed (Debian: apt-get install redis-server)';
  },
  async start(folder, packages) {
    const [redis, board] = await freePorts(2);
    const lab = new BullmqLab(board!);
    try {
      await lab.start(folder, packages, redis!);
      return lab;
    } catch (error) {
      await lab.close();
      throw error;
    }
  },
};

class BullmqLab implements PlatformLab {
  title = 'BullMQ';
  readonly plans = PLANS;
  readonly source: Record<string, unknown>;
  private readonly processes = new Processes();
  private readonly url: string;
  private readonly done = new Set<string>();

  constructor(board: number) {
    this.url = `http://127.0.0.1:${board}`;
    this.source = {
      platform: 'http',
      manifest: 'bullmq',
      baseUrl: `${this.url}/board`,
      options: { queues: QUEUES },
    };
  }

  async start(folder: string, packages: string, redis: number): Promise<void> {
    const nothingKept = ['--save', '', '--appendonly', 'no', '--dir', folder];
    this.processes.start('redis-server', 'redis-server', [
      ...['--port', String(redis), '--bind', '127.0.0.1'],
      ...nothingKept,
    ]);
    const program = path.join(packages, 'rollcall-lab-bullmq.mjs');
    await copyFile(PROGRAM, program);
    this.processes.start('bullmq', process.execPath, [program, String(redis), new URL(this.url).port]);
    await this.processes.answer(() => this.call('GET', '/lab'));
    const [queue, api] = await Promise.all([
      versionOf(packages, 'bullmq'),
      versionOf(packages, '@bull-board/api'),
    ]);
    this.title = `BullMQ ${queue} behind bull-board ${api}`;
  }

  async submit(): Promise<void> {
    await this.call('POST', '/lab');
  }

  async attend(truth: readonly TrueJob[], history: History): Promise<void> {
    this.processes.check();
    for (const { externalId, what } of truth) {
      const step = STEPS[what];
      const isShown = history.get(externalId)?.some(({ state }) => state === step?.onceShown) === true;
      if (step === undefined || !isShown || this.done.has(externalId)) continue;
      this.done.add(externalId);
      await this.call('POST', `/lab/${step.action}/${externalId}`);
    }
  }

  async truth(): Promise<TrueJob[]> {
    const answers = (await (await this.call('GET', '/lab')).json()) as Answer[];
    return answers.map(({ what, queue, id, word, timestamp, processedOn, finishedOn, delay }) => ({
      externalId: `${queue}/${id}`,
      what,
      word,
      times:
        word === null
          ? {}
          : {
              createdAt: timestamp!,
              startedAt: processedOn!,
              finishedAt: finishedOn!,
              ...(word === 'delayed' && processedOn === null ? { scheduledFor: timestamp! + delay! } : {}),
            },
    }));
  }

  close(): Promise<void> {
    return this.processes.end();
  }

  private async call(method: string, where: string): Promise<Response> {
    const response = await fetch(`${this.url}${where}`, { method });
    if (!response.ok) throw new Error(`${where} was answered ${response.status}: ${await response.text()}`);
    return response;
  }
}

async function versionOf(packages: string, name: string): Promise<string> {
  const file = path.join(packages, 'node_modules', name, 'package.json');
  return (JSON.parse(await readFile(file, 'utf8')) as { version: string }).version;
}
