import { ManualClock } from '../src/simulators/clock.js';
import {
  CHARTS_TOKEN,
  ETL_KEY,
  PORTAL_USER,
  STORE_CLIENT,
  STRAY_VAULT_USER,
  VAULT_USER,
} from '../src/simulators/credentials.js';
import { serveDocuments } from '../src/simulators/documents.js';
import { SIMULATED_PLATFORMS, SimulatedPlatform, TruthJob } from '../src/simulators/life.js';
import { Simulators, startSimulators } from '../src/simulators/simulators.js';

const START = Date.UTC(2026, 0, 15, 10);
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const XPLENTY = 'application/vnd.xplenty+json; version=2';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- vendor JSON, asserted field by field
type Json = any;
interface Reply {
  status: number;
  headers: Headers;
  text: string;
  json: Json;
}

let clock: ManualClock;
let simulators: Simulators;

beforeEach(async () => {
  clock = new ManualClock(START);
  simulators = await startSimulators({ seed: 1, jobs: 1200, clock, platforms: SIMULATED_PLATFORMS });
});
afterEach(() => simulators.close());

async function call(platform: SimulatedPlatform, path: string, init: RequestInit = {}): Promise<Reply> {
  const base = baseOf(simulators, platform);
  const response = await fetch(base + path, init);
  const text = await response.text();
  const isJson = text !== '' && (response.headers.get('content-type') ?? '').includes('json');
  return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : null };
}

function baseOf({ sources }: Pick<Simulators, 'sources'>, platform: SimulatedPlatform): string {
  const key = {
    vectorcharts: 'charts',
    'vectorcharts-oem': 'charts-oem',
    'elastic-path': 'store',
    workfloplus: 'field',
    'integrate-io': 'etl',
    'veeva-vault': 'vault',
  }[platform];
  return sources.find((source) => source.key === key)?.baseUrl ?? '';
}

const bearer = (token: string): RequestInit => ({ headers: { Authorization: `Bearer ${token}` } });
const post = (fields: Record<string, string>): RequestInit => ({
  method: 'POST',
  body: new URLSearchParams(fields),
});
const truthOf = (platform: SimulatedPlatform): Map<string, TruthJob> =>
  new Map(simulators.world.truth(clock.now(), platform).map((job) => [job.externalId, job]));
const ms = (time: string): number => Date.parse(time);

/** Reads every page and holds it against the number of jobs that the world has. */
async function walk(
  platform: SimulatedPlatform,
  pageSize: number,
  page: (offset: number) => Promise<Json[]>,
): Promise<Json[]> {
  const records: Json[] = [];
  for (let offset = 0; ; offset += pageSize) {
    const rows = await page(offset);
    records.push(...rows);
    if (rows.length < pageSize) break;
  }
  expect(records).toHaveLength(truthOf(platform).size);
  return records;
}

describe('VectorCharts Core', () => {
  const path = '/api/v1/jobs';

  it('refuses without the token', async () => {
    expect((await call('vectorcharts', path)).status).toBe(401);
    expect((await call('vectorcharts', path, bearer('wrong'))).status).toBe(401);
  });

  it('answers one array, latest updated first, in epoch milliseconds', async () => {
    const { json, headers } = await call('vectorcharts', path, bearer(CHARTS_TOKEN));
    const truth = truthOf('vectorcharts');
    expect(json).toHaveLength(truth.size);
    expect(json.map((job: Json) => job.updated_at)).toEqual(
      json.map((job: Json) => job.updated_at).sort((a: number, b: number) => b - a),
    );
    for (const job of json) {
      expect(truth.get(job.id)).toMatchObject({
        rawStatus: job.job_state,
        type: job.job_type,
        progress: job.percent_complete / 100,
        createdAt: job.created_at,
        updatedAt: job.updated_at,
      });
    }
    expect(ms(headers.get('date') ?? '')).toBe(START);
  });

  it('is empty JSON when there is nothing', async () => {
    const empty = await startSimulators({ seed: 1, jobs: 0, clock, platforms: ['vectorcharts'] });
    const response = await fetch(empty.sources[0]?.baseUrl + path, bearer(CHARTS_TOKEN));
    const answer: Json = await response.json();
    await empty.close();
    expect(answer).toEqual([]);
  });
});

