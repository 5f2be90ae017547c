import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import { AddressInfo } from 'node:net';
import { parseManifest } from '../src/config/manifest-file.js';
import { jobId } from '../src/domain/job-id.js';
import { PollSummary } from '../src/polling/poll-report.js';
import { PollService } from '../src/polling/poll.service.js';
import { sourceConfig, testConfig } from './support/config.js';
import { createTestDatabase, TestDatabase } from './support/postgres.js';

/** A made-up platform that a manifest describes, polled into PostgreSQL. */

const MANIFEST = `
manifest: 1
name: made-up
auth:
  type: session
  login: { method: POST, path: /login, json: { user: '{{auth.user}}', password: '{{auth.password}}' } }
  session: session
  headers: { X-Session: '{{session}}' }
pageSize: { default: 2, max: 10 }
lists:
  - name: open
    request: { path: /open }
    records: jobs
    fields: { state: open }
    conditional: { by: etag }
  - name: ended
    request: { path: /ended, query: { after: '{{cursor}}', limit: '{{limit}}' } }
    records: jobs
    pagination: { type: cursor, next: next, stable: true }
    incremental: { by: newest, time: at }
one:
  request: { path: '/jobs/{{id}}' }
  record: job
  shape: list
errors:
  - { body: fault == 'session', kind: renew }
  - { body: fault == 'unknown', kind: gone }
  - { body: fault, kind: upstream-error, message: fault }
record:
  id: id
  type: kind
  status: state
  states: { open: running, good: succeeded, bad: failed }
  times: { epoch: s, unset: [0], createdAt: born, finishedAt: at }
  error: { message: why, when: [failed] }
actions:
  cancel: { request: { method: POST, path: '/jobs/{{id}}/stop' }, when: [running] }
guarantees: { changes: incremental }
`;

interface MadeUp {
  open: Record<string, unknown>[];
  /** Newest first. */
  ended: Record<string, unknown>[];
  /** Answers every page of what has ended, in its place. */
  endedAnswer: ((after: string | null) => unknown) | null;
  sessions: number;
  /** Method, path and status of every answer. */
  log: string[];
}

const platform: MadeUp = { open: [], ended: [], endedAnswer: null, sessions: 0, log: [] };
let test: TestDatabase;
let service: PollService;

const server = createServer((request, response) => void answer(request, response));

beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => new Promise<void>((resolve) => (server.close(() => resolve()), server.closeAllConnections())));

beforeEach(async () => {
  Object.assign(platform, { open: [], ended: [], endedAnswer: null, sessions: 0, log: [] });
  test = await createTestDatabase();
  const { manifest, faults } = parseManifest(MANIFEST, 'made-up');
  expect(faults).toEqual([]);
  const source = sourceConfig({
    key: 'made-up',
    platform: 'http',
    manifest: manifest!,
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    auth: { user: 'mia', password: 'hunter2hunter2' },
    poll: { pageSize: 2, overlapMs: 0 },
  });
  service = new PollService(testConfig([source]), test.database, {
    maxRetries: 0,
    minTimeoutMs: 1,
    maxTimeoutMs: 1,
  });
  await service.reconcile();
});

afterEach(async () => {
  await service.onApplicationShutdown();
  await test.drop();
});

function answer(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url!, 'http://x');
  const send = (status: number, body: unknown, headers: Record<string, string> = {}): void => {
    platform.log.push(`${request.method} ${url.pathname} ${status}`);
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(status === 304 ? undefined : JSON.stringify(body));
  };
  if (url.pathname === '/login') return send(200, { session: `s${++platform.sessions}` });
  // Every fault of this platform is a 200.
  if (request.headers['x-session'] !== `s${platform.sessions}`) return send(200, { fault: 'session' });
  if (url.pathname === '/open') {
    const etag = `"${JSON.stringify(platform.open).length}-${platform.open.map(({ id }) => id).join('-')}"`;
    if (request.headers['if-none-match'] === etag) return send(304, null, { etag });
    return send(200, { jobs: platform.open }, { etag });
  }
  if (url.pathname === '/ended') {
    const after = url.searchParams.get('after');
    if (platform.endedAnswer !== null) return send(200, platform.endedAnswer(after));
    const from = Number(after ?? 0);
    const next = from + 2 < platform.ended.length ? String(from + 2) : null;
    return send(200, { jobs: platform.ended.slice(from, from + 2), next });
  }
  const id = decodeURIComponent(/^\/jobs\/([^/]+)$/.exec(url.pathname)?.[1] ?? '');
  const open = platform.open.find((job) => job['id'] === id);
  const job =
    open === undefined ? platform.ended.find((ended) => ended['id'] === id) : { ...open, state: 'open' };
  send(200, job === undefined ? { fault: 'unknown' } : { job });
}

