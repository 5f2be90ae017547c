import { createHash } from 'node:crypto';
import { AddressInfo } from 'node:net';
import { Scope, SCOPES } from '../src/config/config.js';
import { parseConfig } from '../src/config/load-config.js';
import { TokenNameTakenError, TokenStore } from '../src/storage/token.store.js';
import { TestApi, startApi } from './support/api.js';
import { testConfig } from './support/config.js';
import { insertJob, insertSource } from './support/jobs.js';
import { TestDatabase, createTestDatabase } from './support/postgres.js';

const DECLARED = 'a declared token is at least thirty-two characters'.replaceAll(' ', '-');

describe('who may see what', () => {
  let test: TestDatabase;
  let api: TestApi;
  let tokens: TokenStore;
  let seen: string;
  let hidden: string;
  const bearer: Record<string, string> = {};

  const make = async (
    name: string,
    scopes: readonly Scope[],
    sources: string[] | null = null,
    expiresAt: Date | null = null,
  ) => {
    bearer[name] = (await tokens.create({ name, scopes, sources, expiresAt })).token;
  };
  const as = (name: string, url: string, method = 'GET') =>
    api.send(method, url, { headers: { authorization: `Bearer ${bearer[name]}` } });

  beforeAll(async () => {
    test = await createTestDatabase();
    tokens = new TokenStore(test.database);
    await insertSource(test.database, { key: 'charts' });
    await insertSource(test.database, {
      key: 'vault',
      platform: 'veeva-vault',
      health: 'failing',
      healthReason: 'authentication',
    });
    seen = await insertJob(test.database, { source: 'charts', externalId: '1' });
    hidden = await insertJob(test.database, { source: 'vault', externalId: '1', platform: 'veeva-vault' });
    for (const source of ['charts', 'vault']) {
      await test.database.query(
        `INSERT INTO rollcall.reject (source_key, digest, reasons, first_seen_at, last_seen_at, payload)
         VALUES ($1, '\\x01', '{no id}', now(), now(), '{"a": ')`,
        [source],
      );
    }
    await make('all', SCOPES);
    await make('charts-only', SCOPES, ['charts']);
    await make('charts-again', SCOPES, ['charts']);
    bearer['declared'] = DECLARED;
    const config = testConfig([]);
    config.server.auth = 'tokens';
    config.server.tokens = [
      {
        name: 'ops',
        hash: createHash('sha256').update(DECLARED).digest(),
        scopes: ['jobs:read'],
        sources: ['vault'],
      },
    ];
    api = await startApi(test.database, config);
  });
  afterAll(async () => {
    await api?.close();
    await test?.drop();
  });

  // every route with every kind of token: access-matrix.e2e-spec.ts
  it.each(['Basic abc', 'Bearer', 'Bearer a b', 'bearer', 'Bearer t\u00f6ken', ''])(
    'refuses the header %j',
    async (authorization) => {
      const { status, headers } = await api.get('/api/v1/jobs', { authorization });
      expect([status, headers['www-authenticate']]).toEqual([401, 'Bearer error="invalid_token"']);
    },
  );

  it('takes a declared token of every character that the configuration accepts', async () => {
    const value = String.fromCharCode(...Array.from({ length: 0x7e - 0x20 }, (_, index) => 0x21 + index));
    const text = `server: { tokens: [{ name: odd, value: ${JSON.stringify(value)} }] }`;
    const config = testConfig([]);
    config.server.auth = 'tokens';
    config.server.tokens = parseConfig(text, 'rollcall.yaml', {}, () => '').server.tokens;
    const listening = await startApi(test.database, config);
    try {
      await listening.app.listen(0, '127.0.0.1');
      const { port } = listening.app.getHttpServer().address() as AddressInfo;
      const ask = async (token: string) => {
        const headers = { authorization: `Bearer ${token}` };
        return (await fetch(`http://127.0.0.1:${port}/api/v1/jobs`, { headers })).status;
      };
      expect([await ask(value), await ask(value.slice(1))]).toEqual([200, 401]);
    } finally {
      await listening.close();
    }
  });

  it('shows a token only its sources, everywhere', async () => {
    const sources = async (name: string, url: string, key: string) =>
      ((await as(name, url)).body.data as Record<string, string>[]).map((row) => row[key]);
    expect(await sources('charts-only', '/api/v1/jobs', 'source')).toEqual(['charts']);
    expect(await sources('charts-only', '/api/v1/jobs?source=vault', 'source')).toEqual([]);
    expect(await sources('charts-only', `/api/v1/jobs?id=${hidden},${seen}`, 'source')).toEqual(['charts']);
    expect(await sources('charts-only', '/api/v1/sources', 'key')).toEqual(['charts']);
    expect(await sources('charts-only', '/api/v1/rejects', 'source')).toEqual(['charts']);
    expect(await sources('charts-only', '/api/v1/rejects?source=vault', 'source')).toEqual([]);
    expect(await sources('declared', '/api/v1/jobs', 'source')).toEqual(['vault']);
    for (const kind of ['exact', 'estimated']) {
      const { body } = await as('charts-only', `/api/v1/jobs?source=vault&count=${kind}`);
      expect([body.page.totalKind, kind === 'exact' ? body.page.total : 0]).toEqual([kind, 0]);
    }
    const { coverage } = (await as('charts-only', '/api/v1/jobs')).body;
    expect([coverage.sources, coverage.healthy, coverage.degraded]).toEqual([1, 1, []]);
    expect((await as('all', '/api/v1/jobs')).body.coverage.degraded).toMatchObject([{ source: 'vault' }]);
  });

  it('keeps a cursor for a rotated token with the same sources, and for no other set of sources', async () => {
    await insertJob(test.database, { source: 'charts', externalId: '2' });
    const { body } = await as('charts-only', '/api/v1/jobs?limit=1');
    const url = `/api/v1/jobs?limit=1&cursor=${body.page.next}`;
    expect((await as('charts-again', url)).status).toBe(200);
    expect((await as('all', url)).body.type).toBe('urn:rollcall:problem:cursor-mismatch');
    expect((await as('declared', url)).body.type).toBe('urn:rollcall:problem:cursor-mismatch');
  });

  it('shows a reject whose record was cut as text', async () => {
    expect((await as('charts-only', '/api/v1/rejects')).body.data).toEqual([
      {
        id: expect.any(String),
        source: 'charts',
        externalId: null,
        reasons: ['no id'],
        firstSeenAt: expect.any(String),
        lastSeenAt: expect.any(String),
        count: 1,
        payload: '{"a": ',
      },
    ]);
  });

  describe('a poll asked for by hand', () => {
    const asked = () =>
      test.database.query<{ requested: string; due: boolean }>(
        "SELECT requested_poll AS requested, next_poll_at <= now() AS due FROM rollcall.source WHERE key = 'charts'",
      );

    it('makes the source due; a sweep stays asked for', async () => {
      await test.database.query(
        "UPDATE rollcall.source SET requested_poll = NULL, next_poll_at = now() + interval '1 hour'",
      );
      const first = await as('all', '/api/v1/sources/charts/poll', 'POST');
      expect([first.status, first.body]).toEqual([202, { source: 'charts', poll: 'incremental' }]);
      expect(await asked()).toEqual([{ requested: 'incremental', due: true }]);
      expect((await as('all', '/api/v1/sources/charts/poll?sweep=true', 'POST')).body.poll).toBe('sweep');
      expect((await as('all', '/api/v1/sources/charts/poll?sweep=false', 'POST')).body.poll).toBe('sweep');
      expect(await asked()).toEqual([{ requested: 'sweep', due: true }]);
      expect((await as('all', '/api/v1/sources/charts/poll?sweep=yes', 'POST')).status).toBe(400);
    });

    it('takes no fields: what is asked for stands in the query', async () => {
      await test.database.query('UPDATE rollcall.source SET requested_poll = NULL');
      const send = (payload: object) =>
        api.send('POST', '/api/v1/sources/charts/poll', {
          headers: { authorization: `Bearer ${bearer['all']}` },
          payload,
        });
      const refused = await send({ sweep: true });
      expect([refused.status, refused.body.errors]).toEqual([
        400,
        [{ pointer: '#/sweep', detail: 'is unknown: this takes no fields' }],
      ]);
      expect(await asked()).toMatchObject([{ requested: null }]);
      expect((await send({})).status).toBe(202);
    });

    it.each([
      ['retired', 'retired_at = now()'],
      ['disabled', 'enabled = false'],
      ['paused', 'paused_at = now()'],
    ])('is refused for a %s source', async (word, change) => {
      await test.database.query(`UPDATE rollcall.source SET ${change} WHERE key = 'charts'`);
      const answer = await as('all', '/api/v1/sources/charts/poll', 'POST');
      expect([answer.status, answer.body.detail]).toEqual([
        409,
        `The source charts is ${word}: nobody polls it.`,
      ]);
      await test.database.query(
        "UPDATE rollcall.source SET retired_at = NULL, enabled = true, paused_at = NULL WHERE key = 'charts'",
      );
    });
  });

  describe('the store of tokens', () => {
    it('keeps a hash only, and gives out 256 bits', async () => {
      expect(bearer['all']).toMatch(/^rc_[A-Za-z0-9_-]{43}$/);
      const rows = await test.database.query<{ text: string }>(
        'SELECT token::text AS text FROM rollcall.token',
      );
      for (const { text } of rows)
        for (const token of Object.values(bearer)) expect(text).not.toContain(token.slice(3));
    });

    it('revokes with the next request, and gives the name free', async () => {
      await make('brief', SCOPES);
      expect((await as('brief', '/api/v1/jobs')).status).toBe(200);
      await expect(make('brief', SCOPES)).rejects.toThrow(TokenNameTakenError);
      expect([
        await tokens.revoke('brief'),
        await tokens.revoke('brief'),
        await tokens.revoke('none'),
      ]).toEqual([true, false, false]);
      expect((await as('brief', '/api/v1/jobs')).status).toBe(401);
      await make('brief', ['jobs:read']);
      expect((await as('brief', '/api/v1/jobs')).status).toBe(200);
    });

    it('notes the last use, at most once a minute', async () => {
      await make('noted', SCOPES);
      const used = async () => (await tokens.list()).find(({ name }) => name === 'noted')!.lastUsedAt;
      expect(await used()).toBeNull();
      await as('noted', '/api/v1/jobs');
      const first = await used();
      expect(first).not.toBeNull();
      await as('noted', '/api/v1/jobs');
      expect(await used()).toBe(first);
      await test.database.query(
        "UPDATE rollcall.token SET last_used_at = now() - interval '61 seconds' WHERE name = 'noted'",
      );
      await as('noted', '/api/v1/jobs');
      expect((await used())! > first!).toBe(true);
    });

    it('lists what was made, never the token or its hash', async () => {
      const listed = (await tokens.list()).find(({ name }) => name === 'charts-only')!;
      expect(listed).toMatchObject({
        scopes: [...SCOPES],
        sources: ['charts'],
        expiresAt: null,
        revokedAt: null,
      });
      expect(Object.keys(listed)).not.toContain('hash');
    });
  });
});
