import { Database } from '../src/storage/database.js';
import { TokenStore } from '../src/storage/token.store.js';
import { JobSeed, SourceSeed, insertJobs, insertSource } from './support/jobs.js';
import { TestApi, startApi } from './support/api.js';
import { testConfig } from './support/config.js';
import { TestDatabase, createTestDatabase } from './support/postgres.js';

const SOURCES: SourceSeed[] = [
  { key: 'charts', platform: 'vectorcharts', labels: { team: 'maps' } },
  { key: 'etl', platform: 'integrate-io', labels: { team: 'data' } },
];
const minute = (offset: number) =>
  new Date(Date.parse('2025-03-01T10:00:00Z') + offset * 60_000).toISOString();
const run = (externalId: string, rest: Partial<JobSeed>): JobSeed => ({
  source: 'charts',
  platform: 'vectorcharts',
  externalId,
  type: 'tiles',
  ...rest,
});
const JOBS: JobSeed[] = [
  run('1', { state: 'succeeded', createdAt: minute(0), startedAt: minute(0), finishedAt: minute(1) }),
  run('2', { state: 'succeeded', createdAt: minute(0), startedAt: minute(0), finishedAt: minute(59) }),
  run('3', { state: 'failed', createdAt: minute(5), startedAt: minute(50), finishedAt: minute(60) }),
  run('4', { state: 'failed', type: null, createdAt: minute(5) }),
  run('5', { state: 'running', createdAt: minute(100), startedAt: minute(100) }),
  run('6', {
    source: 'etl',
    platform: 'integrate-io',
    type: 'load',
    state: 'failed',
    startedAt: minute(-1),
    finishedAt: minute(-1),
  }),
];

