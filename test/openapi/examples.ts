import { connect } from 'node:net';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { Examples } from '../../src/api/openapi/openapi.complete.js';
import { ProblemDocument, problemType, ProblemName } from '../../src/api/http/problem.js';
import { Readiness } from '../../src/api/http/readiness.js';
import { PollService } from '../../src/polling/poll.service.js';
import { rewriteRecords } from '../../src/simulators/http/spoil.js';
import { openDatabase } from '../../src/storage/database.js';
import { startApp } from '../support/app.js';
import { createBareDatabase, TEMPLATE } from '../support/postgres.js';
import { quietLog } from '../support/quiet-log.js';
import { waitFor } from '../support/wait-for.js';
import { LiveService } from './live-service.js';

const JOBS = 40;
const METRIC_LINES = 12;
/** From its id to the empty line. */
const EVENT = /^id: [^\n]*\nevent: [^]*?\n\n/m;
const PROBLEM_PREFIX = problemType('' as ProblemName);

/** Real answers of a real service over the simulated platforms: one of every kind that the document knows, short ones. */
export async function captureExamples(): Promise<Examples> {
  const service = await LiveService.start({ jobs: JOBS, limits: true, now: Date.now() });
  try {
    const capture = new Capture(service, await service.bearer('docs'));
    await capture.answers();
    await capture.problems();
    return capture.examples;
  } finally {
    await service.close();
  }
}

class Capture {
  readonly examples: Examples = { answers: {}, problems: {} };

  constructor(
    private readonly service: LiveService,
    private readonly authorization: string,
  ) {}

  async answers(): Promise<void> {
    const jobs = await this.keep('listJobs', '/api/v1/jobs?state=failed,running&limit=2&count=exact');
    await this.keep('listJobs', '/api/v1/jobs?limit=2&fields=state,name,durationMs', {
      accept: 'application/x-ndjson',
    });
    await this.keep('listJobs', '/api/v1/jobs?limit=2&fields=state,name,durationMs', { accept: 'text/csv' });
    const [job] = jobs.data as { id: string; platform: string }[];
    await this.keep('getJob', `/api/v1/jobs/${job!.id}`);
    await this.keep('listTransitions', `/api/v1/jobs/${await this.changedJob()}/transitions?limit=2`);
    await this.keep('listTasks', `/api/v1/jobs/${await this.jobOf('workfloplus')}/tasks?limit=2`);
    await this.keep('explainJob', `/api/v1/jobs/${job!.id}/explain`);
    await this.keep(
      'summarizeJobs',
      '/api/v1/jobs/summary?groupBy=source,state&source=charts&stats=duration',
    );
    await this.keep('refreshJob', `/api/v1/jobs/${await this.jobOf('integrate-io')}/refresh`, {}, 'POST');
    await this.keep('actOnJob', `/api/v1/jobs/${await this.cancellable()}/actions/cancel`, {}, 'POST');
    await this.keep('listSources', '/api/v1/sources?limit=1');
    await this.keep('getSource', '/api/v1/sources/vault');
    await this.keep('listPolls', '/api/v1/sources/vault/polls?limit=1');
    await this.previewOne();
    await this.keep('pauseSource', '/api/v1/sources/store/pause', {}, 'POST');
    await this.problem('conflict', '/api/v1/sources/store/poll', {}, 'POST');
    await this.keep('resumeSource', '/api/v1/sources/store/resume', {}, 'POST');
    await this.keep('pollSource', '/api/v1/sources/store/poll?sweep=true', {}, 'POST');
    await this.rejectOne();
    await this.keep('listRejects', '/api/v1/rejects?limit=1');
    await this.breakOne();
    await this.keep('listAlerts', '/api/v1/alerts?limit=1');
    const body = {
      name: 'grafana',
      scopes: ['jobs:read'],
      sources: ['charts'],
      expiresAt: '2035-01-01T00:00:00Z',
    };
    await this.webhooks();
    await this.keep('createToken', '/api/v1/tokens', {}, 'POST', body);
    await this.keep('listTokens', '/api/v1/tokens?limit=2');
    await this.keep('listAudit', '/api/v1/audit?limit=2');
    await this.keep('listEvents', '/api/v1/events?limit=1&types=job.transitioned');
    await this.keepBeginnings();
    await this.keep('live', '/health/live');
    await this.keep('ready', '/health/ready');
  }

