import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import { AddressInfo } from 'node:net';
import { SourceConfig } from '../src/config/config.js';
import { parseManifest } from '../src/config/manifest-file.js';
import { ErrorKind } from '../src/domain/errors.js';
import { PollService } from '../src/polling/poll.service.js';
import { RealClock } from '../src/simulators/clock.js';
import { Simulators, startSimulators } from '../src/simulators/simulators.js';
import { sourceConfig, testConfig } from './support/config.js';
import { endedPolls, Hours } from './support/lived-hours.js';
import { createTestDatabase, TestDatabase } from './support/postgres.js';
import { waitFor } from './support/wait-for.js';

/** Sources of manifests and platforms that are as bad as can be: no other source is polled later for it. */

const HOUR = 3_600_000;
const EVERY_HOURS = 3;
const SPAN_HOURS = 3 * EVERY_HOURS;

type Answer = (request: IncomingMessage, response: ServerResponse, url: URL) => void;

interface Hostile {
  manifest?: object;
  auth?: Record<string, string>;
  answer: Answer;
  /** How its polls end: with an error, well, or never by themselves. */
  ends: ErrorKind | 'well' | 'never';
}

const json =
  (body: (url: URL) => unknown, status = 200): Answer =>
  (_, response, url) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body(url)));
  };

/** Expressions that double a value so often; a record's allowance ends between the sixth time and the eighth. */
const doubled = (times: number) => Array.from({ length: times }, () => '[@,@]').join('|');
const job = (id: unknown, over: object = {}) => ({ id, kind: 'tiles', state: 'done', ...over });
const page = (url: URL) => Number(url.searchParams.get('page') ?? 0);
const list = (over: object) => ({ lists: [{ ...BASE.lists[0], ...over }] });

const BASE = {
  manifest: 1,
  name: 'hostile',
  auth: { type: 'none' },
  lists: [{ name: 'jobs', request: { path: '/jobs' }, records: 'jobs' }],
  record: { id: 'id', type: 'kind', status: 'state', states: { done: 'succeeded', open: 'running' } },
};
const NEXT = list({ pagination: { type: 'next', next: 'next' } });

const HOSTILE: Readonly<Record<string, Hostile>> = {
  'endless-pages': {
    ends: 'never',
    manifest: NEXT,
    answer: json((url) => ({ jobs: [job(page(url))], next: `${url.pathname}?page=${page(url) + 1}` })),
  },
  'endless-empty-pages': {
    ends: 'never',
    manifest: NEXT,
    answer: json((url) => ({ jobs: [], next: `${url.pathname}?page=${page(url) + 1}` })),
  },
  'a-loop': {
    ends: 'schema',
    manifest: NEXT,
    answer: json((url) => ({ jobs: [job(page(url))], next: `${url.pathname}?page=${1 - page(url)}` })),
  },
  'another-host': {
    ends: 'schema',
    manifest: NEXT,
    answer: json(() => ({ jobs: [], next: 'https://evil.example/jobs' })),
  },
  'a-huge-page': { ends: 'malformed-response', answer: (_, response) => flood(response) },
  drips: { ends: 'never', answer: (_, response) => drip(response) },
  hangs: { ends: 'never', answer: () => undefined },
  'records-at-their-budget': {
    ends: 'well',
    manifest: {
      record: {
        ...{ ...BASE.record, name: doubled(6), progress: { from: doubled(6), scale: 'percent' } },
        attributes: Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`a${at}`, doubled(6)])),
      },
    },
    answer: json(() => ({ jobs: Array.from({ length: 1_000 }, (_, id) => job(id)) })),
  },
  'a-bomb-over-the-answer': {
    ends: 'schema',
    manifest: list({ records: doubled(40) }),
    answer: json(() => ({ jobs: Array.from({ length: 5_000 }, (_, id) => job(id)) })),
  },
  'copies-of-everything': {
    ends: 'schema',
    manifest: list({ add: { all: '@' } }),
    answer: json(() => ({ jobs: Array.from({ length: 1_000 }, (_, id) => job(id)) })),
  },
  'ids-of-a-megabyte': {
    ends: 'well',
    answer: json(() => ({ jobs: ['a', 'b'].map((id) => job(id.repeat(2 ** 20))) })),
  },
  'deep-json': {
    ends: 'well',
    answer: (_, response) => {
      const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
      response.end(`{"jobs":[{"id":1,"state":"done","deep":${deep}}]}`);
    },
  },
  'a-storm-of-304': {
    ends: 'schema',
    manifest: list({ conditional: { by: 'etag' } }),
    answer: (_, response) => response.writeHead(304, { etag: '"a"' }).end(),
  },
  redirects: {
    ends: 'malformed-response',
    answer: (request, response) => response.writeHead(302, { location: request.url ?? '/' }).end(),
  },
  'refused-sessions': {
    ends: 'authentication',
    manifest: {
      auth: {
        ...{ type: 'session', login: { method: 'POST', path: '/login' } },
        ...{ session: 'token', headers: { 'X-Session': '{{session}}' } },
      },
    },
    answer: (request, response, url) =>
      json(() => ({ token: 'x' }), url.pathname.endsWith('/login') ? 200 : 401)(request, response, url),
  },
  'open-jobs-without-end': {
    ends: 'never',
    manifest: {
      ...list({ pagination: { type: 'next', next: 'next' }, incremental: { by: 'newest', time: 'at' } }),
      one: { request: { path: '/jobs/{{id}}' } },
    },
    answer: json((url) => ({
      jobs: Array.from({ length: 100 }, (_, at) => job(`${page(url)}-${at}`, { state: 'open' })),
      next: `${url.pathname}?page=${page(url) + 1}`,
    })),
  },
};
const HOSTILE_KEYS = Object.keys(HOSTILE);

