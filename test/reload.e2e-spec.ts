import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { run } from '../src/cli.js';
import { Environment, readEnvironment } from '../src/config/environment.js';
import { loadConfig } from '../src/config/load-config.js';
import { RunningService, startService } from '../src/main.js';
import { chartJob, ChartsServer, startChartsServer } from './support/charts-server.js';
import { createTestDatabase, TestDatabase } from './support/postgres.js';
import { SseReader } from './support/sse-reader.js';
import { waitFor } from './support/wait-for.js';

jest.setTimeout(60_000);

const TOKEN = 'a'.repeat(32);
const OTHER_TOKEN = 'b'.repeat(32);

let test: TestDatabase;
let charts: ChartsServer;
let tiles: ChartsServer;
let folder: string;
let service: RunningService | null;
let reader: SseReader | null;
let env: Record<string, string>;

beforeEach(async () => {
  test = await createTestDatabase({ poolSize: 8 });
  charts = await startChartsServer([chartJob('a', 'processing')]);
  tiles = await startChartsServer([chartJob('t', 'completed')]);
  folder = mkdtempSync(join(tmpdir(), 'rollcall-reload-'));
  env = { DATABASE_URL: test.url, ROLLCALL_DATA_DIR: folder, LOG_LEVEL: 'silent' };
  service = null;
  reader = null;
});
afterEach(async () => {
  reader?.drop();
  await service?.stop();
  await charts.close();
  await tiles.close();
  await test.drop();
  rmSync(folder, { recursive: true });
});

interface File {
  token?: string;
  port?: number;
  charts?: string;
  sources?: string;
}

function write({ token = TOKEN, port = 0, charts: more = '', sources = '' }: File = {}): void {
  writeFileSync(
    join(folder, 'rollcall.yaml'),
    `server: { port: ${port}, drain: 0s, tokens: [{ name: ops, value: ${token}, scopes: [jobs:read, sources:read, events:read] }] }
sources:
  - { key: charts, platform: vectorcharts, baseUrl: ${charts.baseUrl}, auth: { token: charts-token }, poll: { every: 1s } ${more} }
${sources}`,
  );
}

const tilesSource = () =>
  `  - { key: tiles, platform: vectorcharts, baseUrl: ${tiles.baseUrl}, auth: { token: charts-token }, poll: { every: 1s } }\n`;

async function serve(roles: Environment['roles'] = ['api', 'poller', 'notifier']): Promise<RunningService> {
  const load = () => loadConfig({ env, cwd: folder });
  const environment = { ...readEnvironment(env, folder), roles };
  service = await startService({ config: await load(), environment, load });
  return service;
}

async function get(path: string, token = TOKEN) {
  const answer = await fetch(`${service!.url}${path}`, { headers: { authorization: `Bearer ${token}` } });
  return { status: answer.status, body: (await answer.json()) as Record<string, never> };
}

async function rollcall(...args: string[]) {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const code = await run(args, { env, cwd: folder, stdout, stderr });
  return { code, stdout: await text(stdout.end()), stderr: await text(stderr.end()) };
}

const eventsOf = (stream: SseReader) =>
  stream.events.map(({ data }) => JSON.parse(data) as { type: string; source: string; to: string | null });
const jobOf = async (source: string) =>
  (
    await test.database.query<{ state: string }>('SELECT state FROM rollcall.job WHERE source_key = $1', [
      source,
    ])
  )[0];

it('a source that is added is polled; streams and polls under way go on', async () => {
  write();
  await serve();
  await waitFor(() => jobOf('charts'));
  reader = await SseReader.open(`${service!.url}/api/v1/events/stream`, { authorization: `Bearer ${TOKEN}` });
  // a poll that waits for its platform while the configuration changes, its own source with it
  let held: ServerResponse | null = null;
  charts.faults.push((_, response) => void (held = response));
  await waitFor(() => Promise.resolve(held !== null));
  write({ charts: ', label: Charts', sources: tilesSource() });
  const { code, stdout } = await rollcall('reload');
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^\S+\/\d+\/\w{8} \(api, poller, notifier\): applied: 1 source added: tiles; 1 source changed: charts\n$/,
  );
  await waitFor(() => Promise.resolve(eventsOf(reader!).some(({ source }) => source === 'tiles')));
  held!
    .writeHead(200, { 'content-type': 'application/json' })
    .end(JSON.stringify([chartJob('a', 'completed')]));
  charts.jobs = [chartJob('a', 'completed')];
  await waitFor(() =>
    Promise.resolve(eventsOf(reader!).some(({ source, to }) => source === 'charts' && to === 'succeeded')),
  );
  expect(reader.isOver).toBe(false);
  expect((await get('/api/v1/sources/charts')).body).toMatchObject({ label: 'Charts', health: 'healthy' });
  const failed = await test.database.query(
    "SELECT source_key, result FROM rollcall.poll WHERE result <> 'ok'",
  );
  expect(failed).toEqual([]);

  write({ sources: tilesSource().replace('key: tiles', 'key: tiles, enabled: false') });
  expect(await service!.reload!()).toMatchObject({
    sources: { added: [], changed: ['charts', 'tiles'], removed: [] },
  });
  expect((await get('/api/v1/sources/tiles')).body).toMatchObject({ health: 'paused', reason: 'disabled' });
  write();
  expect(await service!.reload!()).toMatchObject({ sources: { removed: ['tiles'] } });
  expect((await get('/api/v1/sources/tiles')).body).toMatchObject({ health: 'retired', nextPollAt: null });
  expect(await service!.reload!()).toMatchObject({ outcome: 'unchanged' });
});

