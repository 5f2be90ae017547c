import { gzipSync } from 'node:zlib';
import { errors, MockAgent } from 'undici';
import {
  AuthError,
  ContractError,
  RateLimitError,
  SourceConfigError,
  SourceError,
  UnavailableError,
} from '../../domain/errors.js';
import { HttpRequest, HttpResponse } from './http-client.js';
import { Attempt, createHttpClient, HttpClientOptions } from './undici-http-client.js';

const BASE = 'https://jobs.example.com';
const NOW = Date.UTC(2026, 0, 15, 10, 0, 0);

interface Sent {
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: unknown;
}

interface Reply {
  status?: number;
  headers?: Record<string, string>;
  body?: string | Buffer;
  error?: Error;
}

let agent: MockAgent;
let sent: Sent[];
let waits: number[];
let statuses: (number | null)[];
let now: number;

beforeEach(() => {
  agent = new MockAgent();
  agent.disableNetConnect();
  sent = [];
  waits = [];
  statuses = [];
  now = NOW;
});

afterEach(() => agent.close());

/** Answers in order; the last answer is repeated. */
function upstream(replies: Reply[], origin = BASE): void {
  for (const [index, { status = 200, headers = {}, body = '{}', error }] of replies.entries()) {
    const interceptor = agent.get(origin).intercept({
      path: () => true,
      method: () => true,
    });
    const scope =
      error === undefined
        ? interceptor.reply((request) => {
            sent.push(request as unknown as Sent);
            return { statusCode: status, data: body, responseOptions: { headers } };
          })
        : interceptor.replyWithError(error);
    if (index === replies.length - 1) scope.persist();
  }
}

function client(options: Partial<HttpClientOptions> = {}): ReturnType<typeof createHttpClient> {
  return createHttpClient({ ...defaults(), clock: () => now, ...options });
}

function defaults(): HttpClientOptions {
  return {
    baseUrl: BASE,
    timeoutMs: 1_000,
    concurrency: 1,
    userAgent: 'rollcall-test',
    spend: () => undefined,
    onResponse: (status) => statuses.push(status),
    dispatcher: agent,
    wait: (ms) => {
      waits.push(ms);
      now += ms;
      return Promise.resolve();
    },
  };
}

function get(
  request: Partial<HttpRequest> = {},
  options: Partial<HttpClientOptions> = {},
  expectStatus?: (status: number) => boolean,
): Promise<HttpResponse> {
  const signal = new AbortController().signal;
  return client(options).request({ method: 'GET', url: '/jobs', signal, ...request }, expectStatus);
}

async function failure(work: Promise<unknown>): Promise<Error & Partial<UnavailableError>> {
  try {
    await work;
  } catch (error) {
    return error as Error;
  }
  throw new Error('it did not fail');
}

