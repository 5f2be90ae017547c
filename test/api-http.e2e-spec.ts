import { AddressInfo, connect } from 'node:net';
import { Database } from '../src/storage/database.js';
import { TestApi, startApi } from './support/api.js';
import { testConfig } from './support/config.js';
import { insertJob, insertSource, insertTransition } from './support/jobs.js';
import { TestDatabase, createTestDatabase } from './support/postgres.js';

const PROBLEM = /^application\/problem\+json/;
const NO_JOB = '00000000-0000-4000-8000-000000000000';

describe('the API as HTTP', () => {
  let test: TestDatabase;
  let api: TestApi;
  let job: string;

  beforeAll(async () => {
    test = await createTestDatabase();
    await insertSource(test.database, { key: 'charts', labels: { team: 'maps' } });
    job = await insertJob(test.database, {
      source: 'charts',
      externalId: 'b2c3',
      type: 'index-custom-encs',
      name: 'index-custom-encs',
      state: 'running',
      rawStatus: 'processing',
      progress: 0.45,
      createdAt: '2025-01-15T14:06:40.000Z',
      updatedAt: '2025-01-15T14:15:00.120Z',
      provenance: { startedAt: 'unknown' },
      attributes: { parameters: null },
      actions: ['cancel'],
      seenAt: '2025-01-15T14:16:00.000Z',
      version: 3,
    });
    await insertTransition(test.database, job, 1, null, 'queued');
    await insertTransition(test.database, job, 2, 'queued', 'running');
    api = await startApi(test.database);
  });
  afterAll(async () => {
    await api?.close();
    await test?.drop();
  });

  it('shows a job with the fields of the contract, in its order', async () => {
    const { status, body, headers } = await api.get(`/api/v1/jobs/${job}`);
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    const { lastSeenAt, ...rest } = body;
    expect(lastSeenAt).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/);
    expect(rest).toEqual({
      id: job,
      source: 'charts',
      platform: 'vectorcharts',
      externalId: 'b2c3',
      type: 'index-custom-encs',
      name: 'index-custom-encs',
      state: 'running',
      reason: null,
      rawStatus: 'processing',
      terminal: false,
      progress: 0.45,
      createdAt: '2025-01-15T14:06:40.000Z',
      scheduledFor: null,
      startedAt: null,
      finishedAt: null,
      updatedAt: '2025-01-15T14:15:00.120Z',
      durationMs: null,
      provenance: { startedAt: 'unknown' },
      error: null,
      owner: null,
      parentId: null,
      labels: { team: 'maps' },
      attributes: { parameters: null },
      links: {},
      actions: ['cancel'],
      freshness: 'fresh',
      firstSeenAt: '2025-01-01T00:00:00.000Z',
      stateChangedAt: '2025-01-01T00:00:00.000Z',
      changedAt: '2025-01-01T00:00:00.000Z',
      version: 3,
    });
    expect(Object.keys(body).join(' ')).toBe(
      'id source platform externalId type name state reason rawStatus terminal progress createdAt scheduledFor startedAt ' +
        'finishedAt updatedAt durationMs provenance error owner parentId labels attributes links actions freshness ' +
        'firstSeenAt lastSeenAt stateChangedAt changedAt version',
    );
  });

  it('shows only the fields that are asked for, and the id', async () => {
    const { body } = await api.get('/api/v1/jobs?fields=state,progress');
    expect(body.data).toEqual([{ id: job, state: 'running', progress: 0.45 }]);
  });

  it('adds the last records on request', async () => {
    expect((await api.get(`/api/v1/jobs/${job}?include=payload`)).body.payload).toEqual({
      list: null,
      detail: null,
    });
    await test.database.query(
      `INSERT INTO rollcall.job_payload (job_id, shape, record, mapping, read_at) VALUES ($1, 'list', '{"a": [1, "\\u0000"]}', 'm', now())`,
      [job],
    );
    const { body } = await api.get(`/api/v1/jobs/${job}?include=payload`);
    expect(body.payload).toEqual({ list: { a: [1, '\0'] }, detail: null });
  });

  it('lists transitions oldest first, in pages', async () => {
    const first = await api.get(`/api/v1/jobs/${job}/transitions?limit=1`);
    expect(first.body.data).toEqual([
      {
        sequence: 1,
        from: null,
        to: 'queued',
        reason: null,
        rawStatus: 'QUEUED',
        occurredAt: '2025-01-01T00:00:00.000Z',
        observedAt: '2025-01-01T00:00:00.000Z',
        provenance: null,
      },
    ]);
    const second = await api.get(`/api/v1/jobs/${job}/transitions?cursor=${first.body.page.next}`);
    expect(second.body.data).toMatchObject([{ sequence: 2, from: 'queued', to: 'running' }]);
    expect(second.body.page).toMatchObject({ limit: 50, next: null, total: null, totalKind: 'none' });
    const back = await api.get(`/api/v1/jobs/${job}/transitions?cursor=${second.body.page.prev}`);
    expect(back.body.data).toMatchObject([{ sequence: 1 }]);
  });

  describe('refusals', () => {
    it('names every fault of a request at once', async () => {
      const search =
        'sourc=a&state=runing&limit=0&sort=updated&type=&count=exact&count=none&createdSince=2025-01-01&q=%00' +
        '&createdUntil=2025-01-01T00:00:00+02:00&id=7&minProgress=2&label=team&fields=stat&cursor=AAAA.AAAAAAAAAAAAAAAAAAAAAA' +
        '&minDuration=2h&maxDuration=1h&startedSince=-1h&startedUntil=-2h&x=%zz&__proto__=1&offset=1';
      const { status, headers, body } = await api.get(`/api/v1/jobs?${search}`);
      expect(status).toBe(400);
      expect(headers['content-type']).toMatch(PROBLEM);
      expect(body).toMatchObject({
        type: 'urn:rollcall:problem:invalid-request',
        status: 400,
        instance: '/api/v1/jobs',
      });
      const faults = Object.fromEntries(
        (body.errors as { parameter: string; detail: string }[]).map(({ parameter, detail }) => [
          parameter,
          detail,
        ]),
      );
      expect(faults).toEqual({
        sourc: 'is unknown; did you mean source?',
        ['__proto__']: expect.stringContaining('is unknown'),
        x: 'has broken percent-encoding',
        state: expect.stringContaining('did you mean running?'),
        limit: '"0" is not a whole number from 1 to 500',
        sort: expect.stringContaining('did you mean updatedAt?'),
        type: 'is empty',
        count: 'takes one value, and is given 2 times',
        q: 'contains a NUL character, which no value of ours does',
        createdSince: expect.stringContaining('is not a time'),
        createdUntil: expect.stringContaining('%2B'),
        id: '"7" is not a UUID',
        minProgress: '"2" is not a number from 0 to 1',
        label: '"team" is not key:value',
        fields: expect.stringContaining('did you mean state?'),
        cursor: 'is not a cursor that was given out here',
        minDuration: 'is above maxDuration',
        startedSince: 'is after startedUntil',
        offset: 'cannot be given together with cursor',
      });
    });

    it.each([
      ['/api/v1/jobs/not-a-uuid', 400, 'invalid-request'],
      [`/api/v1/jobs/${NO_JOB}`, 404, 'not-found'],
      [`/api/v1/jobs/${NO_JOB}/transitions`, 404, 'not-found'],
      [`/api/v1/jobs/${NO_JOB}/nothing`, 404, 'not-found'],
      ['/api/v1/jobs?latest=yes', 400, 'invalid-request'],
      ['/api/v1/sources/nowhere', 404, 'not-found'],
      ['/api/v1/sources/%00', 404, 'not-found'],
      ['/api/v1/sources/charts?x=1', 400, 'invalid-request'],
      ['/api/v1/sources?x=1', 400, 'invalid-request'],
      ['/api/v1/rejects?limit=501', 400, 'invalid-request'],
      ['/api/v1/jobs/', 404, 'not-found'],
      ['/api/v1', 404, 'not-found'],
      ['/nowhere', 404, 'not-found'],
      ['/docs/nothing.js', 404, 'not-found'],
      ['/api/v1/jobs/%zz', 400, 'invalid-request'],
      ['/%', 400, 'invalid-request'],
      [`/api/v1/sources/${'x'.repeat(101)}`, 414, 'uri-too-long'],
    ])('GET %s is %i %s', async (url, status, name) => {
      const answer = await api.get(url);
      expect([answer.status, answer.headers['content-type']]).toEqual([
        status,
        expect.stringMatching(PROBLEM),
      ]);
      expect(answer.body).toMatchObject({
        type: `urn:rollcall:problem:${name}`,
        status,
        title: expect.any(String),
      });
      expect(answer.headers['cache-control']).toBe('no-store');
    });

    it.each([
      ['DELETE', '/api/v1/jobs', 'GET, HEAD, OPTIONS'],
      ['POST', `/api/v1/jobs/${NO_JOB}`, 'GET, HEAD, OPTIONS'],
      ['GET', '/api/v1/sources/charts/poll', 'OPTIONS, POST'],
      ['PATCH', '/health/live', 'GET, HEAD, OPTIONS'],
    ])('%s %s is 405 and names %s', async (method, url, allow) => {
      const answer = await api.send(method, url);
      expect([answer.status, answer.headers['allow']]).toEqual([405, allow]);
      expect(answer.body).toMatchObject({ type: 'urn:rollcall:problem:method-not-allowed', status: 405 });
    });

    it.each([
      ['malformed JSON', '{"a":', 'application/json', 400],
      ['an empty JSON body', '', 'application/json', 400],
      ['a poisoned prototype', '{"__proto__": {"a": 1}}', 'application/json', 400],
      ['another media type', '<a/>', 'application/xml', 415],
      ['too large a body', JSON.stringify('x'.repeat(100_000)), 'application/json', 413],
    ])('%s is a problem document', async (_, payload, type, status) => {
      const answer = await api.send('POST', '/api/v1/sources/charts/poll', {
        payload,
        headers: { 'content-type': type },
      });
      expect([answer.status, answer.headers['content-type']]).toEqual([
        status,
        expect.stringMatching(PROBLEM),
      ]);
      expect(answer.body).toMatchObject({ status });
    });

    it('answers what is no HTTP at all, and headers without end, with a problem document too', async () => {
      const listening = await startApi(test.database);
      await listening.app.listen(0, '127.0.0.1');
      const { port } = listening.app.getHttpServer().address() as AddressInfo;
      const raw = (text: string) =>
        new Promise<string>((resolve, reject) => {
          let answer = '';
          const socket = connect(port, '127.0.0.1', () => socket.write(text));
          socket.setEncoding('utf8').on('data', (part: string) => (answer += part));
          socket.on('end', () => resolve(answer)).on('error', reject);
        });
      expect(await raw('NOT HTTP\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 [^]*problem\+json[^]*invalid-request/);
      const long = `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(70_000)}\r\n\r\n`;
      expect(await raw(long)).toMatch(/^HTTP\/1\.1 431 [^]*problem\+json[^]*headers-too-large/);
      await listening.close();
    });

    it('ends a question that no index bounds and that takes too long', async () => {
      const client = await test.database.pool.connect();
      await client.query('BEGIN; LOCK TABLE rollcall.job IN ACCESS EXCLUSIVE MODE');
      const asked = api.get('/api/v1/jobs?q=tiles');
      const answer = await asked.finally(() => client.query('ROLLBACK').finally(() => client.release()));
      expect([answer.status, answer.body.type]).toEqual([422, 'urn:rollcall:problem:query-too-broad']);
      expect(answer.body.detail).toMatch(/narrows it/);
    }, 30_000);

    it('says when the database is away', async () => {
      const unreachable = {
        query: () => Promise.reject(Object.assign(new Error('secret'), { code: 'ECONNREFUSED' })),
      };
      const away = await startApi(unreachable as unknown as Database);
      const answer = await away.get('/api/v1/jobs');
      expect([answer.status, answer.body.type, answer.headers['retry-after']]).toEqual([
        503,
        'urn:rollcall:problem:database-unavailable',
        '5',
      ]);
      expect(answer.text).not.toContain('secret');
      await away.close();
    });

    it('tells nothing of what went wrong inside, and where to look for it', async () => {
      await test.database.query('ALTER TABLE rollcall.transition RENAME TO transition_gone');
      try {
        const answer = await api.get(`/api/v1/jobs/${job}/transitions`);
        expect(answer.status).toBe(500);
        expect(answer.body).toEqual({
          type: 'urn:rollcall:problem:internal-error',
          title: 'Something went wrong in Rollcall',
          status: 500,
          detail: 'The fault is logged under the request id.',
          instance: `/api/v1/jobs/${job}/transitions`,
          requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        });
      } finally {
        await test.database.query('ALTER TABLE rollcall.transition_gone RENAME TO transition');
      }
    });
  });

  describe('cursors', () => {
    beforeAll(async () => {
      for (const externalId of ['p1', 'p2', 'p3'])
        await insertJob(test.database, { source: 'charts', externalId });
    });

    it('are refused for another question, and keep for another limit, fields or count', async () => {
      const { body } = await api.get('/api/v1/jobs?source=charts&limit=1&createdUntil=-1s');
      const cursor = body.page.next as string;
      const none = await api.get('/api/v1/jobs?source=charts&limit=1');
      const same = `/api/v1/jobs?source=charts&limit=2&fields=id&count=exact&cursor=${none.body.page.next}`;
      expect((await api.get(same)).status).toBe(200);
      expect(cursor).toBeNull();
      for (const search of [
        'source=charts&state=failed',
        'source=other',
        '',
        'source=charts&sort=createdAt',
      ]) {
        const answer = await api.get(`/api/v1/jobs?${search}&cursor=${none.body.page.next}`);
        expect([answer.status, answer.body.type]).toEqual([400, 'urn:rollcall:problem:cursor-mismatch']);
      }
      const elsewhere = await api.get(`/api/v1/sources?cursor=${none.body.page.next}`);
      expect(elsewhere.body.type).toBe('urn:rollcall:problem:cursor-mismatch');
    });

    it('are refused when anything in them was changed', async () => {
      const { body } = await api.get('/api/v1/jobs?limit=1');
      const cursor = body.page.next as string;
      for (let index = 0; index < cursor.length; index += 7) {
        const other = cursor[index] === 'A' ? 'B' : 'A';
        const answer = await api.get(
          `/api/v1/jobs?cursor=${cursor.slice(0, index)}${other}${cursor.slice(index + 1)}`,
        );
        expect([answer.status, answer.body.errors]).toEqual([
          400,
          [{ parameter: 'cursor', detail: expect.any(String) }],
        ]);
      }
    });

    it("carry page one's clock and the question over a restart", async () => {
      const { body } = await api.get('/api/v1/jobs?limit=1&changedUntil=-0s');
      const again = await startApi(test.database);
      const next = await again.get(`/api/v1/jobs?limit=1&changedUntil=-0s&cursor=${body.page.next}`);
      expect([next.status, next.body.data.length]).toEqual([200, 1]);
      await again.close();
    });

    it('stand in Link headers with relative targets, and feed on the first page only', async () => {
      const first = await api.get('/api/v1/jobs?limit=1&source=charts');
      expect(first.headers['link']).toBe(
        `<jobs?limit=1&source=charts>; rel="first", <jobs?limit=1&source=charts&cursor=${first.body.page.next}>; rel="next"`,
      );
      expect(first.body.page.feed).toEqual(expect.any(String));
      const second = await api.get(`/api/v1/jobs?limit=1&source=charts&cursor=${first.body.page.next}`);
      expect(second.headers['link']).toContain(`cursor=${second.body.page.prev}>; rel="prev"`);
      expect(second.body.page).not.toHaveProperty('feed');
    });

    it('keep the whole question in Link headers, and stand there once, however it is written', async () => {
      const asked = await api.get('/api/v1/jobs?limit=1&q=a?b&source=charts');
      expect(asked.headers['link']).toBe('<jobs?limit=1&q=a?b&source=charts>; rel="first"');
      const first = await api.get('/api/v1/jobs?limit=1&%6Fffset=0&source=charts');
      const second = await api.get(`/api/v1/jobs?limit=1&source=charts&c%75rsor=${first.body.page.next}`);
      expect([first.status, second.status]).toEqual([200, 200]);
      expect(first.headers['link']).toContain('<jobs?limit=1&source=charts>; rel="first"');
      const { next, prev } = second.body.page;
      expect(second.headers['link']).toBe(
        [
          '<jobs?limit=1&source=charts>; rel="first"',
          `<jobs?limit=1&source=charts&cursor=${next}>; rel="next"`,
          `<jobs?limit=1&source=charts&cursor=${prev}>; rel="prev"`,
        ].join(', '),
      );
    });
  });

  describe('ETag', () => {
    const paths = () => ['/api/v1/jobs', `/api/v1/jobs/${job}`, '/api/v1/sources', '/api/v1/sources/charts'];

    it('is weak, the same for the same content, and answers 304', async () => {
      for (const path of paths()) {
        const first = await api.get(path);
        const etag = first.headers['etag'] as string;
        expect(etag).toMatch(/^W\/"[\w-]+"$/);
        expect(String(first.headers['vary']).split(', ')).toEqual(
          expect.arrayContaining(['Authorization', 'accept-encoding']),
        );
        for (const header of [etag, etag.slice(2), `"x", ${etag}`, '*']) {
          const again = await api.get(path, { 'if-none-match': header });
          expect([again.status, again.text, again.headers['etag']]).toEqual([304, '', etag]);
        }
        expect((await api.get(path, { 'if-none-match': '"x"' })).status).toBe(200);
      }
    });

    it('does not move with time or with a quiet poll', async () => {
      await test.database.query(
        "UPDATE rollcall.job SET started_at = now() - interval '1 minute' WHERE id = $1",
        [job],
      );
      const before = await Promise.all(paths().map((path) => api.get(path)));
      await test.database.query(
        `UPDATE rollcall.source SET open_round_at = now(), swept_at = now(), complete_through = now(), proven_at = now(),
           last_poll_at = now(), last_success_at = now(), next_poll_at = now(), clock_skew_ms = 3`,
      );
      await test.database.query(
        "INSERT INTO rollcall.upstream_request (source_key, minute, requests) VALUES ('charts', date_trunc('minute', now()), 5)",
      );
      const after = await Promise.all(paths().map((path) => api.get(path)));
      expect(after.map(({ headers }) => headers['etag'])).toEqual(
        before.map(({ headers }) => headers['etag']),
      );
      expect(after[3]!.body.requestsLastHour).toBe(5);
      expect(after[3]!.body.lastPollAt).not.toBe(before[3]!.body.lastPollAt);
      expect(after[1]!.body.lastSeenAt > before[1]!.body.lastSeenAt).toBe(true);
    });

    it('moves with a change of a job', async () => {
      const before = await api.get(`/api/v1/jobs/${job}`);
      await test.database.query('UPDATE rollcall.job SET progress = 0.5, version = 4 WHERE id = $1', [job]);
      const after = await api.get(`/api/v1/jobs/${job}`, {
        'if-none-match': before.headers['etag'] as string,
      });
      expect([after.status, after.body.progress]).toEqual([200, 0.5]);
    });
  });

  describe('what needs no token', () => {
    it('tells liveness, and readiness until it drains', async () => {
      const own = await startApi(test.database);
      expect((await own.get('/health/live')).body).toEqual({ status: 'ok' });
      expect((await own.get('/health/ready')).body).toEqual({ status: 'ok' });
      const { Readiness } = await import('../src/api/http/readiness.js');
      own.app.get(Readiness, { strict: false }).drain();
      const draining = await own.get('/health/ready');
      expect([draining.status, draining.headers['content-type']]).toEqual([
        503,
        expect.stringMatching(PROBLEM),
      ]);
      expect((await own.get('/health/live')).status).toBe(200);
      await own.close();
    });

    it('serves the documentation, which needs no other host', async () => {
      const page = await api.get('/docs');
      expect(page.status).toBe(200);
      const assets = [...page.text.matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, url]) => url!);
      expect(assets.length).toBeGreaterThan(3);
      for (const url of assets) {
        const asset = await api.get(new URL(url, 'http://host/docs').pathname);
        expect([url, asset.status]).toEqual([url, 200]);
      }
      expect(page.text).not.toMatch(/https?:\/\/(?!www\.w3\.org)/);
      expect(page.text).not.toMatch(/<script(?![^>]* src=)/);
      const policy = String(page.headers['content-security-policy']);
      expect(policy).toContain("script-src 'self'");
      expect(policy).not.toContain('upgrade-insecure-requests');
    });

    it('describes every route, with its parameters, errors and security', async () => {
      const { body } = await api.get('/openapi.json');
      expect(body.openapi).toMatch(/^3\./);
      expect(Object.keys(body.paths).sort()).toEqual([
        '/api/v1/alerts',
        '/api/v1/audit',
        '/api/v1/events',
        '/api/v1/events/stream',
        '/api/v1/jobs',
        '/api/v1/jobs/summary',
        '/api/v1/jobs/{id}',
        '/api/v1/jobs/{id}/actions/{action}',
        '/api/v1/jobs/{id}/explain',
        '/api/v1/jobs/{id}/refresh',
        '/api/v1/jobs/{id}/tasks',
        '/api/v1/jobs/{id}/transitions',
        '/api/v1/rejects',
        '/api/v1/sources',
        '/api/v1/sources/{key}',
        '/api/v1/sources/{key}/pause',
        '/api/v1/sources/{key}/poll',
        '/api/v1/sources/{key}/polls',
        '/api/v1/sources/{key}/preview',
        '/api/v1/sources/{key}/resume',
        '/api/v1/tokens',
        '/api/v1/tokens/{name}',
        '/api/v1/webhooks',
        '/api/v1/webhooks/{id}',
        '/api/v1/webhooks/{id}/deliveries',
        '/api/v1/webhooks/{id}/deliveries/{delivery}',
        '/api/v1/webhooks/{id}/replay',
        '/api/v1/webhooks/{id}/rotate-secret',
        '/api/v1/webhooks/{id}/test',
        '/health/live',
        '/health/ready',
        '/metrics',
      ]);
      const list = body.paths['/api/v1/jobs'].get;
      const names = (list.parameters as { name: string; in: string }[]).map(({ name }) => name);
      expect(names).toEqual(
        expect.arrayContaining(['state', 'source', 'cursor', 'limit', 'changedSince', 'fields']),
      );
      expect(Object.keys(list.responses)).toEqual(
        expect.arrayContaining(['200', '304', '400', '401', '403', '406', '422', '429', '503']),
      );
      expect(body.components.securitySchemes.bearer).toMatchObject({ type: 'http', scheme: 'bearer' });
      const references = [...JSON.stringify(body).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(
        ([, name]) => name!,
      );
      for (const name of references) expect(Object.keys(body.components.schemas)).toContain(name);
      const known = Object.keys(body.components.schemas.Job.properties).filter((name) => name !== 'payload');
      expect(known).toEqual(Object.keys((await api.get(`/api/v1/jobs/${job}`)).body));
      const source = (await api.get('/api/v1/sources/charts')).body;
      expect(Object.keys(body.components.schemas.Source.properties)).toEqual(Object.keys(source));
    });

    it('answers HEAD as GET without a body', async () => {
      const head = await api.send('HEAD', '/api/v1/jobs');
      expect([head.status, head.text]).toEqual([200, '']);
      expect(head.headers['etag']).toBe((await api.get('/api/v1/jobs')).headers['etag']);
    });
  });

  it('serves everything under the base path', async () => {
    const config = testConfig([]);
    config.server.basePath = '/rollcall';
    const based = await startApi(test.database, config);
    const { status, headers } = await based.get('/rollcall/api/v1/jobs?limit=1');
    expect([status, headers['link']]).toEqual([200, expect.stringContaining('<jobs?limit=1>; rel="first"')]);
    expect((await based.get('/rollcall/docs')).status).toBe(200);
    expect((await based.get('/rollcall/openapi.json')).body.paths).toHaveProperty(['/rollcall/api/v1/jobs']);
    expect((await based.get('/rollcall')).text).toContain('<title>Rollcall</title>');
    expect((await based.get('/api/v1/jobs')).status).toBe(404);
    await based.close();
  });
});