describe('the summary of jobs', () => {
  let test: TestDatabase;
  let api: TestApi;

  beforeAll(async () => {
    test = await createTestDatabase();
    for (const source of SOURCES) await insertSource(test.database, source);
    await insertJobs(test.database, JOBS);
    api = await startApi(test.database);
  });
  afterAll(async () => {
    await api?.close();
    await test?.drop();
  });

  const rows = async (search: string) => {
    const { status, body } = await api.get(`/api/v1/jobs/summary?${search}`);
    expect([status, body.errors]).toEqual([200, undefined]);
    return body.data as Record<string, unknown>[];
  };

  it('counts by state unless it is told otherwise', async () => {
    const { status, body } = await api.get('/api/v1/jobs/summary');
    expect(status).toBe(200);
    expect(Object.keys(body)).toEqual(['data', 'total', 'coverage']);
    expect(body.data).toEqual([
      { state: 'failed', count: 3 },
      { state: 'running', count: 1 },
      { state: 'succeeded', count: 2 },
    ]);
    expect(body.total).toBe(6);
    expect(body.coverage).toMatchObject({ sources: 2, healthy: 2, degraded: [] });
  });

  it('groups by any of four fields, shown and sorted in the order in which they are named', async () => {
    expect(await rows('groupBy=type,source')).toEqual([
      { type: 'load', source: 'etl', count: 1 },
      { type: 'tiles', source: 'charts', count: 4 },
      { type: null, source: 'charts', count: 1 },
    ]);
    const shown = await rows('groupBy=platform&groupBy=state,source');
    expect(Object.keys(shown[0]!)).toEqual(['platform', 'state', 'source', 'count']);
    expect(shown.map((row) => Object.values(row).join(' '))).toEqual([
      'integrate-io failed etl 1',
      'vectorcharts failed charts 2',
      'vectorcharts running charts 1',
      'vectorcharts succeeded charts 2',
    ]);
  });

  it('takes the filters of the list, and its coverage is of the sources that they reach', async () => {
    const { body } = await api.get(
      '/api/v1/jobs/summary?groupBy=source&label=team:data&state=terminal&minDuration=0ms',
    );
    expect(body).toMatchObject({ data: [{ source: 'etl', count: 1 }], total: 1, coverage: { sources: 1 } });
    expect(await rows('q=tiles&createdUntil=2025-03-01T10:05:00Z')).toEqual([
      { state: 'succeeded', count: 2 },
    ]);
    expect(await rows('state=missed')).toEqual([]);
  });

  it('counts by spans that begin at whole multiples since 1970, in UTC; null without the time', async () => {
    expect(await rows('groupBy=source&bucket=1h')).toEqual([
      { source: 'charts', bucket: '2025-03-01T10:00:00.000Z', count: 2 },
      { source: 'charts', bucket: '2025-03-01T11:00:00.000Z', count: 1 },
      { source: 'charts', bucket: null, count: 2 },
      { source: 'etl', bucket: '2025-03-01T09:00:00.000Z', count: 1 },
    ]);
    expect(await rows('groupBy=platform&bucket=P7D&bucketBy=startedAt&source=charts')).toEqual([
      { platform: 'vectorcharts', bucket: '2025-02-27T00:00:00.000Z', count: 4 },
      { platform: 'vectorcharts', bucket: null, count: 1 },
    ]);
    expect(await rows('bucket=15m&bucketBy=createdAt&state=failed&source=charts')).toEqual([
      { state: 'failed', bucket: '2025-03-01T10:00:00.000Z', count: 2 },
    ]);
  });

  it('gives the spread of durations, of running jobs up to now, null where none has one', async () => {
    const shown = await rows('groupBy=type,state&stats=duration');
    expect(shown).toEqual([
      { type: 'load', state: 'failed', count: 1, durationMs: { p50: 0, p95: 0, max: 0 } },
      { type: 'tiles', state: 'failed', count: 1, durationMs: { p50: 600_000, p95: 600_000, max: 600_000 } },
      { type: 'tiles', state: 'running', count: 1, durationMs: expect.any(Object) },
      {
        type: 'tiles',
        state: 'succeeded',
        count: 2,
        durationMs: { p50: 60_000, p95: 3_540_000, max: 3_540_000 },
      },
      { type: null, state: 'failed', count: 1, durationMs: { p50: null, p95: null, max: null } },
    ]);
    const { p50, max } = shown[2]!['durationMs'] as { p50: number; max: number };
    expect(p50).toBe(max);
    expect(Math.abs(Date.now() - Date.parse(minute(100)) - p50)).toBeLessThan(60_000);
  });

  it('names every fault at once, and the nearest parameter', async () => {
    const { status, body } = await api.get(
      '/api/v1/jobs/summary?groupBy=stat&bucket=0ms&bucketBy=updatedAt&stats=mean&limit=5&stte=failed&createdSince=-1h&createdUntil=-2h',
    );
    expect(status).toBe(400);
    expect(
      Object.fromEntries(
        (body.errors as { parameter: string; detail: string }[]).map(({ parameter, detail }) => [
          parameter,
          detail,
        ]),
      ),
    ).toEqual({
      groupBy: '"stat" is none of source, state, type, platform',
      bucket: '"0ms" is not a length from 1ms to 366d',
      bucketBy: '"updatedAt" is none of createdAt, startedAt, finishedAt',
      stats: '"mean" is none of duration',
      limit: expect.stringContaining('is unknown'),
      stte: 'is unknown; did you mean state?',
      createdSince: 'is after createdUntil',
    });
    for (const search of [
      'bucket=367d',
      'bucket=1x',
      'bucket=',
      'groupBy=',
      'groupBy=state,',
      'bucket=1h&bucket=2h',
      'bucketBy=createdAt',
      'cursor=x',
      'sort=state',
    ])
      expect([search, (await api.get(`/api/v1/jobs/summary?${search}`)).status]).toEqual([search, 400]);
  });

  it('shows a token its sources only', async () => {
    const { token } = await new TokenStore(test.database).create({
      name: 'etl',
      scopes: ['jobs:read'],
      sources: ['etl'],
      expiresAt: null,
    });
    const config = testConfig([]);
    config.server.auth = 'tokens';
    const guarded = await startApi(test.database, config);
    for (const search of ['', 'source=charts,etl', 'minDuration=0s', 'bucket=1h']) {
      const { body } = await guarded.get(`/api/v1/jobs/summary?groupBy=source&${search}`, {
        authorization: `Bearer ${token}`,
      });
      expect([search, body.total, body.data.length, body.data[0].source, body.coverage.sources]).toEqual([
        search,
        1,
        1,
        'etl',
        1,
      ]);
    }
    const none = await guarded.get('/api/v1/jobs/summary?source=charts', {
      authorization: `Bearer ${token}`,
    });
    expect([none.body.data, none.body.total, none.body.coverage.sources]).toEqual([[], 0, 0]);
    await guarded.close();
  });

  describe('its ETag', () => {
    const etag = async (search: string) =>
      (await api.get(`/api/v1/jobs/summary?${search}`)).headers['etag'] as string;

    it('answers 304 while nothing changed, also when running jobs run on and sources are polled', async () => {
      const search = 'groupBy=state&stats=duration';
      const before = await api.get(`/api/v1/jobs/summary?${search}`);
      await test.database.query(
        'UPDATE rollcall.source SET open_round_at = now(), complete_through = now(), last_poll_at = now()',
      );
      const after = await api.get(`/api/v1/jobs/summary?${search}`, {
        'if-none-match': before.headers['etag'] as string,
      });
      expect([after.status, after.text]).toEqual([304, '']);
      expect(String(after.headers['vary'])).toContain('Authorization');
    });

    it('moves with a count, a duration, and the health of a source', async () => {
      const search = 'groupBy=source&stats=duration';
      const first = await etag(search);
      // another spread, the same number of jobs, and none of the three figures of all: the two ends are kept
      await test.database.query(
        "UPDATE rollcall.job SET started_at = started_at + interval '1 second' WHERE external_id = '5'",
      );
      const second = await etag(search);
      await test.database.query("UPDATE rollcall.source SET health = 'failing' WHERE key = 'etl'");
      // nothing of an earlier answer is shared with a Database of its own
      const own = await startApi(new Database(test.database.dataSource));
      const third = (await own.get(`/api/v1/jobs/summary?${search}`)).headers['etag'];
      await own.close();
      expect(new Set([first, second, third]).size).toBe(3);
    });
  });

  describe('with many rows', () => {
    let many: TestDatabase;
    let asked: TestApi;

    beforeAll(async () => {
      many = await createTestDatabase();
      await insertSource(many.database, { key: 'busy' });
      await insertJobs(
        many.database,
        Array.from({ length: 1_500 }, (_, index) => ({
          source: 'busy',
          externalId: String(index),
          type: `type ${index}`,
          state: index % 2 ? 'failed' : 'succeeded',
          finishedAt: minute(index * 10),
        })),
      );
      asked = await startApi(many.database);
    });
    afterAll(async () => {
      await asked?.close();
      await many?.drop();
    });

    it('names the shortest usual bucket that fits', async () => {
      const { status, body } = await asked.get('/api/v1/jobs/summary?groupBy=state&bucket=10m');
      expect([status, body.type, body.errors]).toEqual([
        400,
        'urn:rollcall:problem:invalid-request',
        [{ parameter: 'bucket', detail: 'gives more than 1000 rows; bucket=30m fits' }],
      ]);
      const fitting = await asked.get('/api/v1/jobs/summary?groupBy=state&bucket=30m');
      expect([fitting.status, fitting.body.total, fitting.body.data.length <= 1_000]).toEqual([
        200,
        1_500,
        true,
      ]);
    });

    it('says what to leave out where no bucket helps', async () => {
      const detail = async (search: string) =>
        (await asked.get(`/api/v1/jobs/summary?${search}`)).body.errors;
      expect(await detail('groupBy=state,type')).toEqual([
        { parameter: 'groupBy', detail: 'gives more than 1000 rows; leave out type, or filter by it' },
      ]);
      expect(await detail('groupBy=type&bucket=1d')).toEqual([
        { parameter: 'groupBy', detail: 'gives more than 1000 rows; filter by type' },
      ]);
    });

    it('answers from the kept counts without a look at the jobs, and else within its time', async () => {
      const client = await many.database.pool.connect();
      await client.query('BEGIN; LOCK TABLE rollcall.job IN ACCESS EXCLUSIVE MODE');
      try {
        const kept = await asked.get(
          '/api/v1/jobs/summary?groupBy=source,state,platform&state=failed&source=busy&platform=vectorcharts',
        );
        expect([kept.status, kept.body.data]).toEqual([
          200,
          [{ source: 'busy', state: 'failed', platform: 'vectorcharts', count: 750 }],
        ]);
        const late = await asked.get('/api/v1/jobs/summary?groupBy=type');
        expect([late.status, late.body.type]).toEqual([422, 'urn:rollcall:problem:query-too-broad']);
        expect(late.body.detail).toMatch(/narrows it/);
      } finally {
        await client.query('ROLLBACK');
        client.release();
      }
    }, 30_000);
  });
});
