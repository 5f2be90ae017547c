import dns from 'node:dns';
import { NotifierService } from '../src/feed/notifier.service.js';
import { Position, startOfList } from '../src/storage/page-cursor.js';
import { fromPg } from '../src/storage/pg-time.js';
import { StoredDelivery, WebhookDeliveryStore } from '../src/storage/webhook-delivery.store.js';
import { WebhookDispatchStore } from '../src/storage/webhook-dispatch.store.js';
import { NewWebhook, StoredWebhook, WebhookStore } from '../src/storage/webhook.store.js';
import { TestApi, startApi } from './support/api.js';
import { EventSeed, append, newEvent } from './support/events.js';
import { insertSource } from './support/jobs.js';
import { NotifierOptions, makeNotifier, newSecret, newWebhook } from './support/notifier.js';
import { TestDatabase, createTestDatabase } from './support/postgres.js';
import { waitFor } from './support/wait-for.js';
import { WebhookReceiver, verify } from './support/webhook-receiver.js';

// Contract, section 7: webhooks, as whoever receives them sees them.

const START: Position = startOfList(0);

let test: TestDatabase;
let receiver: WebhookReceiver;
let notifiers: NotifierService[];
let webhooks: WebhookStore;
let deliveries: WebhookDeliveryStore;

beforeEach(async () => {
  test = await createTestDatabase({ poolSize: 10 });
  receiver = await WebhookReceiver.start();
  notifiers = [];
  webhooks = new WebhookStore(test.database);
  deliveries = new WebhookDeliveryStore(test.database);
  for (const key of ['charts', 'vault']) await insertSource(test.database, { key });
});
afterEach(async () => {
  await Promise.all(notifiers.map((notifier) => notifier.onModuleDestroy()));
  await receiver?.close();
  await test?.drop();
});

function notify(options: NotifierOptions = {}): NotifierService {
  const notifier = makeNotifier(test.database, options);
  notifiers.push(notifier);
  notifier.onApplicationBootstrap();
  return notifier;
}

async function stop(notifier: NotifierService): Promise<void> {
  notifiers.splice(notifiers.indexOf(notifier), 1);
  await notifier.onModuleDestroy();
}

const create = (over: Partial<NewWebhook> = {}) =>
  webhooks.create(newWebhook({ url: receiver.url, ...over }));
const add = (...seeds: EventSeed[]) => append(test.database, ...seeds);
const sql = (text: string) => test.database.query<Record<string, never>>(text);
const received = (count: number) => waitFor(async () => receiver.requests.length >= count);
const read = async ({ id }: StoredWebhook) => (await webhooks.get(null, id))!;
const list = async ({ id }: StoredWebhook): Promise<StoredDelivery[]> =>
  (await deliveries.list(id, null, 100, START)).rows.reverse();
const states = async (webhook: StoredWebhook) => (await list(webhook)).map(({ state }) => state);
const settled = (webhook: StoredWebhook, ...wanted: string[]) =>
  waitFor(async () => JSON.stringify(await states(webhook)) === JSON.stringify(wanted));
/** Everything in the feed has been made deliveries of, and none waits. */
const idle = ({ id }: StoredWebhook) =>
  waitFor(async () => {
    const [row] = await test.database.query<{ done: boolean }>(
      `SELECT position = (SELECT coalesce(max(position), 0) FROM rollcall.event) AND replay_through IS NULL AND NOT EXISTS (
         SELECT 1 FROM rollcall.webhook_delivery WHERE webhook_id = w.id AND state = 'pending') AS done
       FROM rollcall.webhook w WHERE id = $1`,
      [id],
    );
    return row!.done;
  });

const job = (externalId: string) => ({ externalId });
const run = (externalId: string, count: number): EventSeed[] =>
  Array.from({ length: count }, (_, index) => ({ sequence: index + 1, job: job(externalId) }));

