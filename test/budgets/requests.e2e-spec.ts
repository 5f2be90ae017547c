import { SCOPES } from '../../src/config/config.js';
import { jobId } from '../../src/domain/job-id.js';
import { PollService } from '../../src/polling/poll.service.js';
import { TokenStore } from '../../src/storage/token.store.js';
import { Answer, TestApi, startApi } from '../support/api.js';
import { chartJob, ChartsServer, startChartsServer } from '../support/charts-server.js';
import { sourceConfig, testConfig } from '../support/config.js';
import { createTestDatabase, TestDatabase } from '../support/postgres.js';
import { statementsOf } from './statements.js';

/**
 * What each route costs the database, in statements: one more is one more round trip of every request, and nothing else would notice.
 * Counted with a token that the database keeps, whose look-up is the first of them. A route of the document that is not named here fails:
 * say what it may cost.
 */

/** Every request: the token's look-up. */
const TOKEN = 1;
/** BEGIN, what bounds the time of the statements and makes them one snapshot, and COMMIT. */
const BOUNDED = 3;
const TRANSACTION = 2;
/** An act stands in the audit log before it is done, and its outcome after it. */
const AUDIT = 2;
/** Whoever waits for news is told that there are some. */
const WAKING = 1;
/** What the caller may not see is not there: asked before anything is said of it. */
const IS_THERE = 1;

interface Budget {
  statements: number;
  status?: number;
  query?: string;
  body?: object;
}

/** In this order: later ones find what earlier ones made. */
const BUDGETS: Record<string, Budget | Budget[]> = {
  'GET /health/live': { statements: 0 },
  'GET /health/ready': { statements: 1 },
  'GET /metrics': { statements: TOKEN + BOUNDED + 7 },
  'GET /api/v1/jobs': [
    { statements: TOKEN + 1 },
    { query: '?count=exact&state=failed&source=charts', statements: TOKEN + 1 + 1 },
    { query: '?limit=1&attribute=tiles:1', statements: TOKEN + BOUNDED + 1 },
  ],
  'GET /api/v1/jobs/{id}': [{ statements: TOKEN + 1 }, { query: '?include=payload', statements: TOKEN + 2 }],
  'GET /api/v1/jobs/{id}/transitions': { statements: TOKEN + IS_THERE + 1 },
  'GET /api/v1/jobs/{id}/tasks': { statements: TOKEN + IS_THERE + 1 },
  'GET /api/v1/jobs/{id}/explain': { statements: TOKEN + IS_THERE + BOUNDED + 7 },
  'GET /api/v1/jobs/summary': [
    { statements: TOKEN + 1 },
    { query: '?groupBy=type&stats=duration', statements: TOKEN + BOUNDED + 1 },
  ],
  'GET /api/v1/sources': { statements: TOKEN + 1 },
  'GET /api/v1/sources/{key}': { statements: TOKEN + 1 },
  'GET /api/v1/sources/{key}/polls': { statements: TOKEN + IS_THERE + 1 },
  'GET /api/v1/rejects': { statements: TOKEN + 1 },
  'GET /api/v1/events': { statements: TOKEN + 3 },
  'GET /api/v1/alerts': { statements: TOKEN + 1 },
  'GET /api/v1/audit': { statements: TOKEN + 1 },
  'GET /api/v1/tokens': { statements: TOKEN + 1 },
  'GET /api/v1/webhooks': { statements: TOKEN + 1 },
  'POST /api/v1/webhooks': {
    body: { name: 'counted', url: 'https://hooks.example.com/' },
    status: 201,
    statements: TOKEN + AUDIT + TRANSACTION + WAKING + 1,
  },
  'GET /api/v1/webhooks/{id}': { statements: TOKEN + 1 },
  'PATCH /api/v1/webhooks/{id}': {
    body: { includeBackfill: true },
    statements: TOKEN + AUDIT + IS_THERE + TRANSACTION + WAKING + 2,
  },
  'POST /api/v1/webhooks/{id}/rotate-secret': { statements: TOKEN + AUDIT + IS_THERE + TRANSACTION + 1 },
  'POST /api/v1/webhooks/{id}/test': {
    status: 202,
    statements: TOKEN + AUDIT + IS_THERE + TRANSACTION + WAKING + 3,
  },
  'GET /api/v1/webhooks/{id}/deliveries': { statements: TOKEN + IS_THERE + 1 },
  'GET /api/v1/webhooks/{id}/deliveries/{delivery}': { statements: TOKEN + IS_THERE + 1 },
  'POST /api/v1/webhooks/{id}/replay': {
    body: { since: '2025-01-01T00:00:00Z' },
    status: 202,
    statements: TOKEN + AUDIT + IS_THERE + TRANSACTION + WAKING + 4,
  },
  'DELETE /api/v1/webhooks/{id}': { status: 204, statements: TOKEN + AUDIT + IS_THERE + 1 },
  'POST /api/v1/tokens': { body: { name: 'made' }, status: 201, statements: TOKEN + AUDIT + 1 },
  'DELETE /api/v1/tokens/{name}': { status: 204, statements: TOKEN + AUDIT + 1 },
  'POST /api/v1/sources/{key}/poll': { status: 202, statements: TOKEN + AUDIT + IS_THERE + 1 },
  // with the event of the source's health
  'POST /api/v1/sources/{key}/pause': { statements: TOKEN + AUDIT + IS_THERE + TRANSACTION + 5 + 1 },
  'POST /api/v1/sources/{key}/resume': { statements: TOKEN + AUDIT + IS_THERE + TRANSACTION + 5 + 1 },
  // a platform is asked: its budget, what it was asked, and what came of it are written down
  'POST /api/v1/sources/{key}/preview': { statements: TOKEN + AUDIT + IS_THERE + TRANSACTION + 3 },
  'POST /api/v1/jobs/{id}/refresh': { statements: 21 },
  'POST /api/v1/jobs/{id}/actions/{action}': { status: 409, statements: TOKEN + AUDIT + IS_THERE + 1 },
};

