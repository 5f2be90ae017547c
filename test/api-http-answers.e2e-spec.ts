import { request as httpRequest, Agent, IncomingMessage } from 'node:http';
import { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { closeGently } from '../src/api/http/drain.js';
import { TestApi, startApi } from './support/api.js';
import { testConfig } from './support/config.js';
import { insertJob, insertSource } from './support/jobs.js';
import { TestDatabase, createTestDatabase } from './support/postgres.js';
import { waitFor } from './support/wait-for.js';

const ORIGIN = 'https://grafana.example.com';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

describe('what is true of every answer', () => {
  let test: TestDatabase;
  let api: TestApi;
  let based: TestApi;

  beforeAll(async () => {
    test = await createTestDatabase();
    await insertSource(test.database, { key: 'charts' });
    for (let number = 0; number < 20; number += 1)
      await insertJob(test.database, { source: 'charts', externalId: String(number) });
    api = await startApi(test.database);
    const config = testConfig([]);
    config.server.basePath = '/rollcall';
    config.server.cors = { origins: [ORIGIN] };
    based = await startApi(test.database, config);
  });
  afterAll(async () => {
    await api?.close();
    await based?.close();
    await test?.drop();
  });

  const every: [string, string][] = [
    ['GET', '/api/v1/jobs'],
    ['HEAD', '/api/v1/jobs'],
    ['OPTIONS', '/api/v1/jobs'],
    ['POST', '/api/v1/sources/charts/poll'],
    ['GET', '/api/v1/jobs?x=1'],
    ['GET', '/api/v1/jobs/%zz'],
    ['DELETE', '/api/v1/jobs'],
    ['GET', '/nowhere'],
    ['GET', '/health/live'],
    ['GET', '/docs'],
    ['GET', '/openapi.json'],
    ['GET', '/'],
  ];

  it.each(every)(
    '%s %s names its request, may not be stored for others, and is safe in a browser',
    async (method, url) => {
      const { headers } = await api.send(method, url, { headers: { 'x-request-id': 'made-up' } });
      expect(headers['x-request-id']).toMatch(UUID);
      expect(String(headers['cache-control'])).toMatch(/^(no-store|private, no-cache|public, max-age=0)$/);
      if (url === '/api/v1/jobs/%zz') return; // refused before any route or hook, as a problem document
      expect(headers['vary']).toEqual(expect.stringContaining('accept-encoding'));
      expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY' });
      expect(headers['content-security-policy']).toContain("default-src 'none'");
      expect(headers).not.toHaveProperty('access-control-allow-origin');
    },
  );

  it('gives a request the same id in the answer and in a 5xx document', async () => {
    await test.database.query('ALTER TABLE rollcall.reject RENAME TO reject_gone');
    const { headers, body } = await api.get('/api/v1/rejects');
    await test.database.query('ALTER TABLE rollcall.reject_gone RENAME TO reject');
    expect(headers['x-request-id']).toBe(body.requestId);
  });

  it('refuses a longer URL than arrives reliably', async () => {
    const { status, body } = await api.get(`/api/v1/jobs?q=${'x'.repeat(16_000)}`);
    expect([status, body.type]).toEqual([414, 'urn:rollcall:problem:uri-too-long']);
  });

  describe('OPTIONS', () => {
    it('names the methods of every route, and needs no token', async () => {
      const config = testConfig([]);
      config.server.auth = 'tokens';
      const closed = await startApi(test.database, config);
      const { body } = await closed.get('/openapi.json');
      for (const [path, operations] of Object.entries(body.paths as Record<string, object>)) {
        const methods = Object.keys(operations).map((method) => method.toUpperCase());
        const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].sort().join(', ');
        const url = path.replaceAll(/\{\w+\}/g, 'x');
        for (const one of [closed, based]) {
          const answer = await one.send('OPTIONS', one === based ? `/rollcall${url}` : url);
          expect([url, answer.status, answer.headers['allow'], answer.text]).toEqual([url, 204, allow, '']);
        }
      }
      await closed.close();
    });

    it('is 404 where there is nothing', async () => {
      expect((await api.send('OPTIONS', '/nowhere')).status).toBe(404);
    });
  });

  describe('compression', () => {
    const compressed = async (encoding: string, url = '/api/v1/jobs', headers = {}) =>
      api.app.inject({ method: 'GET', url, headers: { 'accept-encoding': encoding, ...headers } });

    it('is gzip for whoever takes it, of what is worth it', async () => {
      const plain = await compressed('identity');
      const answer = await compressed('gzip, deflate, br');
      expect([answer.headers['content-encoding'], plain.headers['content-encoding']]).toEqual([
        'gzip',
        undefined,
      ]);
      expect(answer.rawPayload.length).toBeLessThan(plain.rawPayload.length / 3);
      const read = (text: string) => (JSON.parse(text) as { data: unknown }).data;
      expect(read(gunzipSync(answer.rawPayload).toString())).toEqual(read(plain.payload));
      expect(answer.headers['etag']).toBe(plain.headers['etag']);
      expect((await compressed('gzip', '/health/live')).headers['content-encoding']).toBeUndefined();
      expect((await compressed('gzip', '/openapi.json')).headers['content-encoding']).toBe('gzip');
    });

    it('keeps the 304 of what the client has', async () => {
      const { headers } = await compressed('gzip');
      const again = await compressed('gzip', '/api/v1/jobs', { 'if-none-match': headers['etag'] });
      expect([again.statusCode, again.payload, again.headers['etag']]).toEqual([304, '', headers['etag']]);
      expect(again.headers['vary']).toBe(headers['vary']);
    });

    it('is not undone for bodies: what arrives compressed is no JSON', async () => {
      const { status } = await api.send('POST', '/api/v1/sources/charts/poll', {
        headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
        payload: Buffer.from('1f8b0800', 'hex'),
      });
      expect(status).toBe(400);
    });
  });

  describe('other origins', () => {
    const URL = '/rollcall/api/v1/jobs';

    it('that are configured may read, and see the headers that matter', async () => {
      const { headers } = await based.get(URL, { origin: ORIGIN });
      expect(headers['access-control-allow-origin']).toBe(ORIGIN);
      expect(headers).not.toHaveProperty('access-control-allow-credentials');
      expect(String(headers['access-control-expose-headers']).split(', ')).toEqual(
        expect.arrayContaining(['ETag', 'Link', 'RateLimit', 'Retry-After', 'X-Request-Id']),
      );
      expect(String(headers['vary']).split(', ')).toEqual(
        expect.arrayContaining(['Origin', 'Authorization']),
      );
      expect((await based.get(`${URL}?x=1`, { origin: ORIGIN })).headers['access-control-allow-origin']).toBe(
        ORIGIN,
      );
    });

    it('that are not may not', async () => {
      const { headers } = await based.get(URL, { origin: 'https://evil.example.com' });
      expect(headers).not.toHaveProperty('access-control-allow-origin');
      expect(headers['vary']).toEqual(expect.stringContaining('Origin'));
    });

    it('may ask before they send a token', async () => {
      const { status, headers } = await based.send('OPTIONS', '/rollcall/api/v1/sources/charts/poll', {
        headers: {
          origin: ORIGIN,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization',
        },
      });
      expect(status).toBe(204);
      expect(headers['access-control-allow-origin']).toBe(ORIGIN);
      expect(String(headers['access-control-allow-headers'])).toContain('Authorization');
      expect(String(headers['access-control-allow-methods'])).toContain('POST');
    });

    it('do not turn an unknown path into a wrong method', async () => {
      expect((await based.get('/rollcall/nowhere')).status).toBe(404);
    });
  });

  it('keeps to the base path: links, documentation, redirects', async () => {
    expect((await based.get('/rollcall')).text).toContain('"/rollcall/assets/');
    const { headers } = await based.get('/rollcall/api/v1/jobs?limit=1');
    for (const [, target] of String(headers['link']).matchAll(/<([^>]+)>/g)) {
      const { pathname, search } = new URL(target!, 'http://host/rollcall/api/v1/jobs');
      expect((await based.get(pathname + search)).status).toBe(200);
    }
    const page = await based.get('/rollcall/docs');
    const assets = [...page.text.matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, url]) => url!);
    expect(assets.length).toBeGreaterThan(3);
    for (const url of assets)
      expect((await based.get(new URL(url, 'http://host/rollcall/docs').pathname)).status).toBe(200);
    expect((await based.get('/rollcall/health/ready')).status).toBe(200);
    expect((await based.get('/rollcall/nowhere')).body.instance).toBe('/rollcall/nowhere');
  });
});

