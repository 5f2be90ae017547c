import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { Page, ReadRequest, ReadResult } from '../connector.js';
import { ScriptedAnswer, ScriptedHttp } from '../shared/scripted-http.js';
import { ConditionalList } from './http.conditional.js';
import { httpConnector } from './http.connector.js';
import { parsed } from './http.platform.js';
import { SHIPPED_FOLDER } from './manifest.js';
import { manifestFaults } from './manifest.rules.js';
import { manifestSchema } from './manifest.schema.js';

const signal = new AbortController().signal;

function connectorOf(over: object) {
  const value = {
    manifest: 1,
    name: 'm',
    auth: { type: 'none' },
    lists: [{ name: 'jobs', request: { path: '/jobs' }, records: 'items' }],
    record: { id: 'id', status: 'state', states: { done: 'succeeded', open: 'running' } },
    ...over,
  };
  expect(manifestFaults(value)).toEqual([]);
  return httpConnector(manifestSchema.parse(value));
}

function connect(over: object, http: ScriptedHttp, auth: Record<string, string> = {}, options: object = {}) {
  const connector = connectorOf(over);
  const source = { key: 'x', baseUrl: 'https://x.example/api', pageSize: 2, overlapMs: 0, historyMs: null };
  return connector.connect(
    { ...source, auth: connector.auth.parse(auth), options: connector.options.parse(options) },
    http,
  );
}

async function read(
  session: ReturnType<typeof connect>,
  { settled = false, ...request }: Partial<ReadRequest> & { settled?: boolean } = {},
): Promise<{ pages: Page[]; result: ReadResult }> {
  const pages: Page[] = [];
  const walk = session.fetchPages({ kind: 'sweep', bookmark: null, resume: null, signal, ...request });
  for (;;) {
    const step = await walk.next({ settled });
    if (step.done) return { pages, result: step.value };
    pages.push(step.value);
  }
}

const list = (pagination: object, query: object = {}) => ({
  lists: [{ name: 'jobs', request: { path: '/jobs', query }, records: 'items', pagination }],
});
const items = (ids: readonly (number | string)[], more: object = {}): ScriptedAnswer => ({
  json: { items: ids.map((id) => ({ id, state: 'open' })), ...more },
});