/** A stream goes on asking: how much, the tests of streams say. */
const ENDLESS = 'GET /api/v1/events/stream';

const JOB = jobId('charts', 'a');

let test: TestDatabase;
let charts: ChartsServer;
let api: TestApi;
let authorization: string;

beforeAll(async () => {
  test = await createTestDatabase();
  charts = await startChartsServer([chartJob('a', 'processing'), chartJob('b', 'failed')]);
  const { baseUrl, token } = charts;
  const config = testConfig([
    sourceConfig({ key: 'charts', platform: 'vectorcharts', baseUrl, auth: { token } }),
  ]);
  config.server.auth = 'tokens';
  const polls = new PollService(config, test.database);
  await polls.reconcile();
  await polls.pollNow('charts', 'sweep');
  await polls.onApplicationShutdown();
  const made = await new TokenStore(test.database).create({
    name: 'asks',
    scopes: SCOPES,
    sources: null,
    expiresAt: null,
  });
  authorization = `Bearer ${made.token}`;
  api = await startApi(test.database, config);
  // what a process asks for once: the keys of its cursors, and whether the schema is complete
  for (const path of ['/api/v1/jobs?limit=1', '/api/v1/events', '/health/ready'])
    await api.get(path, { authorization });
});
afterAll(async () => {
  await api?.close();
  await charts?.close();
  await test?.drop();
});

/** What the placeholders of a path stand for. */
const places: Record<string, string> = { key: 'charts', name: 'made', action: 'cancel' };

function send(route: string, { query = '', body }: Budget): Promise<Answer> {
  const [method, path] = route.split(' ') as [string, string];
  places['id'] = path.includes('/jobs/') ? JOB : places['webhook']!;
  const url = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => places[name]!) + query;
  return api.send(method, url, { headers: { authorization }, ...(body ? { payload: body } : {}) });
}

const ASKED = Object.entries(BUDGETS).flatMap(([route, budgets]) =>
  [budgets]
    .flat()
    .map((budget): [string, string, number, Budget] => [
      route,
      budget.query ?? '',
      budget.statements,
      budget,
    ]),
);

it('names every route of the document', async () => {
  const { body } = await api.get('/openapi.json');
  const routes = Object.entries(body.paths as Record<string, object>).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect([...Object.keys(BUDGETS), ENDLESS].sort()).toEqual(routes.sort());
});

it.each(ASKED)('%s%s costs %i statements', async (route, _query, statements, budget) => {
  let answer: Answer | undefined;
  const heard = await statementsOf(async () => {
    answer = await send(route, budget);
  });
  if (route === 'POST /api/v1/webhooks') places['webhook'] = answer!.body.id as string;
  if (route.endsWith('/deliveries')) places['delivery'] = answer!.body.data[0]?.id as string;
  expect([answer?.status, answer?.body]).toEqual([budget.status ?? 200, answer?.body]);
  // the statements themselves say what is new
  expect({ count: heard.length, heard }).toEqual({ count: statements, heard });
});
