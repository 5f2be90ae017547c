// node bullmq.mjs REDIS_PORT BOARD_PORT: queues, their workers and a bull-board, for the platforms lab, which copies this file to where
// npm has installed what it imports. What a job does is its name. `/lab` says what BullMQ's own API knows of the jobs.
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import { FlowProducer, Queue, UnrecoverableError, Worker } from 'bullmq';
import express from 'express';
import { setTimeout as pause } from 'node:timers/promises';

const [redisPort, boardPort] = process.argv.slice(2).map(Number);
const connection = { host: '127.0.0.1', port: redisPort, maxRetriesPerRequest: null };
const HOUR_MS = 3_600_000;

const WORK = {
  succeeds: () => pause(300),
  'is-prioritized': () => pause(300),
  'is-gathered': () => pause(4_000),
  gathers: () => pause(300),
  'begins-later': () => pause(300),
  fails: () => {
    throw new Error('row 7: bad sku');
  },
  async 'reports-percent'(job) {
    for (let tenth = 1; tenth <= 10; tenth++) {
      await pause(400);
      await job.updateProgress(tenth * 10);
    }
  },
  async 'reports-object'(job) {
    for (let done = 1; done <= 8; done++) {
      await pause(500);
      await job.updateProgress({ done, total: 8 });
    }
  },
  'succeeds-on-third-try'(job) {
    if (job.attemptsMade < 2) throw new Error(`try ${job.attemptsMade + 1}: upstream 503`);
  },
  'fails-every-try'(job) {
    throw new Error(`try ${job.attemptsMade + 1}: upstream 503`);
  },
  // BullMQ limits no job's time: the worker does.
  async 'times-out'() {
    await pause(1_500);
    throw new UnrecoverableError('timed out after 1500 ms');
  },
  'is-cancelled': (_job, signal) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new UnrecoverableError(`cancelled: ${signal.reason}`)));
    }),
};

const imports = new Queue('imports', { connection });
const exports_ = new Queue('exports', { connection });
const stalls = new Queue('stalls', { connection });
const queues = { imports, exports: exports_, stalls };
const work = (job, _token, signal) => WORK[job.name](job, signal);
const worker = new Worker('imports', work, { connection, concurrency: 5 });
// A worker that loses its jobs: nobody renews their locks. A lost job is taken once more, to be told that it has failed.
const loser = new Worker('stalls', () => new Promise(() => {}), {
  connection,
  concurrency: 5,
  skipLockRenewal: true,
  lockDuration: 1_000,
  stalledInterval: 1_000,
  maxStalledCount: 0,
});
for (const each of [worker, loser]) each.on('error', (error) => console.error(error.message));

const submitted = [];
const keep = (job) => submitted.push({ what: job.name, queue: job.queueName, id: job.id });

async function submit() {
  const add = async (queue, what, count, options = {}) => {
    for (let place = 0; place < count; place++) keep(await queue.add(what, { place }, options));
  };
  await exports_.pause();
  await add(exports_, 'stands-still', 3);
  await add(stalls, 'stalls', 1);
  await add(imports, 'waits-an-hour', 2, { delay: HOUR_MS });
  await add(imports, 'is-removed', 3, { delay: HOUR_MS });
  await add(imports, 'begins-later', 4, { delay: 10_000 });
  await add(imports, 'is-cancelled', 4);
  await add(imports, 'reports-percent', 5);
  await add(imports, 'reports-object', 3);
  const flows = new FlowProducer({ connection });
  for (let place = 0; place < 2; place++) {
    const children = [1, 2].map((part) => ({ name: 'is-gathered', queueName: 'imports', data: { part } }));
    const flow = await flows.add({ name: 'gathers', queueName: 'imports', data: { place }, children });
    keep(flow.job);
    for (const child of flow.children) keep(child.job);
  }
  await flows.close();
  await add(imports, 'is-prioritized', 2, { priority: 5 });
  await add(imports, 'fails', 6);
  await add(imports, 'succeeds-on-third-try', 4, { attempts: 3, backoff: { type: 'fixed', delay: 5_000 } });
  await add(imports, 'fails-every-try', 3, { attempts: 2, backoff: { type: 'fixed', delay: 1_000 } });
  await add(imports, 'times-out', 3);
  await add(imports, 'succeeds', 20);
}

const truth = () =>
  Promise.all(
    submitted.map(async ({ what, queue, id }) => {
      const job = await queues[queue].getJob(id);
      if (job === undefined) return { what, queue, id, word: null };
      const state = await job.getState();
      const isPaused = state === 'waiting' && (await queues[queue].isPaused());
      const { timestamp, processedOn = null, finishedOn = null, delay, attemptsMade } = job;
      const word = isPaused ? 'paused' : state;
      return { what, queue, id, word, timestamp, processedOn, finishedOn, delay, attemptsMade };
    }),
  );

const actions = {
  remove: async (queue, id) => (await queues[queue].getJob(id)).remove(),
  cancel: (_queue, id) => worker.cancelJob(id, 'by the lab'),
};

const board = new ExpressAdapter();
board.setBasePath('/board');
createBullBoard({
  queues: Object.values(queues).map((queue) => new BullMQAdapter(queue)),
  serverAdapter: board,
});
const app = express();
app.use('/board', board.getRouter());
app.get('/lab', (_request, response, next) => truth().then((jobs) => response.json(jobs), next));
app.post('/lab', (_request, response, next) => submit().then(() => response.sendStatus(204), next));
app.post('/lab/:action/:queue/:id', ({ params }, response, next) =>
  Promise.resolve(actions[params.action](params.queue, params.id)).then(() => response.sendStatus(204), next),
);
app.listen(boardPort, '127.0.0.1');