describe('authentication', () => {
  const given = { token: 't', user: 'u', password: 'p:w' };
  test.each([
    [{ type: 'none' }, {}, {}],
    [{ type: 'bearer' }, { token: 't' }, { authorization: 'Bearer t' }],
    [
      { type: 'basic', username: '{{auth.user}}', password: '{{auth.password}}' },
      { user: 'u', password: 'p:w' },
      { authorization: `Basic ${btoa('u:p:w')}` },
    ],
    [
      { type: 'basic', username: '{{auth.token}}', password: '' },
      { token: 't' },
      { authorization: `Basic ${btoa('t:')}` },
    ],
    [{ type: 'header', headers: { 'X-Key': 'key {{auth.token}}' } }, { token: 't' }, { 'X-Key': 'key t' }],
  ])('%j', async (auth, own, headers) => {
    const http = new ScriptedHttp(items([1]));
    await read(connect({ auth }, http, own));
    expect(http.sent[0]!.headers).toEqual(headers);
    // All that the manifest asks for, and nothing else.
    expect(connectorOf({ auth }).auth.safeParse({ ...given, more: 'x' }).success).toBe(false);
  });

  test('in a parameter, where that is said aloud', async () => {
    const http = new ScriptedHttp(items([1]));
    const auth = { type: 'query', allowQueryAuth: true, query: { key: '{{auth.token}}' } };
    await read(connect({ auth }, http, { token: 't' }));
    expect(http.sent[0]!.query).toEqual({ key: 't' });
  });

  test('by client credentials, at an address of the source', async () => {
    const auth = { type: 'oauth2', tokenUrl: '{{auth.tokenUrl}}' };
    const own = { tokenUrl: 'https://login.example/token', clientId: 'c', clientSecret: 's' };
    const http = new ScriptedHttp(
      { json: { access_token: 'a' } },
      { status: 401 },
      { json: { access_token: 'b' } },
      items([1]),
    );
    await read(connect({ auth }, http, own));
    expect(http.sent.map(({ url, headers }) => [url, headers?.['authorization']])).toEqual([
      ['https://login.example/token', undefined],
      ['/jobs', 'Bearer a'],
      ['https://login.example/token', undefined],
      ['/jobs', 'Bearer b'],
    ]);
    expect(connectorOf({ auth }).extraHosts(own)).toEqual(['login.example']);
  });

  test('by a session, which is ended with the process', async () => {
    const auth = {
      type: 'session',
      login: {
        method: 'POST',
        path: '/login',
        json: { user: '{{auth.user}}', password: '{{auth.password}}' },
      },
      session: 'data.sid',
      expiresIn: 'data.seconds',
      headers: { Authorization: 'Session {{session}}' },
      logout: { method: 'POST', path: '/logout' },
    };
    const http = new ScriptedHttp({ json: { data: { sid: 's', seconds: 600 } } }, items([1]), {});
    const session = connect({ auth }, http, { user: 'u', password: 'p' });
    await read(session);
    await session.close();
    expect(http.sent.map(({ method, url, headers, json }) => [method, url, headers, json])).toEqual([
      ['POST', '/login', {}, { user: 'u', password: 'p' }],
      ['GET', '/jobs', { Authorization: 'Session s' }, undefined],
      ['POST', '/logout', { Authorization: 'Session s' }, undefined],
    ]);
  });

  test('a refused login is not tried again', async () => {
    const auth = {
      type: 'session',
      login: { method: 'POST', path: '/login', json: {} },
      session: 'sid',
      headers: { 'X-S': '{{session}}' },
    };
    const http = new ScriptedHttp({ status: 400, json: {} });
    await expect(read(connect({ auth }, http))).rejects.toMatchObject({ kind: 'authentication' });
    expect(http.sent).toHaveLength(1);
  });
});

describe('pages', () => {
  test('by number, counted from 0, until one is empty; a short one is not the end', async () => {
    const http = new ScriptedHttp(items([1, 2]), items([3]), items([4, 5]), items([]));
    const { result } = await read(connect(list({ type: 'page', first: 0 }, { p: '{{page}}' }), http));
    expect(http.sent.map(({ query }) => query!['p'])).toEqual([0, 1, 2, 3]);
    // They cannot overlap, and nothing says that none slipped through.
    expect(result).toMatchObject({ whole: false, provesChanges: false });
  });

  test.each([
    ['that stays and was met exactly', 3, 3, 3, true],
    ['that shrank', 4, 3, 3, false],
    ['that is more than was shown', 4, 4, 3, false],
  ])('by number prove an absence with a total %s', async (_, before, after, shown, whole) => {
    const http = new ScriptedHttp(
      items([1, 2], { n: before }),
      items([3].slice(0, shown - 2), { n: after, last: 2 }),
    );
    const pagination = { type: 'page', pages: '`2`', total: 'n' };
    const { result } = await read(connect(list(pagination, { p: '{{page}}' }), http));
    expect(result).toMatchObject({ whole, upstreamTotal: after });
  });

  test('by cursor are whole where they are stable, and go on where a walk stood', async () => {
    const manifest = list({ type: 'cursor', next: 'next', stable: true }, { after: '{{cursor}}' });
    const first = new ScriptedHttp(items([1], { next: 'c1' }), items([2], { next: '' }));
    const { pages, result } = await read(connect(manifest, first));
    expect(first.sent.map(({ query }) => query)).toEqual([{}, { after: 'c1' }]);
    expect(result.whole).toBe(true);
    const rest = new ScriptedHttp(items([2], { next: null }));
    const resumed = await read(connect(manifest, rest), { resume: pages[0]!.resume });
    expect(rest.sent[0]!.query).toEqual({ after: 'c1' });
    expect(resumed.result.whole).toBe(true);
  });

  test('by an address in the answer, absolute or relative', async () => {
    const http = new ScriptedHttp(
      items([1], { next: 'https://x.example/api/jobs?p=2' }),
      items([2], { next: '?p=3' }),
      items([3]),
    );
    await read(connect(list({ type: 'next', next: 'next' }), http));
    expect(http.sent.map(({ url }) => url)).toEqual([
      '/jobs',
      'https://x.example/api/jobs?p=2',
      'https://x.example/api/jobs?p=3',
    ]);
  });

  test('by a Link header', async () => {
    const header =
      '<https://x.example/api/jobs?p=1>; rel="first", </api/jobs?p=2>; title="a, b"; rel="last next"';
    const http = new ScriptedHttp({ ...items([1]), headers: { link: header } }, items([2]));
    await read(connect(list({ type: 'link' }), http));
    expect(http.sent[1]!.url).toBe('https://x.example/api/jobs?p=2');
  });

  test('more than may be read leave the list truncated', async () => {
    const pagination = { type: 'offset', maxOffset: 2, overlap: 0 };
    const { result } = await read(
      connect(list(pagination, { o: '{{offset}}' }), new ScriptedHttp(items([1, 2]))),
    );
    expect(result).toMatchObject({ truncated: true, whole: false });
  });
});

