import { NestFastifyApplication } from '@nestjs/platform-fastify';
import pino from 'pino';
import { createApp } from '../src/app.module.js';
import { ManualClock } from '../src/simulators/clock.js';
import { SimulatedPlatform } from '../src/simulators/life.js';
import { Simulators, startSimulators } from '../src/simulators/simulators.js';
import { Database, openDatabase } from '../src/storage/database.js';
import { check } from './lab/check.js';
import { sourceConfig, testConfig } from './support/config.js';
import { FaultyWay } from './support/faulty-way.js';
import { createTestDatabase, TestDatabase } from './support/postgres.js';
import { quietLog } from './support/quiet-log.js';
import { SseReader } from './support/sse-reader.js';
import { waitFor } from './support/wait-for.js';
import { WebhookReceiver } from './support/webhook-receiver.js';

// The way to the database breaks, is refused, and swallows everything, under a service with all roles. Nothing hangs, nothing is lost, and no
// source is blamed for it.

jest.setTimeout(60_000);

const PLATFORM: SimulatedPlatform = 'elastic-path';
const KEY = 'store';
/** So long anything waits for a database that does not answer, milliseconds. */
const PATIENCE = { connectMs: 400, answerMs: 400 };

let test: TestDatabase;
let way: FaultyWay;
let database: Database;
let clock: ManualClock;
let simulators: Simulators;
let receiver: WebhookReceiver;
let app: NestFastifyApplication;
let url: string;
let stream: SseReader;

beforeAll(async () => {
  test = await createTestDatabase();
  way = await FaultyWay.start(test.url);
  database = await openDatabase({
    url: way.url,
    dataDir: '',
    poolSize: 5,
    log: quietLog(),
    patience: PATIENCE,
  });
  clock = new ManualClock(Date.UTC(2025, 0, 15, 14));
  simulators = await startSimulators({ seed: 4, jobs: 150, clock, platforms: [PLATFORM], limits: false });
  receiver = await WebhookReceiver.start();
  const config = testConfig(
    simulators.sources.map((source) =>
      sourceConfig({ ...source, poll: { pageSize: 40, everyMs: 1_000, idleEveryMs: 1_000 } }),
    ),
    { webhooks: { allowPrivateAddresses: true, endpoints: [] } },
  );
  app = await createApp({
    ...{ config, database, roles: ['api', 'poller', 'notifier'], logger: pino({ level: 'silent' }) },
  });
  await app.listen(0, '127.0.0.1');
  url = await app.getUrl();
  await waitFor(async () => (await source())['health'] === 'healthy');
  const made = await fetch(`${url}/api/v1/webhooks`, {
    ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
    body: JSON.stringify({
      name: 'hook',
      url: receiver.url,
      types: ['job.discovered', 'job.transitioned', 'job.changed'],
    }),
  });
  expect(made.status).toBe(201);
  stream = await SseReader.open(
    `${url}/api/v1/events/stream?types=job.discovered,job.transitioned,job.changed`,
  );
});

afterAll(async () => {
  await app?.close();
  await database?.close();
  await receiver?.close();
  await simulators?.close();
  await way?.close();
  await test?.drop();
});

const source = async () =>
  (
    await test.database.query<Record<string, unknown>>('SELECT * FROM rollcall.source WHERE key = $1', [KEY])
  )[0]!;
const ask = async (path: string) => {
  const answer = await fetch(`${url}${path}`);
  return { status: answer.status, text: await answer.text() };
};

/** Everything that the platform has by now is known, told and sent, and the source is as well as before. */
async function expectWhole(): Promise<void> {
  const asked = await test.database.now();
  await test.database.query("UPDATE rollcall.source SET requested_poll = 'sweep', next_poll_at = now()");
  await waitFor(async () => {
    const { last_success_at: at, requested_poll: requested } = await source();
    return requested === null && Date.parse(String(at).replace(/\+00$/, 'Z')) > asked;
  });
  const { lost, wrong, duplicates, missing } = await check(test.database, {
    ...{ world: simulators.world, sources: new Map([[PLATFORM, KEY]]), now: clock.now() },
    ...{ removed: [], strangers: new Set<string>() },
  });
  expect({ lost, wrong, duplicates, missing }).toEqual({ lost: [], wrong: [], duplicates: [], missing: [] });
  const told = await test.database.query<{ event: string }>(
    `SELECT job_id || ' ' || sequence AS event FROM rollcall.event WHERE job_id IS NOT NULL AND NOT backfill ORDER BY position`,
  );
  const events = told.map(({ event }) => event);
  const heard = () => stream.events.map(({ data }) => nameOf(JSON.parse(data)));
  const sent = () => receiver.requests.map(({ json }) => nameOf(json.data));
  await waitFor(async () => heard().length >= events.length && new Set(sent()).size >= events.length);
  expect(heard()).toEqual(events);
  expect([...new Set(sent())].sort()).toEqual([...events].sort());
  expect(await source()).toMatchObject({ health: 'healthy', consecutive_failures: 0, last_error: null });
  const blamed = await test.database.query(
    "SELECT FROM rollcall.event WHERE type = 'source.health' AND body->>'health' = 'failing'",
  );
  expect(blamed).toEqual([]);
}

const nameOf = ({ job, sequence }: { job: { id: string }; sequence: number }) => `${job.id} ${sequence}`;

/** Faults strike while the source is polled: at each of the requests of a sweep. */
async function duringPolls(strike: () => void): Promise<void> {
  let struck = 0;
  const undo = simulators.inject(PLATFORM, {
    ...{ kind: 'before', times: 8 },
    run: () => {
      struck++;
      strike();
    },
  });
  clock.advance(60_000);
  await test.database.query("UPDATE rollcall.source SET requested_poll = 'sweep', next_poll_at = now()");
  await waitFor(async () => struck >= 8);
  undo();
}

it('survives connections that break, at every step of a poll', async () => {
  await duringPolls(() => way.cut());
  await expectWhole();
});

it('survives a server that refuses connections for a while, and says so', async () => {
  clock.advance(60_000);
  await way.refuse();
  const ready = await ask('/health/ready');
  const list = await ask('/api/v1/jobs');
  expect([ready.status, list.status]).toEqual([503, 503]);
  expect(list.text).not.toMatch(/ECONN|127\.0\.0\.1|connect/);
  expect((await ask('/health/live')).status).toBe(200);
  await way.mend();
  await waitFor(async () => (await ask('/health/ready')).status === 200);
  await expectWhole();
});

it('waits for no answer for ever: neither on connections that it has, nor for new ones', async () => {
  clock.advance(60_000);
  expect(way.connections).toBeGreaterThan(0);
  way.stall();
  const began = performance.now();
  for (let time = 0; time < 3; time++) {
    const answers = await Promise.all(['/health/ready', '/api/v1/jobs', '/api/v1/sources'].map(ask));
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503]);
  }
  // three times a connection and an answer, and as much again for a busy machine
  expect(performance.now() - began).toBeLessThan(2 * 3 * (PATIENCE.connectMs + PATIENCE.answerMs) + 2_000);
  await way.mend();
  await waitFor(async () => (await ask('/health/ready')).status === 200);
  await expectWhole();
});

it('gives up a connection that does not answer within a transaction, and takes another', async () => {
  const failed = database.transaction(async (client) => {
    way.stall();
    await client.query('SELECT');
  });
  await expect(failed).rejects.toThrow('Query read timeout');
  await way.mend();
  await waitFor(() =>
    database.now().then(
      () => true,
      () => false,
    ),
  );
});
