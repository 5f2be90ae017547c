import { NestFastifyApplication } from '@nestjs/platform-fastify';
import { SCOPES, Scope } from '../src/config/config.js';
import { jobId } from '../src/domain/job-id.js';
import { PollService } from '../src/polling/poll.service.js';
import { RefreshService } from '../src/polling/refresh.service.js';
import { SourceRuntimes } from '../src/polling/source-runtimes.js';
import { ManualClock } from '../src/simulators/clock.js';
import { Fault } from '../src/simulators/http/faults.js';
import { SIMULATED_PLATFORMS, SimulatedPlatform, TruthJob } from '../src/simulators/life.js';
import { Simulators, startSimulators } from '../src/simulators/simulators.js';
import { TokenStore } from '../src/storage/token.store.js';
import { startApp } from './support/app.js';
import { chartJob, startChartsServer } from './support/charts-server.js';
import { SourceDraft, sourceConfig, testConfig } from './support/config.js';
import { TestDatabase, createTestDatabase } from './support/postgres.js';

/** Moves the world far enough for nearly every unfinished job to show something new. */
const A_WHILE_MS = 15_000;

const START = Date.UTC(2025, 0, 15, 14, 0, 0);

interface Answer {
  status: number;
  headers: Record<string, unknown>;
  // the tests read what they expect; a wrong shape fails there
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  body: any;
}

