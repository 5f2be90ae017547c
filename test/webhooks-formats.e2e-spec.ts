import { IncomingHttpHeaders, createServer } from 'node:http';
import { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Webhook } from 'standardwebhooks';
import { EndpointConfig } from '../src/config/config.js';
import { WebhookFormat } from '../src/domain/webhook.js';
import { startApp } from './support/app.js';
import { testConfig } from './support/config.js';
import { EventSeed, append } from './support/events.js';
import { insertSource } from './support/jobs.js';
import { TestDatabase, createTestDatabase } from './support/postgres.js';
import { waitFor } from './support/wait-for.js';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const ROUTING_KEY = '0123456789abcdef0123456789abcdef';

interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** What each endpoint is told, whatever its format, through the service as it runs. */
describe('endpoints of the configuration', () => {
  let test: TestDatabase;
  let app: NestFastifyApplication | undefined;
  let base: string;
  const received: Received[] = [];
  const receiver = createServer((request, response) => {
    void text(request).then((body) => {
      received.push({ path: request.url!, headers: request.headers, body });
      response.end('ok');
    });
  });

  const endpoint = (
    format: WebhookFormat,
    path: string,
    over: Partial<EndpointConfig> = {},
  ): EndpointConfig => ({
    ...{ name: format, url: `${base}${path}`, secret: null, types: null, filter: {}, format, options: {} },
    ...{ includeBackfill: false, resolveAfterMs: 3_600_000, enabled: true, ...over },
  });
  const start = (endpoints: EndpointConfig[]) =>
    startApp(testConfig([], { webhooks: { allowPrivateAddresses: true, endpoints } }), test.database, [
      'api',
      'notifier',
    ]);
  /** Each message once: a receiver has to expect the same one again. */
  const at = (path: string) => [
    ...new Map(
      received.filter((one) => one.path === path).map((one) => [one.headers['webhook-id'], one]),
    ).values(),
  ];
  const bodies = <Body>(path: string) => at(path).map(({ body }) => JSON.parse(body) as Body);
  const job = (externalId: string, state: 'failed' | 'succeeded', createdAt: string): EventSeed => ({
    ...{ source: 'charts', type: 'job.discovered', from: null, to: state },
    job: { externalId, type: 'import', name: 'Import <1>', state, createdAt: Date.parse(createdAt) },
  });
  const webhooks = async () =>
    (await app!.inject({ url: '/api/v1/webhooks' })).json<{
      data: { id: string; name: string; [name: string]: unknown }[];
    }>().data;

  beforeAll(async () => {
    test = await createTestDatabase();
    await insertSource(test.database, { key: 'charts', labels: { team: 'maps' } });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
    app = await start([
      endpoint('plain', '/plain', { secret: SECRET, filter: { state: ['failed'] } }),
      endpoint('cloudevents', '/events', { secret: SECRET }),
      endpoint('slack', '/slack'),
      endpoint('pagerduty', '/v2/enqueue', { options: { routingKey: ROUTING_KEY, severity: 'critical' } }),
      endpoint('alertmanager', '/am', { options: { labels: { cluster: 'eu' } } }),
    ]);
  });
  afterAll(async () => {
    await app?.close();
    receiver.closeAllConnections();
    receiver.close();
    await test?.drop();
  });

  it('are told of a failure, of the run that ends its alert, and of an outage', async () => {
    await append(test.database, job('1', 'failed', '2026-01-15T09:00:00Z'));
    await append(test.database, job('2', 'succeeded', '2026-01-15T09:30:00Z'));
    await append(test.database, { source: 'charts', type: 'source.health' });
    await waitFor(() => Promise.resolve(at('/plain').length >= 1 && at('/events').length >= 3));
    await waitFor(() =>
      Promise.resolve(['/slack', '/v2/enqueue', '/am/api/v2/alerts'].every((path) => at(path).length >= 3)),
    );

    const [plain, ...others] = bodies<{ type: string; timestamp: string; data: Record<string, unknown> }>(
      '/plain',
    );
    expect(others).toEqual([]);
    expect(plain).toMatchObject({ type: 'job.discovered', data: { to: 'failed', job: { externalId: '1' } } });
    expect(plain!.timestamp).toBe(plain!.data['at']);

    const events = bodies<{ type: string; subject: string }>('/events').map(({ type, subject }) => [
      type,
      subject,
    ]);
    const health = ['io.rollcall.source.health', 'charts'];
    const discovery = ['io.rollcall.job.discovered', expect.any(String)];
    expect(events).toHaveLength(3);
    expect(events).toEqual(expect.arrayContaining([discovery, discovery, health]));
    expect(at('/events')[0]!.headers['content-type']).toMatch(/^application\/cloudevents\+json/);

    const pages = bodies<Record<string, unknown>>('/v2/enqueue').filter(({ dedup_key: key }) =>
      /\/job\//.test(String(key)),
    );
    expect(pages).toEqual([
      expect.objectContaining({
        routing_key: ROUTING_KEY,
        event_action: 'trigger',
        dedup_key: 'rollcall/job/charts/import',
      }),
      { routing_key: ROUTING_KEY, event_action: 'resolve', dedup_key: 'rollcall/job/charts/import' },
    ]);

    const alerts =
      bodies<{ labels: Record<string, string>; startsAt: string; endsAt: string }[]>(
        '/am/api/v2/alerts',
      ).flat();
    const [fired, over] = alerts.filter(({ labels }) => labels['alertname'] === 'RollcallJobFailed');
    expect(fired!.labels).toEqual({
      ...{
        alertname: 'RollcallJobFailed',
        cluster: 'eu',
        source: 'charts',
        platform: 'vectorcharts',
        type: 'import',
      },
    });
    expect(over!.labels).toEqual(fired!.labels);
    expect(Date.parse(fired!.endsAt)).toBeGreaterThan(Date.parse(fired!.startsAt));
    expect(alerts.map(({ labels }) => labels['alertname'])).toContain('RollcallSourceOutage');

    const messages = bodies<{ text: string }>('/slack').map((message) => message.text);
    expect(new Set(messages)).toEqual(
      new Set([
        ':red_circle: import failed on charts',
        ':large_green_circle: import on charts succeeded again',
        ':red_circle: Source charts cannot be read: network',
      ]),
    );
  });

  it('of alerts are told by a replay that one is over, and nobody of anything else', async () => {
    const keysOf = () =>
      bodies<{ event_action: string; dedup_key: string }>('/v2/enqueue')
        .filter(({ dedup_key: key }) => key.startsWith('rollcall/job/charts/replayed'))
        .map(({ event_action: action, dedup_key: key }) => `${action} ${key}`);
    const told = (externalId: string, type: string, state: 'failed' | 'succeeded', over: EventSeed = {}) => {
      const seed = job(externalId, state, '2026-01-15T11:00:00Z');
      return append(test.database, { ...seed, ...over, job: { ...seed.job!, type } });
    };
    const replayed = { type: 'job.transitioned', sequence: 2, backfill: true, replayed: true } as const;
    const plain = at('/plain').length;
    await told('r1', 'replayed-1', 'failed');
    await told('r2', 'replayed-2', 'failed', replayed);
    await told('r1', 'replayed-1', 'succeeded', replayed);
    await told('r3', 'replayed-3', 'failed');
    await waitFor(() => Promise.resolve(at('/plain').length >= plain + 2 && keysOf().length >= 3));
    expect(keysOf().sort()).toEqual([
      'resolve rollcall/job/charts/replayed-1',
      'trigger rollcall/job/charts/replayed-1',
      'trigger rollcall/job/charts/replayed-3',
    ]);
    expect(at('/plain')).toHaveLength(plain + 2);
  });

  it('sign where somebody can check it, and nowhere else', () => {
    for (const { path, headers, body } of received) {
      const isSigned = ['/plain', '/events'].includes(path);
      expect([path, 'webhook-signature' in headers]).toEqual([path, isSigned]);
      if (isSigned) new Webhook(SECRET).verify(body, headers as Record<string, string>);
    }
  });

  it('take a try, each in its format', async () => {
    const before = received.length;
    const all = await webhooks();
    expect(all.map(({ origin }) => origin)).toEqual(all.map(() => 'config'));
    for (const { id } of all) {
      const { statusCode } = await app!.inject({ method: 'POST', url: `/api/v1/webhooks/${id}/test` });
      expect(statusCode).toBe(202);
    }
    await waitFor(() => Promise.resolve(received.length >= before + all.length));
    const tried = Object.fromEntries(
      received.slice(before).map(({ path, body }) => [path, JSON.parse(body) as unknown]),
    );
    expect(tried).toEqual({
      '/plain': expect.objectContaining({ type: 'webhook.test' }),
      '/events': expect.objectContaining({ type: 'io.rollcall.webhook.test', source: 'urn:rollcall' }),
      '/slack': expect.objectContaining({
        text: expect.stringContaining('A try of the Rollcall endpoint slack') as string,
      }),
      '/v2/enqueue': expect.objectContaining({
        payload: expect.objectContaining({ severity: 'info' }) as object,
      }),
      '/am/api/v2/alerts': [
        expect.objectContaining({
          labels: { alertname: 'RollcallTest', cluster: 'eu', endpoint: 'alertmanager' },
        }),
      ],
    });
  });

  it('show what was sent and what came back, without any secret', async () => {
    const { id } = (await webhooks()).find(({ name }) => name === 'pagerduty')!;
    const deliveries = async () =>
      (await app!.inject({ url: `/api/v1/webhooks/${id}/deliveries` })).json<{
        data: { id: string; state: string }[];
      }>().data;
    await waitFor(async () => (await deliveries()).every(({ state }) => state === 'delivered'));
    for (const delivery of await deliveries()) {
      const answer = await app!.inject({ url: `/api/v1/webhooks/${id}/deliveries/${delivery.id}` });
      const { tries } = answer.json<{ tries: unknown[] }>();
      expect(tries).toEqual([
        expect.objectContaining({
          request: {
            headers: expect.objectContaining({ 'webhook-id': delivery.id }) as object,
            bytes: expect.any(Number) as number,
          },
          response: expect.objectContaining({ status: 200, body: 'ok' }) as object,
        }),
      ]);
      expect(answer.body).not.toContain(ROUTING_KEY);
    }
  });

  it('follow the configuration at the next start: changed, and disabled with their deliveries kept', async () => {
    await app!.close();
    app = await start([
      endpoint('slack', '/slack', { enabled: false }),
      endpoint('plain', '/other', { secret: SECRET }),
    ]);
    const found = Object.fromEntries((await webhooks()).map((one) => [one.name, one]));
    expect(found['plain']).toMatchObject({
      enabled: true,
      url: `${base}/other`,
      filter: {},
      previousSecretUntil: null,
    });
    expect(found['slack']).toMatchObject({ enabled: false, disabledReason: 'by-configuration' });
    for (const name of ['pagerduty', 'alertmanager', 'cloudevents'])
      expect(found[name]).toMatchObject({
        enabled: false,
        disabledReason: 'not-configured',
        origin: 'config',
      });
    const { id } = found['pagerduty']!;
    const kept = (await app.inject({ url: `/api/v1/webhooks/${id}/deliveries` })).json<{ data: unknown[] }>()
      .data;
    expect(kept.length).toBeGreaterThanOrEqual(4);
  });
});