describe('an endpoint', () => {
  it('is sent the events of the feed as the feed shows them, signed', async () => {
    const api: TestApi = await startApi(test.database);
    const secret = newSecret();
    await add({ job: job('before') });
    const webhook = await create({ secret });
    await add({ job: job('a'), to: 'failed' }, { type: 'source.health' });
    notify();
    await received(2);
    const feed = (await api.get('/api/v1/events')).body.data.slice(1);
    await api.close();
    const bodies = receiver.requests.map(({ json }) => json);
    expect(bodies.sort((a, b) => (a.type < b.type ? -1 : 1))).toEqual([
      { type: 'job.discovered', timestamp: '2026-01-15T10:00:00.000Z', data: feed[0] },
      { type: 'source.health', timestamp: '2026-01-15T10:00:00.000Z', data: feed[1] },
    ]);
    for (const request of receiver.requests) {
      verify(request, secret);
      expect(request.headers).toMatchObject({
        'content-type': 'application/json',
        'webhook-id': expect.stringMatching(/^msg_[\w-]{24}$/) as string,
      });
      expect(() => verify({ ...request, body: `${request.body} ` }, secret)).toThrow();
    }
    await settled(webhook, 'delivered', 'delivered');
    const [first] = await list(webhook);
    const detail = (await deliveries.get(webhook.id, first!.id))!;
    expect(detail).toMatchObject({ attempts: 1, nextAttemptAt: null, body: null, replay: false });
    expect(detail.event).toMatchObject({ source: 'charts', type: first!.type });
    expect(detail.tries).toMatchObject([{ number: 1, status: 204, error: null, responseBody: '' }]);
    expect(detail.tries[0]!.requestHeaders['webhook-id']).toBe(first!.id);
    expect(detail.tries[0]!.requestBytes).toBeGreaterThan(100);
  });

  it('is signed for by both secrets after a rotation, and by the new one a day later', async () => {
    const [former, current] = [newSecret(), newSecret()];
    const webhook = await create({ secret: former });
    await webhooks.rotateSecret(null, webhook.id, current);
    notify();
    await add({ job: job('a') });
    await received(1);
    for (const secret of [former, current]) verify(receiver.requests[0]!, secret);
    await sql("UPDATE rollcall.webhook SET previous_secret_until = now() - interval '1 second'");
    await add({ job: job('b') });
    await received(2);
    verify(receiver.requests[1]!, current);
    expect(() => verify(receiver.requests[1]!, former)).toThrow();
  });

  it('is told by its types, its filter and the sources of who made it, and of no history', async () => {
    const chosen = await create({
      types: ['job.discovered'],
      filter: { state: ['failed'], type: ['import'] },
    });
    const limited = await create({ name: 'limited', url: `${receiver.url}/limited`, sources: ['vault'] });
    const whole = await create({ name: 'whole', url: `${receiver.url}/whole`, includeBackfill: true });
    await add(
      { job: job('a'), to: 'failed' },
      { job: job('a'), to: 'failed', sequence: 2 },
      { job: { ...job('b'), type: 'export' }, to: 'failed' },
      { job: job('c'), to: 'running', source: 'vault' },
      { job: job('d'), to: 'failed', backfill: true },
      { job: job('e'), to: 'failed', sequence: 2, type: 'job.changed' },
    );
    notify();
    for (const webhook of [chosen, limited, whole]) await idle(webhook);
    const told = (path: string) =>
      receiver.requests
        .filter((request) => request.path === path)
        .map(({ json }) => `${json.data.job.externalId}#${json.data.sequence}`)
        .sort();
    expect(told('/hook')).toEqual(['a#1']);
    expect(told('/hook/limited')).toEqual(['c#1']);
    expect(told('/hook/whole')).toEqual(['a#1', 'a#2', 'b#1', 'c#1', 'd#1']);
  });

  it('is sent a job that is too large for it without what makes it so, and told of that', async () => {
    const webhook = await create();
    const details = 'x'.repeat(300_000);
    await add({
      job: {
        ...job('a'),
        name: details,
        error: { message: 'no', code: null, details },
        attributes: { details },
      },
    });
    notify();
    await received(1);
    const { body, json } = receiver.requests[0]!;
    expect(Buffer.byteLength(body)).toBeLessThan(256 * 1_024);
    expect(json.data).toMatchObject({
      truncated: true,
      job: { externalId: 'a', error: { message: 'no', details: null }, attributes: {} },
    });
    expect(json.data.job.name).toHaveLength(1_025);
    await settled(webhook, 'delivered');
  });

  it('whose filter cannot be read any more is disabled, and the feed tells of it', async () => {
    const webhook = await create({ filter: { nonsense: ['1'] } });
    await add({});
    notify();
    await waitFor(async () => !(await read(webhook)).enabled);
    expect(await read(webhook)).toMatchObject({ disabledReason: 'filter' });
    expect(receiver.requests).toEqual([]);
  });

  it('that missed events because they were removed goes on, and says how many', async () => {
    const webhook = await create();
    await add(...run('a', 3));
    await sql('DELETE FROM rollcall.event WHERE position <= 2');
    notify();
    await idle(webhook);
    expect(receiver.told).toEqual(['a#3']);
    const { missedAt, missedEvents } = await read(webhook);
    expect([typeof missedAt, missedEvents]).toEqual(['string', 2]);
  });

  it('counts among the missed none of the positions that a start of the database left out', async () => {
    const webhook = await create();
    await add(...run('a', 3));
    await sql('UPDATE rollcall.event SET position = position + 1000000 WHERE position > 1');
    await sql('INSERT INTO rollcall.event_gap (after, before) VALUES (1, 1000001)');
    await sql("SELECT setval('rollcall.event_position_seq', 1000003)");
    await sql('DELETE FROM rollcall.event WHERE position <= 1000002');
    notify();
    await idle(webhook);
    expect(receiver.told).toEqual(['a#3']);
    expect(await read(webhook)).toMatchObject({ missedEvents: 2 });
  });

  it('is one of many that a process takes over at once', async () => {
    for (let count = 0; count < 9; count++) await create({ name: `hook-${count}` });
    // nothing wakes it
    notify({ tickMs: 3_600_000 });
    await waitFor(async () => {
      const [row] = await test.database.query<{ held: number }>(
        'SELECT count(*) AS held FROM rollcall.webhook WHERE lease_owner IS NOT NULL',
      );
      return row!.held === 9;
    });
  });
});

