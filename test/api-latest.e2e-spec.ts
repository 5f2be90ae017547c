import { latestJobs } from '../src/storage/job.latest.js';
import { TokenStore } from '../src/storage/token.store.js';
import { TestApi, startApi } from './support/api.js';
import { testConfig } from './support/config.js';
import { JobSeed, insertJobs, insertSource } from './support/jobs.js';
import { insertManyJobs } from './support/many-jobs.js';
import { TestDatabase, createTestDatabase } from './support/postgres.js';

const LONG = 'x'.repeat(300);
const at = (day: number) => `2025-03-0${day}T00:00:00.000Z`;

const JOBS: JobSeed[] = [
  { source: 'a', externalId: 'import 1', type: 'import', state: 'failed', createdAt: at(1) },
  { source: 'a', externalId: 'import 2', type: 'import', state: 'succeeded', createdAt: at(2) },
  { source: 'a', externalId: 'export 1', type: 'export', state: 'succeeded', createdAt: at(1) },
  { source: 'a', externalId: 'export 2', type: 'export', state: 'failed', createdAt: at(3) },
  // a missing time is older than any
  { source: 'a', externalId: 'tidy 1', type: 'tidy', state: 'failed', createdAt: at(1) },
  { source: 'a', externalId: 'tidy 2', type: 'tidy', state: 'succeeded', createdAt: null, updatedAt: at(9) },
  // jobs without a type are one group; the empty type is another
  { source: 'a', externalId: 'none 1', type: null, state: 'failed', createdAt: at(1) },
  { source: 'a', externalId: 'none 2', type: null, state: 'failed', createdAt: at(2) },
  { source: 'a', externalId: 'empty', type: '', state: 'failed', createdAt: at(1) },
  // long types that differ at their ends only
  { source: 'a', externalId: 'long 1', type: `${LONG}1`, state: 'failed', createdAt: at(1) },
  { source: 'a', externalId: 'long 2', type: `${LONG}2`, state: 'succeeded', createdAt: at(2) },
  { source: 'a', externalId: 'odd', type: 'back\\slash\\x41', state: 'running', createdAt: at(2) },
  // another source's runs of the same type
  {
    source: 'b',
    externalId: 'import 1',
    type: 'import',
    state: 'failed',
    createdAt: at(1),
    platform: 'integrate-io',
  },
];
const NEWEST = [
  'a/empty',
  'a/export 2',
  'a/import 2',
  'a/long 1',
  'a/long 2',
  'a/none 2',
  'a/odd',
  'a/tidy 1',
  'b/import 1',
];

