import { ContractError, RecordError, SourceError } from '../../domain/errors.js';
import { Page, ReadResult, Session } from '../connector.js';
import { HttpClient } from '../shared/http-client.js';
import { ScriptedAnswer, ScriptedHttp } from '../shared/scripted-http.js';
import { mapInTurns } from '../shared/turns.js';
import { createHttpClient } from '../shared/undici-http-client.js';
import { Steps } from './expression.js';
import { httpConnector } from './http.connector.js';
import { manifestFaults } from './manifest.rules.js';
import { ManifestInput, manifestSchema } from './manifest.schema.js';

/** Manifests that want more than they may: refused when they are loaded, or bounded when they run. */

const BASE_URL = 'https://jobs.example.com/api';

function base(): Record<string, unknown> {
  return {
    manifest: 1,
    name: 'base',
    auth: { type: 'bearer', token: '{{auth.token}}' },
    options: { project: {} },
    lists: [
      {
        name: 'jobs',
        request: { path: '/jobs', query: { cursor: '{{cursor}}' } },
        records: 'items',
        pagination: { type: 'cursor', next: 'next' },
      },
    ],
    one: { request: { path: '/jobs/{{id}}' } },
    record: { id: 'id', type: 'kind', status: 'state', states: { done: 'succeeded' } },
    errors: [],
    actions: { cancel: { request: { method: 'POST', path: '/jobs/{{id}}/stop' }, when: ['running'] } },
  };
}