  /** One record of it: five are too long to be read. */
  private async previewOne(): Promise<void> {
    const preview = await this.keep('previewSource', '/api/v1/sources/charts/preview', {}, 'POST');
    preview['jobs'] = (preview['jobs'] as object[]).slice(0, 1);
  }

  private async webhooks(): Promise<void> {
    const path = '/api/v1/webhooks';
    const made = await this.keep('createWebhook', path, {}, 'POST', {
      name: 'on call',
      url: 'https://hooks.example.com/rollcall',
      filter: { state: ['failed', 'missed'], label: 'env:prod' },
    });
    const one = `${path}/${made.id as string}`;
    const { delivery } = await this.keep('testWebhook', `${one}/test`, {}, 'POST');
    const { id } = delivery as { id: string };
    await this.service.test.database.query(
      `INSERT INTO rollcall.webhook_attempt (delivery_id, number, at, duration_ms, status, request_headers, request_bytes,
         response_headers, response_body)
       VALUES ($1, 1, now(), 21, 204, $2, 301, '{"date": "Thu, 15 Jan 2026 10:00:00 GMT"}', '')`,
      [id, JSON.stringify({ 'content-type': 'application/json', 'webhook-id': id })],
    );
    await this.service.test.database.query(
      `UPDATE rollcall.webhook_delivery SET state = 'delivered', attempts = 1, finished_at = now() WHERE id = $1`,
      [id],
    );
    await this.keep('listDeliveries', `${one}/deliveries?limit=1`);
    await this.keep('getDelivery', `${one}/deliveries/${id}`);
    await this.keep('replayWebhook', `${one}/replay`, {}, 'POST', { deliveryId: id });
    await this.keep('rotateWebhookSecret', `${one}/rotate-secret`, {}, 'POST');
    await this.keep('changeWebhook', one, {}, 'PATCH', { resolveAfter: '12h' });
    await this.keep('getWebhook', one);
    await this.keep('listWebhooks', `${path}?limit=1`);
  }

  async problems(): Promise<void> {
    const { service } = this;
    const store = await this.jobOf('elastic-path');
    const vault = await this.jobOf('veeva-vault');
    const key = { 'content-type': 'application/json' };
    await this.problem('invalid-request', '/api/v1/jobs?sate=failed&limit=0');
    const { page } = await this.ask('/api/v1/jobs?limit=1').then(
      ({ body }) => body as { page: { next: string } },
    );
    await this.problem('cursor-mismatch', `/api/v1/jobs?limit=1&state=failed&cursor=${page.next}`);
    await this.problem('unauthorized', '/api/v1/jobs', { authorization: 'Bearer nobody' });
    const reader = await service.bearer('reader', ['jobs:read']);
    await this.problem('forbidden', '/api/v1/sources', { authorization: reader });
    await this.problem('not-found', '/api/v1/sources/nowhere');
    await this.expireEvents();
    await this.problem('not-acceptable', '/api/v1/jobs', { accept: 'application/xml' });
    service.simulators.world.remove('elastic-path', await this.externalIdOf(store));
    await this.problem('not-shown', `/api/v1/jobs/${store}/refresh`, {}, 'POST');
    await this.problem('content-too-large', '/api/v1/tokens', key, 'POST', { name: 'x'.repeat(70_000) });
    await this.problem('uri-too-long', `/api/v1/sources/${'x'.repeat(101)}`);
    await this.problem(
      'unsupported-media-type',
      '/api/v1/tokens',
      { 'content-type': 'application/xml' },
      'POST',
      {},
    );
    await this.tooBroad();
    await this.ask(`/api/v1/jobs/${vault}/refresh`, {}, 'POST');
    await this.problem('too-soon', `/api/v1/jobs/${vault}/refresh`, {}, 'POST');
    await this.tooMany();
    this.keepProblem('headers-too-large', JSON.parse(await this.headersTooLarge()) as ProblemDocument);
    service.simulators.inject('workfloplus', { kind: 'status', status: 500, times: Infinity });
    await this.problem(
      'upstream-failed',
      `/api/v1/jobs/${await this.jobOf('workfloplus')}/refresh`,
      {},
      'POST',
    );
    await this.timeOut();
    await this.breakDown();
    service.app.get(Readiness, { strict: false }).drain();
    await this.problem('not-ready', '/health/ready');
    await this.withoutDatabase();
  }