describe('VectorCharts OEM', () => {
  const path = '/api/portal/v1/jobs';

  it('caps its pages and counts all matches', async () => {
    const { json } = await call('vectorcharts-oem', path, bearer(CHARTS_TOKEN));
    expect(json.pagination).toEqual({ limit: 25, offset: 0, total: 200 });
    expect(json.jobs).toHaveLength(25);
    const capped = await call('vectorcharts-oem', `${path}?limit=500&offset=150`, bearer(CHARTS_TOKEN));
    expect(capped.json.pagination).toEqual({ limit: 200, offset: 150, total: 200 });
    expect(capped.json.jobs).toHaveLength(50);
  });

  it('shows the active ones and their steps', async () => {
    const { json } = await call(
      'vectorcharts-oem',
      `${path}?activeOnly=true&limit=200`,
      bearer(CHARTS_TOKEN),
    );
    const active = [...truthOf('vectorcharts-oem').values()].filter((job) => !job.terminal);
    expect(json.jobs.map((job: Json) => job.id).sort()).toEqual(active.map((job) => job.externalId).sort());
    const working = json.jobs.find((job: Json) => job.jobState === 'running');
    expect(working.steps[0].startedAt).toBe(truthOf('vectorcharts-oem').get(working.id)?.startedAt);
    const status = await call('vectorcharts-oem', `${path}/getJobStatus`, bearer(CHARTS_TOKEN));
    expect(status.json).toEqual({ activeJobs: active.length, isEditable: true });
  });

  it('opens and ends a portal session', async () => {
    const login = (body: object): Promise<Reply> =>
      call('vectorcharts-oem', '/api/portal/v1/auth/login', { method: 'POST', body: JSON.stringify(body) });
    expect((await login({ ...PORTAL_USER, password: 'wrong' })).status).toBe(401);
    const token: string = (await login(PORTAL_USER)).json.token.id;
    expect((await call('vectorcharts-oem', path, bearer(token))).status).toBe(200);
    const logout = { method: 'POST', ...bearer(token) };
    expect((await call('vectorcharts-oem', '/api/portal/v1/auth/logout', logout)).status).toBe(204);
    expect((await call('vectorcharts-oem', path, bearer(token))).status).toBe(401);
  });
});

describe('Elastic Path', () => {
  const logIn = async (): Promise<RequestInit> => {
    const fields = {
      grant_type: 'client_credentials',
      client_id: STORE_CLIENT.clientId,
      client_secret: STORE_CLIENT.clientSecret,
    };
    return bearer((await call('elastic-path', '/oauth/access_token', post(fields))).json.access_token);
  };
  const list = (auth: RequestInit, limit: number, offset: number): Promise<Reply> =>
    call('elastic-path', `/pcm/jobs?page%5Blimit%5D=${limit}&page%5Boffset%5D=${offset}`, auth);

  it('refuses wrong clients and lets tokens end after an hour', async () => {
    const wrong = { grant_type: 'client_credentials', client_id: 'x', client_secret: 'y' };
    const refused = await call('elastic-path', '/oauth/access_token', post(wrong));
    expect([refused.status, refused.json.errors[0].title]).toEqual([401, 'Unauthorized']);
    expect((await call('elastic-path', '/pcm/jobs')).status).toBe(401);
    const auth = await logIn();
    expect((await list(auth, 1, 0)).status).toBe(200);
    clock.advance(3600 * SECOND);
    expect((await list(auth, 1, 0)).status).toBe(401);
  });

  it('pages newest first, 25 by default, 100 at most, no deeper than 10 000', async () => {
    const auth = await logIn();
    expect((await call('elastic-path', '/pcm/jobs', auth)).json.data).toHaveLength(25);
    expect((await list(auth, 101, 0)).status).toBe(400);
    expect((await list(auth, 100, 10_001)).status).toBe(400);
    const records = await walk(
      'elastic-path',
      100,
      async (offset) => (await list(auth, 100, offset)).json.data,
    );
    const created = records.map((record) => ms(record.attributes.created_at));
    expect(created).toEqual([...created].sort((a, b) => b - a));
    expect((await list(auth, 100, 0)).json.meta.results.total).toBe(200);
  });

  it('trims zeros of its times and never moves updated_at with completion', async () => {
    const auth = await logIn();
    const records = await walk(
      'elastic-path',
      100,
      async (offset) => (await list(auth, 100, offset)).json.data,
    );
    const truth = truthOf('elastic-path');
    for (const { id, attributes } of records) {
      expect(attributes.created_at).toMatch(/:\d{2}(?:\.\d{0,2}[1-9])?Z$/);
      expect(ms(attributes.updated_at)).toBe(ms(attributes.started_at ?? attributes.created_at));
      expect(truth.get(id)).toMatchObject({
        rawStatus: attributes.status,
        createdAt: ms(attributes.created_at),
        startedAt: attributes.started_at ? ms(attributes.started_at) : null,
        finishedAt: attributes.completed_at ? ms(attributes.completed_at) : null,
      });
    }
    expect(new Set(records.map(({ attributes }) => 'started_at' in attributes))).toEqual(
      new Set([true, false]),
    );
  });

  it('shows one job, its errors, and cancels only what is pending', async () => {
    const auth = await logIn();
    const jobs = [...truthOf('elastic-path').values()];
    const [pending, failed] = ['pending', 'failed'].map(
      (status) => jobs.find((job) => job.rawStatus === status)?.externalId ?? '',
    );
    const cancel = (id = ''): Promise<Reply> =>
      call('elastic-path', `/pcm/jobs/${id}/cancel`, { method: 'POST', ...auth });
    expect((await call('elastic-path', `/pcm/jobs/${failed}/errors`, auth)).json.data[0].type).toBe(
      'pim-job-error',
    );
    expect((await cancel(failed)).status).toBe(422);
    const cancelled = await cancel(pending);
    expect(cancelled.json.data.attributes.status).toBe('cancelled');
    expect(truthOf('elastic-path').get(pending ?? '')).toMatchObject({
      state: 'cancelled',
      finishedAt: null,
      provenance: { finishedAt: 'observed' },
    });
    expect((await call('elastic-path', '/pcm/jobs/00000000-dead-4bee-a000-000000000000', auth)).status).toBe(
      404,
    );
  });
});