describe('deliveries', () => {
  it('of one job wait for each other, and for nobody else', async () => {
    const webhook = await create();
    receiver.answer = ({ json }) => ({ status: json.data.job.externalId === 'a' && isOut ? 500 : 200 });
    let isOut = true;
    await add(...run('a', 3), ...run('b', 3));
    notify();
    await waitFor(async () => receiver.told.filter((name) => name.startsWith('b')).length === 3);
    expect(receiver.told.filter((name) => name.startsWith('b'))).toEqual(['b#1', 'b#2', 'b#3']);
    expect(receiver.told).not.toContain('a#2');
    isOut = false;
    await idle(webhook);
    const first = [...new Set(receiver.told.filter((name) => name.startsWith('a')))];
    expect(first).toEqual(['a#1', 'a#2', 'a#3']);
    const ids = receiver.requests.flatMap(({ json, headers }) =>
      json.data.job.externalId === 'a' && json.data.sequence === 1 ? [headers['webhook-id']] : [],
    );
    expect(ids.length).toBeGreaterThan(1);
    expect(new Set(ids).size).toBe(1);
  });

  it('that fail are tried again within ten seconds, at the latest', async () => {
    const webhook = await create();
    receiver.answer = () => ({ status: 500, headers: { 'x-request': '7' }, body: 'no\0 luck' });
    await add({});
    notify({ random: () => 1 });
    const failed = await waitFor(async () => {
      const [delivery] = await list(webhook);
      return delivery?.attempts === 1 && delivery;
    });
    const wait = fromPg(failed.nextAttemptAt!) - fromPg(failed.lastAttempt!.at);
    expect(wait).toBeLessThan(9_000);
    expect(failed.lastAttempt).toMatchObject({
      status: 500,
      error: { kind: 'status', message: 'answered 500 Internal Server Error' },
    });
    const { tries } = (await deliveries.get(webhook.id, failed.id))!;
    expect(tries[0]).toMatchObject({ responseHeaders: { 'x-request': '7' }, responseBody: 'no\uFFFD luck' });
    expect((await read(webhook)).failingSince).not.toBeNull();
  });

  it('are kept when a process ends between making and sending them, and between sending and noting it', async () => {
    const webhook = await create();
    const dispatch = new WebhookDispatchStore(test.database);
    let isStolen = false;
    receiver.answer = async () => {
      // as if the process were gone before it could note the answer
      if (!isStolen) await sql('UPDATE rollcall.webhook SET fence = fence + 1, lease_until = NULL');
      isStolen = true;
      return { status: 200 };
    };
    await add(...run('a', 2));
    const [lease] = await dispatch.claim('dead', 1, 1);
    expect(lease!.id).toBe(webhook.id);
    notify();
    await idle(webhook);
    expect(receiver.told).toEqual(['a#1', 'a#1', 'a#2']);
    const [first, again] = receiver.requests;
    expect(again!.headers['webhook-id']).toBe(first!.headers['webhook-id']);
  });

  it('are made by one of several processes, each once', async () => {
    const webhook = await create();
    for (let count = 0; count < 3; count++) notify();
    for (let sequence = 1; sequence <= 20; sequence++) await add({ sequence });
    await idle(webhook);
    expect(receiver.told).toEqual(Array.from({ length: 20 }, (_, index) => `1#${index + 1}`));
  });

  it('are sent once each where nothing fails, however many end while others are noted', async () => {
    const webhook = await create();
    await add(...Array.from({ length: 300 }, (_, index) => ({ job: job(String(index)) })));
    // a lease that no slowness of the machine ends
    notify({ leaseMs: 600_000 });
    await idle(webhook);
    expect(receiver.told).toHaveLength(300);
    expect(new Set(receiver.told).size).toBe(300);
  });

  it('that fail alone for three days are given up; the next of the job goes on, and it can be replayed', async () => {
    const webhook = await create();
    let isPoison = true;
    receiver.answer = ({ json }) => ({
      status: isPoison && json.data.job.externalId === 'a' && json.data.sequence === 1 ? 400 : 200,
    });
    await add(...run('a', 2), ...run('b', 1));
    notify();
    await waitFor(async () => {
      const [row] = await sql(
        'SELECT alone_since IS NOT NULL AS alone FROM rollcall.webhook_delivery ORDER BY number',
      );
      return row?.['alone'];
    });
    await sql(
      "UPDATE rollcall.webhook_delivery SET alone_since = alone_since - interval '3 days' WHERE alone_since IS NOT NULL",
    );
    await settled(webhook, 'failed', 'delivered', 'delivered');
    expect((await read(webhook)).enabled).toBe(true);
    isPoison = false;
    const [poison] = await list(webhook);
    const id = await deliveries.replayOne(webhook.id, poison!.id);
    await settled(webhook, 'failed', 'delivered', 'delivered', 'delivered');
    expect(receiver.requests.at(-1)!.headers['webhook-id']).toBe(id);
    expect((await list(webhook)).at(-1)).toMatchObject({
      id,
      replay: true,
      replayOf: poison!.id,
      type: poison!.type,
    });
  });

  it('whose event is not kept any more are skipped', async () => {
    const webhook = await create();
    receiver.answer = () => ({ status: 500 });
    await add(...run('a', 2));
    const notifier = notify();
    await received(1);
    await stop(notifier);
    await sql('DELETE FROM rollcall.event WHERE position = 1');
    receiver.answer = () => ({ status: 200 });
    notify();
    await settled(webhook, 'skipped', 'delivered');
    expect(await read(webhook)).toMatchObject({ missedEvents: 1, missedAt: expect.any(String) as string });
  });

  it('that ended long ago are removed, and no others', async () => {
    const webhook = await create();
    await add({ job: job('a') });
    const notifier = notify();
    await idle(webhook);
    await stop(notifier);
    const dispatch = new WebhookDispatchStore(test.database);
    expect(await dispatch.prune(60_000)).toEqual({ removed: 0, isLast: true });
    await sql("UPDATE rollcall.webhook_delivery SET created_at = created_at - interval '1 hour'");
    await deliveries.makeTest(webhook.id);
    await sql("UPDATE rollcall.webhook_delivery SET created_at = created_at - interval '1 hour'");
    expect(await dispatch.prune(60_000)).toEqual({ removed: 1, isLast: true });
    expect(await states(webhook)).toEqual(['pending']);
  });

  it('are removed in batches, so that nothing else has to wait for long', async () => {
    const webhook = await create();
    await sql(
      `INSERT INTO rollcall.webhook_delivery (id, webhook_id, lane, head, type, state, next_attempt_at, created_at)
       SELECT 'msg_' || n, '${webhook.id}', 'lane', false, 'job.discovered', 'delivered', now(), now() - interval '1 hour'
       FROM generate_series(1, 1001) n`,
    );
    const dispatch = new WebhookDispatchStore(test.database);
    expect(await dispatch.prune(60_000)).toEqual({ removed: 1_000, isLast: false });
    expect(await dispatch.prune(60_000)).toEqual({ removed: 1, isLast: true });
  });
});