  private async ask(
    url: string,
    headers: Record<string, string> = {},
    method: 'GET' | 'POST' | 'PATCH' = 'GET',
    payload?: object,
    app = this.service.app,
  ): Promise<{ status: number; type: string; body: unknown }> {
    const answer = await app.inject({
      ...{ method, url, headers: { authorization: this.authorization, ...headers } },
      ...(payload ? { payload: JSON.stringify(payload), headers: this.jsonHeaders(headers) } : {}),
    });
    const type = String(answer.headers['content-type']).split(';')[0]!;
    return {
      status: answer.statusCode,
      type,
      body: /json$/.test(type) && !/nd/.test(type) ? answer.json() : answer.body,
    };
  }

  private jsonHeaders(headers: Record<string, string>): Record<string, string> {
    return { authorization: this.authorization, 'content-type': 'application/json', ...headers };
  }

  private async keep(
    operation: string,
    ...request: Parameters<Capture['ask']>
  ): Promise<Record<string, unknown>> {
    const { status, type, body } = await this.ask(...request);
    if (status >= 300) throw new Error(`${operation} ${request[0]}: ${status} ${JSON.stringify(body)}`);
    this.examples.answers[operation] = { ...this.examples.answers[operation], [type]: body };
    return body as Record<string, unknown>;
  }

