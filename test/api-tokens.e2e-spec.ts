import { READ_SCOPES, SCOPES, Scope } from '../src/config/config.js';
import { fromPg } from '../src/storage/pg-time.js';
import { TokenStore } from '../src/storage/token.store.js';
import { Answer, TestApi, startApi } from './support/api.js';
import { testConfig } from './support/config.js';
import { insertSource } from './support/jobs.js';
import { TestDatabase, createTestDatabase } from './support/postgres.js';

const URL = '/api/v1/tokens';

describe('tokens over the API', () => {
  let test: TestDatabase;
  let api: TestApi;
  let other: TestApi;
  let tokens: TokenStore;
  const bearer: Record<string, string> = {};

  const seed = async (name: string, scopes: readonly Scope[], sources: string[] | null, expiresAt?: Date) => {
    const made = await tokens.create({ name, scopes, sources, expiresAt: expiresAt ?? null });
    bearer[name] = made.token;
  };
  const send = (as: string, method: string, url: string, payload?: object): Promise<Answer> =>
    api.send(method, url, {
      headers: { authorization: `Bearer ${bearer[as] ?? as}` },
      ...(payload ? { payload } : {}),
    });
  const create = (as: string, body: object) => send(as, 'POST', URL, body);
  const names = async (as: string, search = '') =>
    ((await send(as, 'GET', `${URL}${search}`)).body.data as { name: string }[]).map(({ name }) => name);

  beforeAll(async () => {
    test = await createTestDatabase();
    tokens = new TokenStore(test.database);
    for (const key of ['charts', 'store', 'vault']) await insertSource(test.database, { key });
    await seed('admin', SCOPES, null);
    await seed('charts-admin', SCOPES, ['charts', 'store']);
    await seed('issuer', ['tokens:manage', 'jobs:read'], null);
    await seed('porter', ['tokens:manage'], null);
    await seed('brief', SCOPES, null, new Date(Date.now() + 3_600_000));
    const config = testConfig([]);
    config.server.auth = 'tokens';
    config.server.tokens = [
      { name: 'declared', hash: Buffer.alloc(32), scopes: ['jobs:read'], sources: null },
    ];
    api = await startApi(test.database, config);
    other = await startApi(test.database, config);
  });
  afterAll(async () => {
    await api?.close();
    await other?.close();
    await test?.drop();
  });

  it('makes a token, shows it this once, and keeps its hash only', async () => {
    const made = await create('admin', {
      name: 'ops',
      scopes: ['jobs:read', 'jobs:act', 'jobs:read'],
      sources: ['charts'],
      expiresAt: '2100-01-01T00:00:00+02:00',
    });
    expect([made.status, made.headers['cache-control']]).toEqual([201, 'no-store']);
    expect(made.body).toEqual({
      name: 'ops',
      token: expect.stringMatching(/^rc_[\w-]{43}$/),
      scopes: ['jobs:read', 'jobs:act'],
      sources: ['charts'],
      expiresAt: '2099-12-31T22:00:00.000Z',
    });
    const listed = await send('admin', 'GET', URL);
    expect(listed.body.data).toContainEqual({
      name: 'ops',
      scopes: ['jobs:read', 'jobs:act'],
      sources: ['charts'],
      createdAt: expect.any(String),
      expiresAt: '2099-12-31T22:00:00.000Z',
      lastUsedAt: null,
      revokedAt: null,
    });
    const token = made.body.token as string;
    expect(listed.text).not.toContain(token.slice(3));
    const [row] = await test.database.query<{ text: string }>(
      "SELECT token::text AS text FROM rollcall.token WHERE name = 'ops'",
    );
    expect(row!.text).not.toContain(token.slice(3));
    const used = await other.get('/api/v1/jobs', { authorization: `Bearer ${token}` });
    expect([used.status, used.body.coverage.sources]).toEqual([200, 1]);
  });

  it('gives by default the read scopes, the sources and the end of the token that asks', async () => {
    expect((await create('admin', { name: 'by-default' })).body).toMatchObject({
      scopes: [...READ_SCOPES],
      sources: null,
      expiresAt: null,
    });
    expect((await create('issuer', { name: 'reader' })).body.scopes).toEqual(['jobs:read']);
    expect((await create('charts-admin', { name: 'limited' })).body.sources).toEqual(['charts', 'store']);
    const [stored] = (await tokens.list()).filter(({ name }) => name === 'brief');
    expect(Date.parse((await create('brief', { name: 'as-brief' })).body.expiresAt)).toBe(
      fromPg(stored!.expiresAt!),
    );
  });

  it('never gives what the token that asks lacks', async () => {
    const scope = await create('issuer', { name: 'more', scopes: ['jobs:read', 'jobs:act', 'audit:read'] });
    expect([scope.status, scope.body.detail]).toEqual([
      403,
      'The token cannot give what it lacks: jobs:act, audit:read.',
    ]);
    for (const key of ['vault', 'nowhere']) {
      const source = await create('charts-admin', { name: 'more', sources: ['charts', key] });
      expect([source.status, source.body.errors]).toEqual([
        400,
        [{ pointer: '#/sources/1', detail: `"${key}" is the key of no source` }],
      ]);
    }
    const longer = await create('brief', { name: 'more', expiresAt: '2100-01-01T00:00:00Z' });
    expect([longer.status, longer.body.errors[0].pointer]).toEqual([400, '#/expiresAt']);
    const nothing = await create('porter', { name: 'more' });
    expect([nothing.status, nothing.body.errors[0].pointer]).toEqual([400, '#/scopes']);
    expect(await names('admin')).not.toContain('more');
  });

  it('names every fault of a body', async () => {
    const faulty = await create('admin', {
      name: 'a\nb',
      scopes: ['jobs:raed'],
      sources: [],
      expiresAt: '2020-01-01T00:00:00Z',
      scope: 'jobs:read',
    });
    expect(faulty.status).toBe(400);
    expect(faulty.body.errors).toEqual(
      expect.arrayContaining([
        { pointer: '#/name', detail: expect.stringContaining('1 to 100 characters') },
        { pointer: '#/scopes', detail: '"jobs:raed" is no scope; did you mean jobs:read?' },
        { pointer: '#/sources', detail: expect.stringContaining('list') },
        { pointer: '#/expiresAt', detail: expect.stringContaining('future') },
        { pointer: '#/scope', detail: 'is unknown; did you mean "scopes"?' },
      ]),
    );
    expect(faulty.body.errors).toHaveLength(5);
  });

  it.each([{}, [], 'text', 7, null, { name: 7 }, { name: 'x'.repeat(101) }, { name: '..' }, { name: '\0' }])(
    'refuses the body %j',
    async (body) => {
      const answer = await api.send('POST', URL, {
        headers: { authorization: `Bearer ${bearer['admin']}`, 'content-type': 'application/json' },
        payload: JSON.stringify(body),
      });
      expect([answer.status, answer.body.type]).toEqual([400, 'urn:rollcall:problem:invalid-request']);
    },
  );

  it('takes a name once, until it is revoked, and none that the configuration declares', async () => {
    expect((await create('admin', { name: 'once' })).status).toBe(201);
    const again = await create('admin', { name: 'once' });
    expect([again.status, again.body.type]).toEqual([409, 'urn:rollcall:problem:conflict']);
    expect((await create('admin', { name: 'declared' })).status).toBe(409);
    expect((await send('admin', 'DELETE', `${URL}/once`)).status).toBe(204);
    expect((await create('admin', { name: 'once' })).status).toBe(201);
  });

  it('revokes at once, in every process', async () => {
    const { token } = (await create('admin', { name: 'doomed' })).body as { token: string };
    const asked = () =>
      Promise.all([api, other].map((one) => one.get('/api/v1/jobs', { authorization: `Bearer ${token}` })));
    expect((await asked()).map(({ status }) => status)).toEqual([200, 200]);
    const revoked = await send('admin', 'DELETE', `${URL}/doomed`);
    expect([revoked.status, revoked.text]).toEqual([204, '']);
    expect((await asked()).map(({ status }) => status)).toEqual([401, 401]);
    expect((await send('admin', 'DELETE', `${URL}/doomed`)).status).toBe(404);
    const list = (await send('admin', 'GET', URL)).body.data as { name: string; revokedAt: string | null }[];
    expect(list.find(({ name }) => name === 'doomed')!.revokedAt).toEqual(expect.any(String));
  });

  it.each(['a/b', 'ü 🎉', '%', 'x'.repeat(100), 'a?b#c'])('finds the token named %s again', async (name) => {
    expect((await create('admin', { name })).status).toBe(201);
    expect((await send('admin', 'DELETE', `${URL}/${encodeURIComponent(name)}`)).status).toBe(204);
  });

  it('lists and revokes only what the token that asks could have made', async () => {
    expect(await names('issuer')).not.toContain('admin');
    expect(await names('issuer')).toEqual(expect.arrayContaining(['issuer', 'porter', 'reader']));
    expect(await names('charts-admin')).toEqual(expect.arrayContaining(['charts-admin', 'limited', 'ops']));
    expect(await names('charts-admin')).not.toContain('porter');
    for (const name of ['admin', 'nobody', '%00'])
      expect((await send('issuer', 'DELETE', `${URL}/${name}`)).status).toBe(404);
    expect((await send('admin', 'GET', '/api/v1/jobs')).status).toBe(200);
  });

  it('pages by name, back and forth', async () => {
    const all = await names('admin', '?limit=500');
    const walked: string[] = [];
    let search: string | null = '?limit=3';
    let last: Answer;
    do {
      last = await send('admin', 'GET', `${URL}${search}`);
      walked.push(...(last.body.data as { name: string }[]).map(({ name }) => name));
      search = last.body.page.next && `?limit=3&cursor=${last.body.page.next}`;
    } while (search !== null);
    expect(walked).toEqual(all);
    const back = await send('admin', 'GET', `${URL}?limit=3&cursor=${last.body.page.prev}`);
    expect((back.body.data as { name: string }[]).map(({ name }) => name)).toEqual(
      all.slice(all.length - (all.length % 3 || 3) - 3, all.length - (all.length % 3 || 3)),
    );
    const elsewhere = await send('issuer', 'GET', `${URL}?cursor=${last.body.page.prev}`);
    expect(elsewhere.body.type).toBe('urn:rollcall:problem:cursor-mismatch');
  });

  it('lets nobody manage tokens where nobody is asked for one', async () => {
    const open = await startApi(test.database);
    const made = await open.send('POST', URL, { payload: { name: 'gift' } });
    const revoked = await open.send('DELETE', `${URL}/admin`);
    expect([made.status, revoked.status]).toEqual([409, 409]);
    expect(made.body.detail).toContain('rollcall token');
    expect((await open.get(URL)).status).toBe(200);
    await open.close();
    expect(await names('admin')).not.toContain('gift');
  });
});