describe('a process that is told to stop', () => {
  let test: TestDatabase;
  let api: TestApi;
  let port: number;
  const agent = new Agent({ keepAlive: true });

  const get = (path: string, using: Agent | false = false) =>
    new Promise<{ status: number; headers: IncomingMessage['headers'] }>((resolve, reject) => {
      httpRequest({ port, host: '127.0.0.1', path, agent: using }, (response) => {
        response
          .resume()
          .on('end', () => resolve({ status: response.statusCode!, headers: response.headers }));
        response.on('error', reject);
      })
        .on('error', reject)
        .end();
    });
  const lockJobs = async () => {
    const client = await test.database.pool.connect();
    await client.query('BEGIN; LOCK TABLE rollcall.job IN ACCESS EXCLUSIVE MODE');
    return async () => {
      await client.query('ROLLBACK');
      client.release();
    };
  };
  const waiting = () =>
    waitFor(async () => {
      const rows = await test.database.query(
        "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'rollcall.job'::regclass",
      );
      return rows.length > 0;
    });
  const refusing = () =>
    waitFor(async () => {
      try {
        await get('/health/live');
        return false;
      } catch (error) {
        return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED';
      }
    });

  beforeEach(async () => {
    test = await createTestDatabase();
    await insertSource(test.database, { key: 'charts' });
    await insertJob(test.database, { source: 'charts', externalId: '1' });
    api = await startApi(test.database);
    await api.app.listen(0, '127.0.0.1');
    port = (api.app.getHttpServer().address() as AddressInfo).port;
  });
  afterEach(async () => {
    agent.destroy();
    await api?.close();
    await test?.drop();
  });

  it('says so at once, answers what still comes, and keeps no connection', async () => {
    expect((await get('/health/ready', agent)).headers['connection']).toBe('keep-alive');
    let goOn: () => void = () => undefined;
    const pause = () => new Promise<void>((resolve) => (goOn = resolve));
    const closed = closeGently(api.app, 30_000, { pause });
    const [ready, jobs] = [await get('/health/ready', agent), await get('/api/v1/jobs', agent)];
    expect([ready.status, ready.headers['connection']]).toEqual([503, 'close']);
    expect([jobs.status, jobs.headers['connection']]).toEqual([200, 'close']);
    goOn();
    await closed;
    await expect(get('/health/live')).rejects.toThrow('ECONNREFUSED');
  });

  it('ends what is under way before it goes', async () => {
    const unlock = await lockJobs();
    const slow = get('/api/v1/jobs');
    await waiting();
    const closed = closeGently(api.app, 0);
    await refusing();
    await unlock();
    expect((await slow).status).toBe(200);
    await closed;
  });

  it('does not wait for it without end', async () => {
    const unlock = await lockJobs();
    const slow = get('/api/v1/jobs');
    const outcome = expect(slow).rejects.toThrow('socket hang up');
    await waiting();
    await closeGently(api.app, 0, { longestMs: 50 });
    await outcome;
    await unlock();
  });
});
