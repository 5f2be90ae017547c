import { createServer, Server } from 'node:http';
import { AddressInfo } from 'node:net';
import { CryptoKey, exportJWK, generateKeyPair, JWK, SignJWT, UnsecuredJWT } from 'jose';
import { OidcConfig } from '../src/config/config.js';
import { TestApi, startApi } from './support/api.js';
import { testConfig } from './support/config.js';
import { insertJob, insertSource } from './support/jobs.js';
import { TestDatabase, createTestDatabase } from './support/postgres.js';

/** An identity provider on loopback, whose answers a test may spoil. */
interface Provider {
  issuer: string;
  keys: JWK[];
  /** Paths that were asked for. */
  asked: string[];
  spoil: { discovery?: object | number; keys?: number };
  close(): Promise<void>;
}

async function startProvider(): Promise<Provider> {
  const provider: Provider = { issuer: '', keys: [], asked: [], spoil: {}, close: () => Promise.resolve() };
  const server: Server = createServer((request, response) => {
    provider.asked.push(request.url!);
    const send = (answer: object | number) => {
      response.statusCode = typeof answer === 'number' ? answer : 200;
      response.end(typeof answer === 'number' ? 'no' : JSON.stringify(answer));
    };
    if (request.url === '/.well-known/openid-configuration')
      send(provider.spoil.discovery ?? { issuer: provider.issuer, jwks_uri: `${provider.issuer}/keys` });
    else if (request.url === '/keys') send(provider.spoil.keys ?? { keys: provider.keys });
    else send(404);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  provider.issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  provider.close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return provider;
}

describe('tokens of an identity provider', () => {
  let test: TestDatabase;
  let provider: Provider;
  let api: TestApi;
  let key: CryptoKey;
  let stranger: CryptoKey;

  const addKey = async (kid: string): Promise<CryptoKey> => {
    const pair = await generateKeyPair('ES256', { extractable: true });
    provider.keys.push({ ...(await exportJWK(pair.publicKey)), kid, alg: 'ES256', use: 'sig' });
    return pair.privateKey;
  };
  const sign = (claims: Record<string, unknown> = {}, { by = key, kid = 'one' } = {}): Promise<string> =>
    new SignJWT({
      iss: provider.issuer,
      aud: 'rollcall',
      sub: 'ann',
      scope: 'openid jobs:read',
      exp: Math.floor(Date.now() / 1_000) + 600,
      ...claims,
    })
      .setProtectedHeader({ alg: 'ES256', kid })
      .sign(by);
  const ask = (token: string, url = '/api/v1/jobs') => api.get(url, { authorization: `Bearer ${token}` });
  const start = async (over: Partial<OidcConfig> = {}) => {
    await api?.close();
    const config = testConfig([]);
    config.server.auth = 'tokens';
    config.server.oidc = {
      issuer: provider.issuer,
      audience: 'rollcall',
      jwksUri: null,
      algorithms: ['ES256'],
      nameClaim: 'sub',
      scopesClaim: 'scope',
      sourcesClaim: null,
      roles: { 'on-call': ['jobs:read', 'sources:act'] },
      clockToleranceMs: 30_000,
      ...over,
    };
    api = await startApi(test.database, config);
  };

  beforeAll(async () => {
    test = await createTestDatabase();
    for (const source of ['charts', 'vault']) {
      await insertSource(test.database, { key: source });
      await insertJob(test.database, { source, externalId: '1' });
    }
    stranger = (await generateKeyPair('ES256')).privateKey;
  });
  beforeEach(async () => {
    await provider?.close();
    provider = await startProvider();
    key = await addKey('one');
    await start();
  });
  afterAll(async () => {
    await api?.close();
    await provider?.close();
    await test?.drop();
  });

  it('are accepted by the keys that the issuer names, asked for once', async () => {
    for (let time = 0; time < 3; time += 1) expect((await ask(await sign())).status).toBe(200);
    expect(provider.asked).toEqual(['/.well-known/openid-configuration', '/keys']);
  });

  it('need no discovery where the keys are configured', async () => {
    await start({ jwksUri: `${provider.issuer}/keys` });
    expect((await ask(await sign())).status).toBe(200);
    expect(provider.asked).toEqual(['/keys']);
  });

  it('may do what their claims say, and see what they say', async () => {
    await start({ sourcesClaim: 'https://example.com/sources' });
    const sources = (list: unknown) => sign({ 'https://example.com/sources': list });
    const seen = async (token: string) =>
      ((await ask(token)).body.data as { source: string }[]).map(({ source }) => source).sort();
    expect(await seen(await sources(['charts']))).toEqual(['charts']);
    expect(await seen(await sources('*'))).toEqual(['charts', 'vault']);
    expect(await seen(await sign())).toEqual([]);
    expect((await ask(await sources(['charts']), '/api/v1/sources')).status).toBe(403);
    const act = (token: string, source: string) =>
      api.send('POST', `/api/v1/sources/${source}/poll`, { headers: { authorization: `Bearer ${token}` } });
    const onCall = await sign({ scope: 'on-call', 'https://example.com/sources': ['charts'] });
    expect([(await act(onCall, 'charts')).status, (await act(onCall, 'vault')).status]).toEqual([202, 404]);
    const [entry] = await test.database.query<{ actor: string }>(
      "SELECT actor FROM rollcall.audit WHERE kind = 'act' ORDER BY at LIMIT 1",
    );
    expect(entry!.actor).toBe('oidc:ann');
  });

  it('are limited one by one, by whom they name', async () => {
    const config = testConfig([]);
    config.server.auth = 'tokens';
    await start();
    const first = await ask(await sign());
    const again = await ask(await sign({ jti: 'another' }));
    const other = await ask(await sign({ sub: 'ben' }));
    const left = [first, again, other].map(({ headers }) => /r=(\d+)/.exec(String(headers['ratelimit']))![1]);
    expect(left).toEqual(['999999999', '999999998', '999999999']);
  });

  const now = () => Math.floor(Date.now() / 1_000);
  it.each<[string, () => Promise<string> | string]>([
    ['of another audience', () => sign({ aud: 'else' })],
    ['of no audience', () => sign({ aud: undefined })],
    ['of another issuer', () => sign({ iss: 'https://id.example.com' })],
    ['that expired', () => sign({ exp: now() - 31 })],
    ['that never expire', () => sign({ exp: undefined })],
    ['that are not valid yet', () => sign({ nbf: now() + 60 })],
    ['signed by a stranger', () => sign({}, { by: stranger })],
    ['of an unknown key', () => sign({}, { kid: 'two' })],
    ['that name nobody', () => sign({ sub: undefined })],
    ['that name nothing writable', () => sign({ sub: 'a\0b' })],
    ['without a signature', () => new UnsecuredJWT({ iss: provider.issuer, aud: 'rollcall' }).encode()],
    ['signed with a shared secret', () => hmac()],
    ['with broken JSON', () => 'e30.e30.e30'],
    ['that are cut', async () => (await sign()).slice(0, -2)],
  ])('%s are refused like any other invalid token', async (_, make) => {
    const answer = await ask(await make());
    expect([answer.status, answer.headers['www-authenticate'], answer.body.detail]).toEqual([
      401,
      'Bearer error="invalid_token"',
      'The token is unknown, expired or revoked.',
    ]);
  });

  /** The classic confusion: the public key, which everybody knows, taken for a secret. */
  function hmac(): Promise<string> {
    const secret = new TextEncoder().encode(JSON.stringify(provider.keys[0]));
    return new SignJWT({ iss: provider.issuer, aud: 'rollcall', sub: 'ann', exp: now() + 60 })
      .setProtectedHeader({ alg: 'HS256', kid: 'one' })
      .sign(secret);
  }

  it('may be off by the tolerance', async () => {
    expect((await ask(await sign({ exp: now() - 10, nbf: now() + 10 }))).status).toBe(200);
  });

  it('never make us ask the provider when they are not even said to be its own', async () => {
    expect((await ask(await sign({ iss: 'https://id.example.com' }))).status).toBe(401);
    expect((await ask('a.b.c')).status).toBe(401);
    expect(provider.asked).toEqual([]);
  });

  it('of a new key are accepted once the keys may be asked for again', async () => {
    expect((await ask(await sign())).status).toBe(200);
    const next = await addKey('two');
    expect((await ask(await sign({}, { by: next, kid: 'two' }))).status).toBe(401);
    expect(provider.asked).toHaveLength(2);
    const later = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 31_000);
    const rotated = await ask(await sign({}, { by: next, kid: 'two' }));
    later.mockRestore();
    expect([rotated.status, provider.asked.length]).toEqual([200, 3]);
  });

  it.each<[string, () => void]>([
    ['discovery fails', () => (provider.spoil.discovery = 500)],
    [
      'discovery is of another issuer',
      () => (provider.spoil.discovery = { issuer: 'https://id.example.com' }),
    ],
    ['discovery names no keys', () => (provider.spoil.discovery = { issuer: provider.issuer })],
    [
      'discovery leads elsewhere',
      () => (provider.spoil.discovery = { issuer: provider.issuer, jwks_uri: 'file:///etc/passwd' }),
    ],
    ['the keys fail', () => (provider.spoil.keys = 503)],
  ])('are 503 when %s: nothing can be said of them', async (_, spoil) => {
    spoil();
    const token = await sign();
    const answer = await ask(token);
    expect([answer.status, answer.body.type, answer.headers['retry-after']]).toEqual([
      503,
      'urn:rollcall:problem:identity-unavailable',
      '5',
    ]);
    expect(answer.text).not.toContain('127.0.0.1');
    const asked = provider.asked.length;
    expect((await ask(token)).status).toBe(503);
    expect(provider.asked).toHaveLength(asked);
    provider.spoil = {};
    const later = jest.spyOn(performance, 'now').mockReturnValue(performance.now() + 5_001);
    expect((await ask(token)).status).toBe(200);
    later.mockRestore();
  });

  it('are 503 when the provider is not there, while other tokens work', async () => {
    await start({ issuer: 'http://127.0.0.1:1' });
    const token = await sign({ iss: 'http://127.0.0.1:1' });
    expect((await ask(token)).status).toBe(503);
    expect((await ask('rc_wrong')).status).toBe(401);
  });

  it('mean nothing where no provider is configured', async () => {
    await api.close();
    const config = testConfig([]);
    config.server.auth = 'tokens';
    api = await startApi(test.database, config);
    expect((await ask(await sign())).status).toBe(401);
    expect(provider.asked).toEqual([]);
  });
});
