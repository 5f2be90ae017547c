import { SCOPES, Scope } from '../src/config/config.js';
import { AuditLog } from '../src/api/access/audit.log.js';
import { AuditStore } from '../src/storage/audit.store.js';
import { TokenStore } from '../src/storage/token.store.js';
import { TestApi, startApi } from './support/api.js';
import { testConfig } from './support/config.js';
import { insertJob, insertSource } from './support/jobs.js';
import { TestDatabase, createTestDatabase } from './support/postgres.js';

describe('the audit log', () => {
  let test: TestDatabase;
  let api: TestApi;
  let job: string;
  const bearer: Record<string, string> = {};

  const send = (as: string, method: string, url: string, payload?: object, headers = {}) =>
    api.send(method, url, {
      headers: { authorization: `Bearer ${bearer[as] ?? as}`, 'user-agent': 'test', ...headers },
      ...(payload ? { payload } : {}),
    });
  const entries = async (as = 'admin', search = '') => {
    const { status, body } = await send(as, 'GET', `/api/v1/audit${search}`);
    expect(status).toBe(200);
    return body.data as Record<string, unknown>[];
  };
  const clear = () => test.database.query('DELETE FROM rollcall.audit');
  const flush = () => api.app.get(AuditLog, { strict: false }).flush();

  beforeAll(async () => {
    test = await createTestDatabase();
    const tokens = new TokenStore(test.database);
    for (const key of ['charts', 'vault']) await insertSource(test.database, { key });
    job = await insertJob(test.database, { source: 'charts', externalId: '1' });
    const make = async (name: string, scopes: readonly Scope[], sources: string[] | null) => {
      bearer[name] = (await tokens.create({ name, scopes, sources, expiresAt: null })).token;
    };
    await make('admin', SCOPES, null);
    await make('charts-only', SCOPES, ['charts']);
    await make('reader', ['jobs:read'], ['charts']);
    const config = testConfig([]);
    config.server.auth = 'tokens';
    config.server.trustProxy = true;
    api = await startApi(test.database, config);
  });
  beforeEach(async () => {
    await flush();
    await clear();
  });
  afterAll(async () => {
    await api?.close();
    await test?.drop();
  });

  it('names who did what, when, from where, with what outcome, and the request', async () => {
    const answer = await send(
      'admin',
      'POST',
      '/api/v1/sources/charts/poll?sweep=true',
      {},
      { 'x-forwarded-for': '192.0.2.7' },
    );
    expect(answer.status).toBe(202);
    expect(await entries()).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        kind: 'act',
        at: expect.stringMatching(/Z$/),
        lastAt: null,
        count: 1,
        actor: 'admin',
        address: '192.0.2.7',
        method: 'POST',
        path: '/api/v1/sources/charts/poll',
        status: 202,
        details: null,
        requestId: answer.headers['x-request-id'],
      },
    ]);
  });

  it('records every act, the refused and the failed ones too, newest first', async () => {
    await send('admin', 'POST', `/api/v1/jobs/${job}/refresh`);
    await send('admin', 'POST', `/api/v1/jobs/${job}/actions/cancel`);
    await send('admin', 'POST', '/api/v1/sources/charts/pause');
    await send('admin', 'POST', '/api/v1/sources/charts/resume');
    await send('charts-only', 'POST', '/api/v1/sources/vault/poll');
    await send('admin', 'POST', '/api/v1/sources/charts/poll?sweep=maybe');
    const shown = (await entries()).map(({ actor, path, status }) => [actor, path, status]);
    expect(shown).toEqual([
      ['admin', '/api/v1/sources/charts/poll', 400],
      ['charts-only', '/api/v1/sources/vault/poll', 404],
      ['admin', '/api/v1/sources/charts/resume', 200],
      ['admin', '/api/v1/sources/charts/pause', 200],
      ['admin', `/api/v1/jobs/${job}/actions/cancel`, 409],
      ['admin', `/api/v1/jobs/${job}/refresh`, 409],
    ]);
  });

  it('records tokens that are made and revoked, never the token', async () => {
    const made = await send('admin', 'POST', '/api/v1/tokens?', { name: 'ops', scopes: ['jobs:read'] });
    await send('admin', 'DELETE', '/api/v1/tokens/ops');
    const [revoked, created] = await entries();
    expect(created).toMatchObject({
      path: '/api/v1/tokens',
      status: 201,
      details: { name: 'ops', scopes: ['jobs:read'], sources: null, expiresAt: null },
    });
    expect(revoked).toMatchObject({ method: 'DELETE', path: '/api/v1/tokens/ops', status: 204 });
    const rows = await test.database.query<{ text: string }>(
      'SELECT audit::text AS text FROM rollcall.audit',
    );
    const secrets = [...Object.values(bearer), made.body.token as string].map((token) => token.slice(3));
    for (const { text } of rows) for (const secret of secrets) expect(text).not.toContain(secret);
  });

  it('reads leave no trace', async () => {
    await send('admin', 'GET', '/api/v1/jobs');
    await send('admin', 'HEAD', '/api/v1/jobs');
    expect(await entries()).toEqual([]);
  });

  it('does nothing that it could not write down first', async () => {
    await test.database.query('ALTER TABLE rollcall.audit RENAME TO audit_gone');
    try {
      const answer = await send('admin', 'POST', '/api/v1/sources/charts/pause');
      expect(answer.status).toBe(500);
    } finally {
      await test.database.query('ALTER TABLE rollcall.audit_gone RENAME TO audit');
    }
    const paused = await test.database.query('SELECT key FROM rollcall.source WHERE paused_at IS NOT NULL');
    expect(paused).toEqual([]);
  });

  it('keeps an act whose answer never came as one without an outcome', async () => {
    await new AuditStore(test.database).beginAct({
      ...{ actor: 'admin', actorSources: null, address: null, method: 'POST', path: '/x', requestId: 'r' },
    });
    expect(await entries()).toMatchObject([{ path: '/x', status: null }]);
  });

  it('counts refusals that are alike, by route and never by what the client made up', async () => {
    const first = await send('rc_wrong', 'GET', `/api/v1/jobs/${job}?token=rc_secret`);
    await send('rc_other', 'GET', '/api/v1/jobs/not-an-id');
    await send('reader', 'GET', '/api/v1/sources');
    await flush();
    const found = await entries();
    expect(found).toHaveLength(2);
    expect(found).toContainEqual(
      expect.objectContaining({
        kind: 'refusal',
        actor: null,
        path: '/api/v1/jobs/{id}',
        status: 401,
        count: 2,
        requestId: first.headers['x-request-id'],
        lastAt: expect.any(String),
      }),
    );
    expect(found).toContainEqual(
      expect.objectContaining({ actor: 'reader', path: '/api/v1/sources', status: 403, count: 1 }),
    );
  });

  it('cannot be flooded', async () => {
    for (let client = 0; client < 200; client += 1)
      await send('rc_wrong', 'GET', '/api/v1/jobs', undefined, { 'x-forwarded-for': `10.0.0.${client}` });
    await flush();
    const found = await entries('admin', '?limit=500');
    expect(found).toHaveLength(51);
    expect(found.reduce((sum, { count }) => sum + (count as number), 0)).toBe(200);
    expect(found).toContainEqual(
      expect.objectContaining({ path: '*', method: '*', address: null, status: 401, count: 150 }),
    );
  });

  it('keeps refusals while the database is away, and writes them when the process ends', async () => {
    const config = testConfig([]);
    config.server.auth = 'tokens';
    const own = await startApi(test.database, config);
    const log = own.app.get(AuditLog, { strict: false });
    await own.get('/api/v1/jobs', { authorization: 'Bearer rc_wrong' });
    await test.database.query('ALTER TABLE rollcall.audit RENAME TO audit_gone');
    await expect(log.flush()).rejects.toThrow('audit');
    await test.database.query('ALTER TABLE rollcall.audit_gone RENAME TO audit');
    await own.get('/api/v1/jobs', { authorization: 'Bearer rc_wrong' });
    await own.close();
    expect(await entries()).toMatchObject([{ status: 401, count: 2 }]);
  });

  it('shows a limited token what tokens did that see no more than itself', async () => {
    await send('admin', 'POST', '/api/v1/sources/charts/poll');
    await send('charts-only', 'POST', '/api/v1/sources/charts/poll');
    await send('reader', 'GET', '/api/v1/sources');
    await send('rc_wrong', 'GET', '/api/v1/sources');
    await flush();
    expect((await entries()).length).toBe(4);
    expect((await entries('charts-only')).map(({ actor }) => actor).sort()).toEqual([
      'charts-only',
      'reader',
    ]);
  });

  it('pages, newest first', async () => {
    for (let time = 0; time < 5; time += 1) await send('admin', 'POST', '/api/v1/sources/charts/poll');
    const all = (await entries()).map(({ id }) => id);
    const first = (await send('admin', 'GET', '/api/v1/audit?limit=2')).body;
    const second = (await send('admin', 'GET', `/api/v1/audit?limit=2&cursor=${first.page.next}`)).body;
    const back = (await send('admin', 'GET', `/api/v1/audit?limit=2&cursor=${second.page.prev}`)).body;
    const ids = ({ data }: { data: { id: string }[] }) => data.map(({ id }) => id);
    expect([ids(first), ids(second), ids(back)]).toEqual([all.slice(0, 2), all.slice(2, 4), all.slice(0, 2)]);
  });

  it('forgets what is older than its retention', async () => {
    await send('admin', 'POST', '/api/v1/sources/charts/poll');
    await test.database.query(
      `INSERT INTO rollcall.audit (kind, at, method, path)
       SELECT 'act', now() - interval '91 days', 'POST', '/old' FROM generate_series(1, 2500)`,
    );
    expect(await new AuditStore(test.database).prune(90 * 86_400_000)).toBe(2_500);
    expect(await entries()).toHaveLength(1);
  });
});
