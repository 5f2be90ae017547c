import { once } from 'node:events';
import { createServer, Server } from 'node:http';
import { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { run } from '../src/cli.js';
import { ADVICE } from '../src/cli/advice.js';

/** A stream that keeps what is written; as a terminal of some size where a test says so. */
class Collected extends Writable {
  text = '';
  isTTY?: boolean;
  columns?: number;
  rows?: number;

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    this.emit('text');
    done();
  }

  /** Waits until what was written satisfies `isThere`. */
  async until(isThere: (text: string) => boolean): Promise<void> {
    while (!isThere(this.text)) await once(this, 'text');
  }
}

interface Scripted {
  status?: number;
  type?: string;
  etag?: string;
  body: unknown;
}

/** What the API answers next, by path; the last answer of a path stays. */
let answers: Record<string, Scripted[]>;
let asked: { url: string; headers: Record<string, unknown> }[];
let server: Server;
let address: string;

beforeEach(async () => {
  answers = {};
  asked = [];
  server = createServer((request, response) => {
    asked.push({ url: request.url!, headers: request.headers });
    const path = request.url!.split('?')[0]!;
    const script = answers[path] ?? [{ status: 404, body: {} }];
    const {
      status = 200,
      type = 'application/json',
      etag,
      body,
    } = script.length > 1 ? script.shift()! : script[0]!;
    const known = etag !== undefined && request.headers['if-none-match'] === etag;
    response.writeHead(known ? 304 : status, { 'content-type': type, ...(etag ? { etag } : {}) });
    response.end(known ? '' : typeof body === 'string' ? body : JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

async function rollcall(args: string[], env: Record<string, string> = {}, stdout = new Collected()) {
  const stderr = new Collected();
  const code = await run(args, {
    env: { ROLLCALL_URL: address, ROLLCALL_TOKEN: 'rc_secret', ...env },
    cwd: '/nowhere',
    stdout,
    stderr,
  });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

const job = (id: string, over: object = {}) => ({
  id: `7b07dcdb-8d06-588c-acdc-00000000000${id}`,
  source: 'charts',
  type: 'index-custom-encs',
  name: 'index-custom-encs',
  state: 'running',
  reason: null,
  progress: 0.45,
  updatedAt: '2026-01-15T10:00:00.000Z',
  durationMs: 187_000,
  freshness: 'fresh',
  version: 1,
  error: null,
  ...over,
});

const FAILED = job('2', {
  state: 'failed',
  name: 'Night run\u001b[2J',
  progress: null,
  durationMs: null,
  error: { message: 'disk full' },
});
const STALE = job('3', { state: 'queued', progress: 0, reason: 'requested', freshness: 'stale' });

const page = (data: object[], next: string | null = null) => ({
  data,
  page: { limit: 50, next, prev: null, total: null, totalKind: 'none' },
  coverage: {
    sources: 2,
    healthy: 1,
    completeThrough: null,
    degraded: [{ source: 'vault', health: 'failing', reason: 'authentication' }],
  },
});

describe('jobs', () => {
  test('is a table, with what it cannot show beside it', async () => {
    answers['/api/v1/jobs'] = [{ body: page([job('1'), FAILED, STALE], 'WyJ') }];
    expect(await rollcall(['jobs', '--state', 'active,failed', '--created-since', '-1d'])).toEqual({
      code: 0,
      stdout: [
        'STATE    SOURCE  TYPE               NAME           PROGRESS  UPDATED (UTC)        DURATION  WHY               ID',
        'running  charts  index-custom-encs                 45%       2026-01-15 10:00:00  3m 07s                      7b07dcdb-8d06-588c-acdc-000000000001',
        'failed   charts  index-custom-encs  Night run�[2J            2026-01-15 10:00:00            disk full         7b07dcdb-8d06-588c-acdc-000000000002',
        'queued   charts  index-custom-encs                 0%        2026-01-15 10:00:00  3m 07s    stale, requested  7b07dcdb-8d06-588c-acdc-000000000003',
        '',
      ].join('\n'),
      stderr: 'More follow: --all, or --cursor WyJ\nNot certain for vault: failing (authentication)\n',
    });
    expect(asked.map(({ url }) => url)).toEqual(['/api/v1/jobs?state=active%2Cfailed&createdSince=-1d']);
    expect(asked[0]!.headers['authorization']).toBe('Bearer rc_secret');
  });

  test('shows the fields that were asked for', async () => {
    answers['/api/v1/jobs'] = [
      { body: page([{ id: 'x', state: 'failed', labels: { team: 'a' }, owner: null }]) },
    ];
    expect((await rollcall(['jobs', '--fields', 'state,labels,owner'])).stdout).toBe(
      'id  state   labels        owner\nx   failed  {"team":"a"}\n',
    );
  });

  test.each([
    ['a pipe', {}, false, false],
    ['a terminal', {}, true, true],
    ['a terminal that knows no colours', { TERM: 'dumb' }, true, false],
    ['a terminal with NO_COLOR', { NO_COLOR: '1' }, true, false],
    ['a pipe with FORCE_COLOR', { FORCE_COLOR: '1' }, false, true],
    ['a pipe with FORCE_COLOR=0', { FORCE_COLOR: '0' }, false, false],
    ['a terminal with both', { FORCE_COLOR: '1', NO_COLOR: '1' }, true, false],
  ])('on %s, colours are there as they should be', async (_, env, isTTY, coloured) => {
    answers['/api/v1/jobs'] = [{ body: page([FAILED, job('1')]) }];
    const { stdout } = await rollcall(
      ['jobs'],
      env as Record<string, string>,
      Object.assign(new Collected(), { isTTY }),
    );
    expect(stdout.includes('\u001b[31mfailed\u001b[39m')).toBe(coloured);
    expect(stdout.includes('\u001b[36mrunning\u001b[39m')).toBe(coloured);
    expect(stdout.includes('\u001b')).toBe(coloured);
  });

  test('--json streams every page, one job a line; --limit and --all say how much', async () => {
    const script = () => [{ body: page([job('1'), job('2')], 'WyJ') }, { body: page([job('3')]) }];
    const ids = (text: string) =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => Number(JSON.parse(line).id.at(-1)));

    answers['/api/v1/jobs'] = script();
    const all = await rollcall(['jobs', '--json']);
    expect([ids(all.stdout), all.stderr]).toEqual([[1, 2, 3], '']);
    expect(asked.map(({ url }) => url)).toEqual([
      '/api/v1/jobs?limit=500',
      '/api/v1/jobs?limit=500&cursor=WyJ',
    ]);

    answers['/api/v1/jobs'] = script();
    expect(ids((await rollcall(['jobs', '--json', '--limit', '2'])).stdout)).toEqual([1, 2]);
    answers['/api/v1/jobs'] = script();
    expect(ids((await rollcall(['jobs', '--json', '--limit', '2', '--all'])).stdout)).toEqual([1, 2, 3]);
  });

  test('--fail-if-any is 1 when there is one, --latest asks for the newest', async () => {
    answers['/api/v1/jobs'] = [{ body: page([FAILED]) }, { body: page([]) }];
    expect((await rollcall(['jobs', '--latest', '--state', 'failed', '--fail-if-any'])).code).toBe(1);
    expect(asked[0]!.url).toBe('/api/v1/jobs?state=failed&latest=true');
    expect(await rollcall(['jobs', '--fail-if-any'])).toMatchObject({ code: 0, stdout: '' });
  });
});

describe('jobs --watch', () => {
  /** Runs until `seen` is satisfied by standard output, then ends it as Ctrl-C does. */
  async function watch(stdout: Collected, seen: (text: string) => boolean, ...args: string[]) {
    const ending = new AbortController();
    const stderr = new Collected();
    const running = run(['jobs', '--watch', '--interval', '200ms', ...args], {
      env: { ROLLCALL_URL: address },
      cwd: '/nowhere',
      stdout,
      stderr,
      interruption: () => ending.signal,
    });
    await Promise.race([stdout.until(seen), running]);
    ending.abort();
    return { code: await running, stderr: stderr.text };
  }

  const changing = (): Scripted[] => [
    { etag: 'W/"1"', body: page([job('1'), STALE]) },
    { etag: 'W/"1"', body: page([job('1'), STALE]) },
    { status: 503, body: { type: 'urn:rollcall:problem:not-ready', detail: 'draining' } },
    { status: 502, type: 'text/html', body: '<html>' },
    { etag: 'W/"2"', body: page([job('1', { state: 'succeeded', progress: 1, version: 2 })]) },
  ];

  test('in a pipe, says what changed line by line, through a time without answers', async () => {
    answers['/api/v1/jobs'] = changing();
    const stdout = new Collected();
    const { code, stderr } = await watch(stdout, (text) => text.includes('no longer listed'));
    expect(code).toBe(0);
    const lines = stdout.text.trimEnd().split('\n');
    expect(lines.map((line) => line.replace(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}/, ''))).toEqual([
      'running  charts  index-custom-encs  45%  7b07dcdb-8d06-588c-acdc-000000000001',
      'queued  charts  index-custom-encs  0%  stale, requested  7b07dcdb-8d06-588c-acdc-000000000003',
      'running → succeeded  charts  index-custom-encs  100%  7b07dcdb-8d06-588c-acdc-000000000001',
      'no longer listed  7b07dcdb-8d06-588c-acdc-000000000003',
    ]);
    expect(stderr).toBe('rollcall: draining; asking again\n');
    expect(asked.map(({ headers }) => headers['if-none-match']).slice(0, 5)).toEqual([
      undefined,
      'W/"1"',
      'W/"1"',
      'W/"1"',
      'W/"1"',
    ]);
  });

  test('with --json, is one changed job a line', async () => {
    answers['/api/v1/jobs'] = changing();
    const stdout = new Collected();
    await watch(stdout, (text) => text.split('\n').length > 3, '--json');
    const lines = stdout.text.trimEnd().split('\n');
    expect(lines.map((line) => (({ id, state }) => [id.at(-1), state])(JSON.parse(line)))).toEqual([
      ['1', 'running'],
      ['3', 'queued'],
      ['1', 'succeeded'],
    ]);
  });

  test('on a terminal, is one list in its place, no longer than the terminal', async () => {
    const jobs = Array.from({ length: 9 }, (_, place) => job(String(place)));
    answers['/api/v1/jobs'] = [{ etag: 'W/"1"', body: page(jobs) }];
    const stdout = Object.assign(new Collected(), { isTTY: true, columns: 80, rows: 8 });
    const draws = (text: string) => text.split('\u001b[1;1H').slice(1);
    const { code } = await watch(stdout, (text) => draws(text).length >= 2);
    expect(code).toBe(0);
    for (const draw of draws(stdout.text)) {
      const lines = stripVTControlCharacters(draw).trimEnd().split('\n');
      expect(lines).toHaveLength(7);
      expect(lines[0]).toMatch(/^every 0.2s, .* UTC, Ctrl-C ends$/);
      expect(lines.at(-1)).toBe('… 6 more lines');
    }
  });

  test('a refusal ends it, also later', async () => {
    answers['/api/v1/jobs'] = [
      { body: page([]) },
      { status: 401, body: { type: 'urn:rollcall:problem:unauthorized', detail: 'The token is revoked.' } },
    ];
    expect(await watch(new Collected(), () => false)).toEqual({
      code: 1,
      stderr: 'rollcall: The token is revoked. Is ROLLCALL_TOKEN a token of this service?\n',
    });
  });

  test('what cannot be reached at the first time is a fault', async () => {
    answers['/api/v1/jobs'] = [
      { status: 503, body: { type: 'urn:rollcall:problem:not-ready', detail: 'draining' } },
    ];
    expect(await watch(new Collected(), () => false)).toEqual({ code: 1, stderr: 'rollcall: draining\n' });
  });
});

describe('explain', () => {
  const ID = '7b07dcdb-8d06-588c-acdc-000000000001';
  const poll = { id: 12, kind: 'incremental', beganAt: '2026-01-15T10:00:00.000Z' };
  const field = (over: object) => ({
    value: null,
    raw: null,
    path: null,
    shape: null,
    rule: null,
    provenance: null,
    poll: null,
    note: null,
    ...over,
  });
  const EXPLANATION = {
    id: ID,
    source: 'charts',
    platform: 'vectorcharts',
    externalId: 'b2c3',
    notes: ['The list record was stored under other rules; it is explained by the present ones.'],
    records: { list: { readAt: '2026-01-15T10:00:00.500Z', poll, sameRules: false }, detail: null },
    fields: {
      state: field({ value: 'running', raw: 'processing', path: 'job_state', rule: 'the map', poll }),
      progress: field({
        value: 1,
        raw: 140,
        path: 'percent_complete',
        note: 'clamped: 140 is above 100',
        poll,
      }),
      finishedAt: field({ provenance: 'unknown', rule: 'the platform gives none' }),
      actions: field({ value: [], raw: ['a', null], path: ['status', 'id'], rule: 'allowed' }),
      attributes: field({
        value: { size: 1, names: ['x'] },
        raw: { size: '1', names: { x: '[redacted]' } },
        path: { size: 'size', names: 'variables' },
        rule: 'as given',
        poll,
      }),
    },
  };

  test('is a table of fields, with the notes under it', async () => {
    answers[`/api/v1/jobs/${ID}/explain`] = [{ body: EXPLANATION }];
    expect(await rollcall(['explain', ID])).toEqual({
      code: 0,
      stdout: `${ID}  charts (vectorcharts)  their id b2c3
list record read 2026-01-15 10:00:00 UTC by poll 12 (incremental)

FIELD             VALUE    THEY SAY                       RULE                     PROVENANCE  POLL            BEGAN (UTC)
state             running  job_state: "processing"        the map                              12 incremental  2026-01-15 10:00:00
progress          1        percent_complete: 140                                               12 incremental  2026-01-15 10:00:00
finishedAt                                                the platform gives none  unknown
actions           []       status, id: ["a",null]         allowed
attributes.size   1        size: "1"                      as given                             12 incremental  2026-01-15 10:00:00
attributes.names  ["x"]    variables: {"x":"[redacted]"}

The list record was stored under other rules; it is explained by the present ones.
progress: clamped: 140 is above 100
`,
      stderr: '',
    });
  });

  test('--json is the whole answer', async () => {
    answers[`/api/v1/jobs/${ID}/explain`] = [{ body: EXPLANATION }];
    const { stdout } = await rollcall(['explain', ID, '--json']);
    expect([JSON.parse(stdout), stdout.split('\n').length]).toEqual([EXPLANATION, 2]);
  });

  test('a job that is not there is exit 1', async () => {
    answers[`/api/v1/jobs/${ID}/explain`] = [
      { status: 404, body: { type: 'urn:rollcall:problem:not-found', detail: `There is no job ${ID}.` } },
    ];
    expect(await rollcall(['explain', ID])).toEqual({
      code: 1,
      stdout: '',
      stderr: `rollcall: There is no job ${ID}.\n`,
    });
  });
});

describe('status', () => {
  const ERROR = { message: 'POST /auth: 401\u001b[2J', at: '2026-01-15T10:01:00.000Z' };

  test('is a table of sources, over all pages', async () => {
    const source = (key: string, over: object = {}) => ({
      key,
      platform: 'vectorcharts',
      health: 'healthy',
      reason: null,
      lastSuccessAt: '2026-01-15T10:00:00.000Z',
      nextPollAt: null,
      completeThrough: '2026-01-15T09:59:00.000Z',
      lastError: null,
      jobs: { failed: 2, succeeded: 1440 },
      rejects: 0,
      ...over,
    });
    answers['/api/v1/sources'] = [
      { body: { data: [source('charts')], page: { next: 'WyJ' } } },
      {
        body: {
          data: [
            source('store', { lastError: { ...ERROR, kind: 'timeout' } }),
            source('vault', {
              ...{ health: 'failing', reason: 'authentication', jobs: {}, rejects: 3 },
              lastError: { ...ERROR, kind: 'authentication' },
            }),
          ],
          page: { next: null },
        },
      },
    ];
    expect(await rollcall(['status'])).toEqual({
      code: 0,
      stdout: `SOURCE  PLATFORM      HEALTH   WHY             LAST SUCCESS (UTC)   NEXT POLL (UTC)  COMPLETE THROUGH (UTC)  JOBS   FAILED  REJECTS
charts  vectorcharts  healthy                  2026-01-15 10:00:00                   2026-01-15 09:59:00     1,442  2       0
store   vectorcharts  healthy                  2026-01-15 10:00:00                   2026-01-15 09:59:00     1,442  2       0
vault   vectorcharts  failing  authentication  2026-01-15 10:00:00                   2026-01-15 09:59:00     0      0       3
`,
      // of an error that is over nothing is said
      stderr: `vault: POST /auth: 401\uFFFD[2J (2026-01-15 10:01:00 UTC)
  What to do: ${ADVICE.authentication}.
`,
    });
  });
});

describe('an API that refuses, fails or is none', () => {
  const WHOSE = 'is ROLLCALL_URL the address of Rollcall, with its base path?';
  const problem = (name: string, rest: object = {}) => ({
    type: `urn:rollcall:problem:${name}`,
    title: name,
    ...rest,
  });

  test.each<[string, Scripted, number, string]>([
    [
      'no token',
      { status: 401, body: problem('unauthorized', { detail: 'A token is needed.' }) },
      1,
      'A token is needed. Is ROLLCALL_TOKEN a token of this service?',
    ],
    [
      'no scope',
      { status: 403, body: problem('forbidden', { detail: 'The token lacks the scope jobs:read.' }) },
      1,
      'The token lacks the scope jobs:read.',
    ],
    [
      'a wrong filter',
      {
        status: 400,
        body: problem('invalid-request', { errors: [{ parameter: 'limit', detail: 'is odd' }] }),
      },
      2,
      'limit: is odd',
    ],
    [
      'a fault of ours',
      { status: 500, body: problem('internal-error', { detail: 'Sorry.', requestId: 'r-1' }) },
      1,
      'Sorry. (request r-1)',
    ],
    ['a web page', { type: 'text/html', body: '<html>' }, 1, `the answer is not JSON; ${WHOSE}`],
    ['another JSON', { body: { hello: 'world' } }, 1, `the answer is not a list; ${WHOSE}`],
    [
      'no such page',
      { status: 404, body: 'gone' },
      1,
      `the answer is 404, and not as Rollcall says it; ${WHOSE}`,
    ],
    [
      'words that command a terminal',
      { status: 403, body: problem('forbidden', { detail: '\u001b[2Jgone' }) },
      1,
      '\uFFFD[2Jgone',
    ],
  ])('%s is one line', async (_, answer, code, line) => {
    answers['/api/v1/jobs'] = [answer];
    expect(await rollcall(['jobs'])).toEqual({ code, stdout: '', stderr: `rollcall: ${line}\n` });
  });

  test('nobody there is one line, without the token', async () => {
    const free = createServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    const url = `http://127.0.0.1:${(free.address() as AddressInfo).port}`;
    free.close();
    await once(free, 'close');
    for (const command of [['jobs'], ['status'], ['explain', '7b07dcdb-8d06-588c-acdc-000000000001']])
      expect(await rollcall(command, { ROLLCALL_URL: url })).toEqual({
        code: 1,
        stdout: '',
        stderr: `rollcall: ${url} cannot be reached (ECONNREFUSED)\n`,
      });
  });
});