function ended(id: string, at: number, over: object = {}): Record<string, unknown> {
  return { id, kind: 'tiles', state: 'good', born: 1_768_000_000, at, ...over };
}

const open = (id: string): Record<string, unknown> => ({ id, kind: 'tiles', born: 1_768_000_000, at: 0 });

const sweep = (): Promise<PollSummary> => service.pollNow('made-up', 'sweep');
const poll = (): Promise<PollSummary> => service.pollNow('made-up', 'incremental');

async function job(id: string): Promise<Record<string, unknown> | undefined> {
  const sql = 'SELECT state, error, vanished_at, type, finished_at FROM rollcall.job WHERE id = $1';
  return (await test.database.query<Record<string, unknown>>(sql, [jobId('made-up', id)]))[0];
}

async function completeThrough(): Promise<unknown> {
  const sql = 'SELECT complete_through FROM rollcall.source';
  return (await test.database.query<Record<string, unknown>>(sql))[0]!['complete_through'];
}

it('follows jobs through two lists, and reads of what has ended only what is new', async () => {
  platform.open = [open('a'), open('b')];
  platform.ended = [5, 4, 3, 2, 1].map((at) => ended(`e${at}`, 1_768_000_000 + at));
  expect(await sweep()).toMatchObject({ health: 'healthy', discovered: 7, requests: 5 });
  expect(await job('a')).toMatchObject({ state: 'running', type: 'tiles' });
  const before = await completeThrough();
  expect(before).not.toBeNull();

  platform.open = [open('b')];
  platform.ended.unshift(ended('a', 1_768_000_100, { state: 'bad', why: 'row 7' }));
  platform.log = [];
  expect(await poll()).toMatchObject({ health: 'healthy', changed: 1 });
  expect(await job('a')).toMatchObject({ state: 'failed', error: { message: 'row 7' } });
  // The second page is known, ended, and older than what the read before came to.
  expect(platform.log).toEqual(['GET /open 200', 'GET /ended 200', 'GET /ended 200']);
});

it('takes a 304 for the list that it was: open jobs count as read again, and all changes as known', async () => {
  platform.open = [open('a'), open('b')];
  await sweep();
  const before = await completeThrough();
  platform.log = [];
  await test.database.query(
    "UPDATE rollcall.source SET complete_through = complete_through - interval '1 hour'",
  );
  expect(await poll()).toMatchObject({ health: 'healthy', records: 2, changed: 0 });
  expect(platform.log).toEqual(['GET /open 304', 'GET /ended 200']);
  expect(((await completeThrough()) as string) >= (before as string)).toBe(true);
});

it('calls a job vanished that no list shows and whose own page says so, in a 200', async () => {
  platform.open = [open('a'), open('b')];
  await sweep();
  platform.open = [open('b')];
  expect(await sweep()).toMatchObject({ health: 'healthy' });
  expect((await job('a'))!['vanished_at']).not.toBeNull();
  expect((await job('b'))!['vanished_at']).toBeNull();
  expect(platform.log).toContain('GET /jobs/a 200');

  platform.open = [open('a'), open('b')];
  await sweep();
  expect((await job('a'))!['vanished_at']).toBeNull();
});

it('logs in anew, once, when the platform says in a 200 that the session has ended', async () => {
  platform.open = [open('a')];
  await sweep();
  platform.sessions++;
  expect(await sweep()).toMatchObject({ health: 'healthy' });
  expect(platform.log.filter((line) => line.includes('/login'))).toHaveLength(2);
});

it("ends a loop of next pages with an error that is the source's own, and loses no page before it", async () => {
  platform.open = [open('a')];
  platform.endedAnswer = (after) => ({
    jobs: [ended(`e-${after ?? 'first'}`, 1_768_000_000)],
    next: after === 'x' ? 'y' : 'x',
  });
  const summary = await sweep();
  expect(summary).toMatchObject({ health: 'failing', error: { kind: 'schema' } });
  expect(summary.error!.message).toContain('lead back');
  expect(summary.requests).toBeLessThan(10);
  expect(await job('e-first')).toMatchObject({ state: 'succeeded' });
  expect((await job('a'))!['vanished_at']).toBeNull();
});

it('proves nothing by an error that comes with a 200', async () => {
  platform.open = [open('a')];
  await sweep();
  const before = await completeThrough();
  platform.open = [];
  platform.endedAnswer = () => ({ fault: 'the index is being rebuilt for hunter2hunter2' });
  const summary = await sweep();
  expect(summary).toMatchObject({ health: 'failing', error: { kind: 'upstream-error' } });
  expect(summary.error!.message).toContain('being rebuilt for ***');
  expect(await completeThrough()).toEqual(before);
  expect((await job('a'))!['vanished_at']).toBeNull();
});
