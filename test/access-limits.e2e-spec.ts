import { Config } from '../src/config/config.js';
import { TokenStore } from '../src/storage/token.store.js';
import { TestApi, startApi } from './support/api.js';
import { testConfig } from './support/config.js';
import { insertSource } from './support/jobs.js';
import { TestDatabase, createTestDatabase } from './support/postgres.js';

const URL = '/api/v1/sources';

describe('how often may be asked', () => {
  let test: TestDatabase;
  let api: TestApi;
  const bearer: Record<string, string> = {};

  const limited = (over: Partial<Config['server']> = {}): Config => {
    const config = testConfig([]);
    config.server = {
      ...config.server,
      auth: 'tokens',
      rateLimit: { requests: 3, failures: 2, windowMs: 3_600_000 },
      ...over,
    };
    return config;
  };
  const start = async (over: Partial<Config['server']> = {}) => {
    await api?.close();
    api = await startApi(test.database, limited(over));
  };
  const as = (token: string, url = URL, headers: Record<string, string> = {}) =>
    api.get(url, { authorization: `Bearer ${bearer[token] ?? token}`, ...headers });
  const statuses = async (times: number, ask: () => Promise<{ status: number }>) => {
    const found: number[] = [];
    for (let time = 0; time < times; time += 1) found.push((await ask()).status);
    return found;
  };

  beforeAll(async () => {
    test = await createTestDatabase();
    await insertSource(test.database, { key: 'charts' });
    const tokens = new TokenStore(test.database);
    for (const name of ['ann', 'ben'])
      bearer[name] = (
        await tokens.create({ name, scopes: ['sources:read'], sources: null, expiresAt: null })
      ).token;
  });
  beforeEach(() => start());
  afterAll(async () => {
    await api?.close();
    await test?.drop();
  });

  it('says on every answer how much is left, and refuses what is beyond with Retry-After', async () => {
    const first = await as('ann');
    expect([first.status, first.headers['ratelimit-policy'], first.headers['ratelimit']]).toEqual([
      200,
      '"token";q=3;w=3600',
      '"token";r=2;t=3600',
    ]);
    expect(await statuses(2, () => as('ann'))).toEqual([200, 200]);
    const refused = await as('ann');
    expect([refused.status, refused.body]).toEqual([
      429,
      {
        type: 'urn:rollcall:problem:too-many-requests',
        title: 'Too many requests',
        status: 429,
        detail: 'A token may ask 3 times in 3600 seconds.',
        instance: URL,
      },
    ]);
    expect(refused.headers['ratelimit']).toMatch(/^"token";r=0;t=3\d{3}$/);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(3_500);
    expect((await as('ben')).status).toBe(200);
  });

  it('counts a token over all routes, what it may not do and 304s with the rest', async () => {
    const { headers } = await as('ann');
    expect((await as('ann', URL, { 'if-none-match': String(headers['etag']) })).status).toBe(304);
    expect((await as('ann', '/api/v1/jobs')).status).toBe(403);
    expect((await as('ann', '/api/v1/sources/charts')).status).toBe(429);
  });

  it('slows down whoever sends wrong tokens, before looking one up', async () => {
    const guess = await as('rc_guess');
    expect([guess.status, guess.headers['ratelimit']]).toEqual([401, '"address";r=1;t=3600']);
    expect((await as('rc_another')).status).toBe(401);
    const queries = jest.spyOn(test.database, 'query');
    const refused = await as('rc_other');
    expect([refused.status, refused.body.type]).toEqual([429, 'urn:rollcall:problem:too-many-requests']);
    expect(refused.headers['retry-after']).toMatch(/^\d+$/);
    expect(queries).not.toHaveBeenCalled();
    queries.mockRestore();
  });

  it.each([
    ['no token', {}, 'Bearer'],
    ['nothing that could be one', { authorization: 'Basic abc' }, 'Bearer error="invalid_token"'],
  ])('never counts requests with %s: they guess nothing', async (_, headers, challenge) => {
    const ask = () => api.get(URL, headers as Record<string, string>);
    expect(await statuses(5, ask)).toEqual(Array(5).fill(401));
    expect(await statuses(3, () => as('rc_guess'))).toEqual([401, 401, 429]);
    const answer = await ask();
    expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, challenge]);
    expect(answer.headers).not.toHaveProperty('ratelimit');
  });

  it('counts guesses that come at the same time', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, (_, index) => as(`rc_guess_${index}`)));
    expect(answers.map(({ status }) => status).sort()).toEqual([401, 401, ...Array<number>(8).fill(429)]);
  });

  it('lets a token through that was valid lately, whatever its neighbours do, but no longer when it was revoked', async () => {
    expect((await as('ann')).status).toBe(200);
    expect(await statuses(3, () => as('rc_guess'))).toEqual([401, 401, 429]);
    expect((await as('ann')).status).toBe(200);
    expect((await as('ben')).status).toBe(429);
    const tokens = new TokenStore(test.database);
    const { token } = await tokens.create({
      name: 'eve',
      scopes: ['sources:read'],
      sources: null,
      expiresAt: null,
    });
    await start();
    expect((await as(token)).status).toBe(200);
    await tokens.revoke('eve');
    expect(await statuses(4, () => as(token))).toEqual([401, 401, 401, 429]);
  });

  it('does not count a valid token as a guess', async () => {
    expect(await statuses(3, () => as('ann'))).toEqual([200, 200, 200]);
    expect(await statuses(3, () => as('rc_guess'))).toEqual([401, 401, 429]);
  });

  it('takes the address from a proxy only when it is told to, and never what is no address', async () => {
    const from = (address: string) => as('rc_guess', URL, { 'x-forwarded-for': address });
    expect(
      [await from('10.0.0.1'), await from('10.0.0.2'), await from('10.0.0.3')].map((a) => a.status),
    ).toEqual([401, 401, 429]);
    await start({ trustProxy: true });
    for (const address of ['10.0.0.1', '10.0.0.2', '2001:db8::1'])
      expect([address, await statuses(3, () => from(address))]).toEqual([address, [401, 401, 429]]);
    // one network of 64 bits is one client
    expect((await from('2001:db8::2')).status).toBe(429);
    expect((await from('2001:db8:0:1::1')).status).toBe(401);
    // made up: it counts for the connection
    expect([await from('a'), await from('b'), await from('c')].map((a) => a.status)).toEqual([401, 401, 429]);
    await start({ trustProxy: ['192.0.2.0/24'] });
    expect(
      [await from('10.0.0.1'), await from('10.0.0.2'), await from('10.0.0.3')].map((a) => a.status),
    ).toEqual([401, 401, 429]);
    await start({ trustProxy: ['127.0.0.0/8'] });
    expect(
      [await from('10.0.0.1'), await from('10.0.0.2'), await from('10.0.0.3')].map((a) => a.status),
    ).toEqual([401, 401, 401]);
  });

  it('limits neither health nor whoever asks where nobody is asked for a token', async () => {
    expect(await statuses(3, () => as('rc_guess'))).toEqual([401, 401, 429]);
    expect(await statuses(5, () => api.get('/health/live'))).toEqual(Array(5).fill(200));
    await start({ auth: 'none' });
    expect(await statuses(8, () => api.get(URL))).toEqual(Array(8).fill(200));
    expect((await api.get(URL)).headers).not.toHaveProperty('ratelimit');
  });
});
