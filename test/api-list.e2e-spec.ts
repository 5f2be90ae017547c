import { Database } from '../src/storage/database.js';
import { JobQuery } from '../src/storage/job.query.js';
import { TestApi, startApi } from './support/api.js';
import { insertJob, insertJobs, insertSource } from './support/jobs.js';
import { TestDatabase, createTestDatabase } from './support/postgres.js';
import { waitFor } from './support/wait-for.js';

const at = (minute: number) => new Date(Date.UTC(2025, 2, 1, 0, minute)).toISOString();

/** What the random questions of api-jobs-property do not ask: refusals, and what a list promises beside its rows. */
describe('the parameters of a list', () => {
  let test: TestDatabase;
  let api: TestApi;

  beforeAll(async () => {
    test = await createTestDatabase();
    await insertSource(test.database, { key: 'charts', labels: { team: 'maps' }, staleAfterMs: 3_600_000 });
    await insertJobs(
      test.database,
      Array.from({ length: 12 }, (_, index) => ({
        source: 'charts',
        externalId: `${index}`,
        type: index === 3 ? 'a,b' : 'tiles',
        state: index < 6 ? 'succeeded' : 'running',
        createdAt: at(index),
        updatedAt: at(index),
        seenAt: new Date().toISOString(),
      })),
    );
    api = await startApi(test.database);
  });
  afterAll(async () => {
    await api?.close();
    await test?.drop();
  });

  const faults = async (search: string) => {
    const { status, body } = await api.get(`/api/v1/jobs?${search}`);
    expect([search, status]).toEqual([search, 400]);
    return (body.errors as { parameter: string }[]).map(({ parameter }) => parameter).sort();
  };
  const ids = async (search: string) => {
    const { status, body } = await api.get(`/api/v1/jobs?${search}`);
    expect([search, status]).toEqual([search, 200]);
    return (body.data as { externalId: string }[]).map(({ externalId }) => externalId);
  };

  const LISTS = [
    'id',
    'source',
    'platform',
    'type',
    'owner',
    'externalId',
    'reason',
    'rawStatus',
    'parentId',
    'state',
    'freshness',
    'fields',
  ];
  const PAIRS = ['label', 'attribute'];
  const RANGES = ['created', 'started', 'finished', 'updated', 'changed'];
  const SINGLE = [
    ...RANGES.flatMap((name) => [`${name}Since`, `${name}Until`]),
    ...[
      'q',
      'latest',
      'minDuration',
      'maxDuration',
      'minProgress',
      'maxProgress',
      'sort',
      'limit',
      'cursor',
      'offset',
      'count',
    ],
  ];

  it.each([...LISTS, ...PAIRS, ...SINGLE])('%s is refused when it is empty', async (name) => {
    expect(await faults(`${name}=`)).toEqual([name]);
    expect(await faults(name)).toEqual([name]);
  });

  it.each(SINGLE)('%s is refused when it is repeated', async (name) => {
    const value =
      {
        latest: 'true',
        sort: 'createdAt',
        count: 'none',
        limit: '1',
        offset: '1',
        minProgress: '0',
        maxProgress: '1',
        minDuration: '1s',
        maxDuration: '1s',
      }[name] ?? '0';
    expect(await faults(`${name}=${value}&${name}=${value}`)).toEqual([name]);
  });

  it.each(LISTS)('%s is refused with an empty value in its list', async (name) => {
    const value =
      {
        id: '54ed27d8-0ef2-5728-82a8-1918114be6b1',
        parentId: '54ed27d8-0ef2-5728-82a8-1918114be6b1',
        state: 'failed',
        freshness: 'fresh',
        fields: 'state',
      }[name] ?? 'a';
    expect(await faults(`${name}=${value},`)).toEqual([name]);
    expect((await api.get(`/api/v1/jobs?${name}=${value}&${name}=${value}`)).status).toBe(200);
  });

  it.each(RANGES)('%sSince after %sUntil is refused, at it names nothing', async (name) => {
    expect(await faults(`${name}Since=2025-01-02T00:00:00Z&${name}Until=2025-01-01T23:59:59.999Z`)).toEqual([
      `${name}Since`,
    ]);
    expect(await faults(`${name}Since=-1h&${name}Until=-2h`)).toEqual([`${name}Since`]);
    expect(await ids(`${name}Since=${at(5)}&${name}Until=${at(5)}`)).toEqual([]);
  });

  it('names what is outside of its bounds', async () => {
    expect(await faults('limit=501&offset=10001&minProgress=1.1&maxProgress=-1')).toEqual([
      'limit',
      'maxProgress',
      'minProgress',
      'offset',
    ]);
    expect(
      await faults('count=all&sort=state&state=activ&freshness=old&fields=id,nme&minDuration=5&id=x'),
    ).toEqual(['count', 'fields', 'freshness', 'id', 'minDuration', 'sort', 'state']);
    expect(await faults('minProgress=0.6&maxProgress=0.5&minDuration=2s&maxDuration=1s')).toEqual([
      'minDuration',
      'minProgress',
    ]);
    for (const search of ['limit=500', 'offset=10000', 'minProgress=0&maxProgress=1', 'sort=-duration'])
      await ids(search);
  });

  it('reads a comma with a backslash before it as part of the value', async () => {
    expect(await ids('type=a\\,b')).toEqual(['3']);
    expect(await ids('type=a,b')).toEqual([]);
    expect((await ids('type=a\\,b,tiles')).length).toBe(12);
  });

  it('takes offset or cursor, never both', async () => {
    const { body } = await api.get('/api/v1/jobs?limit=5');
    expect(await faults(`offset=0&cursor=${body.page.next}`)).toEqual(['offset']);
    expect(await ids('sort=createdAt&offset=10')).toEqual(['10', '11']);
  });

  it('gives the end of the feed with the first page, and with no other', async () => {
    const first = await api.get('/api/v1/jobs?limit=5');
    expect(first.body.page).toHaveProperty('feed');
    expect((await api.get('/api/v1/jobs?limit=5&offset=0')).body.page).toHaveProperty('feed');
    expect((await api.get('/api/v1/jobs?limit=5&offset=5')).body.page).not.toHaveProperty('feed');
    const second = await api.get(`/api/v1/jobs?limit=5&cursor=${first.body.page.next}`);
    expect(second.body.page).not.toHaveProperty('feed');
    const back = await api.get(`/api/v1/jobs?limit=5&cursor=${second.body.page.prev}`);
    expect([back.body.data, 'feed' in back.body.page]).toEqual([first.body.data, false]);
  });

  it("shows a relative time by page one's now on every page", async () => {
    const search = 'createdUntil=-0s&sort=createdAt';
    const first = await api.get(`/api/v1/jobs?${search}&limit=6`);
    const late = await insertJob(test.database, {
      source: 'charts',
      externalId: 'late',
      createdAt: new Date(Date.now() + 1).toISOString(),
    });
    // until the clock has passed it; the cursor's has not
    const own = await startApi(new Database(test.database.dataSource));
    await waitFor(
      async () => (await own.get(`/api/v1/jobs?${search}&offset=6`)).body.data.length === 7 || null,
      5_000,
    );
    const second = await own.get(`/api/v1/jobs?${search}&cursor=${first.body.page.next}`);
    expect(second.body.data).toHaveLength(6);
    await own.close();
    await test.database.query('DELETE FROM rollcall.job WHERE id = $1', [late]);
    await test.database.query("UPDATE rollcall.job_count SET jobs = jobs - 1 WHERE state = 'succeeded'");
  });

  it('counts exactly, from the kept counts where they say it, and estimates what takes too long', async () => {
    for (const search of [
      '',
      'state=running',
      'source=charts,nowhere',
      'platform=vectorcharts',
      'type=tiles',
      'q=tiles',
      'label=team:maps',
    ]) {
      const { page, data } = (await api.get(`/api/v1/jobs?count=exact&${search}`)).body;
      expect([search, page.total, page.totalKind]).toEqual([search, data.length, 'exact']);
    }
    const canceled = Object.assign(new Error('canceling statement due to statement timeout'), {
      code: '57014',
    });
    const late = Object.create(test.database, {
      transaction: { value: () => Promise.reject(canceled) },
    }) as Database;
    const asked = { filter: { type: ['tiles'] }, sources: null };
    expect(await new JobQuery(late).total(asked, Date.now(), 'exact')).toEqual({
      total: expect.any(Number),
      totalKind: 'estimated',
    });
  });

  describe('the ETag of a list', () => {
    /** By a Database of its own, which shares nothing of an earlier answer. */
    const etag = async (search = '') => {
      const own = await startApi(new Database(test.database.dataSource));
      const { headers } = await own.get(`/api/v1/jobs?${search}`);
      await own.close();
      return headers['etag'];
    };

    it('moves when a job becomes stale or vanished, and when the health of a source does', async () => {
      const tags = [await etag()];
      for (const change of [
        "UPDATE rollcall.source SET open_round_at = NULL, swept_at = NULL; UPDATE rollcall.job SET seen_at = now() - interval '2 hours' WHERE external_id = '8'",
        "UPDATE rollcall.job SET vanished_at = now() WHERE external_id = '9'",
        "UPDATE rollcall.source SET health = 'failing', health_reason = 'authentication'",
      ]) {
        await test.database.query(change);
        tags.push(await etag());
      }
      expect(new Set(tags).size).toBe(4);
    });

    it('moves with the total and with what follows, not with the text of cursors', async () => {
      const before = await etag('limit=6&count=exact&sort=createdAt');
      expect(await etag('limit=6&count=exact&sort=createdAt')).toBe(before);
      await insertJob(test.database, { source: 'charts', externalId: 'last', createdAt: at(59) });
      expect(await etag('limit=6&count=exact&sort=createdAt')).not.toBe(before);
    });
  });
});