/** The base manifest with one value put at a dotted path; undefined takes it away. */
function withValue(path: string, value: unknown): Record<string, unknown> {
  const manifest = structuredClone(base());
  const steps = path.split('.');
  let place: Record<string, unknown> = manifest;
  for (const step of steps.slice(0, -1)) {
    place[step] ??= {};
    place = place[step] as Record<string, unknown>;
  }
  if (value === undefined) delete place[steps.at(-1)!];
  else
    Object.defineProperty(place, steps.at(-1)!, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  return manifest;
}

function faultsOf(manifest: unknown): string[] {
  const checked = manifestSchema.safeParse(manifest);
  const issues = checked.success ? [] : checked.error.issues.map(({ message }) => message);
  return [...issues, ...manifestFaults(manifest).map(({ message }) => message)];
}

const list = 'lists.0';
const deep = (depth: number): unknown => (depth === 0 ? 'x' : { in: deep(depth - 1) });
const REFUSED: readonly (readonly [string, string, unknown])[] = [
  // Paths that leave the base URL, or end early.
  ...[
    '//evil.example/jobs',
    'https://evil.example/jobs',
    'jobs',
    '',
    '/../admin',
    '/jobs/..',
    '/jobs/./x',
    '/jobs/%2e%2e/admin',
    '/jobs/%2E%2e/admin',
    '/jobs/.%2e',
    '/jobs/%252e%252e/admin',
    '/jobs/%2fadmin',
    '/jobs/%5cadmin',
    '/jobs\\..\\admin',
    '/jobs/%00',
    '/jobs?admin=1',
    '/jobs#x',
    '/jobs//x',
    '/jobs x',
    '/jobs\r\nHost: evil.example',
    '/jobs/%zz',
    '/{{auth.token}}/jobs',
    '/{{session}}/jobs',
    '/{{cursor}}',
    '/{{since}}',
    '/{{id}}',
    '/{{options.unknown}}',
    '/{{each.state}}',
    '/{{constructor}}',
    '/{{__proto__}}',
    '/{{options.__proto__}}',
    '/{{process.env.HOME}}',
    '/{{ 1 + 1 }}',
    '/{{options.project',
    '/${HOME}',
    '/${file:/etc/passwd}',
  ].map((path) => [`the path ${JSON.stringify(path)}`, `${list}.request.path`, path] as const),
  ['a by-id path without the id', 'one.request.path', '/jobs/1'],
  ['an action of every job', 'actions.cancel.request.path', '/jobs/stop'],
  ['an action with a credential in its path', 'actions.cancel.request.path', '/{{auth.token}}/{{id}}'],
  // Headers.
  ['a Host header', 'headers', { Host: 'evil.example' }],
  ['a host header in small letters', `${list}.request.headers`, { host: 'evil.example' }],
  ['a Transfer-Encoding header', 'headers', { 'Transfer-Encoding': 'chunked' }],
  ['a Content-Length header', 'headers', { 'content-length': '0' }],
  ['a Connection header', 'headers', { Connection: 'upgrade' }],
  ['a Proxy-Authorization header', 'headers', { 'Proxy-Authorization': 'x' }],
  ['an Accept-Encoding header', 'headers', { 'Accept-Encoding': 'br' }],
  ['a credential in a header', 'headers', { Authorization: 'Bearer hunter2' }],
  ['a cookie', `${list}.request.headers`, { Cookie: 'a=b' }],
  ['a header name with a line break', 'headers', { 'X-A\r\nX-B': 'x' }],
  ['a header name with a colon', 'headers', { 'X:A': 'x' }],
  ['a header value with a line break', 'headers', { 'X-A': 'x\r\nX-B: y' }],
  ['a header value that is not ASCII', 'headers', { 'X-A': 'é' }],
  ['a header twice', 'headers', { 'X-A': 'x', 'x-a': 'y' }],
  ['a header named __proto__', 'headers', JSON.parse('{"__proto__": "x"}')],
  ['31 headers', 'headers', Object.fromEntries(Array.from({ length: 31 }, (_, at) => [`x-${at}`, 'x']))],
  // Credentials where they are seen.
  ['a credential in a parameter', `${list}.request.query`, { cursor: '{{cursor}}', key: '{{auth.token}}' }],
  ['query auth that is not said aloud', 'auth', { type: 'query', query: { key: '{{auth.token}}' } }],
  [
    'query auth that is denied',
    'auth',
    { type: 'query', allowQueryAuth: false, query: { key: '{{auth.token}}' } },
  ],
  ['a token endpoint on another host', 'auth', { type: 'oauth2', tokenUrl: 'https://evil.example/token' }],
  ['a token endpoint without a scheme', 'auth', { type: 'oauth2', tokenUrl: '//evil.example/token' }],
  ['a login on another host', 'auth', session({ path: 'https://evil.example/login' })],
  ['a login with the password in its path', 'auth', session({ path: '/login/{{auth.password}}' })],
  [
    'a login with the password in a parameter',
    'auth',
    session({ path: '/login', query: { p: '{{auth.password}}' } }),
  ],
  ['a session that nobody sends', 'auth', { ...session({ path: '/login' }), headers: { 'X-A': 'x' } }],
  ['an unknown way to sign in', 'auth', { type: 'exec', command: 'id' }],
  ['a session outside of a login', `${list}.request.headers`, { 'X-S': '{{session}}' }],
  // Requests.
  ['a method that does not exist', `${list}.request.method`, 'TRACE'],
  ['a list that deletes', `${list}.request.method`, 'DELETE'],
  ['a list that puts', `${list}.request.method`, 'PUT'],
  ['a list that patches', `${list}.request.method`, 'PATCH'],
  ...['DELETE', 'PUT', 'PATCH'].map(
    (method) => [`a by-id read by ${method}`, 'one.request', { method, path: '/jobs/{{id}}' }] as const,
  ),
  ['a GET with a body', `${list}.request.json`, { a: 1 }],
  [
    'a body that is nested too deeply',
    `${list}.request`,
    { method: 'POST', path: '/jobs', json: deep(40), query: { c: '{{cursor}}' } },
  ],
  ['two bodies', 'actions.cancel.request', { method: 'POST', path: '/{{id}}', json: {}, form: {} }],
  [
    'a body with an unknown placeholder',
    'actions.cancel.request',
    { method: 'POST', path: '/{{id}}', json: { a: '{{env}}' } },
  ],
  [
    'a body with a credential',
    'actions.cancel.request',
    { method: 'POST', path: '/{{id}}', json: { a: '{{auth.token}}' } },
  ],
  ['a parameter that takes the environment', `${list}.request.query`, { cursor: '{{cursor}}', a: '${HOME}' }],
  [
    'a parameter of 5,000 characters',
    `${list}.request.query`,
    { cursor: '{{cursor}}', a: 'a'.repeat(5_000) },
  ],
  // Loops and sizes.
  ['every page the same', `${list}.request.query`, {}],
  ['an offset that is never sent', `${list}.pagination`, { type: 'offset' }],
  ['a page number that is never sent', `${list}.pagination`, { type: 'page' }],
  [
    'a POST to the next address',
    `${list}`,
    {
      name: 'jobs',
      request: { method: 'POST', path: '/jobs' },
      records: 'items',
      pagination: { type: 'next', next: 'next' },
    },
  ],
  ['pages without end', `${list}.pagination.maxPages`, 1e9],
  ['no page at all', `${list}.pagination.maxPages`, 0],
  ['pages of any size', 'pageSize', { default: 100, max: 1e12 }],
  ['a page size above its most', 'pageSize', { default: 200, max: 100 }],
  ['51 lists by each', `${list}.each`, { a: Array.from({ length: 51 }, String) }],
  [
    '51 lists by two of each',
    `${list}.each`,
    { a: Array.from({ length: 17 }, String), b: ['1', '2', '3', '4'] },
  ],
  [
    '21 lists',
    'lists',
    Array.from({ length: 21 }, (_, at) => ({ name: `l${at}`, request: { path: '/jobs' }, records: '@' })),
  ],
  ['no list', 'lists', []],
  [
    'two lists of one name',
    'lists',
    [0, 1].map(() => ({ name: 'jobs', request: { path: '/jobs' }, records: '@' })),
  ],
  ['each of an option that is no list', `${list}.each`, { a: { option: 'project' } }],
  ['a filter that filters nothing', `${list}.incremental`, { by: 'filter', request: {}, time: 'at' }],
  ['a wait that is no duration', 'guarantees', { settle: 'for ever' }],
  // Expressions.
  ...[
    'a.',
    '(((((',
    'let $x = a in $x',
    '&a',
    'map(&a, b)',
    'sort_by(a, &b)',
    'max_by(a, &b)',
    'group_by(a, &b)',
    "pad_left(a, `1000000000`, 'x')",
    "pad_right('x', `1000000000`)",
    "replace(a, 'x', 'xxxxxxxx')",
    'from_items(a)',
    "eval('1')",
    'require(a)',
    '__proto__.polluted',
    'a.__proto__',
    'constructor.constructor',
    'a.prototype',
    '{__proto__: a}',
    '{constructor: a}',
    'a[::0]',
    'a'.repeat(1_001),
    Array.from({ length: 120 }, () => '[]').join(''),
    Array.from({ length: 250 }, () => 'a').join('|'),
    '!'.repeat(100) + 'a',
  ].map((source) => [`the expression ${source.slice(0, 40)}`, 'record.name', source] as const),
  ['an expression that is no text', 'record.name', { $where: '1' }],
  ['an expression bomb in a rule', 'errors', [{ body: 'map(&@, @)', kind: 'schema' }]],
  // Names and unknown keys.
  ['an unknown key', 'script', 'process.exit()'],
  ['an unknown key of a list', `${list}.before`, 'x'],
  ['an attribute named __proto__', 'record.attributes', JSON.parse('{"__proto__": "a"}')],
  ['an attribute named constructor', 'record.attributes', { constructor: 'a' }],
  ['an option named __proto__', 'options', JSON.parse('{"__proto__": {}}')],
  ['a state word named __proto__', 'record.states', JSON.parse('{"__proto__": "failed"}')],
  ['a field named __proto__', `${list}.fields`, JSON.parse('{"__proto__": "x"}')],
  [
    '51 attributes',
    'record.attributes',
    Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`a${at}`, 'a'])),
  ],
  [
    '301 words',
    'record.states',
    Object.fromEntries(Array.from({ length: 301 }, (_, at) => [`w${at}`, 'failed'])),
  ],
  ['a state that does not exist', 'record.states', { done: 'perfect' }],
  ['a word twice', 'record.states', { done: 'succeeded', DONE: 'failed' }],
  ['a name that is a path', 'name', '../../etc'],
  ['another language', 'manifest', 2],
  ['a link to any host', 'record.links', { html: 'url', hosts: ['*'] }],
  ['a link host that is an address', 'record.links', { html: 'url', hosts: ['https://evil.example/'] }],
  ['a redaction of the id', 'redact', ['$.id']],
  ['a redaction of everything', 'redact', ['$.*']],
  ['a redaction with an expression', 'redact', ['$[?(@.x)]']],
  ['a pattern that reads no date', 'record.times', { pattern: 'HH:mm', createdAt: 'at' }],
  ['a zone that is none', 'record.times', { zone: 'Mars/Olympus', createdAt: 'at' }],
  ['a rule for every answer', 'errors', [{ kind: 'authentication' }]],
  ['a renewal without a session', 'errors', [{ status: [500], kind: 'renew' }]],
  ['a list that is gone', 'errors', [{ status: [500], kind: 'gone', on: ['list'] }]],
  ['a reserve of everything', 'rateLimit', { remaining: 'x-left', reserve: 1 }],
  ['changes that nobody shows', 'guarantees', { changes: 'incremental' }],
  ['nothing', 'record', undefined],
];