describe('lists', () => {
  test('one for every value of each, which its records carry', async () => {
    const lists = [
      {
        name: 'jobs',
        each: { state: ['open', 'done'], queue: { option: 'queues' } },
        request: { path: '/{{each.queue}}', query: { state: '{{each.state}}' } },
        records: 'items',
        fields: { state: '{{each.state}}', queue: '{{each.queue}}' },
        add: { board: 'board.name' },
      },
    ];
    const http = new ScriptedHttp(
      ...[1, 2, 3, 4].map((id) => ({ json: { items: [{ id }], board: { name: 'b' } } })),
    );
    const { pages } = await read(
      connect({ lists, options: { queues: { list: true } } }, http, {}, { queues: ['a', 'b/c'] }),
    );
    expect(http.sent.map(({ url, query }) => [url, query!['state']])).toEqual([
      ['/a', 'open'],
      ['/b%2Fc', 'open'],
      ['/a', 'done'],
      ['/b%2Fc', 'done'],
    ]);
    expect(pages[1]!.records).toEqual([{ id: 2, state: 'open', queue: 'b/c', board: 'b' }]);
  });

  test('records of a mapping get their key; more about them comes from another mapping', async () => {
    const lists = [
      {
        ...{ name: 'jobs', request: { path: '/jobs' }, records: 'jobs', key: 'id' },
        merge: { from: 'more', by: 'id', into: 'extra' },
      },
    ];
    const json = { jobs: { a: { state: 'open' }, b: { state: 'done' } }, more: { a: { owner: 'mia' } } };
    const { pages } = await read(connect({ lists }, new ScriptedHttp({ json })));
    expect(pages[0]!.records).toEqual([
      { id: 'a', state: 'open', extra: { owner: 'mia' } },
      { id: 'b', state: 'done', extra: null },
    ]);
  });

  test('a status can mean that a list is empty', async () => {
    const lists = [{ name: 'jobs', request: { path: '/jobs' }, records: 'items', empty: [404] }];
    expect((await read(connect({ lists }, new ScriptedHttp({ status: 404 })))).result.whole).toBe(true);
  });

  test('an answer without records where they should be is a fault', async () => {
    await expect(read(connect({}, new ScriptedHttp({ json: { data: [] } })))).rejects.toMatchObject({
      kind: 'schema',
    });
  });

  test('newest first: an incremental read ends at a page that is known, old and ended', async () => {
    const lists = [
      {
        ...{ name: 'jobs', request: { path: '/jobs', query: { p: '{{page}}' } }, records: 'items' },
        ...{ pagination: { type: 'page' }, incremental: { by: 'newest', time: 'at' } },
      },
    ];
    const page = (...times: string[]) => ({
      json: { items: times.map((at) => ({ id: at, state: 'done', at })) },
    });
    const bookmark = { newest: { jobs: '2026-01-15T10:00:00.000Z' }, historyStart: null };
    const manifest = { lists, guarantees: { changes: 'incremental' } };
    const incremental = { kind: 'incremental', bookmark, settled: true } as const;
    const inOrder = new ScriptedHttp(page('2026-01-15T10:00:01Z', '2026-01-15T09:59:59Z'));
    const { result } = await read(connect(manifest, inOrder), incremental);
    expect(result).toMatchObject({
      provesChanges: true,
      bookmark: { newest: { jobs: '2026-01-15T10:00:01.000Z' } },
    });
    // Out of order it proves nothing, and is read to its end.
    const shuffled = new ScriptedHttp(page('2026-01-15T09:00:00Z', '2026-01-15T10:00:01Z'), page());
    expect((await read(connect(manifest, shuffled), incremental)).result).toMatchObject({
      provesChanges: false,
      bookmark,
    });
  });
});