describe('the newest job of each source and type', () => {
  let test: TestDatabase;
  let api: TestApi;

  beforeAll(async () => {
    test = await createTestDatabase();
    await insertSource(test.database, { key: 'a' });
    await insertSource(test.database, { key: 'b', platform: 'integrate-io' });
    await insertSource(test.database, { key: 'c' });
    await insertJobs(test.database, JOBS);
    api = await startApi(test.database);
  });
  afterAll(async () => {
    await api?.close();
    await test?.drop();
  });

  const names = (rows: { source: string; externalId: string }[]) =>
    rows.map(({ source, externalId }) => `${source}/${externalId}`).sort();
  const list = async (search: string) => {
    const { status, body } = await api.get(`/api/v1/jobs?latest=true&${search}`);
    expect(status).toBe(200);
    return names(body.data);
  };

  it('is chosen by createdAt; jobs without a type are one group, and a missing time is older than any', async () => {
    expect(await list('')).toEqual(NEWEST);
  });

  it('is chosen before all other filters', async () => {
    expect(await list('state=failed')).toEqual([
      'a/empty',
      'a/export 2',
      'a/long 1',
      'a/none 2',
      'a/tidy 1',
      'b/import 1',
    ]);
    expect(await list('type=import')).toEqual(['a/import 2', 'b/import 1']);
    expect(await list('type=import&state=failed')).toEqual(['b/import 1']);
    expect(await list('createdUntil=2025-03-02T00:00:00Z')).toEqual([
      'a/empty',
      'a/long 1',
      'a/tidy 1',
      'b/import 1',
    ]);
    expect(await list('externalId=import 1')).toEqual(['b/import 1']);
    expect(await list('source=b')).toEqual(['b/import 1']);
    expect(await list('platform=integrate-io')).toEqual(['b/import 1']);
    expect(await list('source=c')).toEqual([]);
  });

  it('is the greater id of those of one moment', async () => {
    const twins = ['1', '2', '3', '4'].map((run) => ({
      source: 'c',
      externalId: run,
      type: 'twin',
      createdAt: at(5),
    }));
    await insertJobs(test.database, twins);
    const { body } = await api.get('/api/v1/jobs?source=c&sort=createdAt');
    const ids = (body.data as { id: string }[]).map(({ id }) => id);
    const newest = await api.get('/api/v1/jobs?source=c&latest=true');
    expect(newest.body.data).toMatchObject([{ id: [...ids].sort().at(-1) }]);
    await test.database.query("DELETE FROM rollcall.job WHERE source_key = 'c'");
    await test.database.query("DELETE FROM rollcall.job_count WHERE source_key = 'c'");
  });

  it('is counted, summed up, exported and walked like any list', async () => {
    for (const count of ['exact', 'estimated'])
      expect((await api.get(`/api/v1/jobs?latest=true&count=${count}`)).body.page).toMatchObject({
        total: NEWEST.length,
        totalKind: count,
      });
    const summary = await api.get('/api/v1/jobs/summary?latest=true&groupBy=source');
    expect(summary.body.data).toEqual([
      { source: 'a', count: NEWEST.length - 1 },
      { source: 'b', count: 1 },
    ]);
    const lines = (await api.get('/api/v1/jobs?latest=true', { accept: 'application/x-ndjson' })).text
      .trim()
      .split('\n');
    expect(names(lines.map((line) => JSON.parse(line) as never))).toEqual(NEWEST);
    let page = await api.get('/api/v1/jobs?latest=true&limit=2&sort=createdAt');
    const walked = [...page.body.data];
    while (page.body.page.next !== null) {
      page = await api.get(`/api/v1/jobs?latest=true&limit=2&sort=createdAt&cursor=${page.body.page.next}`);
      walked.push(...page.body.data);
    }
    expect(names(walked)).toEqual(NEWEST);
    expect(
      (
        await api.get(
          `/api/v1/jobs?cursor=${(await api.get('/api/v1/jobs?latest=true&limit=1')).body.page.next}`,
        )
      ).body.type,
    ).toBe('urn:rollcall:problem:cursor-mismatch');
  });

  it('is true or false, and false asks the same question as nothing', async () => {
    const { body } = await api.get('/api/v1/jobs?latest=false&limit=1');
    expect((await api.get(`/api/v1/jobs?cursor=${body.page.next}`)).status).toBe(200);
    for (const value of ['yes', '', 'TRUE', '1'])
      expect((await api.get(`/api/v1/jobs?latest=${value}`)).status).toBe(400);
  });

  it('is chosen among the sources that the caller may see', async () => {
    const { token } = await new TokenStore(test.database).create({
      name: 'b',
      scopes: ['jobs:read'],
      sources: ['b'],
      expiresAt: null,
    });
    const config = testConfig([]);
    config.server.auth = 'tokens';
    const guarded = await startApi(test.database, config);
    const { body } = await guarded.get('/api/v1/jobs?latest=true', { authorization: `Bearer ${token}` });
    expect(names(body.data)).toEqual(['b/import 1']);
    await guarded.close();
  });

  it('costs as much as there are types, not jobs', async () => {
    const own = await createTestDatabase();
    await insertManyJobs(own.database, 50_000);
    const [{ groups }] = (await own.database.query<{ groups: number }>(
      'SELECT count(*) AS groups FROM (SELECT DISTINCT source_key, type FROM rollcall.job) g',
    )) as [{ groups: number }];
    const [row] = await own.database.query<{ 'QUERY PLAN': [{ Plan: Record<string, number> }] }>(
      `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT id FROM ${latestJobs('true')} j`,
    );
    const { Plan: plan } = row!['QUERY PLAN'][0];
    expect(plan['Actual Rows']).toBe(groups);
    // a probe of the index goes down three levels and looks at the row, and the row is joined by its id
    expect(plan['Shared Hit Blocks']! + plan['Shared Read Blocks']!).toBeLessThan(groups * 10);
    await own.drop();
  }, 120_000);
});