it('a faulty file is refused whole, with every fault, and the old one stays', async () => {
  write();
  await serve();
  await waitFor(() => jobOf('charts'));
  writeFileSync(
    join(folder, 'rollcall.yaml'),
    `server: { prot: 1, tokens: [] }
sources:
  - { key: tiles, platform: vectorcharts, baseUrl: ${tiles.baseUrl}, auth: { token: "\${NOT_SET}" } }
`,
  );
  expect(await service!.reload!()).toEqual({
    outcome: 'refused',
    faults: [
      'rollcall.yaml:1:11: server.prot: unknown key; did you mean port?',
      expect.stringMatching(/^rollcall.yaml:3:\d+: sources\[0\].auth.token: .*NOT_SET is not set$/),
    ],
  });
  expect((await get('/api/v1/sources')).body).toMatchObject({
    data: [{ key: 'charts', health: 'healthy' }],
  });
  const polls = async () =>
    (await test.database.query<{ polls: number }>('SELECT count(*) AS polls FROM rollcall.poll'))[0]!.polls;
  const before = await polls();
  await waitFor(async () => (await polls()) > before);
  // the command finds the faults by itself, and asks nobody
  expect(await rollcall('reload')).toMatchObject({ code: 78, stdout: '' });
  expect(await test.database.query('SELECT 1 FROM rollcall.reload')).toEqual([]);
});

it('a token that changed stops working, for open streams too; what needs a restart is named', async () => {
  write();
  await serve(['api']);
  reader = await SseReader.open(`${service!.url}/api/v1/events/stream`, { authorization: `Bearer ${TOKEN}` });
  write({ token: OTHER_TOKEN, port: 4321 });
  expect(await service!.reload!()).toMatchObject({
    ...{ outcome: 'applied', live: ['server.tokens'], restart: ['server.port'] },
  });
  expect((await get('/api/v1/jobs')).status).toBe(401);
  expect((await get('/api/v1/jobs', OTHER_TOKEN)).status).toBe(200);
  await reader.over;
});

it('a changed override is what the next poll goes by, in every process of the database', async () => {
  write();
  const api = await serve(['api']);
  const poller = await serve(['poller']);
  service = { ...poller, stop: async () => void (await Promise.all([api.stop(), poller.stop()])) };
  await waitFor(async () => (await jobOf('charts'))?.state === 'running');
  const rulesOf = async () =>
    (await test.database.query<{ mapping: string | null }>('SELECT mapping FROM rollcall.source'))[0]!
      .mapping;
  const before = await waitFor(rulesOf);
  write({ charts: ', statusOverrides: { processing: { state: paused } }' });
  const { code, stdout } = await rollcall('reload', '--json');
  const answers = stdout.trim().split('\n');
  expect(code).toBe(0);
  expect(
    answers.map((line) => JSON.parse(line) as { process: string }).map((answer) => answer.process),
  ).toEqual(
    expect.arrayContaining([expect.stringMatching(/ \(api\)$/), expect.stringMatching(/ \(poller\)$/)]),
  );
  expect(answers).toHaveLength(2);
  for (const line of answers) expect(JSON.parse(line)).toMatchObject({ sources: { changed: ['charts'] } });
  await waitFor(async () => (await jobOf('charts'))?.state === 'paused');
  await waitFor(async () => (await rulesOf()) !== before);
});

it('nobody answers where no service runs', async () => {
  write();
  expect(await rollcall('reload', '--wait', '100ms')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('no service answers'),
  });
});