describe('an endpoint that is down', () => {
  it('is asked with one delivery at a time, and given the rest when it is back', async () => {
    const webhook = await create();
    receiver.answer = () => ({ status: 503, breaks: isBroken });
    let isBroken = true;
    await add(...Array.from({ length: 30 }, (_, index) => ({ job: job(String(index)) })));
    notify();
    await waitFor(async () => (await read(webhook)).consecutiveFailures === 3);
    const before = receiver.requests.length;
    // those that were on their way at the beginning, and what it took to be sure
    expect(before).toBeLessThanOrEqual(24);
    isBroken = false;
    expect((await read(webhook)).nextAttemptAt).not.toBeNull();
    await sql('UPDATE rollcall.webhook SET next_attempt_at = now()');
    await waitFor(async () => (await read(webhook)).consecutiveFailures === 4);
    expect(receiver.requests.length).toBe(before + 1);
    receiver.answer = () => ({ status: 200 });
    await sql('UPDATE rollcall.webhook SET next_attempt_at = now()');
    await idle(webhook);
    expect(new Set(receiver.told).size).toBe(30);
    expect(await read(webhook)).toMatchObject({
      consecutiveFailures: 0,
      failingSince: null,
      nextAttemptAt: null,
    });
  });

  it('is left alone for as long as Retry-After says, seconds or a date, within bounds', async () => {
    const webhook = await create();
    const answers = ['120', new Date(Date.now() + 300_000).toUTCString(), '99999999'];
    receiver.answer = () => ({
      status: answers.length === 2 ? 503 : 429,
      headers: { 'retry-after': answers[0] ?? '1' },
    });
    await add({});
    notify();
    for (const seconds of [120, 300, 21_600]) {
      const { nextAttemptAt } = await waitFor(async () => {
        const webhookNow = await read(webhook);
        return webhookNow.nextAttemptAt !== null && webhookNow;
      });
      const wait = (fromPg(nextAttemptAt!) - Date.now()) / 1_000;
      expect([seconds, Math.abs(wait - seconds) < 60]).toEqual([seconds, true]);
      answers.shift();
      await sql('UPDATE rollcall.webhook SET next_attempt_at = NULL');
      if (answers.length > 0) await received(4 - answers.length);
    }
  });

  it('and answers 410 is disabled, which the feed tells; enabled, it is sent what it missed', async () => {
    const webhook = await create({ name: 'gone' });
    const other = await create({ name: 'other', url: `${receiver.url}/other` });
    const limited = await create({ name: 'limited', url: `${receiver.url}/limited`, sources: ['charts'] });
    receiver.answer = ({ path }) => ({ status: path === '/hook' ? 410 : 200 });
    await add({});
    notify();
    await waitFor(async () => !(await read(webhook)).enabled);
    expect(await read(webhook)).toMatchObject({ disabledReason: 'gone' });
    await waitFor(async () => receiver.requests.some(({ json }) => json.type === 'webhook.disabled'));
    const told = receiver.requests.filter(({ json }) => json.type === 'webhook.disabled');
    expect(told.map(({ path }) => path)).toEqual(['/hook/other']);
    expect(told[0]!.json.data).toMatchObject({
      type: 'webhook.disabled',
      source: null,
      job: null,
      sequence: null,
      webhook: { id: webhook.id, name: 'gone' },
      reason: 'gone',
    });
    await idle(limited);
    const sent = receiver.requests.length;
    await add({ sequence: 2 });
    await idle(other);
    expect(receiver.requests.slice(sent).every(({ path }) => path !== '/hook')).toBe(true);
    receiver.answer = () => ({ status: 200 });
    await webhooks.update(null, webhook.id, { enabled: true });
    await idle(webhook);
    const mine = receiver.requests.slice(sent).filter(({ path }) => path === '/hook');
    expect(mine.map(({ json }) => json.type)).toContain('webhook.disabled');
    expect(mine.flatMap(({ json }) => json.data.sequence ?? [])).toEqual([1, 2]);
  });

  it('for five days with nothing else is disabled', async () => {
    const webhook = await create();
    receiver.answer = () => ({ status: 500 });
    await add({});
    notify();
    await received(1);
    await sql(
      "UPDATE rollcall.webhook SET failing_since = now() - interval '5 days', next_attempt_at = NULL",
    );
    await waitFor(async () => !(await read(webhook)).enabled);
    expect(await read(webhook)).toMatchObject({ disabledReason: 'failing' });
    expect(await states(webhook)).toEqual(['pending']);
  });
});