function session(login: object): object {
  const body = { form: { p: '{{auth.password}}' } };
  return {
    type: 'session',
    login: { method: 'POST', ...body, ...login },
    session: 'token',
    headers: { 'X-Session': '{{session}}' },
  };
}

test('the base manifest itself has no fault', () => {
  expect(faultsOf(base())).toEqual([]);
});

test.each(REFUSED)('%s is refused when it is loaded', (_, path, value) => {
  const faults = faultsOf(withValue(path, value));
  expect(faults).not.toEqual([]);
  expect(faults.join()).not.toContain('hunter2');
});

function manifestWith(over: Readonly<Record<string, unknown>> = {}): ManifestInput {
  const manifest = Object.entries(over).reduce<unknown>((whole, [path, value]) => {
    const one = withValue(path, value);
    return { ...(whole as object), [path.split('.')[0]!]: one[path.split('.')[0]!] };
  }, base());
  expect(faultsOf(manifest)).toEqual([]);
  return manifestSchema.parse(manifest);
}

function connect(manifest: ManifestInput, http: HttpClient): Session {
  const source = { key: 'x', baseUrl: BASE_URL, pageSize: 100, overlapMs: 0, historyMs: null };
  return httpConnector(manifest).connect(
    { ...source, auth: { token: 'hunter2hunter2' }, options: { project: 'p' } },
    http,
  );
}

