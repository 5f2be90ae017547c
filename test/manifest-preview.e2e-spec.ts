import { createHash } from 'node:crypto';
import { createServer, Server } from 'node:http';
import { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { NestFastifyApplication } from '@nestjs/platform-fastify';
import { run } from '../src/cli.js';
import { SCOPES } from '../src/config/config.js';
import { parseManifest } from '../src/config/manifest-file.js';
import { PollService } from '../src/polling/poll.service.js';
import { SourceRuntimes } from '../src/polling/source-runtimes.js';
import { ManualClock } from '../src/simulators/clock.js';
import { Simulators, startSimulators } from '../src/simulators/simulators.js';
import { TokenStore } from '../src/storage/token.store.js';
import { startApp } from './support/app.js';
import { SourceDraft, sourceConfig, testConfig } from './support/config.js';
import { createTestDatabase, TestDatabase } from './support/postgres.js';

/** `rollcall check --manifest FILE --against URL`, and `POST /api/v1/sources/{key}/preview`. */

const MANIFEST = `
manifest: 1
name: acme
auth: { type: query, allowQueryAuth: true, query: { key: '{{auth.apiKey}}' } }
options:
  project: { description: whose jobs }
  queues: { list: true, default: [all] }
pageSize: { default: 2, max: 10 }
lists:
  - name: jobs
    each: { queue: { option: queues } }
    request: { path: '/projects/{{options.project}}/{{each.queue}}', query: { page: '{{page}}', size: '{{limit}}' } }
    records: jobs
    pagination: { type: page }
record:
  id: id
  type: kind
  status: state
  states: { on: running, ok: succeeded }
  times: { epoch: ms, createdAt: born, finishedAt: ended }
  owner: nobody.name
redact: [$.secret]
`;

const KEY = 'the/secret key&1';

class Collected extends Writable {
  text = '';
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

let server: Server;
let baseUrl: string;
let folder: string;
let asked: URL[];
let status: number;
/** What the platform has beside its usual jobs. */
let extra: object[];

beforeAll(async () => {
  server = createServer((request, response) => {
    const url = new URL(request.url!, baseUrl);
    asked.push(url);
    const usual = Array.from({ length: 5 }, (_, index) => ({
      id: index,
      kind: 'tiles',
      state: ['on', 'ok', 'odd', 'ok', 'on'][index],
      born: 1_736_950_000_000,
      ended: index === 1 ? 1_736_950_100_000 : null,
      secret: 'hush',
    }));
    const jobs = [...extra, ...usual];
    const page = Number(url.searchParams.get('page'));
    const size = Number(url.searchParams.get('size'));
    const code = url.searchParams.get('key') === KEY ? status : 401;
    if (code === 0) return; // never answered
    const body = JSON.stringify({ jobs: page === 0 ? jobs : jobs.slice((page - 1) * size, page * size) });
    const etag = `"${createHash('md5').update(body).digest('hex')}"`;
    const isKnown = request.headers['if-none-match'] === etag;
    response.writeHead(isKnown ? 304 : code, { 'content-type': 'application/json', etag });
    response.end(isKnown ? '' : body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise<void>((resolve) => (server.close(() => resolve()), server.closeAllConnections())));

beforeEach(() => {
  asked = [];
  status = 200;
  extra = [];
  folder = mkdtempSync(join(tmpdir(), 'rollcall-preview-'));
  writeFileSync(join(folder, 'acme.yaml'), MANIFEST);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** No configuration and no database stand in this folder. */
async function check(args: string[], env: Record<string, string> = { ROLLCALL_AUTH_API_KEY: KEY }) {
  const [stdout, stderr] = [new Collected(), new Collected()];
  const code = await run(['check', ...args], { env, cwd: folder, stdout, stderr });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

const acme = (...rest: string[]) => [
  '--manifest',
  'acme.yaml',
  '--against',
  baseUrl,
  '--option',
  'project=p1',
  ...rest,
];

/** `--option queues=X` for each letter. */
const more = (letters: string) => [...letters].flatMap((letter) => ['--option', `queues=${letter}`]);

test('shows requests without secrets, records beside their jobs, rules, and warnings', async () => {
  const { code, stdout, stderr } = await check(acme());
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: `acme.yaml (${baseUrl}): connecting\nacme.yaml (${baseUrl}): 5 records on 4 pages, 4 requests\n`,
  });
  expect(asked.map(({ pathname }) => pathname)).toEqual(Array(4).fill('/projects/p1/all'));
  expect(stdout).toMatch(/^GET \/projects\/p1\/all\?page=1&size=2&key=\*{3} +200 +\d+ ms$/m);
  expect(stdout).toMatch(/^RECORD 1 OF 5: 0\n\{\n {2}"id": 0,$/m);
  expect(stdout).toMatch(
    /^state +running +state: "on" +record\.status of acme\/1: status map acme\/1: "on" → running$/m,
  );
  expect(stdout).toMatch(/^ {2}status-unmapped: "odd" has no state \(1 record\)/m);
  expect(stdout).toMatch(/^ {2}end-without-time: 3: ended, and no time says when/m);
  expect(stdout).toMatch(/^ {2}path-finds-nothing: owner: nobody\.name leads nowhere in 5 records$/m);
  for (const secret of [KEY, encodeURIComponent(KEY), 'hush']) expect(stdout + stderr).not.toContain(secret);
});

test('--json has the same as one line', async () => {
  const { code, stdout } = await check(acme('--json'));
  expect(code).toBe(0);
  expect(stdout.trimEnd().split('\n')).toHaveLength(1);
  expect(JSON.parse(stdout)).toMatchObject({
    manifest: 'acme.yaml',
    baseUrl,
    ok: true,
    requests: [
      {
        method: 'GET',
        path: '/projects/p1/all',
        query: [
          { name: 'page', value: '1' },
          { name: 'size', value: '2' },
          { name: 'key', value: '***' },
        ],
        status: 200,
        ms: expect.any(Number) as number,
      },
      {},
      {},
      {},
    ],
    records: 5,
    jobs: [
      {
        record: { id: 0, secret: expect.not.stringContaining('hush') as string },
        job: { externalId: '0', state: 'running', createdAt: '2025-01-15T14:06:40.000Z' },
        fields: {
          state: {
            value: 'running',
            raw: 'on',
            path: 'state',
            rule: expect.stringContaining('status map') as string,
            provenance: null,
          },
          createdAt: { value: '2025-01-15T14:06:40.000Z', raw: 1_736_950_000_000 },
        },
      },
      { job: { state: 'succeeded' } },
      { job: { state: 'unknown' } },
      {},
      {},
    ],
    unmappedStatuses: [{ status: 'odd', count: 1 }],
    warnings: expect.arrayContaining([
      { trap: 'status-unmapped', message: expect.any(String) as string },
    ]) as unknown[],
  });
  expect(stdout).not.toContain('hush');
});

test('a long collection is read in part', async () => {
  const { stderr } = await check(acme('--option', 'queues=a', '--option', 'queues=b', ...more('cdefg')));
  expect(stderr).toContain('on 20 pages, 21 requests; more follow');
});

test('options that are lists repeat, and are taken to the letter', async () => {
  expect(await check(acme('--option', 'queues=a', '--option', 'queues=b'))).toMatchObject({ code: 0 });
  expect([...new Set(asked.map(({ pathname }) => pathname))]).toEqual(['/projects/p1/a', '/projects/p1/b']);
  asked = [];
  expect(await check(acme('--option', 'queues=${HOME}'))).toMatchObject({ code: 0 });
  expect(asked[0]!.pathname).toBe('/projects/p1/%24%7BHOME%7D');
});

test('a refusing platform is exit 1, with the requests that were made', async () => {
  status = 403;
  const { code, stdout, stderr } = await check(acme());
  expect(code).toBe(1);
  expect(stderr).toContain('permission: ');
  expect(stderr).toContain('What to do: ');
  expect(stdout).toMatch(/^GET \/projects\/p1\/all\?page=1&size=2&key=\*{3} +403 +\d+ ms$/m);
  const json = await check(acme('--json'));
  expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, error: { kind: 'permission' }, records: 0 });
});

test('faults of the manifest, and variables that are not set, are exit 78 before any request', async () => {
  expect(await check(acme(), {})).toEqual({
    code: 78,
    stdout: '',
    stderr:
      'rollcall: the command line: auth.apiKey: the environment variable ROLLCALL_AUTH_API_KEY is not set\n',
  });
  writeFileSync(join(folder, 'acme.yaml'), MANIFEST.replace('records: jobs', 'recrods: jobs'));
  const broken = await check(acme());
  expect(broken).toMatchObject({ code: 78, stdout: '' });
  expect(broken.stderr).toMatch(
    /^rollcall: acme\.yaml:\d+:\d+: lists\[0\]\.recrods: unknown key; did you mean records\?$/m,
  );
  const missing = await check(['--manifest', './none.yaml', '--against', baseUrl]);
  expect(missing).toMatchObject({ code: 78, stderr: 'rollcall: ./none.yaml: no such file\n' });
  expect(asked).toEqual([]);
});

test.each([
  [['--manifest', 'acme.yaml'], '--manifest and --against belong together'],
  [['--against', 'http://127.0.0.1:1'], '--manifest and --against belong together'],
  [['--option', 'a=b'], '--option needs --manifest'],
  [
    ['key', '--manifest', 'acme.yaml', '--against', 'http://127.0.0.1:1'],
    '--manifest takes no key of a source',
  ],
  [['--manifest', 'acme.yaml', '--against', 'ftp://x'], 'expected an http or https address'],
  [
    ['--manifest', 'acme.yaml', '--against', 'http://me:pw@127.0.0.1'],
    'must not carry a user name or password',
  ],
  [['--manifest', 'acme.yaml', '--against', 'http://127.0.0.1:1', '--option', 'x'], 'Expected NAME=VALUE.'],
  [['--manifest', 'acme.yaml', '--against', 'http://127.0.0.1:1'], 'options.project: '],
  [
    [
      '--manifest',
      'acme.yaml',
      '--against',
      'http://127.0.0.1:1',
      '--option',
      'project=a',
      '--option',
      'colour=red',
    ],
    'options.colour: unknown key',
  ],
])('%j is a wrong command line', async (args, message) => {
  const { code, stdout, stderr } = await check(args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(message);
});

describe('POST /api/v1/sources/{key}/preview', () => {
  let test: TestDatabase;
  let simulators: Simulators;
  let polls: PollService;
  let app: NestFastifyApplication;
  let bearer: string;

  /** Nothing pages it: the whole list is asked for each time, if it has changed. */
  const UNPAGED = MANIFEST.replace("query: { page: '{{page}}', size: '{{limit}}' }", "query: { page: '0' }")
    .replace('pagination: { type: page }', 'conditional: { by: etag }')
    .replaceAll('acme', 'unpaged');

  beforeAll(async () => {
    test = await createTestDatabase();
    simulators = await startSimulators({ seed: 9, jobs: 60, clock: new ManualClock(Date.UTC(2026, 0, 15)) });
    const acmeSource = (key: string, over: Partial<SourceDraft> = {}, text = MANIFEST): SourceDraft => ({
      ...{ key, platform: 'http', baseUrl, auth: { apiKey: KEY }, options: { project: 'p1' } },
      ...{ manifest: parseManifest(text, 'acme.yaml').manifest!, redact: ['$.secret'], ...over },
    });
    const drafts = [
      ...simulators.sources,
      acmeSource('acme'),
      acmeSource('unpaged', {}, UNPAGED),
      acmeSource('poor', { poll: { maxRequestsPerHour: 1 } }),
      acmeSource('hasty', { poll: { timeoutMs: 200 } }),
      acmeSource('wrong', { auth: { apiKey: 'of last year' } }),
      acmeSource('disabled', { enabled: false }),
      acmeSource('resting'),
      acmeSource('elsewhere'),
      acmeSource('gone'),
    ].map(sourceConfig);
    const here = drafts.filter(({ key }) => key !== 'elsewhere' && key !== 'gone');
    const kept = drafts.filter(({ key }) => key !== 'gone');
    const before = new PollService(testConfig(drafts), test.database);
    await before.reconcile();
    await before.onApplicationShutdown();
    const config = testConfig(here);
    // a process that only serves the API never reconciles; the one that polls has one source more
    const polling = testConfig(kept);
    polls = new PollService(polling, test.database, undefined, new SourceRuntimes(polling, test.database));
    await polls.reconcile();
    config.server.auth = 'tokens';
    app = await startApp(config, test.database, ['api']);
    bearer = await tokenOf('all', null);
  }, 60_000);

  afterAll(async () => {
    await app?.close();
    await polls?.onApplicationShutdown();
    await simulators?.close();
    await test?.drop();
  });

  async function tokenOf(name: string, sources: string[] | null): Promise<string> {
    const token = { name, scopes: SCOPES, sources, expiresAt: null };
    return (await new TokenStore(test.database).create(token)).token;
  }

  async function send(method: 'GET' | 'POST', path: string, token = bearer) {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await app.inject({ method, url: `/api/v1/sources/${path}`, headers });
    return {
      status: answer.statusCode,
      headers: answer.headers,
      text: answer.body,
      // the tests read what they expect; a wrong shape fails there
      // eslint-disable-next-line @typescript-eslint/no-explicit-any
      body: answer.json<any>(),
    };
  }
  const preview = (key: string, token?: string) => send('POST', `${key}/preview`, token);

  const stored = async () =>
    (
      await test.database.query<Record<string, number>>(
        `SELECT (SELECT count(*) FROM rollcall.job)::int AS jobs, (SELECT count(*) FROM rollcall.reject)::int AS rejects,
           (SELECT count(*) FROM rollcall.event WHERE type <> 'source.health')::int AS events`,
      )
    )[0];

  it('shows the requests, records beside their jobs, and why each field is what it is; stores none of it', async () => {
    extra = [{ kind: 'tiles' }, { id: 7, kind: 'tiles', state: 'ok', born: 'yesterday', secret: 'hush' }];
    const { status: answered, headers, text, body } = await preview('acme');
    expect([answered, headers['cache-control']]).toEqual([200, 'no-store']);
    // the first page that has records, and no more
    expect(asked.map(({ pathname, search }) => pathname + search.replace(/key=.*/, ''))).toEqual([
      '/projects/p1/all?page=1&size=2&',
    ]);
    expect(body).toMatchObject({ source: 'acme', platform: 'http', records: 2, jobs: [], rejected: 2 });
    expect(body.rejects).toEqual([
      { externalId: null, reasons: [expect.any(String)], record: { kind: 'tiles' } },
      {
        externalId: '7',
        reasons: [expect.stringContaining('yesterday')],
        record: { ...extra[1], secret: expect.not.stringContaining('hush') },
      },
    ]);
    expect(body.warnings.map(({ trap }: { trap: string }) => trap)).toEqual([
      'id-missing',
      'record-rejected',
    ]);
    expect(text).not.toContain('hush');

    extra = [{ id: 7, kind: 'tiles', state: 'odd', secret: 'hush' }];
    const good = await preview('acme');
    expect(good.body.requests).toEqual([
      {
        method: 'GET',
        path: '/projects/p1/all',
        query: [
          { name: 'page', value: '1' },
          { name: 'size', value: '2' },
          { name: 'key', value: '***' },
        ],
        status: 200,
        ms: expect.any(Number),
      },
    ]);
    expect(good.body.pages).toEqual([{ list: 'jobs/all', records: 2 }]);
    expect(good.body.unmappedStatuses).toEqual([{ status: 'odd', count: 1 }]);
    const [, running] = good.body.jobs;
    expect(running.record).toEqual({
      ...{ id: 0, kind: 'tiles', state: 'on', born: 1_736_950_000_000, ended: null },
      secret: expect.not.stringContaining('hush'),
    });
    expect(running.job).toMatchObject({ source: 'acme', externalId: '0', state: 'running', terminal: false });
    expect(running.fields).toMatchObject({
      state: {
        ...{ value: 'running', raw: 'on', path: 'state', provenance: null, note: null },
        rule: expect.stringContaining('"on" → running'),
      },
      createdAt: { value: '2025-01-15T14:06:40.000Z', raw: 1_736_950_000_000, path: 'born' },
      startedAt: { value: null, provenance: 'unknown', note: expect.stringContaining('does not say when') },
    });
    for (const secret of [KEY, encodeURIComponent(KEY), 'hush']) expect(good.text).not.toContain(secret);
    expect(await stored()).toEqual({ jobs: 0, rejects: 0, events: 0 });
    expect((await send('GET', 'acme')).body).toMatchObject({ requestsLastHour: 2, lastPollAt: null });
  });

  it('shows every platform by its own connector, with one login of the process', async () => {
    for (const { key, platform } of simulators.sources) {
      const { status: answered, body } = await preview(key);
      expect([key, answered, body.platform]).toEqual([key, 200, platform]);
      expect([key, body.jobs.length]).toEqual([key, Math.min(5, body.records)]);
      expect([key, body.requests.length > 0, body.rejected]).toEqual([key, true, 0]);
      for (const { job, fields } of body.jobs) {
        expect(job).toMatchObject({ source: key, platform });
        for (const [name, { value }] of Object.entries<{ value: unknown }>(fields))
          expect([name, value]).toEqual([name, job[name]]);
      }
      const again = await preview(key);
      expect([
        key,
        again.body.requests.filter(({ method }: { method: string }) => method === 'POST'),
      ]).toEqual([key, []]);
    }
    expect(await stored()).toEqual({ jobs: 0, rejects: 0, events: 0 });
  });

  it('takes nothing from the next poll', async () => {
    const runtimes = app.get(SourceRuntimes);
    const sharing = new PollService(testConfig([]), test.database, undefined, runtimes);
    expect(await sharing.pollNow('unpaged', 'incremental')).toMatchObject({ error: null, discovered: 5 });
    extra = [{ id: 7, kind: 'tiles', state: 'on' }];
    expect((await preview('unpaged')).body).toMatchObject({ records: 6 });
    expect(asked).toHaveLength(2);
    expect(await sharing.pollNow('unpaged', 'incremental')).toMatchObject({ error: null, discovered: 1 });
  });

  it('is refused for what is not there, and for what nobody polls', async () => {
    const limited = await tokenOf('acme-only', ['acme']);
    expect((await preview('nowhere')).status).toBe(404);
    expect((await preview('poor', limited)).status).toBe(404);
    expect((await preview('acme', limited)).status).toBe(200);
    expect((await send('POST', 'resting/pause')).status).toBe(200);
    asked = [];
    for (const [key, why] of [
      ['resting', 'is paused: nobody polls it'],
      ['disabled', 'is disabled: nobody polls it'],
      ['gone', 'is retired: nobody polls it'],
      ['elsewhere', 'is not configured in this process'],
    ]) {
      const { status: answered, body } = await preview(key!);
      expect([key, answered, body.detail]).toEqual([key, 409, expect.stringContaining(why!)]);
    }
    expect(asked).toEqual([]);
  });

  it('counts against the budget of the source, and is refused when that is spent', async () => {
    expect((await preview('poor')).status).toBe(200);
    const { status: answered, headers, body } = await preview('poor');
    expect([answered, body.kind, body.requests]).toEqual([429, 'rate-limited', []]);
    expect(Number(headers['retry-after'])).toBeGreaterThan(58 * 60);
    expect(asked).toHaveLength(1);
  });

  it('says what was asked of a platform that refuses or fails', async () => {
    status = 403;
    const refused = await preview('acme');
    expect([refused.status, refused.body.kind]).toEqual([502, 'permission']);
    expect(refused.body.requests).toMatchObject([{ method: 'GET', path: '/projects/p1/all', status: 403 }]);
    expect(refused.text).not.toContain(encodeURIComponent(KEY));
    status = 0;
    const silent = await preview('hasty');
    expect([silent.status, silent.body.kind]).toEqual([504, 'timeout']);
    expect(silent.body.requests).toMatchObject([{ status: null, ms: null }]);
  });

  it('does not try a refused credential again so soon', async () => {
    const first = await preview('wrong');
    expect([first.status, first.body.kind]).toEqual([502, 'authentication']);
    asked = [];
    const second = await preview('wrong');
    expect([second.status, second.body.requests]).toEqual([429, []]);
    expect(Number(second.headers['retry-after'])).toBeGreaterThan(200);
    expect(asked).toEqual([]);
  });

  it('is offered to whoever may do it, where somebody polls', async () => {
    const actions = async (key: string, token?: string) => (await send('GET', key, token)).body.actions;
    const reading = await new TokenStore(test.database).create({
      ...{ name: 'reader', scopes: ['sources:read'], sources: null, expiresAt: null },
    });
    expect(await actions('acme')).toEqual(['poll', 'preview', 'pause']);
    expect(await actions('acme', reading.token)).toEqual([]);
    expect(await actions('resting')).toEqual(['pause', 'resume']);
    expect(await actions('disabled')).toEqual(['pause']);
    expect(await actions('gone')).toEqual([]);
  });
});
