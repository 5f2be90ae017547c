import { changedThrough, lockChangeClock } from '../src/storage/change-clock.js';
import { Database } from '../src/storage/database.js';
import { EventCursors } from '../src/storage/event-cursor.js';
import { SettingStore } from '../src/storage/setting.store.js';
import { TestApi, startApi } from './support/api.js';
import { SourceSeed, insertJob, insertSource } from './support/jobs.js';
import { TestDatabase, createTestDatabase } from './support/postgres.js';

const ago = (ms: number) => new Date(Date.now() - ms).toISOString();

describe('how complete an answer is', () => {
  let test: TestDatabase;
  let apis: TestApi[];

  beforeEach(async () => {
    test = await createTestDatabase();
    apis = [];
  });
  afterEach(async () => {
    for (const api of apis) await api.close();
    await test.drop();
  });

  /** Reads what is there now: nothing of an earlier answer is shared with a Database of its own. */
  async function get(url: string) {
    const api = await startApi(new Database(test.database.dataSource));
    apis.push(api);
    return (await api.get(url)).body;
  }
  const seed = async (...sources: SourceSeed[]) => {
    for (const source of sources) await insertSource(test.database, source);
  };

  it('is as old as the oldest source, by our clock', async () => {
    const [early, late] = [ago(50_000), ago(20_000)];
    await seed({ key: 'a', completeThrough: late }, { key: 'b', completeThrough: early, clockSkewMs: 5_000 });
    const { coverage } = await get('/api/v1/jobs');
    expect(coverage).toMatchObject({
      sources: 2,
      healthy: 2,
      completeThrough: new Date(Date.parse(early) - 5_000).toISOString(),
      degraded: [],
    });
    expect((await get('/api/v1/jobs?source=a')).coverage).toMatchObject({
      sources: 1,
      completeThrough: late,
    });
  });

  it('is unknown when it is unknown of one source, or there is none', async () => {
    expect((await get('/api/v1/jobs')).coverage).toMatchObject({ sources: 0, completeThrough: null });
    await seed({ key: 'a' }, { key: 'b', completeThrough: null });
    expect((await get('/api/v1/jobs')).coverage).toMatchObject({ sources: 2, completeThrough: null });
  });

  it('is over the sources that the filter covers, retired ones left out', async () => {
    await seed(
      { key: 'a', labels: { team: 'maps' }, health: 'failing', healthReason: 'authentication' },
      { key: 'b', platform: 'integrate-io', labels: { team: 'data' } },
      { key: 'c', platform: 'integrate-io', retiredAt: ago(1_000), completeThrough: null },
    );
    expect((await get('/api/v1/jobs')).coverage).toMatchObject({
      sources: 2,
      healthy: 1,
      degraded: [
        { source: 'a', health: 'failing', since: '2025-01-01T00:00:00.000Z', reason: 'authentication' },
      ],
    });
    for (const search of ['source=b,c', 'platform=integrate-io', 'label=team:data'])
      expect((await get(`/api/v1/jobs?${search}`)).coverage).toMatchObject({
        sources: 1,
        healthy: 1,
        degraded: [],
      });
    expect((await get('/api/v1/jobs?label=team:none')).coverage).toMatchObject({ sources: 0 });
  });

  it('says that a source fell behind, is paused, disabled or retired', async () => {
    await seed(
      { key: 'behind', completeThrough: ago(400_000) },
      { key: 'disabled', enabled: false },
      { key: 'paused', pausedAt: ago(1_000) },
      { key: 'retired', retiredAt: ago(1_000) },
      { key: 'slow', completeThrough: ago(400_000), proofEveryMs: 3_600_000 },
    );
    const { data } = await get('/api/v1/sources');
    const health = Object.fromEntries(
      (data as { key: string; health: string; reason: string | null }[]).map(({ key, health, reason }) => [
        key,
        [health, reason],
      ]),
    );
    expect(health).toEqual({
      behind: ['degraded', 'behind'],
      disabled: ['paused', 'disabled'],
      paused: ['paused', 'paused'],
      retired: ['retired', null],
      slow: ['healthy', null],
    });
  });

  it('shows a source with all its fields', async () => {
    await seed({ key: 'a', labels: { team: 'maps' }, label: 'Chart tiles' });
    await insertJob(test.database, { source: 'a', externalId: '1', state: 'failed' });
    for (const [externalId, rawStatus] of [
      ['2', 'ODD'],
      ['3', 'ODD'],
      ['4', null],
    ] as const)
      await insertJob(test.database, {
        source: 'a',
        externalId,
        state: 'unknown',
        statusMapped: false,
        rawStatus,
      });
    await test.database.query(
      `UPDATE rollcall.source SET upstream_total = 7, upstream_total_at = '2025-01-01', last_error = $1, skipped_old = 3`,
      [JSON.stringify({ kind: 'timeout', message: 'slow', at: '2025-01-01T00:00:00.000Z' })],
    );
    const source = await get('/api/v1/sources/a');
    expect(source).toMatchObject({
      key: 'a',
      platform: 'vectorcharts',
      label: 'Chart tiles',
      labels: { team: 'maps' },
      enabled: true,
      health: 'healthy',
      reason: null,
      nextPollAt: null,
      consecutiveFailures: 0,
      lastError: { kind: 'timeout', message: 'slow', at: '2025-01-01T00:00:00.000Z' },
      requestsLastHour: 0,
      rejects: 0,
      skippedOld: 3,
      clockSkewMs: null,
      upstreamTotal: { value: 7, at: '2025-01-01T00:00:00.000Z' },
      unmappedStatuses: [
        { status: 'ODD', count: 2 },
        { status: null, count: 1 },
      ],
    });
    expect(source.jobs).toMatchObject({ failed: 1, unknown: 3, running: 0 });
    expect(source.lagMs).toBeGreaterThanOrEqual(0);
  });

  it('gives the end of the feed from before the read', async () => {
    const codec = await new EventCursors(new SettingStore(test.database)).codec();
    expect(codec.decode((await get('/api/v1/jobs')).page.feed)).toBe(0);
    await test.database.query(
      "INSERT INTO rollcall.event (position, type, at, source_key) VALUES (41, 'source.health', now(), 'a'), (42, 'source.health', now(), 'a')",
    );
    expect(codec.decode((await get('/api/v1/jobs')).page.feed)).toBe(42);
  });

  describe('changedThrough', () => {
    /** As the writer does: the clock's lock first, then the change, then the commit. */
    async function write(
      externalId: string,
      meanwhile: (changedAt: number) => Promise<void>,
    ): Promise<number> {
      return test.database.transaction(async (client) => {
        const changedAt = await lockChangeClock(client);
        await meanwhile(changedAt);
        await client.query(
          `INSERT INTO rollcall.job (id, source_key, platform, external_id, state, status_mapped, first_seen_at, state_changed_at,
             changed_at, version, read_at, mapping, seen_at)
           VALUES (gen_random_uuid(), 'a', 'vectorcharts', $1, 'running', true, now(), now(), $2, 1, now(), 'test/1', now())`,
          [externalId, new Date(changedAt).toISOString()],
        );
        return changedAt;
      });
    }
    /** Not from the cache of a tenth of a second. */
    const through = () => changedThrough(new Database(test.database.dataSource));

    it('stays at a writer that has not committed, and goes on when it has', async () => {
      await seed({ key: 'a' });
      const changedAt = await write('1', async (at) => {
        expect(await through()).toBeLessThanOrEqual(at);
        expect(Date.parse((await get('/api/v1/jobs')).coverage.changedThrough)).toBeLessThanOrEqual(at);
        await write('2', async () => expect(await through()).toBeLessThanOrEqual(at));
        expect(await through()).toBeLessThanOrEqual(at);
      });
      const { coverage, data } = await get('/api/v1/jobs');
      expect(Date.parse(coverage.changedThrough)).toBeGreaterThanOrEqual(changedAt);
      expect(data).toHaveLength(2);
    });

    it('goes on when a writer gives up', async () => {
      let at = 0;
      await expect(
        test.database.transaction(async (client) => {
          at = await lockChangeClock(client);
          throw new Error('gave up');
        }),
      ).rejects.toThrow('gave up');
      expect(await through()).toBeGreaterThanOrEqual(at);
    });

    it('never promises a change that a later read lacks, whatever commits at the same time', async () => {
      await seed({ key: 'a' });
      const done = new Set<string>();
      const promised: { through: number; seen: Set<string> }[] = [];
      const changes = new Map<string, number>();
      const writers = Array.from({ length: 3 }, async (_, writer) => {
        for (let turn = 0; turn < 40; turn += 1)
          changes.set(
            `${writer}-${turn}`,
            await write(`${writer}-${turn}`, async () => void (await test.database.query('SELECT 1'))),
          );
        done.add(String(writer));
      });
      while (done.size < writers.length) {
        const until = await through();
        const rows = await test.database.query<{ id: string }>('SELECT external_id AS id FROM rollcall.job');
        promised.push({ through: until, seen: new Set(rows.map(({ id }) => id)) });
      }
      await Promise.all(writers);
      const missing = promised.flatMap(({ through: until, seen }) =>
        [...changes].filter(([id, at]) => at < until && !seen.has(id)),
      );
      expect(missing).toEqual([]);
      expect(promised.length).toBeGreaterThan(0);
      expect(await through()).toBeGreaterThanOrEqual(Math.max(...changes.values()));
    });
  });
});