const signal = new AbortController().signal;

async function readAll(session: Session): Promise<{ pages: Page[]; result: ReadResult }> {
  const pages: Page[] = [];
  const walk = session.fetchPages({ kind: 'sweep', bookmark: null, resume: null, signal });
  for (;;) {
    const step = await walk.next({ settled: false });
    if (step.done) return { pages, result: step.value };
    pages.push(step.value);
  }
}

function sweep(
  manifest: ManifestInput,
  ...answers: ScriptedAnswer[]
): Promise<{ pages: Page[]; result: ReadResult }> {
  return readAll(connect(manifest, new ScriptedHttp(...answers)));
}

const next = {
  'lists.0': {
    name: 'jobs',
    request: { path: '/jobs' },
    records: 'items',
    pagination: { type: 'next', next: 'next' },
  },
};
const link = {
  'lists.0': { name: 'jobs', request: { path: '/jobs' }, records: 'items', pagination: { type: 'link' } },
};

describe('a next page', () => {
  test.each([
    'https://evil.example/api/jobs?page=2',
    'http://jobs.example.com/api/jobs',
    'https://jobs.example.com:8443/api/jobs',
    'https://jobs.example.com@evil.example/api/jobs',
    'https://user:pass@jobs.example.com/api/jobs',
    '//evil.example/api/jobs',
    '\\\\evil.example\\api',
    '/admin/delete-all',
    '/api/../admin',
    '/api/%2e%2e/admin',
    '/apifoo/jobs',
    '/api/jobs%2f..%2fadmin',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'data:application/json,{}',
    'https://jobs.example.com.evil.example/api/jobs',
    `/api/jobs?x=${'a'.repeat(5_000)}`,
    { url: '/api/jobs' },
  ])('at %j is refused', async (address) => {
    await expect(sweep(manifestWith(next), { json: { items: [], next: address } })).rejects.toThrow(
      ContractError,
    );
  });

  test.each(['<https://evil.example/api/jobs>; rel="next"', '<//evil.example/api>; rel=next'])(
    'of the header %s is refused',
    async (header) => {
      const answer = { json: { items: [] }, headers: { link: header } };
      await expect(sweep(manifestWith(link), answer)).rejects.toThrow('another host');
    },
  );

  test.each([',<'.repeat(5_000), '<'.repeat(20_000), `<a>;${' rel='.repeat(4_000)}`, '<x', 'x>; rel="next"'])(
    'of a header that means nothing is none (%#)',
    async (header) => {
      const { result } = await sweep(manifestWith(link), { json: { items: [] }, headers: { link: header } });
      expect(result.whole).toBe(true);
    },
  );
});