describe('an address', () => {
  const errorOf = (webhook: StoredWebhook) =>
    waitFor(async () => (await list(webhook))[0]?.lastAttempt?.error);

  it('that is private is never spoken to, as a number, as a name or as one that changed', async () => {
    const literal = await create({ name: 'literal', url: `https://127.0.0.1:${receiver.port}/` });
    const mapped = await create({ name: 'mapped', url: `https://[::ffff:127.0.0.1]:${receiver.port}/` });
    const named = await create({ name: 'named', url: `https://rebound.example:${receiver.port}/` });
    const asked: string[] = [];
    const resolve = ((
      name: string,
      _options: unknown,
      callback: (error: null, found: dns.LookupAddress[]) => void,
    ) => {
      asked.push(name);
      callback(null, [{ address: '127.0.0.1', family: 4 }]);
    }) as unknown as typeof dns.lookup;
    await add({});
    notify({ allowPrivate: false, resolve });
    for (const webhook of [literal, mapped, named])
      expect(await errorOf(webhook)).toEqual({
        kind: 'address',
        message: expect.stringContaining('private or reserved address') as string,
      });
    expect(new Set(asked)).toEqual(new Set(['rebound.example']));
    expect(receiver.connections).toBe(0);
  });

  it('that redirects is not followed', async () => {
    const other = await WebhookReceiver.start();
    const webhook = await create();
    receiver.answer = () => ({ status: 307, headers: { location: other.url } });
    await add({});
    notify();
    expect(await errorOf(webhook)).toEqual({
      kind: 'redirect',
      message: `answered 307 Temporary Redirect, a redirect to 127.0.0.1:${other.port}; redirects are not followed`,
    });
    expect(other.connections).toBe(0);
    await other.close();
  });

  it('that repeats what it was sent does not make secrets readable', async () => {
    const secret = newSecret();
    const webhook = await create({ secret, options: { routingKey: 'R'.repeat(32) } });
    receiver.answer = () => ({ status: 400, body: `${secret} and ${'R'.repeat(32)}${'x'.repeat(100_000)}` });
    await add({});
    notify();
    await errorOf(webhook);
    const [delivery] = await list(webhook);
    const responseBody = (await deliveries.get(webhook.id, delivery!.id))!.tries[0]!.responseBody!;
    expect(responseBody.slice(0, 20)).toBe('*** and ***xxxxxxxxx');
    expect(responseBody.length).toBeLessThanOrEqual(4_096);
  });
});