describe('errors and limits', () => {
  test('rate headers hold further requests back before nothing is left', async () => {
    const rateLimit = {
      remaining: 'X-Left',
      limit: 'X-Limit',
      reset: { header: 'X-Reset', unit: 'seconds' },
      reserve: 0.1,
    };
    const left = (remaining: string) => ({
      ...items([1]),
      headers: { 'x-left': remaining, 'x-limit': '100', 'x-reset': '30' },
    });
    const http = new ScriptedHttp(left('11'), left('10'), left('many'));
    const session = connect({ rateLimit }, http);
    for (let time = 0; time < 3; time++) await read(session);
    expect(http.pauses).toEqual([30_000]);
  });

  test.each([
    [{ status: [418], kind: 'permission' }, { status: 418 }, 'permission'],
    [
      { status: [503], header: { name: 'X-Down', contains: 'UPGRADE' }, kind: 'upstream-error' },
      { status: 503, headers: { 'x-down': 'an upgrade' } },
      'upstream-error',
    ],
    [
      { body: "code == 'LIMIT'", kind: 'rate-limited', retryAfter: 'wait' },
      { json: { code: 'LIMIT', wait: 9 } },
      'rate-limited',
    ],
    [{ body: 'warning', kind: 'configuration' }, { json: { warning: 'x' } }, 'configuration'],
  ])('%j makes of an answer what it says', async (rule, answer, kind) => {
    await expect(read(connect({ errors: [rule] }, new ScriptedHttp(answer)))).rejects.toMatchObject({ kind });
  });

  test('a rule of which the body does not speak leaves the status to what it usually means', async () => {
    const http = new ScriptedHttp({ status: 404, json: { code: 1 } });
    const errors = [{ status: [404], body: 'code == `2`', kind: 'permission' }];
    await expect(read(connect({ errors }, http))).rejects.toMatchObject({ kind: 'configuration' });
  });

  test('an action is sent once; 404 is no such job', async () => {
    const actions = { cancel: { request: { method: 'DELETE', path: '/jobs/{{id}}' }, when: ['running'] } };
    const http = new ScriptedHttp({ status: 204 }, { status: 404 });
    const session = connect({ actions }, http);
    await session.actions!.cancel!('a b', signal);
    expect(http.sent[0]).toMatchObject({ method: 'DELETE', url: '/jobs/a%20b', retry: false });
    await expect(session.actions!.cancel!('c', signal)).rejects.toThrow('knows no such job');
  });

  test('Restate cancels by PATCH: told (202), unknown (404), and ended already (409)', async () => {
    const text = readFileSync(join(SHIPPED_FOLDER, 'restate.yaml'), 'utf8');
    const http = new ScriptedHttp(...[202, 404, 409].map((status) => ({ status, json: {} })));
    const source = { key: 'x', baseUrl: 'https://restate.example.com', pageSize: 500, overlapMs: 0 };
    const { actions } = httpConnector(manifestSchema.parse(parse(text))).connect(
      { ...source, historyMs: null, auth: {}, options: {} },
      http,
    );
    await actions!.cancel!('inv_1', signal);
    expect(http.sent[0]).toMatchObject({ method: 'PATCH', url: '/invocations/inv_1/cancel', retry: false });
    await expect(actions!.cancel!('inv_2', signal)).rejects.toThrow('knows no such job');
    await expect(actions!.cancel!('inv_3', signal)).rejects.toThrow('refused (409)');
  });
});