describe('a loop', () => {
  test('of two cursors ends with an error', async () => {
    const page = (id: string, cursor: string) => ({ json: { items: [{ id }], next: cursor } });
    await expect(sweep(manifestWith(), page('1', 'a'), page('2', 'b'), page('3', 'a'))).rejects.toThrow(
      'lead back to one that was read',
    );
  });

  test('of addresses ends with an error', async () => {
    const page = { json: { items: [{ id: 'x' }], next: '/api/jobs?page=2' } };
    await expect(sweep(manifestWith(next), page, page)).rejects.toThrow('lead back to one that was read');
  });

  test('of ever new cursors to one page ends with an error', async () => {
    const pages = ['a', 'b', 'c', 'd'].map((cursor) => ({ json: { items: [{ id: 'x' }], next: cursor } }));
    await expect(sweep(manifestWith(), ...pages)).rejects.toThrow('the same page over and over');
  });

  test('of ever new cursors and records ends at maxPages, and proves nothing', async () => {
    const pages = Array.from({ length: 5 }, (_, at) => ({ json: { items: [{ id: at }], next: `c${at}` } }));
    const manifest = manifestWith({ 'lists.0.pagination': { type: 'cursor', next: 'next', maxPages: 5 } });
    const { result } = await sweep(manifest, ...pages);
    expect(result).toMatchObject({ whole: false, truncated: true, provesChanges: false });
  });

  test('of empty pages ends at maxPages', async () => {
    const pages = Array.from({ length: 5 }, (_, at) => ({ json: { items: [], next: `c${at}` } }));
    const manifest = manifestWith({ 'lists.0.pagination': { type: 'cursor', next: 'next', maxPages: 5 } });
    expect((await sweep(manifest, ...pages)).result.truncated).toBe(true);
  });

  test('of logins does not begin: a session that is refused again is an error', async () => {
    const auth = { ...session({ path: '/login' }), login: { method: 'POST', path: '/login' } };
    const http = new ScriptedHttp(
      ...[{ json: { token: 's1' } }, { status: 401 }, { json: { token: 's2' } }, { status: 401 }],
    );
    const manifest = { ...manifestWith({ auth }), options: {} };
    await expect(readAll(connect(manifest, http))).rejects.toMatchObject({ kind: 'authentication' });
    expect(http.sent.map(({ url }) => url)).toEqual(['/login', '/jobs', '/login', '/jobs']);
  });
});