describe('what is asked for', () => {
  it('a test is sent at once, and to an enabled endpoint only', async () => {
    const webhook = await create();
    notify();
    const id = await deliveries.makeTest(webhook.id);
    await received(1);
    const { json, headers } = receiver.requests[0]!;
    expect(headers['webhook-id']).toBe(id);
    expect(json).toMatchObject({
      type: 'webhook.test',
      data: { type: 'webhook.test', job: null, webhook: { id: webhook.id, name: 'hook' } },
    });
    expect(json.timestamp).toBe(json.data.at);
    await webhooks.update(null, webhook.id, { enabled: false });
    expect(await deliveries.makeTest(webhook.id)).toBeNull();
    expect(await read(webhook)).toMatchObject({ disabledReason: 'by-hand' });
  });

  it('a range is replayed, history too, in order and under new names', async () => {
    const webhook = await create({ filter: { source: ['charts'] } });
    await add({ job: job('a'), backfill: true }, { job: job('a'), sequence: 2 }, { source: 'vault' });
    notify();
    await idle(webhook);
    expect(receiver.told).toEqual(['a#2']);
    expect(await webhooks.replay(null, webhook.id, { after: 0 })).toEqual({ through: 3 });
    await idle(webhook);
    expect(receiver.told).toEqual(['a#2', 'a#1', 'a#2']);
    expect((await list(webhook)).map(({ replay }) => replay)).toEqual([false, true, true]);
    expect(new Set(receiver.requests.map(({ headers }) => headers['webhook-id'])).size).toBe(3);
    const since = Date.parse('2026-01-15T10:00:00.001Z');
    expect(await webhooks.replay(null, webhook.id, { since })).toEqual({ through: 3 });
    await idle(webhook);
    expect(receiver.requests).toHaveLength(3);
    await webhooks.replay(null, webhook.id, { since: since - 1 });
    await idle(webhook);
    expect(receiver.requests).toHaveLength(5);
  });
});