describe('a request', () => {
  test('is told of, attempt by attempt, with what went over the wire', async () => {
    upstream([{ status: 503 }, { headers: { etag: '"1"' } }]);
    const told: [number | null, Attempt][] = [];
    const { signal } = new AbortController();
    const onResponse = (status: number | null, attempt: Attempt) => told.push([status, attempt]);
    await get({ url: '/jobs?a=1', headers: { authorization: 'Bearer x' }, signal }, { onResponse });
    expect(told.map(([status]) => status)).toEqual([503, 200]);
    const [, [, last]] = told as [unknown, [number, Attempt]];
    expect(last).toMatchObject({ method: 'GET', signal, answerHeaders: { etag: '"1"' } });
    expect([last.url.href, last.headers['authorization']]).toEqual([`${BASE}/jobs?a=1`, 'Bearer x']);
    expect(last.ms).toBeGreaterThanOrEqual(0);
    // after the wait between them
    expect(last.sentAt).toBeGreaterThan(told[0]![1].sentAt);
  });

  test('carries the query, our headers and the connector’s', async () => {
    upstream([{}]);
    await get({
      url: '/jobs?a=1',
      query: { 'page[limit]': 100, since: '2025-01-15T00:00:00Z', activeOnly: true, none: undefined },
      headers: { Accept: 'application/vnd.xplenty+json; version=2', authorization: 'Bearer x' },
    });
    expect(sent[0]).toMatchObject({
      method: 'GET',
      path: '/jobs?a=1&page%5Blimit%5D=100&since=2025-01-15T00%3A00%3A00Z&activeOnly=true',
      headers: {
        accept: 'application/vnd.xplenty+json; version=2',
        'accept-encoding': 'gzip',
        'user-agent': 'rollcall-test',
        authorization: 'Bearer x',
      },
    });
  });

  test('sends JSON and forms', async () => {
    upstream([{}]);
    await get({ method: 'POST', json: { a: [1] } });
    await get({ method: 'POST', form: { grant_type: 'client_credentials', secret: 'a&b' } });
    expect(sent[0]).toMatchObject({ body: '{"a":[1]}', headers: { 'content-type': 'application/json' } });
    expect(sent[1]).toMatchObject({
      body: 'grant_type=client_credentials&secret=a%26b',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
  });

  test('stays under the base URL’s own path', async () => {
    upstream([{}]);
    await get({ url: '/api/jobs' }, { baseUrl: `${BASE}/tenant/` });
    expect(sent[0]!.path).toBe('/tenant/api/jobs');
  });

  test('goes to another host only where the connector named it', async () => {
    upstream([{ body: '{"at":"accounts"}' }], 'https://accounts.example.com');
    const url = 'https://accounts.example.com/connect/token';
    const allowed = await get({ url }, { allowedHosts: ['accounts.example.com'] });
    expect(await allowed.json()).toEqual({ at: 'accounts' });
    for (const [target, allowedHosts] of [
      [url, []],
      ['https://jobs.example.com.evil.test/jobs?token=secret', []],
      ['http://jobs.example.com/jobs', []],
      ['http://accounts.example.com/connect/token', ['accounts.example.com']],
    ] as const) {
      const error = await failure(get({ url: target }, { allowedHosts }));
      expect(error).toBeInstanceOf(ContractError);
      expect(error.message).not.toContain('secret');
    }
    expect(sent).toHaveLength(1);
  });

  test.each(['/jobs/..', '/jobs/../admin', '/jobs/%2e%2E/admin', '/./jobs', '/jobs/..?a=1'])(
    'refuses to leave the path by %s',
    async (url) => {
      expect(await failure(get({ url }))).toBeInstanceOf(ContractError);
    },
  );

  test('that cannot be sent is a configuration fault', async () => {
    upstream([{ error: new errors.InvalidArgumentError('invalid authorization header') }]);
    const error = await failure(get());
    expect(error).toBeInstanceOf(SourceConfigError);
    expect(error.message).toBe('GET /jobs: cannot be sent: invalid authorization header');
  });

  test('that fails by a mistake of ours is no fault of the upstream', async () => {
    upstream([{ error: new TypeError('undefined is not a function') }]);
    await expect(get()).rejects.toBeInstanceOf(TypeError);
  });
});

describe('a response', () => {
  test('gives status, headers, both clocks and the body', async () => {
    upstream([
      { headers: { Date: 'Thu, 15 Jan 2026 09:59:58 GMT', 'X-RateLimit-Remaining': '7' }, body: '[1]' },
    ]);
    const response = await get();
    expect(response).toMatchObject({
      status: 200,
      headers: { 'x-ratelimit-remaining': '7' },
      date: NOW - 2_000,
      requestedAt: NOW,
    });
    expect(await response.json()).toEqual([1]);
    expect(await response.text()).toBe('[1]');
    expect(statuses).toEqual([200]);
  });

  test('without a readable Date has none', async () => {
    upstream([{ headers: { date: 'yesterday' } }]);
    expect((await get()).date).toBeNull();
  });

  test('streams its body', async () => {
    upstream([{ body: '[1,2]' }]);
    const chunks: Uint8Array[] = [];
    for await (const chunk of (await get()).body) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toBe('[1,2]');
  });

  test('is unpacked', async () => {
    const headers = { 'content-encoding': 'gzip' };
    upstream([{ headers, body: gzipSync('{"jobs":[]}') }]);
    expect(await (await get()).json()).toEqual({ jobs: [] });
  });

  test('that is not really packed, or packed otherwise, is malformed', async () => {
    upstream([{ headers: { 'content-encoding': 'gzip' }, body: '{"jobs":[]}' }]);
    await expect((await get()).json()).rejects.toMatchObject({ kind: 'malformed-response' });
    await agent.close();
    agent = new MockAgent();
    upstream([{ headers: { 'content-encoding': 'br' }, body: 'x' }]);
    await expect(get()).rejects.toMatchObject({ kind: 'malformed-response' });
  });

  test('cut off inside its packing is malformed', async () => {
    upstream([{ headers: { 'content-encoding': 'gzip' }, body: gzipSync('{"jobs":[]}').subarray(0, 15) }]);
    await expect((await get()).json()).rejects.toBeInstanceOf(ContractError);
  });

  test.each<[string, Reply, RegExp]>([
    [
      'HTML with status 200',
      { headers: { 'content-type': 'text/html' }, body: '<html>top secret</html>' },
      /answered HTML, not JSON/,
    ],
    ['HTML that calls itself JSON', { body: '<!DOCTYPE html><p>top secret' }, /answered HTML, not JSON/],
    ['truncated JSON', { body: '{"top secret":[1,' }, /answered text, not JSON/],
    ['nothing', { body: '' }, /answered nothing, not JSON/],
  ])('%s is malformed, and its text stays out of the message', async (_, reply, message) => {
    upstream([reply]);
    const error = await failure((await get()).json());
    expect(error).toBeInstanceOf(ContractError);
    expect(error.kind).toBe('malformed-response');
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('secret');
  });

  test.each([204, 304, 404, 409])('%d is answered', async (status) => {
    upstream([{ status, headers: { 'content-encoding': status === 304 ? 'gzip' : 'identity' }, body: '' }]);
    const response = await get();
    expect(response.status).toBe(status);
    expect(await response.text()).toBe('');
  });

  test('of any status is answered where the connector expects it', async () => {
    upstream([{ status: 503, body: '{"down":true}' }]);
    const response = await get({}, {}, (status) => status === 503);
    expect(await response.json()).toEqual({ down: true });
    expect(waits).toEqual([]);
  });
});

describe('a refusal', () => {
  test.each<[number, new (...args: never[]) => SourceError, string]>([
    [400, UnavailableError, 'upstream-error'],
    [401, AuthError, 'authentication'],
    [403, AuthError, 'permission'],
    [410, UnavailableError, 'upstream-error'],
    [501, UnavailableError, 'upstream-error'],
  ])('%d is final', async (status, type, kind) => {
    upstream([{ status, body: 'top secret' }]);
    const error = await failure(get({ url: '/jobs?token=secret' }));
    expect(error).toBeInstanceOf(type);
    expect(error.kind).toBe(kind);
    expect(error.message).toMatch(new RegExp(`^GET /jobs: ${status} `));
    expect(error.message).not.toContain('secret');
    expect(statuses).toEqual([status]);
  });

  test('to answer here (a redirect) is not followed', async () => {
    upstream([{ status: 302, headers: { location: 'https://sso.example.org/login?state=secret' } }]);
    const error = await failure(get());
    expect(error).toBeInstanceOf(ContractError);
    expect(error.message).toContain('redirected to sso.example.org');
    expect(error.message).not.toContain('secret');
    expect(sent).toHaveLength(1);
  });
});

describe('retries', () => {
  test.each([429, 500, 502, 503, 504])('a %d, later each time', async (status) => {
    upstream([{ status }, { status }, { body: '[1]' }]);
    expect(await (await get()).json()).toEqual([1]);
    expect(statuses).toEqual([status, status, 200]);
    expect(waits[0]).toBeGreaterThanOrEqual(250);
    expect(waits[0]).toBeLessThanOrEqual(500);
    expect(waits[1]).toBeGreaterThanOrEqual(500);
    expect(waits[1]).toBeLessThanOrEqual(1_000);
  });

  test('a connection fault, and says which in the end', async () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    upstream([{ error: cause }]);
    const error = await failure(get());
    expect(error).toMatchObject({
      kind: 'network',
      message: 'GET /jobs: connection fault ECONNREFUSED',
      cause,
    });
    expect(error).toBeInstanceOf(UnavailableError);
    expect(statuses).toEqual([null, null, null, null]);
    expect(waits).toHaveLength(3);
  });

  test('no timeout of an answer and no wrong certificate', async () => {
    upstream([{ error: new errors.HeadersTimeoutError() }]);
    expect(await failure(get())).toMatchObject({ kind: 'timeout' });
    expect(waits).toEqual([]);
    await agent.close();
    agent = new MockAgent();
    upstream([{ error: Object.assign(new Error('expired'), { code: 'CERT_HAS_EXPIRED' }) }]);
    expect(await failure(get())).toMatchObject({ kind: 'network' });
    expect(waits).toEqual([]);
  });

  test('a connection that did not come in time', async () => {
    upstream([{ error: new errors.ConnectTimeoutError() }, {}]);
    expect((await get()).status).toBe(200);
  });

  test('up to the limit, then gives the last refusal', async () => {
    upstream([{ status: 503 }]);
    const retry = { maxRetries: 2, minTimeoutMs: 10, maxTimeoutMs: 15 };
    expect(await failure(get({}, { retry }))).toMatchObject({ kind: 'upstream-error', retryAfterMs: null });
    expect(statuses).toEqual([503, 503, 503]);
    expect(Math.max(...waits)).toBeLessThanOrEqual(15);
  });

  test('what is not idempotent only when asked to, and nothing when told not to', async () => {
    upstream([{ status: 503 }]);
    await failure(get({ method: 'POST' }));
    await failure(get({ retry: false }));
    expect(statuses).toEqual([503, 503]);
    await failure(get({ method: 'POST', retry: true }));
    expect(statuses).toHaveLength(6);
  });

  test('after exactly the time that Retry-After names when it is short', async () => {
    upstream([
      { status: 429, headers: { 'retry-after': '3' } },
      {
        status: 503,
        headers: { 'retry-after': 'Thu, 15 Jan 2026 10:00:09 GMT', date: 'Thu, 15 Jan 2026 10:00:05 GMT' },
      },
      {},
    ]);
    expect((await get()).status).toBe(200);
    expect(waits).toEqual([3_000, 4_000]);
  });

  test.each<[number, typeof RateLimitError | typeof UnavailableError]>([
    [429, RateLimitError],
    [503, UnavailableError],
  ])('not when Retry-After is long: the poller waits (%d)', async (status, type) => {
    upstream([{ status, headers: { 'retry-after': '60' } }]);
    const error = await failure(get());
    expect(error).toBeInstanceOf(type);
    expect(error.retryAfterMs).toBe(60_000);
    expect(statuses).toEqual([status]);
  });

  test.each([
    ['1000000000', 86_400_000],
    ['Fri, 31 Dec 9999 23:59:59 GMT', 86_400_000],
    ['Thu, 15 Jan 2026 09:00:00 GMT', 0],
    ['soon', null],
    ['-5', null],
  ])('Retry-After %s', async (value, expected) => {
    upstream([{ status: 429, headers: { 'retry-after': value } }]);
    const retry = { maxRetries: 0, minTimeoutMs: 0, maxTimeoutMs: 0 };
    expect((await failure(get({}, { retry }))).retryAfterMs).toBe(expected);
  });
});

describe('the budget', () => {
  test('is asked before every attempt, and its refusal ends the request', async () => {
    upstream([{ status: 503 }]);
    let left = 2;
    const spend = (): void => {
      if (left-- === 0) throw new RateLimitError('budget spent', 90_000);
    };
    const error = await failure(get({}, { spend }));
    expect(error).toMatchObject({ message: 'budget spent', retryAfterMs: 90_000 });
    expect(statuses).toEqual([503, 503]);
  });

  test('is not asked by a request that is given up before', async () => {
    const spend = jest.fn();
    await failure(get({ signal: AbortSignal.abort() }, { spend }));
    expect(spend).not.toHaveBeenCalled();
  });
});

describe('a pause', () => {
  test('that is short is waited for', async () => {
    upstream([{}]);
    const http = client();
    const signal = new AbortController().signal;
    http.pause(2_000);
    http.pause(500);
    await http.request({ method: 'GET', url: '/jobs', signal });
    await http.request({ method: 'GET', url: '/jobs', signal });
    expect(waits).toEqual([2_000]);
  });

  test('that is long is the poller’s', async () => {
    upstream([{}]);
    const http = client();
    const signal = new AbortController().signal;
    http.pause(60_000);
    const error = await failure(http.request({ method: 'GET', url: '/jobs', signal }));
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error.retryAfterMs).toBe(60_000);
    expect(sent).toEqual([]);
    now += 60_000;
    expect((await http.request({ method: 'GET', url: '/jobs', signal })).status).toBe(200);
  });
});