describe('over the five platforms', () => {
  let test: TestDatabase;
  let clock: ManualClock;
  let simulators: Simulators;
  let app: NestFastifyApplication;
  let bearer: string;
  /** Undoes what a test did to a platform. */
  const faults: (() => void)[] = [];
  const used = new Set<string>();

  beforeAll(async () => {
    test = await createTestDatabase();
    clock = new ManualClock(START);
    simulators = await startSimulators({
      seed: 5,
      jobs: 600,
      clock,
      platforms: SIMULATED_PLATFORMS,
      birthEveryMs: 300,
    });
    const vault = simulators.sources.find(({ key }) => key === 'vault')!;
    const store = simulators.sources.find(({ key }) => key === 'store')!;
    const drafts: SourceDraft[] = [
      ...simulators.sources,
      { ...vault, key: 'vault-26', options: { ...vault.options, apiVersion: 'v26.1' } },
      { ...store, key: 'hasty' },
      { ...store, key: 'leaving' },
    ];
    const polls = new PollService(testConfig(drafts.map(sourceConfig)), test.database);
    await polls.reconcile();
    for (const { key } of drafts) {
      expect(await polls.pollNow(key, 'sweep')).toMatchObject({ source: key, error: null, rejected: 0 });
    }
    await polls.onApplicationShutdown();
    const config = testConfig(
      drafts
        .filter(({ key }) => key !== 'leaving')
        .map((draft) => sourceConfig({ ...draft, poll: draft.key === 'hasty' ? { timeoutMs: 300 } : {} })),
    );
    config.server.auth = 'tokens';
    app = await startApp(config, test.database);
    bearer = await tokenOf('all', SCOPES, null);
  }, 120_000);

  afterEach(() => {
    for (const undo of faults.splice(0)) undo();
    simulators.requests.clear();
  });

  afterAll(async () => {
    await app?.close();
    await simulators?.close();
    await test?.drop();
  });

  async function tokenOf(name: string, scopes: readonly Scope[], sources: string[] | null): Promise<string> {
    return (await new TokenStore(test.database).create({ name, scopes, sources, expiresAt: null })).token;
  }

  async function post(url: string, token = bearer): Promise<Answer> {
    const response = await app.inject({ method: 'POST', url, headers: { authorization: `Bearer ${token}` } });
    return { status: response.statusCode, headers: response.headers, body: response.json() };
  }

  async function stored(id: string): Promise<Record<string, unknown>> {
    const headers = { authorization: `Bearer ${bearer}` };
    return (await app.inject({ url: `/api/v1/jobs/${id}`, headers })).json();
  }

  const refresh = (id: string, token?: string) => post(`/api/v1/jobs/${id}/refresh`, token);
  const act = (id: string, action: string, token?: string) =>
    post(`/api/v1/jobs/${id}/actions/${action}`, token);

  /** A job that the first read met, and that no other test has looked at. */
  function take(
    platform: SimulatedPlatform,
    source: string,
    fits: (job: TruthJob) => boolean,
  ): { externalId: string; id: string } {
    const known = simulators.world.truth(clock.now(), platform);
    const job = known.find(
      (truth) =>
        fits(truth) &&
        simulators.world.truthOf(platform, truth.externalId, START) !== undefined &&
        !used.has(`${platform}/${truth.externalId}`),
    );
    if (job === undefined) throw new Error(`no such job on ${platform}`);
    used.add(`${platform}/${job.externalId}`);
    return { externalId: job.externalId, id: jobId(source, job.externalId) };
  }

  const waiting =
    (...words: string[]) =>
    (job: TruthJob) =>
      words.includes(job.rawStatus);
  const inject = (platform: SimulatedPlatform, fault: Fault) =>
    faults.push(simulators.inject(platform, { times: Infinity, ...fault }));
  const actionsSent = (platform: string) =>
    simulators.requests
      .list(platform)
      .filter(({ method, url }) => method !== 'GET' && !/token|auth/.test(url))
      .map(({ method, url }) => `${method} ${url}`);
  const typeOf = ({ body }: Answer): string => String(body.type).replace('urn:rollcall:problem:', '');

  describe('cancel and start', () => {
    it('cancels a pending job of Elastic Path once, and answers what the platform then says', async () => {
      const { id, externalId } = take('elastic-path', 'store', waiting('pending'));
      const { status, body } = await act(id, 'cancel');
      expect([status, body.id, body.state, body.rawStatus, body.actions]).toEqual([
        200,
        id,
        'cancelled',
        'cancelled',
        [],
      ]);
      expect(actionsSent('elastic-path')).toEqual([`POST /pcm/jobs/${externalId}/cancel`]);
      expect(await act(id, 'cancel')).toMatchObject({ status: 409 });
      expect(actionsSent('elastic-path')).toHaveLength(1);
    });

    it('aborts one job of WorkfloPlus by its client id', async () => {
      const { id } = take('workfloplus', 'field', ({ terminal }) => !terminal);
      const { clientJobId } = (await stored(id))['attributes'] as { clientJobId: string };
      const { status, body } = await act(id, 'cancel');
      expect([status, body.state, body.reason]).toEqual([200, 'cancelled', 'aborted']);
      expect(actionsSent('workfloplus')).toEqual([`POST /jobs/v1/${clientJobId}/abort`]);
    });

    it('stops a running job of Integrate.io, which is then on its way to a stop', async () => {
      const { id, externalId } = take('integrate-io', 'etl', waiting('running'));
      const { status, body } = await act(id, 'cancel');
      expect([status, body.state, body.rawStatus, body.actions]).toEqual([
        200,
        'stopping',
        'pending_stoppage',
        [],
      ]);
      expect(actionsSent('integrate-io')).toEqual([expect.stringContaining(`/jobs/${externalId}`)]);
    });

    it('starts a scheduled job of Veeva Vault now', async () => {
      const { id, externalId } = take('veeva-vault', 'vault', waiting('SCHEDULED'));
      expect((await stored(id))['actions']).toEqual(['start']);
      const { status, body } = await act(id, 'start');
      expect([status, body.state, body.rawStatus]).toEqual([200, 'queued', 'QUEUED']);
      expect(actionsSent('veeva-vault')).toEqual([`POST /api/v25.2/services/jobs/start_now/${externalId}`]);
    });

    it('cancels a waiting job of a Vault that has the call', async () => {
      const { id } = take('veeva-vault', 'vault-26', waiting('SCHEDULED', 'QUEUED'));
      const { status, body } = await act(id, 'cancel');
      expect([status, body.state, body.rawStatus]).toEqual([200, 'stopping', 'CANCELLING']);
      expect(actionsSent('veeva-vault')).toEqual(['POST /api/v26.1/services/jobs/actions/cancel']);
    });

    it('is refused, and nothing sent, where the job does not list it', async () => {
      const { id } = take('veeva-vault', 'vault', waiting('SCHEDULED'));
      const done = take('elastic-path', 'store', waiting('success'));
      for (const [job, action] of [
        [id, 'cancel'],
        [done.id, 'cancel'],
        [done.id, 'start'],
      ] as const) {
        const answer = await act(job, action);
        expect([answer.status, typeOf(answer)]).toEqual([409, 'conflict']);
      }
      expect(simulators.requests.list()).toEqual([]);
    });

    it('knows no other action', async () => {
      const { id } = take('elastic-path', 'store', waiting('success'));
      const { status, body } = await act(id, 'explode');
      expect([status, body.errors]).toEqual([
        400,
        [{ parameter: 'action', detail: '"explode" is none of cancel, start' }],
      ]);
    });

    it('that the platform refuses is a 502 with its words, sent once', async () => {
      const { id, externalId } = take('elastic-path', 'store', waiting('pending'));
      inject('elastic-path', { kind: 'status', status: 422, match: ({ method }) => method === 'POST' });
      const answer = await act(id, 'cancel');
      expect([answer.status, typeOf(answer), answer.body.kind]).toEqual([
        502,
        'upstream-failed',
        'upstream-error',
      ]);
      expect(answer.body.detail).toContain(`did not cancel job ${externalId}: 422`);
      expect(answer.body.requestId).toEqual(expect.any(String));
      expect(actionsSent('elastic-path')).toHaveLength(1);
      expect((await stored(id))['state']).toBe('queued');
    });

    it.each([500, 503, 429])('that the platform answers with %i is not sent again', async (status) => {
      const { id } = take('elastic-path', 'store', waiting('pending'));
      inject('elastic-path', { kind: 'status', status, match: ({ path }) => path.endsWith('/cancel') });
      expect((await act(id, 'cancel')).status).toBe(status === 429 ? 429 : 502);
      expect(actionsSent('elastic-path')).toHaveLength(1);
    });

    it('whose outcome cannot be read back is taken all the same, and a poll brings it', async () => {
      const { id } = take('elastic-path', 'store', waiting('pending'));
      inject('elastic-path', { kind: 'status', status: 403, match: ({ method }) => method === 'GET' });
      const { status, body } = await act(id, 'cancel');
      expect([status, body.id, body.state]).toEqual([202, id, 'queued']);
      expect(actionsSent('elastic-path')).toHaveLength(1);
      expect(
        await test.database.query(
          "SELECT requested_poll, next_poll_at <= now() AS due FROM rollcall.source WHERE key = 'store'",
        ),
      ).toEqual([{ requested_poll: 'incremental', due: true }]);
    });

    it('is sent once when two ask at one time', async () => {
      const { id } = take('elastic-path', 'store', waiting('pending'));
      const answers = await Promise.all([act(id, 'cancel'), act(id, 'cancel')]);
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
      expect(actionsSent('elastic-path')).toHaveLength(1);
    });

    it.each([undefined, null, '', '..', 'abort/?'])(
      'never reaches an abort of WorkfloPlus with the client id %j',
      async (clientJobId) => {
        const { id } = take('workfloplus', 'field', ({ terminal }) => !terminal);
        inject('workfloplus', {
          kind: 'rewrite',
          match: ({ method, path }) => method === 'GET' && path.includes('/bson/'),
          rewrite: (answer) => ({
            ...answer,
            json: (answer.json as { metadata: object }[]).map((job) => ({
              ...job,
              metadata: { ...job.metadata, clientJobId },
            })),
          }),
        });
        // the stored job still lists it, so that the connector alone stands in the way
        expect((await stored(id))['actions']).toEqual(['cancel']);
        const answer = await act(id, 'cancel');
        expect([answer.status, answer.body.kind]).toEqual([502, 'schema']);
        expect(actionsSent('workfloplus')).toEqual([]);
        // and what a read of such a job stores lists it no more
        expect((await refresh(id)).body.actions).toEqual([]);
        expect((await act(id, 'cancel')).status).toBe(409);
        expect(actionsSent('workfloplus')).toEqual([]);
      },
    );
  });

  describe('refresh', () => {
    const moving: [SimulatedPlatform, string][] = [
      ['vectorcharts', 'charts'],
      ['vectorcharts-oem', 'charts-oem'],
      ['elastic-path', 'store'],
      ['workfloplus', 'field'],
      ['integrate-io', 'etl'],
      ['veeva-vault', 'vault'],
    ];

    it.each(moving)(
      'reads a job of %s anew, and stores what changed with its event',
      async (platform, source) => {
        const { id, externalId } = take(platform, source, ({ terminal, externalId: one }) => {
          const later = simulators.world.truthOf(platform, one, clock.now() + A_WHILE_MS);
          return (
            !terminal && later!.rawStatus !== simulators.world.truthOf(platform, one, clock.now())!.rawStatus
          );
        });
        const before = await stored(id);
        clock.advance(A_WHILE_MS);
        const { status, headers, body } = await refresh(id);
        expect([status, headers['cache-control']]).toEqual([200, 'no-store']);
        const truth = simulators.world.truthOf(platform, externalId, clock.now())!;
        expect([body.id, body.state, body.rawStatus]).toEqual([id, truth.state, truth.rawStatus]);
        expect(body.version).toBe((before['version'] as number) + 1);
        expect(body).toEqual(await stored(id).then((job) => ({ ...job, durationMs: body.durationMs })));
        expect(
          await test.database.query(
            'SELECT sequence, backfill, poll_id FROM rollcall.event WHERE job_id = $1 ORDER BY position DESC LIMIT 1',
            [id],
          ),
        ).toEqual([{ sequence: body.version, backfill: false, poll_id: null }]);
      },
    );

    it('of an unchanged job changes nothing but when it was last seen', async () => {
      const { id } = take('elastic-path', 'store', waiting('success'));
      const before = await stored(id);
      const { body } = await refresh(id);
      expect({ ...body, lastSeenAt: null }).toEqual({ ...before, lastSeenAt: null });
      expect(Date.parse(body.lastSeenAt)).toBeGreaterThan(Date.parse(before['lastSeenAt'] as string));
    });

    it('too soon for the platform is a 429 that says when, without asking again', async () => {
      const { id, externalId } = take('veeva-vault', 'vault', ({ terminal }) => terminal);
      expect((await refresh(id)).status).toBe(200);
      const answer = await refresh(id);
      expect([answer.status, typeOf(answer), answer.body.kind]).toEqual([429, 'too-soon', 'rate-limited']);
      const seconds = Number(answer.headers['retry-after']);
      expect(seconds).toBeGreaterThanOrEqual(1);
      expect(seconds).toBeLessThanOrEqual(10);
      expect(
        simulators.requests.list('veeva-vault').filter(({ url }) => url.endsWith(`/jobs/${externalId}`)),
      ).toHaveLength(1);
    });

    it('that the Vault itself finds too soon is a 429 too', async () => {
      const { id } = take('veeva-vault', 'vault', ({ terminal }) => terminal);
      inject('veeva-vault', {
        kind: 'rewrite',
        match: ({ path }) => path.includes('/services/jobs/'),
        rewrite: (answer) => ({
          ...answer,
          json: { responseStatus: 'FAILURE', errors: [{ type: 'API_LIMIT_EXCEEDED', message: 'too often' }] },
        }),
      });
      const answer = await refresh(id);
      expect([answer.status, answer.headers['retry-after']]).toEqual([429, '10']);
    });

    it('beyond the budget of the hour is a 429, and nothing is sent', async () => {
      const { id } = take('integrate-io', 'etl', ({ terminal }) => terminal);
      const spent = "VALUES ('etl', date_trunc('minute', now()) - interval '30 minutes', 100000)";
      await test.database.query(`INSERT INTO rollcall.upstream_request (source_key, minute, requests) ${spent}
        ON CONFLICT (source_key, minute) DO UPDATE SET requests = 100000`);
      const answer = await refresh(id);
      await test.database.query("DELETE FROM rollcall.upstream_request WHERE source_key = 'etl'");
      expect([answer.status, answer.body.detail]).toEqual([
        429,
        'the budget of 100000 requests an hour is spent.',
      ]);
      const seconds = Number(answer.headers['retry-after']);
      expect(seconds).toBeGreaterThan(28 * 60);
      expect(seconds).toBeLessThanOrEqual(31 * 60);
      expect(simulators.requests.count('integrate-io')).toBe(0);
      expect((await refresh(id)).status).toBe(200);
      expect(
        await test.database.query(
          "SELECT sum(requests) AS spent FROM rollcall.upstream_request WHERE source_key = 'etl'",
        ),
      ).toEqual([{ spent: simulators.requests.count('integrate-io') }]);
    });

    it.each<[string, Fault, string]>([
      ['refuses', { kind: 'status', status: 403 }, 'permission'],
      ['answers a page of HTML', { kind: 'html' }, 'malformed-response'],
      ['answers half of its JSON', { kind: 'truncated-json' }, 'malformed-response'],
      ['answers another shape', { kind: 'status', status: 200, json: { data: 7 } }, 'schema'],
      ['fails', { kind: 'status', status: 501 }, 'upstream-error'],
    ])('is a 502 where the platform %s', async (_, fault, kind) => {
      const { id } = take('elastic-path', 'store', waiting('success'));
      const before = await stored(id);
      inject('elastic-path', { ...fault, match: ({ path }) => path.startsWith('/pcm/') });
      const answer = await refresh(id);
      expect([answer.status, typeOf(answer), answer.body.kind]).toEqual([502, 'upstream-failed', kind]);
      expect(answer.body).toEqual({
        type: expect.any(String),
        title: expect.any(String),
        status: 502,
        detail: expect.any(String),
        instance: `/api/v1/jobs/${id}/refresh`,
        kind,
        requestId: expect.any(String),
      });
      expect(await stored(id)).toEqual(before);
    });

    it('whose record cannot be read is a 502, and the record a reject until it can be', async () => {
      const { id, externalId } = take('elastic-path', 'store', waiting('success'));
      inject('elastic-path', {
        kind: 'rewrite',
        times: 1,
        match: ({ path }) => path.endsWith(externalId),
        rewrite: (answer) => {
          const { data } = answer.json as { data: { attributes: object } };
          return {
            ...answer,
            json: { data: { ...data, attributes: { ...data.attributes, created_at: 'soon' } } },
          };
        },
      });
      const rejects = () =>
        test.database.query('SELECT external_id FROM rollcall.reject WHERE external_id = $1', [externalId]);
      const answer = await refresh(id);
      expect([answer.status, answer.body.kind]).toEqual([502, 'schema']);
      expect(await rejects()).toEqual([{ external_id: externalId }]);
      expect((await refresh(id)).status).toBe(200);
      expect(await rejects()).toEqual([]);
    });

    it('is a 504 where the platform does not answer', async () => {
      const { id } = take('elastic-path', 'hasty', waiting('success'));
      inject('elastic-path', { kind: 'hang' });
      const answer = await refresh(id);
      expect([answer.status, typeOf(answer), answer.body.kind]).toEqual([504, 'upstream-timeout', 'timeout']);
    });

    it.each<[SimulatedPlatform, string]>([
      ['elastic-path', 'store'],
      ['workfloplus', 'field'],
      ['integrate-io', 'etl'],
      ['veeva-vault', 'vault'],
      ['vectorcharts', 'charts'],
      ['vectorcharts-oem', 'charts-oem'],
    ])('of a job that %s shows no more says so, and proves nothing', async (platform, source) => {
      const { id, externalId } = take(platform, source, ({ terminal }) => terminal);
      const before = await stored(id);
      simulators.world.remove(platform, externalId);
      const answer = await refresh(id);
      expect([answer.status, typeOf(answer)]).toEqual([409, 'not-shown']);
      expect(await stored(id)).toEqual(before);
      expect(
        await test.database.query('SELECT absent_at, vanished_at FROM rollcall.job WHERE id = $1', [id]),
      ).toEqual([{ absent_at: null, vanished_at: null }]);
    });

    it('is a 409 where this process does not know the source, or it is retired', async () => {
      const { id } = take('elastic-path', 'leaving', waiting('success'));
      expect((await refresh(id)).body.detail).toBe('The source leaving is not configured in this process.');
      const retire = (at: string) =>
        test.database.query(`UPDATE rollcall.source SET retired_at = ${at} WHERE key = 'store'`);
      const job = take('elastic-path', 'store', waiting('success'));
      await retire('now()');
      const answers = [await refresh(job.id), await act(job.id, 'cancel')];
      await retire('NULL');
      expect(answers.map(({ status, body }) => [status, body.detail])).toEqual(
        Array(2).fill([409, 'The source store is retired: nobody asks its platform.']),
      );
      expect(simulators.requests.list()).toEqual([]);
    });

    it('is possible while the source is paused: a pause is of polls', async () => {
      const { id } = take('elastic-path', 'store', waiting('success'));
      expect((await post('/api/v1/sources/store/pause')).body.health).toBe('paused');
      expect((await refresh(id)).status).toBe(200);
      expect((await post('/api/v1/sources/store/resume')).status).toBe(200);
    });
  });

  describe('who may', () => {
    it('only a token with jobs:act', async () => {
      const { id } = take('elastic-path', 'store', waiting('success'));
      const reader = await tokenOf(
        'reader',
        SCOPES.filter((scope) => scope !== 'jobs:act'),
        null,
      );
      for (const answer of [await refresh(id, reader), await act(id, 'cancel', reader)])
        expect([answer.status, answer.body.detail]).toEqual([403, 'The token lacks the scope jobs:act.']);
    });

    it('only a token that sees the source', async () => {
      const { id } = take('elastic-path', 'store', waiting('pending', 'success'));
      const charts = await tokenOf('charts', SCOPES, ['charts']);
      for (const answer of [await refresh(id, charts), await act(id, 'cancel', charts)])
        expect([answer.status, typeOf(answer)]).toEqual([404, 'not-found']);
      for (const verb of ['pause', 'resume'])
        expect((await post(`/api/v1/sources/store/${verb}`, charts)).status).toBe(404);
      expect(simulators.requests.list()).toEqual([]);
    });
  });

  // The last: nobody asks this platform any more for as long.
  it('a platform that asks for patience has its Retry-After handed on, and is left alone', async () => {
    const { id } = take('elastic-path', 'store', waiting('success'));
    inject('elastic-path', { kind: 'status', status: 429, headers: { 'Retry-After': '120' } });
    const answer = await refresh(id);
    expect([answer.status, answer.headers['retry-after']]).toEqual([429, '120']);
    const sent = simulators.requests.count('elastic-path');
    expect((await refresh(id)).status).toBe(429);
    expect(simulators.requests.count('elastic-path')).toBe(sent);
  });
});