describe('a cursor', () => {
  test.each([[{}], [['a']], [true], ['x'.repeat(5_000)]])(
    '%j is refused or ends the list',
    async (cursor) => {
      await expect(sweep(manifestWith(), { json: { items: [], next: cursor } })).rejects.toThrow(
        ContractError,
      );
    },
  );

  test('with a quotation stays out of a query text', async () => {
    const request = {
      method: 'POST',
      path: '/query',
      json: { sql: "SELECT * FROM jobs WHERE id > '{{cursor}}'" },
    };
    const manifest = manifestWith({ 'lists.0.request': request });
    await expect(sweep(manifest, { json: { items: [], next: "' OR '1'='1" } })).rejects.toThrow(
      'stays out of a text',
    );
  });
});

/** Doubles a value so often that it would have 2^40 parts. */
const doubled = (times: number) => Array.from({ length: times }, () => '[@,@]').join('|');
const DOUBLED = doubled(40);

describe('an expression bomb', () => {
  test.each([
    DOUBLED,
    `${DOUBLED}${'[]'.repeat(10)}`,
    `to_string(${doubled(30)})`,
    `(${doubled(20)}) == (${doubled(20)})`,
    Array.from({ length: 20 }, () => "join('', [to_string(@), to_string(@)])").join('|'),
  ])('costs a record, and no more than its steps: %#', (name) => {
    const connector = httpConnector(manifestWith({ 'record.name': name }));
    const record = { id: 1, state: 'done', text: 'x'.repeat(1_000) };
    const context = {
      options: {},
      shape: 'list',
      baseUrl: BASE_URL,
      statusMap: connector.statusMap,
      observedAt: 0,
    } as const;
    const began = performance.now();
    expect(() => connector.normalize(record, context)).toThrow(RecordError);
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  test('over a long list of long texts costs a record', () => {
    const connector = httpConnector(manifestWith({ 'record.name': 'join(glue, parts)' }));
    const record = { id: 1, glue: 'x'.repeat(100_000), parts: Array.from({ length: 50_000 }, () => 'y') };
    const context = {
      options: {},
      shape: 'list',
      baseUrl: BASE_URL,
      statusMap: connector.statusMap,
      observedAt: 0,
    } as const;
    expect(() => connector.normalize(record, context)).toThrow('takes more than');
  });

  test('over an answer ends the poll with an error', async () => {
    await expect(
      sweep(manifestWith({ 'lists.0.records': DOUBLED }), { json: { items: [] } }),
    ).rejects.toThrow('takes more than');
  });
});

/** What a step takes at worst, milliseconds: the clock of this test, so that it is the same on every machine. */
const STEP_MS = 0.000_7;

/** The most steps between two turns of the event loop, and all of them. */
async function stepsOf(work: () => Promise<unknown>): Promise<{ longest: number; all: number }> {
  const count = { longest: 0, all: 0, sinceTurn: 0 };
  const spend = Object.getOwnPropertyDescriptor(Steps.prototype, 'spend')!;
  // No mock: it would keep every one of millions of calls.
  Steps.prototype.spend = function (cost): void {
    count.all += cost;
    count.sinceTurn += cost;
    count.longest = Math.max(count.longest, count.sinceTurn);
    (spend.value as Steps['spend']).call(this, cost);
  };
  const clock = jest.spyOn(performance, 'now').mockImplementation(() => count.all * STEP_MS);
  let handle = setImmediate(function turn() {
    count.sinceTurn = 0;
    handle = setImmediate(turn);
  });
  try {
    await work();
  } finally {
    clearImmediate(handle);
    clock.mockRestore();
    Object.defineProperty(Steps.prototype, 'spend', spend);
  }
  return count;
}

describe('a page of 1,000 records', () => {
  const records = Array.from({ length: 1_000 }, (_, id) => ({ id, state: 'done', text: 'x'.repeat(50) }));
  const nearly = doubled(6);
  const base = {
    'lists.0.merge': { from: 'more', by: `to_string(${nearly})`, into: 'more' },
    'lists.0.incremental': { by: 'newest', time: nearly },
    'record.id': { parts: { a: `${nearly} && id`, b: `${nearly} && id` } },
    'record.progress': { from: nearly, scale: 'percent' },
    'record.attributes': Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`a${at}`, nearly])),
  };

  /** As a poll does. */
  async function poll(manifest: ManifestInput, body: unknown): Promise<Page[]> {
    const connector = httpConnector(manifest);
    const source = { key: 'x', baseUrl: BASE_URL, pageSize: 100, overlapMs: 0, historyMs: 86_400_000 };
    const session = connector.connect(
      { ...source, auth: { token: 'hunter2hunter2' }, options: { project: 'p' } },
      new ScriptedHttp({ json: body }),
    );
    const { pages } = await readAll(session);
    const { statusMap } = connector;
    const context = { options: {}, shape: 'list', baseUrl: BASE_URL, statusMap, observedAt: 0 } as const;
    for (const page of pages)
      await mapInTurns(page.records, (record) => {
        expect(() => connector.normalize(record, context)).toThrow(RecordError);
      });
    return pages;
  }

  test.each([
    ['that cost a little less than they may', nearly],
    ['that cost more than they may', doubled(40)],
  ])('%s never holds the others up for 50 ms', async (_, expression) => {
    const text = JSON.stringify(base).replaceAll(nearly, expression);
    const manifest = manifestWith(JSON.parse(text) as Record<string, unknown>);
    const { longest, all } = await stepsOf(() => poll(manifest, { items: records, more: { a: 1 } }));
    expect(all).toBeGreaterThan(1_000_000);
    expect(longest * STEP_MS).toBeLessThan(50);
  });

  test('costs no more than one allowance before it is known which they are', async () => {
    const filter = (field: string) =>
      `items[?${Array.from({ length: 8 }, () => `${field} == 'x'`).join(' || ')}]`;
    const manifest = manifestWith({
      'lists.0.pagination': { type: 'cursor', next: filter('b'), total: filter('c'), more: filter('d') },
      errors: Array.from({ length: 50 }, (_, at) => ({ body: `${filter('e')}[${at}]`, kind: 'schema' })),
    });
    const work = () => expect(poll(manifest, { items: records })).rejects.toThrow('takes more than');
    expect((await stepsOf(work)).longest * STEP_MS).toBeLessThan(75);
  });

  test('is the same work when it has 200 times as many, newest first', async () => {
    const manifest = manifestWith({
      'lists.0': {
        ...{ name: 'jobs', request: { path: '/jobs' }, records: 'items' },
        incremental: { by: 'newest', time: 'at' },
      },
      'record.times': { createdAt: 'at' },
    });
    const at = '2026-01-15T10:00:00Z';
    const items = Array.from({ length: 200_000 }, (_, id) => ({ id, at }));
    const bookmark = { newest: { jobs: '2026-01-16T10:00:00.000Z' }, historyStart: null };
    const walk = connect(manifest, new ScriptedHttp({ json: { items } })).fetchPages({
      ...{ kind: 'incremental', bookmark, resume: null, signal },
    });
    expect(((await walk.next()).value as Page).records).toHaveLength(200_000);
    expect(await walk.next({ settled: true })).toMatchObject({ done: true, value: { truncated: false } });
  });

  test.each([
    ['add', { 'lists.0.add': { all: '@' } }],
    ['merge', { 'lists.0.merge': { from: '@', by: "'items'", into: 'all' } }],
  ])('does not grow without measure by %s', async (_, over) => {
    const http = { json: { items: records } };
    await expect(sweep(manifestWith(over), http)).rejects.toThrow('put into the records is too much');
  });
});

