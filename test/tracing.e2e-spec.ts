import { tmpdir } from 'node:os';
import { readEnvironment } from '../src/config/environment.js';
import { parseConfig } from '../src/config/load-config.js';
import { RunningService, startService } from '../src/main.js';
import { beginSpan, inSpan, isTracing } from '../src/tracing/tracer.js';
import { ChartsServer, chartJob, startChartsServer } from './support/charts-server.js';
import { OtlpReceiver, ReceivedSpan, startOtlpReceiver } from './support/otlp-receiver.js';
import { createTestDatabase, TestDatabase } from './support/postgres.js';
import { waitFor } from './support/wait-for.js';

const CALLER = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const INTERNAL = 1;
const SERVER = 2;
const CLIENT = 3;

let test: TestDatabase;
let charts: ChartsServer;
let collector: OtlpReceiver;
let service: RunningService | null = null;
const set: string[] = [];

beforeAll(async () => {
  [test, charts, collector] = await Promise.all([
    createTestDatabase(),
    startChartsServer([chartJob('a', 'processing')]),
    startOtlpReceiver(),
  ]);
});

afterEach(async () => {
  await service?.stop();
  service = null;
  for (const name of set.splice(0)) delete process.env[name];
});

afterAll(async () => {
  await Promise.all([charts?.close(), collector?.close(), test?.drop()]);
});

/** OpenTelemetry's exporters read the environment of the process. */
async function start(variables: Record<string, string>): Promise<RunningService> {
  set.push(...Object.keys(variables));
  Object.assign(process.env, variables);
  const env = { ...variables, DATABASE_URL: test.url, LOG_LEVEL: 'silent' };
  const text = `
server: { port: 0, auth: none }
sources:
  - key: charts
    platform: vectorcharts
    baseUrl: ${charts.baseUrl}
    auth: { token: ${charts.token} }
    poll: { every: 1s, staleAfter: 5m }
`;
  const config = parseConfig(text, 'rollcall.yaml', env, () => '');
  service = await startService({ config, environment: readEnvironment(env, tmpdir()) });
  return service;
}

/** What is sent when the process ends is all that there is. */
async function stop(): Promise<ReceivedSpan[]> {
  await service!.stop();
  service = null;
  return collector.spans;
}

const below = (spans: readonly ReceivedSpan[], above: ReceivedSpan) =>
  spans.filter(({ parentSpanId }) => parentSpanId === above.spanId);

// First: what is loaded once stays loaded.
it('without a collector nothing is traced, and OpenTelemetry is not even loaded', async () => {
  const { url } = await start({});
  expect(isTracing()).toBe(false);
  expect(beginSpan('poll', 'internal', {}).traceId).toBeNull();
  expect((await fetch(`${url}/api/v1/jobs`)).status).toBe(200);
  // its API alone comes with prom-client
  const loaded = Object.keys(require.cache).filter((file) => file.includes('/@opentelemetry/'));
  expect(loaded.filter((file) => !file.includes('/@opentelemetry/api/'))).toEqual([]);
});