  /** What is too long, or has no end. */
  private async keepBeginnings(): Promise<void> {
    const { body } = await this.ask('/metrics');
    const lines = (body as string).split('\n').slice(0, METRIC_LINES);
    this.examples.answers['getMetrics'] = { 'text/plain': `${lines.join('\n')}\n` };
    const events = (await this.ask('/api/v1/events?limit=1')).body as { page: { next: string } };
    const response = await fetch(`${this.service.url}/api/v1/events/stream?after=${events.page.next}`, {
      headers: { authorization: this.authorization },
    });
    let stream = '';
    for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
      stream += piece;
      if (EVENT.test(stream)) break;
    }
    this.examples.answers['streamEvents'] = { 'text/event-stream': EVENT.exec(stream)![0] };
  }

  private async problem(name: ProblemName, ...request: Parameters<Capture['ask']>): Promise<void> {
    const { body } = await this.ask(...request);
    this.keepProblem(name, body as ProblemDocument);
  }

  private keepProblem(name: ProblemName, problem: ProblemDocument): void {
    if (problem.type !== `${PROBLEM_PREFIX}${name}`) throw new Error(`${name}: ${JSON.stringify(problem)}`);
    this.examples.problems[name] = problem;
  }

  private async first<Row>(sql: string, values: unknown[] = []): Promise<Row> {
    const [row] = await this.service.test.database.query<Row>(sql, values);
    if (row === undefined) throw new Error(`the world has no such job: ${sql}`);
    return row;
  }

  private async jobOf(platform: string): Promise<string> {
    const sql = 'SELECT id FROM rollcall.job WHERE platform = $1 AND NOT terminal ORDER BY id LIMIT 1';
    return (await this.first<{ id: string }>(sql, [platform])).id;
  }

  private async changedJob(): Promise<string> {
    const sql = 'SELECT job_id AS id FROM rollcall.transition WHERE sequence > 1 ORDER BY job_id LIMIT 1';
    return (await this.first<{ id: string }>(sql)).id;
  }

  private async cancellable(): Promise<string> {
    const sql =
      "SELECT id FROM rollcall.job WHERE 'cancel' = ANY (actions) AND platform = 'integrate-io' LIMIT 1";
    return (await this.first<{ id: string }>(sql)).id;
  }

  private async externalIdOf(id: string): Promise<string> {
    return (
      await this.first<{ id: string }>('SELECT external_id AS id FROM rollcall.job WHERE id = $1', [id])
    ).id;
  }

  /** A record whose time nobody can read. */
  private async rejectOne(): Promise<void> {
    const { simulators, config, test } = this.service;
    const undo = simulators.inject('vectorcharts', {
      kind: 'rewrite',
      times: Infinity,
      rewrite: (answer) =>
        rewriteRecords(answer, (records) => [
          { ...(records[0] as object), created_at: 'yesterday' },
          ...records.slice(1),
        ]),
    });
    const polls = new PollService(config, test.database);
    await polls.reconcile();
    await polls.pollNow('charts', 'sweep');
    await polls.onApplicationShutdown();
    undo();
  }

  /** A job that takes longer than it should. */
  private async breakOne(): Promise<void> {
    const { database } = this.service.test;
    const job = await this.jobOf('vectorcharts');
    await database.query(
      `INSERT INTO rollcall.expectation_breach (rule, kind, source_key, subject, job_id, type, since, fired_at, value, limit_value, message)
       SELECT 'tiles-too-long', 'duration', j.source_key, j.id::text, j.id, j.type, now() - interval '48 seconds', now(), 2748000, 2700000,
         'has run for 45m 48s, longer than 45m 00s'
       FROM rollcall.job j WHERE j.id = $1::uuid`,
      [job],
    );
  }

  /** What the first event was followed from is removed, as its age would have it removed. */
  private async expireEvents(): Promise<void> {
    const { page } = (await this.ask('/api/v1/events?limit=1')).body as { page: { next: string } };
    await this.service.test.database.query(
      'DELETE FROM rollcall.event WHERE position < (SELECT max(position) FROM rollcall.event)',
    );
    await this.problem('cursor-expired', `/api/v1/events?after=${page.next}`);
  }

  /** A question that has to wait for a lock ends as one that has to look at too much. */
  private async tooBroad(): Promise<void> {
    await this.service.test.database.transaction(async (client) => {
      await client.query('LOCK TABLE rollcall.job IN ACCESS EXCLUSIVE MODE');
      await this.problem('query-too-broad', '/api/v1/jobs?q=tiles&limit=1');
    });
  }

  private async tooMany(): Promise<void> {
    const { config, test } = this.service;
    const rateLimit = { requests: 1, failures: 1, windowMs: 60_000 };
    const app = await startApp({ ...config, server: { ...config.server, rateLimit } }, test.database);
    await this.ask('/api/v1/jobs?limit=1', {}, 'GET', undefined, app);
    await this.problem('too-many-requests', '/api/v1/jobs?limit=1', {}, 'GET', undefined, app);
    await app.close();
  }

  private async headersTooLarge(): Promise<string> {
    const socket = connect(Number(new URL(this.service.url).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.end(`GET /api/v1/jobs HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`);
    return (await text(socket)).split('\r\n\r\n')[1]!;
  }

  private async timeOut(): Promise<void> {
    const { config, test, simulators } = this.service;
    const sources = config.sources.map((source) => ({ ...source, poll: { ...source.poll, timeoutMs: 200 } }));
    const app = await startApp({ ...config, sources }, test.database);
    simulators.inject('integrate-io', { kind: 'hang', times: Infinity });
    const url = `/api/v1/jobs/${await this.jobOf('integrate-io')}/refresh`;
    await this.problem('upstream-timeout', url, {}, 'POST', undefined, app);
    await app.close();
  }

  /** A column that is gone is what no code expects. */
  private async breakDown(): Promise<void> {
    const rename = (from: string, to: string) =>
      this.service.test.database.query(`ALTER TABLE rollcall.reject RENAME COLUMN ${from} TO ${to}`);
    await rename('reasons', 'causes');
    await this.problem('internal-error', '/api/v1/rejects');
    await rename('causes', 'reasons');
    await waitFor(async () => (await this.ask('/api/v1/rejects')).status === 200);
  }

  private async withoutDatabase(): Promise<void> {
    const { url, drop } = await createBareDatabase(TEMPLATE);
    const database = await openDatabase({ url, dataDir: '', poolSize: 1, log: quietLog() });
    const app = await startApp(this.service.config, database);
    await drop();
    await this.problem('database-unavailable', '/api/v1/jobs', {}, 'GET', undefined, app);
    await app.close();
    await database.close();
  }
}