describe('beside a poll of the same source', () => {
  let test: TestDatabase;
  let charts: Awaited<ReturnType<typeof startChartsServer>>;
  let runtimes: SourceRuntimes;

  beforeEach(async () => {
    test = await createTestDatabase();
    charts = await startChartsServer([chartJob('a', 'completed'), chartJob('b', 'processing')]);
  });
  afterEach(async () => {
    await runtimes.onApplicationShutdown();
    await charts.close();
    await test.drop();
  });

  async function both(over: Partial<SourceDraft> = {}): Promise<[PollService, RefreshService]> {
    const draft = {
      key: 'charts',
      platform: 'vectorcharts',
      baseUrl: charts.baseUrl,
      auth: { token: charts.token },
    };
    const config = testConfig([sourceConfig({ ...draft, ...over })]);
    runtimes = new SourceRuntimes(config, test.database);
    const polls = new PollService(config, test.database, undefined, runtimes);
    await polls.reconcile();
    return [polls, new RefreshService(runtimes, test.database)];
  }

  const spent = async () =>
    (
      await test.database.query<{ spent: number }>(
        'SELECT coalesce(sum(requests), 0)::bigint AS spent FROM rollcall.upstream_request',
      )
    )[0]!.spent;

  /** Asks for a refresh in the middle of the poll's one request, and lets that go on when it is answered. */
  function refreshInTheMiddle(refresh: RefreshService): Promise<unknown> {
    return new Promise((resolve) => {
      charts.faults.push((_request, response) => {
        void refresh
          .refresh(jobId('charts', 'b'))
          .catch((error: unknown) => error)
          .then((outcome) => {
            resolve(outcome);
            response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(charts.jobs));
          });
      });
    });
  }

  it('each counts its own requests, and the hour counts both', async () => {
    const [polls, refresh] = await both({ poll: { concurrency: 2 } });
    await polls.pollNow('charts', 'incremental');
    charts.jobs = [chartJob('a', 'completed'), chartJob('b', 'completed', { updated_at: 1736950900000 })];
    const refreshed = refreshInTheMiddle(refresh);
    expect(await polls.pollNow('charts', 'incremental')).toMatchObject({
      error: null,
      requests: 1,
      changed: 0,
    });
    expect(await refreshed).toBeUndefined();
    expect(await spent()).toBe(3);
    expect(charts.requests).toBe(3);
    expect(await test.database.query("SELECT state FROM rollcall.job WHERE external_id = 'b'")).toEqual([
      { state: 'succeeded' },
    ]);
  });

  it('neither spends what the other has spent', async () => {
    const [polls, refresh] = await both({ poll: { concurrency: 2, maxRequestsPerHour: 2 } });
    await polls.pollNow('charts', 'incremental');
    const refreshed = refreshInTheMiddle(refresh);
    expect(await polls.pollNow('charts', 'incremental')).toMatchObject({ error: null, requests: 1 });
    expect(await refreshed).toMatchObject({
      kind: 'rate-limited',
      message: expect.stringContaining('budget of 2'),
    });
    expect(await polls.pollNow('charts', 'incremental')).toMatchObject({ error: { kind: 'rate-limited' } });
    expect(await spent()).toBe(2);
    expect(charts.requests).toBe(2);
  });

  it('a refused credential is tried no more for five minutes, until a poll by hand finds it good', async () => {
    const [polls, refresh] = await both();
    await polls.pollNow('charts', 'incremental');
    const id = jobId('charts', 'b');
    charts.faults.push((_request, response) => response.writeHead(401).end());
    await expect(refresh.refresh(id)).rejects.toMatchObject({ kind: 'authentication' });
    const asked = charts.requests;
    await expect(refresh.refresh(id)).rejects.toMatchObject({ kind: 'rate-limited' });
    charts.faults.push((_request, response) => response.writeHead(401).end());
    expect(await polls.pollNow('charts', 'incremental')).toMatchObject({ error: { kind: 'authentication' } });
    await expect(refresh.refresh(id)).rejects.toMatchObject({
      kind: 'rate-limited',
      retryAfterMs: expect.any(Number),
    });
    expect(charts.requests).toBe(asked + 1);
    expect(await polls.pollNow('charts', 'incremental')).toMatchObject({ error: null });
    await refresh.refresh(id);
    expect(charts.requests).toBe(asked + 3);
  });

  it('a list that is as the last poll read it leaves the job as stored', async () => {
    charts.jobs = [chartJob('a', 'completed')];
    const [polls, refresh] = await both();
    const tagged = (status: number) =>
      charts.faults.push((request, response) => {
        expect(request.headers['if-none-match']).toBe(status === 304 ? '"one"' : undefined);
        response.writeHead(status, { 'content-type': 'application/json', etag: '"one"' });
        response.end(status === 304 ? undefined : JSON.stringify(charts.jobs));
      });
    for (const status of [200, 200, 304]) {
      tagged(status);
      expect(await polls.pollNow('charts', 'incremental')).toMatchObject({ error: null });
    }
    tagged(304);
    await refresh.refresh(jobId('charts', 'a'));
    expect(await test.database.query('SELECT state, version FROM rollcall.job')).toEqual([
      { state: 'succeeded', version: 1 },
    ]);
  });
});
