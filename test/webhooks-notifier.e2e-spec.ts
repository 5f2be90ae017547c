import { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ExpectationAlerts1763943500000 } from '../migrations/1763943500000-expectation-alerts.js';
import { Webhooks1763943200000 } from '../migrations/1763943200000-webhooks.js';
import { EndpointConfig } from '../src/config/config.js';
import { WebhookStore } from '../src/storage/webhook.store.js';
import { startApp } from './support/app.js';
import { testConfig } from './support/config.js';
import { append } from './support/events.js';
import { insertSource } from './support/jobs.js';
import { newSecret, newWebhook } from './support/notifier.js';
import { TestDatabase, createTestDatabase } from './support/postgres.js';
import { waitFor } from './support/wait-for.js';
import { WebhookReceiver, verify } from './support/webhook-receiver.js';

// The role `notifier` as `serve` starts it, and the schema that it works with.

let test: TestDatabase;

beforeEach(async () => {
  test = await createTestDatabase();
  await insertSource(test.database, { key: 'charts' });
});
afterEach(() => test?.drop());

describe('a process with the role notifier alone', () => {
  let receiver: WebhookReceiver;
  let app: NestFastifyApplication | null;

  beforeEach(async () => {
    app = null;
    receiver = await WebhookReceiver.start();
  });
  afterEach(async () => {
    await app?.close();
    await receiver?.close();
  });

  const start = async (endpoints: EndpointConfig[]) => {
    const webhooks = { allowPrivateAddresses: true, endpoints };
    app = await startApp(testConfig([], { webhooks }), test.database, ['notifier']);
    return app;
  };

  it('makes the endpoints of the configuration, and tells them; it serves health and metrics', async () => {
    const secret = newSecret();
    const { sources: _sources, ...draft } = newWebhook({ url: receiver.url, secret });
    const process = await start([{ ...draft, types: null, filter: { state: ['failed'] } }]);
    await append(
      test.database,
      { job: { externalId: 'a' }, to: 'running' },
      { job: { externalId: 'b' }, to: 'failed' },
    );
    await waitFor(async () => receiver.requests.length > 0);
    expect(receiver.told).toEqual(['b#1']);
    verify(receiver.requests[0]!, secret);
    const status = async (url: string) => (await process.inject({ url })).statusCode;
    expect([await status('/health/ready'), await status('/metrics')]).toEqual([200, 200]);
  });

  it('gives its endpoints back when it ends, so that the next one goes on at once', async () => {
    const { id } = await new WebhookStore(test.database).create(newWebhook({ url: receiver.url }));
    const process = await start([]);
    await append(test.database, { job: { externalId: 'a' } });
    await waitFor(async () => receiver.requests.length === 1);
    app = null;
    await process.close();
    const [row] = await test.database.query<{ owner: string | null; pending: number }>(
      `SELECT lease_owner AS owner, (SELECT count(*) FROM rollcall.webhook_delivery WHERE state = 'pending') AS pending
       FROM rollcall.webhook WHERE id = $1`,
      [id],
    );
    expect(row).toEqual({ owner: null, pending: 0 });
    await start([]);
    await append(test.database, { job: { externalId: 'b' } });
    await waitFor(async () => receiver.requests.length === 2);
    expect(receiver.told).toEqual(['a#1', 'b#1']);
  });

  it('goes on when the database has lost what was sent, as after a promotion', async () => {
    await new WebhookStore(test.database).create(newWebhook({ url: receiver.url }));
    receiver.answer = async () => {
      await test.database.query('DELETE FROM rollcall.webhook_delivery');
      receiver.answer = () => ({ status: 204 });
      return { status: 204 };
    };
    await start([]);
    await append(test.database, { job: { externalId: 'a' } });
    await waitFor(async () => receiver.requests.length === 1);
    await append(test.database, { job: { externalId: 'b' } });
    const states = () => test.database.query('SELECT state, attempts FROM rollcall.webhook_delivery');
    await waitFor(async () => JSON.stringify(await states()) === '[{"state":"delivered","attempts":1}]');
    expect(receiver.told).toEqual(['a#1', 'b#1']);
  });
});

describe('the migrations', () => {
  it('take back what they made, and the events that have no source without it; and make it again', async () => {
    const { database } = test;
    await new WebhookStore(database).create(newWebhook({ url: 'https://hooks.example.com/' }));
    await append(
      database,
      { job: { externalId: 'a' } },
      { type: 'webhook.disabled', source: null, jobId: null, sequence: null, from: null, to: null, body: {} },
    );
    await database.query(
      `INSERT INTO rollcall.webhook_alert (webhook_id, key, kind, source_key, fired_at, position, event_at, event_type)
       SELECT w.id, one.kind || '/x', one.kind, 'charts', now(), 1, now(), 'x'
       FROM rollcall.webhook w, (VALUES ('job'), ('expectation')) AS one (kind)`,
    );
    const runner = database.dataSource.createQueryRunner();
    const alerts = new ExpectationAlerts1763943500000();
    const webhooks = new Webhooks1763943200000();
    try {
      await alerts.down(runner);
      expect(await database.query('SELECT kind FROM rollcall.webhook_alert')).toEqual([{ kind: 'job' }]);
      await webhooks.down(runner);
      expect(await database.query('SELECT position FROM rollcall.event')).toEqual([{ position: 1 }]);
      expect(await database.query("SELECT to_regclass('rollcall.webhook') AS it")).toEqual([{ it: null }]);
      await webhooks.up(runner);
      await alerts.up(runner);
    } finally {
      await runner.release();
    }
    expect(await database.query('SELECT FROM rollcall.webhook')).toEqual([]);
  });
});