it('a poll, its requests and its transactions are one trace, and a request of the API goes on with that of its caller', async () => {
  charts.jobs = [chartJob('a', 'processing'), chartJob('b', 'pending')];
  const { url } = await start({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: 'x-collector-key=secret-of-the-collector',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=test',
  });
  await waitFor(async () => {
    const answer = await fetch(`${url}/api/v1/jobs?externalId=b`);
    return ((await answer.json()) as { data: unknown[] }).data.length === 1;
  });
  const asked = await fetch(`${url}/api/v1/jobs?q=a-word-that-nobody-else-may-see`, {
    headers: { traceparent: `00-${CALLER.traceId}-${CALLER.spanId}-01` },
  });
  const paused = await fetch(`${url}/api/v1/sources/charts/pause`, {
    ...{ method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } },
  });
  await fetch(`${url}/health/ready`);
  expect([asked.status, paused.status]).toEqual([200, 200]);
  const spans = await stop();

  expect(collector.resource).toMatchObject({ 'service.name': 'rollcall', 'deployment.environment': 'test' });
  expect(collector.requests[0]).toMatchObject({
    path: '/v1/traces',
    headers: { 'x-collector-key': 'secret-of-the-collector' },
  });

  const poll = spans.find(
    ({ name, attributes }) => name === 'poll' && Number(attributes['rollcall.poll.discovered']) > 0,
  )!;
  expect(poll).toMatchObject({ kind: INTERNAL, parentSpanId: null, isError: false });
  expect(poll.attributes).toMatchObject({
    ...{ 'rollcall.source': 'charts', 'rollcall.poll.kind': 'sweep', 'rollcall.poll.result': 'ok' },
    ...{ 'rollcall.poll.requests': 1, 'rollcall.poll.records': 2, 'rollcall.poll.changed': 0 },
  });
  const parts = below(spans, poll);
  expect(parts.filter(({ name }) => name === 'GET')).toEqual([
    expect.objectContaining({
      ...{ kind: CLIENT, traceId: poll.traceId, isError: false },
      attributes: {
        ...{ 'rollcall.source': 'charts', 'http.request.method': 'GET', 'http.response.status_code': 200 },
        ...{ 'server.address': '127.0.0.1', 'url.path': expect.any(String) as string },
      },
    }),
  ]);
  const transactions = parts.filter(({ name }) => name === 'transaction');
  expect(transactions.length).toBeGreaterThan(0);
  for (const { kind, attributes, startedAt, endedAt } of transactions) {
    expect({ kind, attributes }).toEqual({ kind: CLIENT, attributes: { 'db.system.name': 'postgresql' } });
    expect(startedAt).toBeGreaterThanOrEqual(poll.startedAt);
    expect(endedAt).toBeLessThanOrEqual(poll.endedAt);
  }

  const served = spans.filter(({ kind }) => kind === SERVER);
  const listed = served.find(({ traceId }) => traceId === CALLER.traceId)!;
  expect(listed).toMatchObject({
    ...{ name: 'GET /api/v1/jobs', parentSpanId: CALLER.spanId, isError: false },
    attributes: {
      'http.route': '/api/v1/jobs',
      'url.path': '/api/v1/jobs',
      'http.response.status_code': 200,
    },
  });
  expect(listed.attributes['rollcall.request_id']).toBe(asked.headers.get('x-request-id'));
  expect(below(spans, listed).map(({ attributes }) => attributes['db.system.name'])).toContain('postgresql');
  // a body was read between the first hook and the handler
  const posted = served.find(({ name }) => name === 'POST /api/v1/sources/:key/pause')!;
  expect(below(spans, posted).length).toBeGreaterThan(0);
  expect(served.filter(({ name }) => name.includes('/health/'))).toEqual([]);

  const told = collector.requests.map(({ body }) => body.toString()).join();
  for (const secret of [charts.token, 'a-word-that-nobody-else-may-see', 'secret-of-the-collector', test.url])
    expect(told).not.toContain(secret);
});

it('goes by protobuf unless told otherwise, and a poll that failed says how', async () => {
  const { url } = await start({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/mine` });
  await test.database.query('UPDATE rollcall.source SET paused_at = NULL, next_poll_at = now()');
  collector.requests = [];
  charts.faults.push((_request, response) => void response.writeHead(403).end());
  await waitFor(async () => {
    const source = (await (await fetch(`${url}/api/v1/sources/charts`)).json()) as { reason: string | null };
    return source.reason === 'permission';
  });
  await stop();
  expect(collector.requests[0]).toMatchObject({
    path: '/mine',
    headers: { 'content-type': 'application/x-protobuf' },
  });
  const body = Buffer.concat(collector.requests.map((request) => request.body)).toString('latin1');
  expect(body).toContain('rollcall.poll.result');
  expect(body).toContain('permission');
});

it('a collector that takes nothing is told of in the log, once, and without what it was sent', async () => {
  const log = { info: jest.fn(), warn: jest.fn() };
  set.push('OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_HEADERS');
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = collector.url;
  process.env['OTEL_EXPORTER_OTLP_HEADERS'] = 'authorization=secret-of-the-collector';
  collector.status = 403;
  const { startTracing } = await import('../src/tracing/open-telemetry.js');
  const tracing = startTracing({ protocol: 'http/json', sampler: 'always_on', ratio: 1 }, log);
  // more than one batch
  for (let i = 0; i < 600; i++) await inSpan('poll', 'internal', {}, () => Promise.resolve());
  await tracing.stop();
  expect(log.warn.mock.calls).toEqual([
    [{ msg: 'the collector takes no traces', reason: expect.stringMatching(/^Forbidden$|403/) as string }],
  ]);
  expect(log.info).not.toHaveBeenCalled();
});