describe('a pause by the clocks of the machine', () => {
  afterEach(() => jest.restoreAllMocks());

  test.each([
    ['put forward', 3_600_000],
    ['put back', -3_600_000],
  ])('lasts as long when its time is %s', async (_, ms) => {
    upstream([{}]);
    const ticks = jest.spyOn(performance, 'now').mockReturnValue(1_000.5);
    const http = createHttpClient(defaults());
    const signal = new AbortController().signal;
    http.pause(60_000);
    jest.spyOn(Date, 'now').mockReturnValue(NOW + ms);
    ticks.mockReturnValue(21_000.25);
    const error = await failure(http.request({ method: 'GET', url: '/jobs', signal }));
    expect(error.retryAfterMs).toBe(40_001);
    ticks.mockReturnValue(61_000.5);
    expect((await http.request({ method: 'GET', url: '/jobs', signal })).status).toBe(200);
  });
});

describe('a limit that names its time', () => {
  const request = (http: ReturnType<typeof client>): Promise<HttpResponse> =>
    http.request({ method: 'GET', url: '/jobs', signal: new AbortController().signal });

  test('holds every other request of the source back as well', async () => {
    upstream([{ status: 429, headers: { 'retry-after': '60' } }, {}]);
    const http = client();
    await failure(request(http));
    now += 20_000;
    const error = await failure(request(http));
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error.retryAfterMs).toBe(40_000);
    expect(sent).toHaveLength(1);
    now += 40_000;
    expect((await request(http)).status).toBe(200);
  });

  test('is no limit when it names none, or is a fault', async () => {
    upstream([{ status: 503, headers: { 'retry-after': '60' } }, {}]);
    const http = client();
    await failure(request(http));
    expect((await request(http)).status).toBe(200);
  });

  test('holds nothing back for longer than a day', async () => {
    upstream([{}]);
    const http = client();
    http.pause(1e12);
    now += 86_400_000;
    expect((await request(http)).status).toBe(200);
  });
});

describe('an abort', () => {
  test('is a timeout, or its own reason where that is one of ours', async () => {
    expect(await failure(get({ signal: AbortSignal.abort() }))).toMatchObject({ kind: 'timeout' });
    const reason = new UnavailableError('shutting down', 'timeout');
    expect(await failure(get({ signal: AbortSignal.abort(reason) }))).toBe(reason);
  });

  test('ends a wait between attempts', async () => {
    upstream([{ status: 503 }]);
    const abort = new AbortController();
    const wait = (_: number, signal: AbortSignal): Promise<void> => {
      abort.abort();
      signal.throwIfAborted();
      return Promise.resolve();
    };
    expect(await failure(get({ signal: abort.signal }, { wait }))).toMatchObject({ kind: 'timeout' });
    expect(statuses).toEqual([503]);
  });

  test('ends a body that is being read', async () => {
    upstream([{ body: '[1]' }]);
    const abort = new AbortController();
    const response = await get({ signal: abort.signal });
    abort.abort();
    await expect(response.text()).rejects.toMatchObject({ kind: 'timeout' });
  });
});
