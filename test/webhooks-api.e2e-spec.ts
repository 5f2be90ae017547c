import { randomBytes } from 'node:crypto';
import { SCOPES } from '../src/config/config.js';
import { TokenStore } from '../src/storage/token.store.js';
import { WebhookStore } from '../src/storage/webhook.store.js';
import { Answer, TestApi, startApi } from './support/api.js';
import { testConfig } from './support/config.js';
import { append } from './support/events.js';
import { insertSource } from './support/jobs.js';
import { TestDatabase, createTestDatabase } from './support/postgres.js';

const PATH = '/api/v1/webhooks';
const HOOK = 'https://hooks.example.com/rollcall';
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const ROUTING_KEY = '0123456789abcdef0123456789ABCDEF';

describe('webhook endpoints over the API', () => {
  let test: TestDatabase;
  let api: TestApi;
  const bearer: Record<string, string> = {};
  let made = 0;

  const send = (as: string, method: string, url: string, payload?: unknown): Promise<Answer> =>
    api.send(method, url, {
      headers: {
        authorization: `Bearer ${bearer[as]}`,
        ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(payload === undefined ? {} : { payload: JSON.stringify(payload) }),
    });
  /** A new endpoint; its answer. */
  const create = async (over: object = {}, as = 'admin') => {
    const answer = await send(as, 'POST', PATH, { name: `hook ${++made}`, url: HOOK, ...over });
    expect([answer.status, answer.text]).toEqual([201, expect.any(String)]);
    return answer.body as { id: string; name: string; secret: string } & Record<string, unknown>;
  };
  const faultsOf = ({ status, body }: Answer) => [
    status,
    Object.fromEntries(
      ((body.errors ?? []) as { pointer: string; detail: string }[]).map(({ pointer, detail }) => [
        pointer,
        detail,
      ]),
    ),
  ];
  const detailOf = ({ status, body }: Answer) => [status, body.detail as string];

  beforeAll(async () => {
    test = await createTestDatabase();
    const tokens = new TokenStore(test.database);
    for (const key of ['charts', 'store', 'vault']) await insertSource(test.database, { key });
    const token = async (name: string, sources: string[] | null) => {
      bearer[name] = (await tokens.create({ name, scopes: SCOPES, sources, expiresAt: null })).token;
    };
    await token('admin', null);
    await token('charts', ['charts']);
    await token('charts and store', ['charts', 'store']);
    const config = testConfig([]);
    config.server.auth = 'tokens';
    api = await startApi(test.database, config);
  });
  afterAll(async () => {
    await api?.close();
    await test?.drop();
  });

  describe('a new one', () => {
    it('is shown with its secret this once, and told of everything but small changes by default', async () => {
      const { secret, ...webhook } = await create({ name: 'plain' });
      expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
      expect(webhook).toEqual({
        ...{ id: expect.any(String), name: 'plain', url: HOOK, format: 'plain', types: null, filter: {} },
        ...{
          includeBackfill: false,
          options: {},
          resolveAfter: '1d',
          sources: null,
          origin: 'api',
          enabled: true,
        },
        ...{ disabledReason: null, disabledAt: null, failingSince: null, consecutiveFailures: 0 },
        ...{ lastSuccessAt: null, nextAttemptAt: null, missedEvents: 0, missedAt: null, replaying: false },
        ...{ previousSecretUntil: null, createdAt: expect.any(String), updatedAt: expect.any(String) },
      });
      const shown = await send('admin', 'GET', `${PATH}/${webhook['id'] as string}`);
      expect([shown.status, shown.body]).toEqual([200, webhook]);
      const again = await api.get(`${PATH}/${webhook['id'] as string}`, {
        authorization: `Bearer ${bearer['admin']}`,
        'if-none-match': String(shown.headers['etag']),
      });
      expect(again.status).toBe(304);
      expect((await send('admin', 'GET', PATH)).text).not.toContain(secret);
    });

    it('keeps what was said of it', async () => {
      const webhook = await create({
        ...{ secret: SECRET, types: ['job.transitioned', 'source.health'], includeBackfill: true },
        filter: {
          ...{ state: 'failed,missed', source: 'charts', minProgress: 0.5, label: 'team:a,b' },
          ...{ owner: ['ann,bob', 'x\\,y'], filter: 'type in ("a", "b")' },
        },
        ...{
          format: 'alertmanager',
          options: { labels: { cluster: 'eu' } },
          resolveAfter: 'PT90M',
          enabled: false,
        },
      });
      expect(webhook).toMatchObject({
        ...{ secret: SECRET, types: ['job.transitioned', 'source.health'], includeBackfill: true },
        filter: {
          state: ['failed', 'missed'],
          source: ['charts'],
          minProgress: ['0.5'],
          label: ['team:a,b'],
          owner: ['ann', 'bob', 'x\\,y'],
          filter: ['type in ("a", "b")'],
        },
        ...{
          format: 'alertmanager',
          options: { labels: { cluster: 'eu' } },
          resolveAfter: '90m',
          enabled: false,
        },
        disabledReason: 'by-hand',
      });
    });

    it('takes a filter as a query string, and null for every default', async () => {
      const webhook = await create({
        ...{ filter: 'state=failed&source=charts&source=store&filter=duration+%3E+1h' },
        ...{ types: null, secret: null, options: null, resolveAfter: null },
      });
      expect(webhook['filter']).toEqual({
        state: ['failed'],
        source: ['charts', 'store'],
        filter: ['duration > 1h'],
      });
    });

    it('names every fault at once, with its place', async () => {
      const answer = await send('admin', 'POST', PATH, {
        ...{ name: 'a\u0000b', url: 'https://user:pw@hooks.example.com', secret: 'whsec_short', typo: 1 },
        types: ['job.transitoned'],
        filter: {
          stat: 'failed',
          state: 'faled',
          latest: true,
          source: [],
          minDuration: { a: 1 },
          createdSince: '',
        },
        ...{ format: 'pagerduty', options: { colour: 'red' }, resolveAfter: '10', includeBackfill: 'yes' },
      });
      expect(faultsOf(answer)).toEqual([
        400,
        {
          '#/name': 'must not contain control characters',
          '#/url': 'must not carry a user name or password',
          '#/secret': 'expected whsec_ and the base64 of 24 to 64 bytes, as Standard Webhooks writes it',
          '#/typo': expect.stringContaining('is unknown; '),
          '#/types/0': 'is no type of event; did you mean job.transitioned?',
          '#/filter/stat': 'is unknown; did you mean state?',
          '#/filter/state': expect.stringContaining('"faled" is none of'),
          '#/filter/latest': expect.stringContaining('chooses among jobs'),
          '#/filter/source': 'is an empty list',
          '#/filter/minDuration': expect.stringContaining('is neither text'),
          '#/filter/createdSince': 'is empty',
          '#/options/routingKey': 'is required',
          '#/options/colour': 'is unknown; known here: routingKey, severity',
          '#/resolveAfter': expect.stringContaining('expected a duration'),
          '#/includeBackfill': 'expected true or false, got text',
        },
      ]);
    });

    it.each([
      [
        'a source that there is not',
        { filter: { source: ['charts', 'chart'] } },
        '#/filter/source',
        'did you mean charts?',
      ],
      [
        'a since after its until',
        { filter: { createdSince: '-1h', createdUntil: '-2h' } },
        '#/filter/createdSince',
        'is after createdUntil',
      ],
      ['a filter in neither form', { filter: 7 }, '#/filter', 'is neither an object'],
      [
        'a query string with a fault',
        { filter: 'stat=failed' },
        '#/filter',
        'stat is unknown; did you mean state?',
      ],
      ['half a character', { filter: { q: '\ud800' } }, '#/filter/q', 'is not well-formed'],
      ['no address', { url: undefined }, '#/url', 'is required'],
      ['a private address', { url: 'https://192.168.0.1/' }, '#/url', 'private or reserved address'],
      ['plain http', { url: 'http://hooks.example.com/' }, '#/url', 'must be https'],
      ['another format', { format: 'teams' }, '#/format', 'is no format'],
      [
        'labels of our own',
        { format: 'alertmanager', options: { labels: { alertname: 'x' } } },
        '#/options/labels/alertname',
        'is a label of Rollcall',
      ],
    ])('is refused with %s', async (_, over, pointer, detail) => {
      const answer = await send('admin', 'POST', PATH, { name: 'refused', url: HOOK, ...over });
      expect(faultsOf(answer)).toEqual([400, { [pointer]: expect.stringContaining(detail) as string }]);
    });

    it.each([['[]'], ['7'], ['"text"']])('is refused when the body is %s', async (payload) => {
      const answer = await send('admin', 'POST', PATH, JSON.parse(payload));
      expect(faultsOf(answer)).toEqual([400, { '#': 'is not an object' }]);
    });

    it('knows no more fields when they say null', async () => {
      const answer = await send('admin', 'POST', PATH, { name: null, url: null, typo: null, types: [] });
      expect(faultsOf(answer)).toEqual([
        400,
        {
          '#/name': 'is required',
          '#/url': 'is required',
          '#/typo': expect.stringContaining('is unknown; '),
          '#/types': 'must not be empty',
        },
      ]);
    });

    it('has a name of its own', async () => {
      const { name } = await create();
      expect(detailOf(await send('admin', 'POST', PATH, { name, url: HOOK }))).toEqual([
        409,
        `An endpoint named "${name}" exists already.`,
      ]);
    });
  });

  describe('secrets', () => {
    it.each([
      [
        'slack',
        { format: 'slack', url: 'https://hooks.slack.com/services/T0/B0/hunter2' },
        'https://hooks.slack.com/…',
      ],
      ['plain', { url: 'https://hooks.example.com/path?token=hunter2' }, 'https://hooks.example.com/path?…'],
      [
        'pagerduty',
        { format: 'pagerduty', url: undefined, options: { routingKey: ROUTING_KEY } },
        'https://events.pagerduty.com/v2/enqueue',
      ],
    ])('of %s stand in no answer and in no audit entry', async (_, over, url) => {
      const { id, secret, ...webhook } = await create(over);
      expect(webhook['url']).toBe(url);
      await send('admin', 'PATCH', `${PATH}/${id}`, { resolveAfter: '2h' });
      const texts = [
        JSON.stringify(webhook),
        ...(
          await Promise.all(
            [PATH, `${PATH}/${id}`, '/api/v1/audit?limit=10'].map((path) => send('admin', 'GET', path)),
          )
        ).map(({ text }) => text),
      ];
      for (const text of texts) {
        expect(text).not.toContain(secret);
        expect(text).not.toMatch(/hunter2|0123456789abcdef/i);
      }
    });

    it('are rotated: the new one is shown once, the old one signs for a day more', async () => {
      const { id, secret } = await create();
      const before = Date.now();
      const { status, body } = await send('admin', 'POST', `${PATH}/${id}/rotate-secret`);
      expect([status, body]).toEqual([
        200,
        { id, secret: expect.stringMatching(/^whsec_/), previousSecretUntil: expect.any(String) },
      ]);
      expect(body.secret).not.toBe(secret);
      const until = Date.parse(body.previousSecretUntil as string) - before;
      expect(until).toBeGreaterThan(23 * 3_600_000);
      expect(until).toBeLessThan(25 * 3_600_000);
      const stored = await new WebhookStore(test.database).get(null, id);
      expect(stored).toMatchObject({ secret: body.secret as string, previousSecret: secret });
      const shown = await send('admin', 'GET', `${PATH}/${id}`);
      expect(shown.body.previousSecretUntil).toBe(body.previousSecretUntil);
      expect(shown.text).not.toContain('whsec_');
    });
  });

  describe('a change', () => {
    it('leaves what it does not name, and takes null for the default', async () => {
      const { id } = await create({
        filter: { state: 'failed' },
        types: ['job.changed'],
        resolveAfter: '2h',
      });
      const changed = await send('admin', 'PATCH', `${PATH}/${id}`, { url: `${HOOK}/2`, types: null });
      expect([changed.status, changed.body]).toEqual([
        200,
        expect.objectContaining({
          url: `${HOOK}/2`,
          types: null,
          filter: { state: ['failed'] },
          resolveAfter: '2h',
        }),
      ]);
      const reset = await send('admin', 'PATCH', `${PATH}/${id}`, { filter: null, resolveAfter: null });
      expect(reset.body).toMatchObject({ filter: {}, resolveAfter: '1d' });
    });

    it('keeps an option that nobody is shown, and drops the options of another format', async () => {
      const { id } = await create({
        format: 'pagerduty',
        options: { routingKey: ROUTING_KEY, severity: 'info' },
      });
      const changed = await send('admin', 'PATCH', `${PATH}/${id}`, { options: { severity: 'critical' } });
      expect(changed.body.options).toEqual({ routingKey: '***', severity: 'critical' });
      expect((await new WebhookStore(test.database).get(null, id))!.options).toEqual({
        routingKey: ROUTING_KEY,
        severity: 'critical',
      });
      expect(
        (await send('admin', 'PATCH', `${PATH}/${id}`, { format: 'plain', url: HOOK })).body.options,
      ).toEqual({});
      expect(faultsOf(await send('admin', 'PATCH', `${PATH}/${id}`, { format: 'pagerduty' }))).toEqual([
        400,
        { '#/options/routingKey': 'is required' },
      ]);
    });

    it('disables, and enables again', async () => {
      const { id } = await create();
      const off = await send('admin', 'PATCH', `${PATH}/${id}`, { enabled: false });
      expect(off.body).toMatchObject({
        enabled: false,
        disabledReason: 'by-hand',
        disabledAt: expect.any(String),
      });
      for (const path of ['test', 'replay'])
        expect(
          (await send('admin', 'POST', `${PATH}/${id}/${path}`, path === 'test' ? {} : { since: '-1h' }))
            .status,
        ).toBe(409);
      const on = await send('admin', 'PATCH', `${PATH}/${id}`, { enabled: true });
      expect(on.body).toMatchObject({ enabled: true, disabledReason: null, disabledAt: null });
    });

    it('names every fault, a secret among them', async () => {
      const { id } = await create();
      expect(
        faultsOf(
          await send('admin', 'PATCH', `${PATH}/${id}`, { secret: SECRET, name: '', filter: { x: 1 } }),
        ),
      ).toEqual([
        400,
        {
          '#/secret': expect.stringContaining('is unknown'),
          '#/name': 'must not be empty',
          '#/filter/x': expect.stringContaining('is unknown'),
        },
      ]);
      expect(
        faultsOf(await send('admin', 'PATCH', `${PATH}/${id}`, { secret: null, typo: null, name: '' })),
      ).toEqual([
        400,
        {
          '#/secret': expect.stringContaining('is unknown'),
          '#/typo': expect.stringContaining('is unknown'),
          '#/name': 'must not be empty',
        },
      ]);
      const { name } = await create();
      expect((await send('admin', 'PATCH', `${PATH}/${id}`, { name })).status).toBe(409);
    });
  });

  it('is deleted with its deliveries', async () => {
    const { id } = await create();
    await send('admin', 'POST', `${PATH}/${id}/test`);
    const gone = await send('admin', 'DELETE', `${PATH}/${id}`);
    expect([gone.status, gone.text]).toEqual([204, '']);
    for (const path of ['', '/deliveries', '/deliveries/msg_x'])
      expect((await send('admin', 'GET', `${PATH}/${id}${path}`)).status).toBe(404);
    expect((await send('admin', 'DELETE', `${PATH}/${id}`)).status).toBe(404);
    expect(
      await test.database.query('SELECT 1 FROM rollcall.webhook_delivery WHERE webhook_id = $1', [id]),
    ).toEqual([]);
  });

  it('pages by name', async () => {
    for (const name of ['~1', '~2', '~3']) await create({ name });
    const names: string[] = [];
    for (let cursor = ''; ;) {
      const { body } = await send('admin', 'GET', `${PATH}?limit=2${cursor}`);
      names.push(...(body.data as { name: string }[]).map(({ name }) => name));
      if (body.page.next === null) break;
      cursor = `&cursor=${body.page.next as string}`;
    }
    expect(names.slice(-3)).toEqual(['~1', '~2', '~3']);
    expect(new Set(names).size).toBe(names.length);
  });

  describe('tokens that are limited to sources', () => {
    it('make endpoints with their limits, and have to do with those within their own', async () => {
      const everywhere = await create();
      const own = await create({}, 'charts');
      const wider = await create({}, 'charts and store');
      expect([everywhere['sources'], own['sources'], wider['sources']]).toEqual([
        null,
        ['charts'],
        ['charts', 'store'],
      ]);
      const ids = async (as: string) =>
        ((await send(as, 'GET', `${PATH}?limit=500`)).body.data as { id: string }[]).map(({ id }) => id);
      expect(await ids('charts')).toEqual([own.id]);
      expect(new Set(await ids('charts and store'))).toEqual(new Set([own.id, wider.id]));
      expect(await ids('admin')).toEqual(expect.arrayContaining([everywhere.id, own.id, wider.id]));
      for (const { id } of [everywhere, wider]) {
        const hidden: [string, string, object?][] = [
          ['GET', ''],
          ['PATCH', '', { enabled: false }],
          ['DELETE', ''],
          ['POST', '/rotate-secret'],
          ['POST', '/test'],
          ['POST', '/replay', { since: '-1h' }],
          ['GET', '/deliveries'],
          ['GET', '/deliveries/msg_x'],
        ];
        for (const [method, path, body] of hidden)
          expect([method, path, (await send('charts', method, `${PATH}/${id}${path}`, body)).status]).toEqual(
            [method, path, 404],
          );
      }
      expect((await send('admin', 'GET', `${PATH}/${wider.id}`)).body.enabled).toBe(true);
    });

    it('name none but their own in a filter', async () => {
      const asked = (source: string) =>
        send('charts', 'POST', PATH, { name: 'x', url: HOOK, filter: { source } });
      expect((await asked('vault')).body.errors).toEqual((await asked('nowhere')).body.errors);
      expect((await asked('vault')).status).toBe(400);
    });
  });

  describe('what the configuration declares', () => {
    const declare = async (name: string, reason?: string) => {
      const store = new WebhookStore(test.database);
      const draft = {
        ...{ name, url: HOOK, format: 'plain' as const, types: null, filter: {}, includeBackfill: false },
        ...{ sources: null, secret: SECRET, options: {}, resolveAfterMs: 3_600_000, enabled: true },
      };
      await store.reconcile([draft], 1);
      const [row] = await test.database.query<{ id: string }>(
        `UPDATE rollcall.webhook SET enabled = $2::text IS NULL, disabled_reason = $2 WHERE name = $1 RETURNING id`,
        [name, reason ?? null],
      );
      return `${PATH}/${row!.id}`;
    };

    it('is changed there: 409', async () => {
      const path = await declare('declared');
      expect((await send('admin', 'GET', path)).body.origin).toBe('config');
      for (const [method, url, body] of [
        ['PATCH', path, { url: `${HOOK}/3` }],
        ['PATCH', path, { enabled: true }],
        ['DELETE', path],
        ['POST', `${path}/rotate-secret`],
      ] as [string, string, object?][])
        expect(detailOf(await send('admin', method, url, body))).toEqual([
          409,
          'The endpoint "declared" is declared in the configuration (webhooks.endpoints): change it there.',
        ]);
      expect((await send('admin', 'POST', `${path}/test`)).status).toBe(202);
    });

    it('is enabled again here when its receiver had not taken it', async () => {
      const path = await declare('declared and gone', 'gone');
      expect((await send('admin', 'PATCH', path, { enabled: true, name: 'x' })).status).toBe(409);
      expect((await send('admin', 'PATCH', path, { enabled: true })).body).toMatchObject({
        enabled: true,
        disabledReason: null,
        origin: 'config',
      });
    });

    it('is deleted here once it is not declared any more', async () => {
      const path = await declare('declared once');
      await new WebhookStore(test.database).reconcile([], 2);
      expect((await send('admin', 'GET', path)).body.disabledReason).toBe('not-configured');
      expect((await send('admin', 'DELETE', path)).status).toBe(204);
    });
  });

  describe('deliveries', () => {
    it('are made by a test, and shown with what became of them', async () => {
      const { id, name } = await create();
      const tested = await send('admin', 'POST', `${PATH}/${id}/test`);
      const delivery = tested.body.delivery as { id: string };
      expect([tested.status, delivery]).toEqual([
        202,
        {
          ...{
            id: expect.stringMatching(/^msg_[\w-]+$/),
            type: 'webhook.test',
            state: 'pending',
            eventId: null,
          },
          ...{ jobId: null, alert: null, replay: false, replayOf: null, attempts: 0, lastAttempt: null },
          ...{ nextAttemptAt: expect.any(String), createdAt: expect.any(String), finishedAt: null },
        },
      ]);
      await test.database.query(
        `INSERT INTO rollcall.webhook_attempt (delivery_id, number, at, duration_ms, status, error_kind, error_message,
           request_headers, request_bytes, response_headers, response_body)
         VALUES ($1, 1, '2025-01-15T14:00:00Z', 17, 500, 'status', 'answered 500', '{"webhook-id": "x"}', 200, '{"a": "b"}', 'no')`,
        [delivery.id],
      );
      const list = await send('admin', 'GET', `${PATH}/${id}/deliveries?state=pending,failed`);
      expect(list.body.data).toEqual([
        {
          ...delivery,
          lastAttempt: {
            ...{ number: 1, at: '2025-01-15T14:00:00.000Z', durationMs: 17, status: 500 },
            error: { kind: 'status', message: 'answered 500' },
          },
        },
      ]);
      expect((await send('admin', 'GET', `${PATH}/${id}/deliveries?state=delivered`)).body.data).toEqual([]);
      const one = await send('admin', 'GET', `${PATH}/${id}/deliveries/${delivery.id}`);
      expect([one.status, one.body]).toEqual([
        200,
        {
          ...list.body.data[0],
          event: expect.objectContaining({ type: 'webhook.test', job: null, webhook: { id, name } }),
          tries: [
            {
              ...{ number: 1, at: '2025-01-15T14:00:00.000Z', durationMs: 17 },
              error: { kind: 'status', message: 'answered 500' },
              request: { headers: { 'webhook-id': 'x' }, bytes: 200 },
              response: { status: 500, headers: { a: 'b' }, body: 'no' },
            },
          ],
        },
      ]);
    });

    it('page, the newest first', async () => {
      const { id } = await create();
      const ids: string[] = [];
      for (let count = 0; count < 3; count++)
        ids.unshift((await send('admin', 'POST', `${PATH}/${id}/test`)).body.delivery.id as string);
      const first = await send('admin', 'GET', `${PATH}/${id}/deliveries?limit=2`);
      const second = await send(
        'admin',
        'GET',
        `${PATH}/${id}/deliveries?limit=2&cursor=${first.body.page.next}`,
      );
      const found = [...first.body.data, ...second.body.data] as { id: string }[];
      expect(found.map((one) => one.id)).toEqual(ids);
      const { id: other } = await create();
      const mismatch = await send(
        'admin',
        'GET',
        `${PATH}/${other}/deliveries?cursor=${first.body.page.next}`,
      );
      expect([mismatch.status, mismatch.body.type]).toEqual([400, 'urn:rollcall:problem:cursor-mismatch']);
    });

    it('are made once more, one by its id', async () => {
      const { id } = await create();
      const { delivery } = (await send('admin', 'POST', `${PATH}/${id}/test`)).body as {
        delivery: { id: string };
      };
      const replayed = await send('admin', 'POST', `${PATH}/${id}/replay`, { deliveryId: delivery.id });
      expect([replayed.status, replayed.body.delivery]).toEqual([
        202,
        expect.objectContaining({ type: 'webhook.test', replay: true, replayOf: delivery.id }),
      ]);
      expect(replayed.body.delivery.id).not.toBe(delivery.id);
      const { id: other } = await create();
      expect(
        faultsOf(await send('admin', 'POST', `${PATH}/${other}/replay`, { deliveryId: delivery.id })),
      ).toEqual([
        400,
        { '#/deliveryId': expect.stringContaining('is no delivery of this endpoint') as string },
      ]);
    });

    it('are made once more, a range of the feed by a time or a cursor', async () => {
      await append(test.database, { source: 'charts', job: { externalId: '1' } });
      const [event] = (await send('admin', 'GET', '/api/v1/events?limit=1')).body.data as { id: string }[];
      await append(test.database, { source: 'charts', job: { externalId: '2' } });
      const { next: newest } = (await send('admin', 'GET', '/api/v1/events')).body.page as { next: string };
      for (const from of [{ after: event!.id }, { since: '-3650d' }, { since: '2020-01-01T00:00:00Z' }]) {
        const { id } = await create();
        const replayed = await send('admin', 'POST', `${PATH}/${id}/replay`, from);
        expect([replayed.status, replayed.body]).toEqual([202, { delivery: null, through: newest }]);
        expect((await send('admin', 'GET', `${PATH}/${id}`)).body.replaying).toBe(true);
        expect(detailOf(await send('admin', 'POST', `${PATH}/${id}/replay`, from))[0]).toBe(409);
      }
    });

    it.each([
      ['nothing', {}, { '#': expect.stringContaining('and none is given') }],
      ['two', { since: '-1h', after: 'x' }, { '#': expect.stringContaining('and since, after is given') }],
      ['no time', { since: 'yesterday' }, { '#/since': expect.stringContaining('is not a time') }],
      [
        'a made-up cursor',
        { after: randomBytes(16).toString('base64url') },
        { '#/after': expect.stringContaining('is not a cursor') },
      ],
      ['no id', { deliveryId: 'a\u0000' }, { '#/deliveryId': 'is no id of a delivery' }],
      ['another field', { since: '-1h', untli: 'x' }, { '#/untli': expect.stringContaining('is unknown') }],
      [
        'another field that says null, or no time',
        { since: 'yesterday', after: null, untli: null },
        {
          '#/since': expect.stringContaining('is not a time'),
          '#/untli': expect.stringContaining('is unknown'),
        },
      ],
    ])('are not made once more for %s', async (_, body, faults) => {
      const { id } = await create();
      expect(faultsOf(await send('admin', 'POST', `${PATH}/${id}/replay`, body))).toEqual([400, faults]);
    });
  });
});