describe('a record', () => {
  test.each(['toString', 'hasOwnProperty', 'valueOf', 'length'])('has no field %s of its own', (name) => {
    const connector = httpConnector(manifestWith({ 'record.name': `${name} || 'none'` }));
    const context = {
      options: {},
      shape: 'list',
      baseUrl: BASE_URL,
      statusMap: connector.statusMap,
      observedAt: 0,
    } as const;
    expect(connector.normalize({ id: 1 }, context).name).toBe('none');
  });

  test('cannot change what objects are', async () => {
    const manifest = manifestWith({ 'lists.0.add': { more: 'more' } });
    const text = '{"items":[{"id":1,"__proto__":{"polluted":true}}],"more":{"__proto__":{"polluted":true}}}';
    const { pages } = await sweep(manifest, { json: JSON.parse(text) as unknown });
    expect(pages[0]!.records).toHaveLength(1);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('that is nested deeper than any stack costs no more than itself', async () => {
    const manifest = manifestWith({ 'record.name': 'to_string(@)' });
    const json = `${'{"a":'.repeat(3_000)}1${'}'.repeat(3_000)}`;
    const { pages } = await sweep(manifest, {
      json: { items: [{ id: 1, deep: JSON.parse(json) as unknown }] },
    });
    expect(pages[0]!.records).toHaveLength(1);
  });
});

describe('an id', () => {
  test.each(['', '.', '..', ' ', 'x'.repeat(2_000)])(
    '%j can be no part of a path: nothing is sent',
    async (id) => {
      const http = new ScriptedHttp();
      await expect(connect(manifestWith(), http).fetchOne!(id, signal)).rejects.toThrow('no page');
      expect(http.sent).toEqual([]);
    },
  );

  test.each([
    ['../../admin', '/jobs/..%2F..%2Fadmin'],
    ['a?admin=1#x', '/jobs/a%3Fadmin%3D1%23x'],
    ['https://evil.example', '/jobs/https%3A%2F%2Fevil.example'],
    ['a\r\nHost: x', '/jobs/a%0D%0AHost%3A%20x'],
    ['{{auth.token}}', '/jobs/%7B%7Bauth.token%7D%7D'],
  ])('%j stays one segment', async (id, url) => {
    const http = new ScriptedHttp({ json: { id } });
    await connect(manifestWith(), http).fetchOne!(id, signal);
    expect(http.sent[0]!.url).toBe(url);
  });
});

describe('an option', () => {
  test.each(['..', '.', ' ', '', 'a\nb', '\ud800', 'x'.repeat(501)])(
    '%j is refused by the configuration',
    (project) => {
      expect(httpConnector(manifestWith()).options.safeParse({ project }).success).toBe(false);
    },
  );

  test.each([{}, { project: 'p', other: 'x' }, { project: ['p'] }, { project: null }])(
    '%j is not what the manifest asks for',
    (options) => {
      expect(httpConnector(manifestWith()).options.safeParse(options).success).toBe(false);
    },
  );
});

test('a redirect is not followed', async () => {
  const { MockAgent } = await import('undici');
  const agent = new MockAgent();
  agent.disableNetConnect();
  agent
    .get('https://jobs.example.com')
    .intercept({ path: () => true })
    .reply(302, '', { headers: { location: 'https://evil.example/' } });
  const http = createHttpClient({
    ...{ baseUrl: BASE_URL, timeoutMs: 1_000, concurrency: 1, userAgent: 'test', dispatcher: agent },
    spend: () => undefined,
  });
  await expect(readAll(connect(manifestWith(), http))).rejects.toThrow('redirects are not followed');
  await agent.close();
});

test('a fault of the platform names no credential', async () => {
  const manifest = manifestWith({ errors: [{ body: 'error', kind: 'upstream-error', message: 'error' }] });
  const fault: unknown = await sweep(manifest, { json: { error: 'hunter2hunter2 is wrong\n\u202e' } }).catch(
    (error: unknown) => error,
  );
  expect(fault).toBeInstanceOf(SourceError);
  expect((fault as Error).message).toContain('*** is wrong');
  expect((fault as Error).message).not.toContain('hunter2');
});

test('there are enough of them', () => {
  expect(REFUSED.length).toBeGreaterThan(100);
});