/** More than may be read into memory, as fast as it is taken. */
function flood(response: ServerResponse): void {
  const piece = Buffer.alloc(2 ** 16, ' ');
  const write = (): void => {
    while (!response.destroyed && response.write(piece));
  };
  response.on('drain', write).writeHead(200);
  write();
}

function drip(response: ServerResponse): void {
  response.writeHead(200);
  const timer = setInterval(() => response.write(' '), 100);
  response.on('close', () => clearInterval(timer));
}

let test: TestDatabase;
let simulators: Simulators;
let service: PollService;
/** Requests by source. */
const asked = new Map<string, number>();

const server = createServer((request, response) => {
  const url = new URL(request.url!, 'http://x');
  const [, key] = url.pathname.split('/');
  asked.set(key!, (asked.get(key!) ?? 0) + 1);
  if (key === 'well') return json(() => ({ jobs: [job(1), job(2)] }))(request, response, url);
  HOSTILE[key!]!.answer(request, response, url);
});

beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => new Promise<void>((resolve) => (server.close(() => resolve()), server.closeAllConnections())));

beforeEach(async () => {
  test = await createTestDatabase();
  simulators = await startSimulators({ seed: 3, jobs: 20, clock: new RealClock(), limits: false });
});

afterEach(async () => {
  await service.onApplicationShutdown();
  await simulators.close();
  await test.drop();
});

const POLL = {
  ...{ everyMs: EVERY_HOURS * HOUR, idleEveryMs: EVERY_HOURS * HOUR, sweepEveryMs: EVERY_HOURS * HOUR },
  // A hang outlasts the test: nobody is saved by a timeout.
  timeoutMs: 600_000,
};

function manifestSource(key: string, over: object = {}, auth: Record<string, string> = {}): SourceConfig {
  const { manifest, faults } = parseManifest(JSON.stringify({ ...BASE, ...over }), key);
  expect(faults).toEqual([]);
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${key}`;
  return sourceConfig({ key, platform: 'http', manifest: manifest!, baseUrl, auth, poll: POLL });
}

async function start(...hostile: SourceConfig[]): Promise<Hours> {
  const healthy = simulators.sources.map((source) => sourceConfig({ ...source, poll: POLL }));
  const config = testConfig([...healthy, manifestSource('well'), ...hostile]);
  service = new PollService(config, test.database, { maxRetries: 1, minTimeoutMs: 1, maxTimeoutMs: 1 });
  await service.reconcile();
  // Never polled yet: a start is spread over its first seconds.
  await test.database.query('UPDATE rollcall.source SET next_poll_at = now() WHERE last_poll_at IS NULL');
  return new Hours(test, service, HOSTILE_KEYS);
}

it('beside sources that are as bad as can be, all others are polled as often and lag as little as without them', async () => {
  const alone = await start();
  await alone.tick();
  const before = await alone.live(SPAN_HOURS);
  expect(Object.keys(before)).toHaveLength(simulators.sources.length + 1);
  for (const { polls, lagHours } of Object.values(before)) {
    expect(polls).toBe(SPAN_HOURS / EVERY_HOURS);
    expect(lagHours.slice(0, EVERY_HOURS)).toEqual([1, 2, 0]);
  }
  await service.onApplicationShutdown();

  const hostile = HOSTILE_KEYS.map((key) => manifestSource(key, HOSTILE[key]!.manifest));
  const beside = await start(...hostile);
  expect(await beside.live(SPAN_HOURS)).toEqual(before);

  // They were polled all the while, and each came to the end that it has.
  const ending = HOSTILE_KEYS.filter((key) => HOSTILE[key]!.ends !== 'never');
  await waitFor(async () => {
    const polls = await endedPolls(test);
    return ending.every((key) => polls.get(key)!.ended > 0);
  });
  for (const key of HOSTILE_KEYS) expect({ key, asked: asked.get(key) ?? 0 }).not.toEqual({ key, asked: 0 });
  const rows = await test.database.query<{ key: string; kind: string }>(
    "SELECT key, coalesce(last_error->>'kind', 'well') AS kind FROM rollcall.source WHERE key = ANY($1) ORDER BY key",
    [ending],
  );
  expect(Object.fromEntries(rows.map(({ key, kind }) => [key, kind]))).toEqual(
    Object.fromEntries(ending.map((key) => [key, HOSTILE[key]!.ends])),
  );
}, 180_000);