describe('304', () => {
  const answer = (status: number, text: string, over: object = {}) => ({
    ...{ status, headers: {}, date: null, requestedAt: 1_000_000, text },
    ...parsed(text),
    ...over,
  });

  test('is the list that it was, each time anew from memory', async () => {
    const conditional = new ConditionalList({ by: 'etag' });
    const asked: unknown[] = [];
    const ask = (next: ReturnType<typeof answer>) => (over: unknown) => (
      asked.push(over),
      Promise.resolve(next)
    );
    const first = await conditional.read(ask(answer(200, '[{"id":1}]', { headers: { etag: '"a"' } })));
    (first.body as { id: unknown }[])[0]!.id = 'redacted in place';
    for (let time = 0; time < 2; time++)
      expect((await conditional.read(ask(answer(304, '')))).body).toEqual([{ id: 1 }]);
    expect(asked).toEqual([
      {},
      { headers: { 'if-none-match': '"a"' } },
      { headers: { 'if-none-match': '"a"' } },
    ]);
  });

  test('that nobody asked for is a fault', async () => {
    const conditional = new ConditionalList({ by: 'etag' });
    await expect(conditional.read(() => Promise.resolve(answer(304, '')))).rejects.toThrow(
      'without a condition',
    );
  });

  test('by a parameter of our own clock: less the margin, and unconditionally once in a while', async () => {
    let now = 1_000_000;
    const rule = {
      by: 'parameter',
      parameter: 'update_time',
      format: 'epoch-s',
      clock: 'ours',
      margin: '60s',
      recheck: '10m',
    } as const;
    const conditional = new ConditionalList(rule, () => now);
    const asked: unknown[] = [];
    const read = (status: number) =>
      conditional.read(
        (over) => (
          asked.push(over),
          Promise.resolve(answer(status, status === 200 ? '[]' : '', { requestedAt: now }))
        ),
      );
    await read(200);
    now += 599_000;
    await read(304);
    now += 1_000;
    await read(200);
    expect(asked).toEqual([{}, { query: { update_time: 940 } }, {}]);
  });

  test('is never asked for by a clock that the platform does not send', async () => {
    const rule = {
      by: 'parameter',
      parameter: 't',
      format: 'iso',
      clock: 'upstream',
      margin: '1s',
      recheck: '10m',
    } as const;
    const conditional = new ConditionalList(rule);
    const asked: unknown[] = [];
    for (let time = 0; time < 2; time++)
      await conditional.read((over) => (asked.push(over), Promise.resolve(answer(200, '[]'))));
    expect(asked).toEqual([{}, {}]);
  });
});

describe('what a record does not say', () => {
  const times = {
    startedAt: { from: 'created', when: ['running'], inferred: true },
    finishedAt: 'max(not_null(steps, `[]`)[].ended)',
  };
  const record = { id: 'id', status: 'state', states: { open: 'running', done: 'succeeded' }, times };
  const facts = (given: object) => {
    const connector = connectorOf({ record });
    const context = { options: {}, shape: 'list', baseUrl: 'https://x.example', observedAt: 0 } as const;
    return connector.normalize({ id: 1, ...given }, { ...context, statusMap: connector.statusMap });
  };
  const created = '2026-01-15T10:00:00Z';

  test('a word that nobody knows says nothing of the start', () => {
    expect(facts({ state: 'open', created }).startedAt).toBe(Date.parse(created));
    expect(facts({ state: 'done', created }).startedAt).toBeNull();
    expect(facts({ state: 'parked', created }).startedAt).toBeUndefined();
  });

  test('an expression none of whose places is there says nothing; over something without a value it says none', () => {
    expect(facts({ state: 'done' }).finishedAt).toBeUndefined();
    expect(facts({ state: 'done', steps: [] }).finishedAt).toBeNull();
    expect(facts({ state: 'done', steps: [{ ended: created }] }).finishedAt).toBe(Date.parse(created));
  });
});