describe('WorkfloPlus', () => {
  const logIn = async (scope?: string): Promise<RequestInit> => {
    const source = simulators.sources.find(({ key }) => key === 'field');
    const fields = {
      grant_type: 'client_credentials',
      client_id: source?.auth.clientId ?? '',
      client_secret: source?.auth.clientSecret ?? '',
      ...(scope !== undefined && { scope }),
    };
    return bearer((await call('workfloplus', '/connect/token', post(fields))).json.access_token);
  };

  it('wants a token with the scope', async () => {
    expect((await call('workfloplus', '/jobs/v1/')).status).toBe(401);
    const readOnly = await logIn('https://www.workfloplus.com/auth/job.read');
    expect((await call('workfloplus', '/jobs/v1/', readOnly)).status).toBe(403);
    const readAll = await logIn('https://www.workfloplus.com/auth/job.read_all');
    expect((await call('workfloplus', '/jobs/v1/', readAll)).status).toBe(200);
  });

  it('lists everything once in no order, with 0 to 6 fraction digits', async () => {
    const auth = await logIn();
    expect((await call('workfloplus', '/jobs/v1/', auth)).json).toHaveLength(20);
    const records = await walk(
      'workfloplus',
      30,
      async (skip) => (await call('workfloplus', `/jobs/v1/?skip=${skip}&limit=30`, auth)).json,
    );
    expect(new Set(records.map(({ jobId }) => jobId)).size).toBe(200);
    const created = records.map(({ metadata }) => ms(metadata.created));
    expect(created).not.toEqual([...created].sort((a, b) => b - a));
    const digits = records.map(({ metadata }) => (/\.(\d+)Z$/.exec(metadata.updated)?.[1] ?? '').length);
    expect([...new Set(digits)].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
    const truth = truthOf('workfloplus');
    for (const { jobId, metadata } of records) {
      expect(truth.get(jobId)).toMatchObject({
        rawStatus: metadata.status,
        createdAt: ms(metadata.created),
        updatedAt: Math.max(ms(metadata.created), ms(metadata.updated), ms(metadata.modified)),
        name: metadata.jobTitle,
      });
    }
  });

  it('answers arrays for one job, by either id, and aborts it by the client’s', async () => {
    const auth = await logIn();
    const open = [...truthOf('workfloplus').values()].find((job) => !job.terminal)?.externalId ?? '';
    const [byJobId] = (await call('workfloplus', `/jobs/v1/bson/${open}`, auth)).json;
    const client: string = byJobId.metadata.clientJobId;
    expect((await call('workfloplus', `/jobs/v1/${client}`, auth)).json).toEqual([byJobId]);
    const abort = { method: 'POST', ...auth };
    expect((await call('workfloplus', `/jobs/v1/${client}/abort`, abort)).status).toBe(200);
    expect(truthOf('workfloplus').get(open)).toMatchObject({ rawStatus: 'Aborted', reason: 'aborted' });
    expect((await call('workfloplus', '/jobs/v1/abort/', { method: 'PUT', ...auth })).status).toBe(404);
  });
});

describe('Integrate.io', () => {
  const auth = (key: string, accept = XPLENTY): RequestInit => ({
    headers: { Authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}`, Accept: accept },
  });
  const get = (query: string): Promise<Reply> =>
    call('integrate-io', `/acme/api/jobs${query}`, auth(ETL_KEY));

  it('wants the key with an empty password and the versioned media type', async () => {
    expect((await call('integrate-io', '/acme/api/jobs', auth('wrong'))).status).toBe(401);
    expect((await call('integrate-io', '/acme/api/jobs', auth(ETL_KEY, 'application/json'))).status).toBe(
      406,
    );
    expect((await call('integrate-io', '/other/api/jobs', auth(ETL_KEY))).status).toBe(404);
  });

  it('counts credits, and tells them for free', async () => {
    const first = await get('?limit=1');
    expect(first.headers.get('x-ratelimit-limit')).toBe('5000');
    expect(first.headers.get('x-ratelimit-remaining')).toBe('4999');
    const status = await call('integrate-io', '/acme/api/rate_limit_status', auth(ETL_KEY));
    expect(status.json).toEqual({ limits: { limit: 5000, remaining: 4999 } });
  });

  it('pages 20 by default and 100 at most, with whole seconds', async () => {
    expect((await get('')).json).toHaveLength(20);
    expect((await get('?limit=101')).status).toBe(400);
    const records = await walk(
      'integrate-io',
      100,
      async (offset) => (await get(`?limit=100&offset=${offset}&sort=updated_at&direction=asc`)).json,
    );
    const updated = records.map((record) => record.updated_at);
    expect(updated).toEqual([...updated].sort());
    const truth = truthOf('integrate-io');
    for (const record of records) {
      expect(record.updated_at).toMatch(/T\d{2}:\d{2}:\d{2}Z$/);
      expect(truth.get(String(record.id))).toMatchObject({
        rawStatus: record.status,
        progress: record.progress,
        createdAt: ms(record.created_at),
        startedAt: record.started_at ? ms(record.started_at) : null,
      });
    }
  });

  it('takes since as updated at or after, in any sort', async () => {
    const all = (await get('?limit=100&sort=updated_at')).json;
    const since: string = all[40].updated_at;
    const later = all.filter((record: Json) => record.updated_at >= since).map((record: Json) => record.id);
    const ascending = (await get(`?limit=100&sort=updated_at&direction=asc&since=${since}`)).json;
    expect(ascending.map((record: Json) => record.id)).toEqual([...later].reverse());
    const byCreation = (await get(`?limit=100&since=${since}`)).json;
    expect(byCreation.map((record: Json) => record.id)).toEqual([...later].sort((a, b) => b - a));
  });

  it('shows less in the detail than in the list, and stops instead of deleting', async () => {
    const running = [...truthOf('integrate-io').values()].find((job) => job.state === 'running');
    const path = `/acme/api/jobs/${running?.externalId}`;
    const detail = (await call('integrate-io', path, auth(ETL_KEY))).json;
    expect(detail.status).toBe('running');
    expect('package' in detail || 'cluster' in detail).toBe(false);
    const stopped = await call('integrate-io', path, { method: 'DELETE', ...auth(ETL_KEY) });
    expect(stopped.json.status).toBe('pending_stoppage');
    clock.advance(MINUTE);
    expect((await call('integrate-io', path, auth(ETL_KEY))).json.status).toBe('stopped');
  });
});

describe('Veeva Vault', () => {
  const api = '/api/v25.2';
  const logIn = async (user: { username: string; password: string } = VAULT_USER): Promise<Json> =>
    (await call('veeva-vault', `${api}/auth`, post(user))).json;
  const session = async (): Promise<RequestInit> => ({
    headers: { Authorization: (await logIn()).sessionId },
  });
  const jobs = (path: string, auth: RequestInit): Promise<Reply> =>
    call('veeva-vault', `${api}/services/jobs${path}`, auth);

  it('says what is wrong inside HTTP 200', async () => {
    const reply = await jobs('/monitors', {});
    expect(reply.status).toBe(200);
    expect(reply.headers.get('x-vaultapi-status')).toBe('FAILURE');
    expect(reply.json.errors[0].type).toBe('INVALID_SESSION_ID');
  });

  it('locks a user out after five wrong passwords', async () => {
    const wrong = { ...VAULT_USER, password: 'wrong' };
    for (let attempt = 0; attempt < 5; attempt += 1)
      expect((await logIn(wrong)).errors[0].type).toBe('USERNAME_OR_PASSWORD_INCORRECT');
    expect((await logIn()).errors[0].type).toBe('USER_LOCKED_OUT');
  });

  it('lets a stranger into another Vault', async () => {
    const login = await logIn(STRAY_VAULT_USER);
    expect(login).toMatchObject({ responseStatus: 'SUCCESS', vaultId: 1002 });
    expect(login.vaultIds[0].url).not.toContain('127.0.0.1');
    expect((await logIn()).vaultIds[0]).toMatchObject({
      id: 1001,
      url: `${baseOf(simulators, 'veeva-vault')}/api`,
    });
  });

  it('ends idle and old sessions', async () => {
    const auth = await session();
    clock.advance(19 * MINUTE);
    expect((await jobs('/monitors', auth)).json.responseStatus).toBe('SUCCESS');
    clock.advance(20 * MINUTE);
    expect((await jobs('/monitors', auth)).json.errors[0].type).toBe('INVALID_SESSION_ID');
  });

  it('lists the unfinished by ascending and the finished by descending id, every job once', async () => {
    const auth = await session();
    const monitors = (await jobs('/monitors?limit=200', auth)).json;
    const ids = monitors.jobs.map((job: Json) => job.job_id);
    const histories: number[] = [];
    let next: string | undefined = `${api}/services/jobs/histories`;
    while (next !== undefined) {
      const { json, headers }: Reply = await call('veeva-vault', next, auth);
      expect(headers.get('x-vaultapi-burstlimit')).toBe('2000');
      histories.push(...json.jobs.map((job: Json) => job.job_id));
      next = json.responseDetails.next_page;
    }
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
    expect(histories).toEqual([...histories].sort((a, b) => b - a));
    expect([...ids, ...histories].map(String).sort()).toEqual([...truthOf('veeva-vault').keys()].sort());
  });

  it('moves a job from monitors to histories when it ends', async () => {
    const running = [...truthOf('veeva-vault').values()].find((job) => job.rawStatus === 'RUNNING');
    const id = Number(running?.externalId);
    const auth = await session();
    const shows = async (path: string): Promise<Json> =>
      (await jobs(path, auth)).json.jobs.find((job: Json) => job.job_id === id);
    expect(await shows('/monitors?limit=200')).toMatchObject({ status: 'RUNNING' });
    expect(await shows('/histories?limit=200')).toBeUndefined();
    clock.advance(5 * MINUTE);
    expect(await shows('/monitors?limit=200')).toBeUndefined();
    const ended = await shows('/histories?limit=200');
    expect(ended.run_end_date).toMatch(/\.000Z$/);
    expect(ms(ended.modified_date)).toBeLessThan(ms(ended.run_end_date));
    expect(truthOf('veeva-vault').get(String(id))).toMatchObject({
      rawStatus: ended.status,
      finishedAt: ms(ended.run_end_date),
    });
  });

  it('filters by creation and status', async () => {
    const auth = await session();
    const all = (await jobs('/histories?limit=200', auth)).json.jobs;
    const since: string = all[30].created_date.replace('.000Z', 'Z');
    const later = (await jobs(`/histories?limit=200&start_date=${since}`, auth)).json;
    expect(later.responseDetails.total).toBe(later.jobs.length);
    expect(later.jobs).toEqual(all.filter((job: Json) => ms(job.created_date) >= ms(since)));
    const missed = (await jobs('/histories?limit=200&status=missed_schedule', auth)).json.jobs;
    expect(missed).toEqual(all.filter((job: Json) => job.status === 'MISSED_SCHEDULE'));
    expect(missed.length).toBeGreaterThan(0);
    expect((await jobs('/monitors?status=success', auth)).json.errors[0].type).toBe('INVALID_DATA');
  });

  it('shows one job once in ten seconds', async () => {
    const auth = await session();
    const id = [...truthOf('veeva-vault').keys()][0];
    expect((await jobs(`/${id}`, auth)).json.data).toMatchObject({ id: Number(id) });
    expect((await jobs(`/${id}`, auth)).json.errors[0].type).toBe('API_LIMIT_EXCEEDED');
    clock.advance(10 * SECOND);
    expect('title' in (await jobs(`/${id}`, auth)).json.data).toBe(false);
  });

  it('starts a scheduled job now and cancels what has not started', async () => {
    const auth = await session();
    const [started, cancelled] = [...truthOf('veeva-vault').values()].filter(
      (job) => job.state === 'scheduled',
    );
    const action = { method: 'POST', ...auth };
    expect((await jobs(`/start_now/${started?.externalId}`, action)).json.job_id).toBe(
      Number(started?.externalId),
    );
    const body = JSON.stringify([{ job_id: Number(cancelled?.externalId) }, { job_id: 1 }]);
    const { json } = await jobs('/actions/cancel', { ...action, body });
    expect(json.data.map((item: Json) => item.responseStatus)).toEqual(['SUCCESS', 'FAILURE']);
    expect(json.data[1].errors.type).toBe('INVALID_DATA');
    clock.advance(MINUTE);
    const truth = truthOf('veeva-vault');
    expect(truth.get(started?.externalId ?? '')?.state).toBe('succeeded');
    expect(truth.get(cancelled?.externalId ?? '')).toMatchObject({ state: 'cancelled', finishedAt: null });
  });
});

describe('all of them', () => {
  const charts = (): Promise<Reply> => call('vectorcharts', '/api/v1/jobs', bearer(CHARTS_TOKEN));

  it('answer the same for the same seed', async () => {
    const twin = await startSimulators({ seed: 1, jobs: 1200, clock, platforms: SIMULATED_PLATFORMS });
    const response = await fetch(`${baseOf(twin, 'vectorcharts')}/api/v1/jobs`, bearer(CHARTS_TOKEN));
    const answer = await response.text();
    await twin.close();
    expect(answer).toBe((await charts()).text);
  });

  it('log what was asked', async () => {
    await charts();
    await call('vectorcharts', '/nowhere');
    expect(
      simulators.requests.list('vectorcharts').map(({ method, url, status }) => [method, url, status]),
    ).toEqual([
      ['GET', '/api/v1/jobs', 200],
      ['GET', '/nowhere', 404],
    ]);
    expect(simulators.requests.count('vectorcharts')).toBe(2);
  });

  it('can be spoilt for a number of requests', async () => {
    simulators.inject('vectorcharts', {
      kind: 'status',
      status: 429,
      headers: { 'Retry-After': '7' },
      times: 2,
    });
    const first = await charts();
    expect([first.status, first.headers.get('retry-after')]).toEqual([429, '7']);
    expect([(await charts()).status, (await charts()).status]).toEqual([429, 200]);
  });

  it('can answer a page of HTML, or JSON cut short', async () => {
    simulators.inject('vectorcharts', { kind: 'html' });
    const html = await charts();
    expect([html.status, html.headers.get('content-type'), html.json]).toEqual([
      200,
      'text/html; charset=utf-8',
      null,
    ]);
    simulators.inject('vectorcharts', { kind: 'truncated-json' });
    await expect(charts()).rejects.toThrow(SyntaxError);
  });

  it('can hang until they are closed', async () => {
    simulators.inject('vectorcharts', { kind: 'hang' });
    const hanging = charts();
    const refused = expect(hanging).rejects.toThrow('fetch failed');
    await fetch(baseOf(simulators, 'vectorcharts') + '/still-alive');
    await simulators.close();
    await refused;
  });

  it('can lag behind, run ahead, rewrite, and let a test act in the middle', async () => {
    const takeBack = simulators.inject('vectorcharts', { kind: 'lag', ms: 60 * MINUTE, times: Infinity });
    expect((await charts()).json.length).toBeLessThan(200);
    takeBack();
    simulators.inject('vectorcharts', { kind: 'skew', ms: 10 * MINUTE });
    expect(ms((await charts()).headers.get('date') ?? '')).toBe(START + 10 * MINUTE);
    simulators.inject('vectorcharts', {
      kind: 'rewrite',
      rewrite: (answer) => ({ ...answer, pieces: ['[1]'] }),
    });
    expect((await charts()).json).toEqual([1]);
    simulators.inject('vectorcharts', { kind: 'before', run: () => clock.advance(MINUTE) });
    expect((await charts()).json.length).toBeGreaterThan(200);
  });

  it('can end every login', async () => {
    const auth = {
      headers: {
        Authorization: (await call('veeva-vault', '/api/v25.2/auth', post(VAULT_USER))).json.sessionId,
      },
    };
    simulators.revokeLogins('veeva-vault');
    const { json } = await call('veeva-vault', '/api/v25.2/services/jobs/monitors', auth);
    expect(json.errors[0].type).toBe('INVALID_SESSION_ID');
  });
});

describe('the published documents', () => {
  let documents: Awaited<ReturnType<typeof serveDocuments>>;
  beforeEach(async () => {
    documents = await serveDocuments();
  });
  afterEach(() => documents.close());

  it('are served as published, behind the platforms’ logins, and end after the samples', async () => {
    const base = (platform: SimulatedPlatform): string => baseOf(documents, platform);
    const read = async (url: string, init?: RequestInit): Promise<Json> => (await fetch(url, init)).json();

    expect((await fetch(`${base('vectorcharts')}/api/v1/jobs`)).status).toBe(401);
    const charts = await read(`${base('vectorcharts')}/api/v1/jobs`, bearer(CHARTS_TOKEN));
    expect(charts.map((job: Json) => job.percent_complete)).toEqual([100, 45]);

    const fields = {
      grant_type: 'client_credentials',
      client_id: STORE_CLIENT.clientId,
      client_secret: STORE_CLIENT.clientSecret,
    };
    const store = bearer(
      (await read(`${base('elastic-path')}/oauth/access_token`, post(fields))).access_token,
    );
    expect((await read(`${base('elastic-path')}/pcm/jobs?page%5Blimit%5D=100`, store)).data).toHaveLength(5);
    expect((await read(`${base('elastic-path')}/pcm/jobs?page%5Boffset%5D=5`, store)).data).toEqual([]);
    const one = '/pcm/jobs/011333ea-e17c-4220-b9e0-f0c1ed3f8bd7';
    expect((await read(base('elastic-path') + one, store)).data.attributes.status).toBe('success');

    const field = documents.sources.find(({ key }) => key === 'field');
    const client = {
      grant_type: 'client_credentials',
      client_id: field?.auth.clientId ?? '',
      client_secret: field?.auth.clientSecret ?? '',
    };
    const worker = bearer((await read(`${base('workfloplus')}/connect/token`, post(client))).access_token);
    const [paused] = await read(`${base('workfloplus')}/jobs/v1/?skip=0&limit=20`, worker);
    expect(paused.metadata.status).toBe('Paused');
    expect(await read(`${base('workfloplus')}/jobs/v1/bson/${paused.jobId}`, worker)).toEqual([paused]);
    expect(await read(`${base('workfloplus')}/jobs/v1/?skip=20&limit=20`, worker)).toEqual([]);

    const key = {
      headers: { Authorization: `Basic ${Buffer.from(`${ETL_KEY}:`).toString('base64')}`, Accept: XPLENTY },
    };
    const etl = await fetch(`${base('integrate-io')}/acme/api/jobs`, key);
    expect(etl.headers.get('x-ratelimit-limit')).toBe('5000');
    expect(((await etl.json()) as Json)[0]).toMatchObject({ id: 157, status: 'completed' });
    expect(await read(`${base('integrate-io')}/acme/api/jobs?offset=1`, key)).toEqual([]);

    const vault = `${base('veeva-vault')}/api/v25.2`;
    expect((await read(`${vault}/services/jobs/monitors`)).responseStatus).toBe('FAILURE');
    const login = { headers: { Authorization: (await read(`${vault}/auth`, post(VAULT_USER))).sessionId } };
    const monitors = await read(`${vault}/services/jobs/monitors`, login);
    expect(monitors.jobs.map((job: Json) => job.job_id)).toEqual([72505, 72518]);
    const histories = await read(`${vault}/services/jobs/histories`, login);
    expect(histories.jobs.map((job: Json) => job.job_id)).toEqual([361402, 361401]);
    const next = await read(base('veeva-vault') + histories.responseDetails.next_page, login);
    expect([next.jobs, next.responseDetails.next_page]).toEqual([[], undefined]);
    expect((await read(`${vault}/services/jobs/1201`, login)).data.id).toBe(1201);
    expect((await read(`${vault}/services/jobs/72505`, login)).responseStatus).toBe('FAILURE');
  });
});
