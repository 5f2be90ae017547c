import { createServer, Server } from 'node:http';
import { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { run } from '../src/cli.js';

/** `rollcall check --manifest FILE --against URL`. */

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

beforeAll(async () => {
  server = createServer((request, response) => {
    const url = new URL(request.url!, baseUrl);
    asked.push(url);
    const jobs = Array.from({ length: 5 }, (_, index) => ({
      id: index,
      kind: 'tiles',
      state: ['on', 'ok', 'odd', 'ok', 'on'][index],
      born: 1_736_950_000_000,
      ended: index === 1 ? 1_736_950_100_000 : null,
      secret: 'hush',
    }));
    const page = Number(url.searchParams.get('page'));
    const size = Number(url.searchParams.get('size'));
    const code = url.searchParams.get('key') === KEY ? status : 401;
    response.writeHead(code, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ jobs: jobs.slice((page - 1) * size, page * size) }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise<void>((resolve) => (server.close(() => resolve()), server.closeAllConnections())));

beforeEach(() => {
  asked = [];
  status = 200;
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
          ['page', '1'],
          ['size', '2'],
          ['key', '***'],
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
          state: { raw: 'on', path: 'state', rule: expect.stringContaining('status map') as string },
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