describe('an endpoint of alerts', () => {
  const alerts = async (webhook: StoredWebhook) =>
    (await list(webhook)).map(({ alert }) => {
      const { action, key, because } = alert as Record<string, string | null>;
      return because === null ? `${action} ${key}` : `${action} ${key}: ${because}`;
    });
  const at = (hour: number) => Date.parse('2026-01-15T00:00:00.000Z') + hour * 3_600_000;
  const made = (externalId: string, hour: number) => ({ ...job(externalId), createdAt: at(hour) });

  it('is told of failures by source and type, and when a later run succeeds', async () => {
    const webhook = await create({ format: 'alertmanager', filter: { state: ['failed', 'missed'] } });
    await add(
      { job: made('1', 1), to: 'failed', backfill: true },
      { job: made('2', 3), to: 'failed' },
      { job: made('3', 4), to: 'running' },
      { job: { ...made('4', 4), type: 'other' }, to: 'missed' },
      // made before the one that failed
      { job: made('5', 2), to: 'succeeded' },
      { job: made('3', 4), to: 'succeeded', sequence: 2 },
      { job: made('6', 5), to: 'succeeded' },
      { job: made('7', 6), to: 'failed' },
      // the same job, run again
      { job: made('7', 6), to: 'succeeded', sequence: 2 },
    );
    notify();
    await idle(webhook);
    expect(await alerts(webhook)).toEqual([
      'trigger job/charts/import',
      'trigger job/charts/other',
      'resolve job/charts/import: succeeded',
      'trigger job/charts/import',
      'resolve job/charts/import: succeeded',
    ]);
    const [{ labels }] = receiver.requests[0]!.json as [{ labels: Record<string, string> }];
    expect(labels).toMatchObject({ source: 'charts' });
  });

  it('is told when nothing was heard for long', async () => {
    const webhook = await create({ format: 'slack', resolveAfterMs: 3_600_000 });
    await add({ job: job('a'), to: 'failed' });
    notify();
    await idle(webhook);
    await sql('UPDATE rollcall.webhook_alert SET resolve_at = now()');
    await waitFor(async () => (await alerts(webhook)).length === 2);
    await idle(webhook);
    expect(await alerts(webhook)).toEqual([
      'trigger job/charts/import',
      'resolve job/charts/import: expired',
    ]);
    expect(await sql('SELECT FROM rollcall.webhook_alert')).toEqual([]);
  });

  it('is told of the outage of a source under a key of its own, whatever its filter says of jobs', async () => {
    const webhook = await create({ format: 'slack', filter: { state: ['failed'], source: ['charts'] } });
    const health = (now: string, reason: string | null, source = 'charts'): EventSeed =>
      ({ type: 'source.health', source, body: { health: now, previousHealth: null, reason } }) as EventSeed;
    await add(
      health('failing', 'network', 'vault'),
      health('degraded', 'rejects'),
      health('failing', 'network'),
      health('degraded', 'behind'),
      health('healthy', null),
      health('healthy', null, 'vault'),
    );
    notify();
    await idle(webhook);
    expect(await alerts(webhook)).toEqual([
      'trigger source/charts',
      'trigger source/charts',
      'resolve source/charts: recovered',
    ]);
    expect(receiver.requests).toHaveLength(3);
  });

  it('is told of a broken expectation until it is kept again, whatever its filter says of states', async () => {
    const webhook = await create({
      format: 'pagerduty',
      filter: { state: ['failed'], source: ['charts'], type: ['import'] },
      options: { routingKey: 'R'.repeat(32) },
      resolveAfterMs: 60_000,
    });
    const { jobId, body: running } = newEvent({ job: job('a'), to: 'running' });
    const breach = (
      type: 'alert.firing' | 'alert.resolved',
      name: string,
      over: Partial<EventSeed> = {},
    ): EventSeed => ({
      ...{ type, jobId: null, sequence: null, from: null, to: null },
      body: {
        alert: {
          ...{ name, kind: 'queue', since: '2026-01-15T09:00:00.000Z', value: 9, limit: 5 },
          ...{ type: 'import', message: name === 'long' ? 'has run for 9m 00s' : '9 jobs are queued' },
        },
        job: name === 'long' ? running : null,
      },
      ...over,
    });
    await add(
      breach('alert.resolved', 'before'),
      breach('alert.firing', 'backlog'),
      breach('alert.firing', 'long', { jobId }),
      breach('alert.firing', 'elsewhere', { source: 'vault' }),
      breach('alert.resolved', 'backlog'),
      breach('alert.resolved', 'long', { jobId }),
    );
    notify();
    await idle(webhook);
    const ofRun = `expectation/long/charts/${jobId}`;
    expect(await alerts(webhook)).toEqual([
      'trigger expectation/backlog/charts/import',
      `trigger ${ofRun}`,
      'resolve expectation/backlog/charts/import: kept',
      `resolve ${ofRun}: kept`,
    ]);
    const sent = receiver.requests.map(({ json }) => [json.dedup_key, json.payload?.summary]);
    expect(sent).toContainEqual([`rollcall/${ofRun}`, 'import on charts has run for 9m 00s (long)']);
    const [, run] = await list(webhook);
    expect(run!.alert).toMatchObject({ kind: 'expectation', rule: 'long', jobId, resolveAt: null });
    expect(await sql('SELECT FROM rollcall.webhook_alert')).toEqual([]);
  });
});
