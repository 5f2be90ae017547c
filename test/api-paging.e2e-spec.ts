import fc from 'fast-check';
import { JOB_STATES, isTerminal } from '../src/domain/job-state.js';
import { TestApi, startApi } from './support/api.js';
import { ModelQuery, modelJobs, modelList } from './support/job-model.js';
import { JobSeed, SourceSeed, insertJobs, insertSource } from './support/jobs.js';
import { TestDatabase, createTestDatabase } from './support/postgres.js';

const SORTS = ['updatedAt', 'createdAt', 'startedAt', 'finishedAt', 'changedAt', 'durationMs'];
const SOURCES: SourceSeed[] = [
  { key: 'alpha', labels: { team: 'maps', env: 'prod' }, openRoundAt: '2025-01-02T00:00:00.000Z' },
  { key: 'beta', labels: { team: 'data' }, openRoundAt: new Date().toISOString(), staleAfterMs: 86_400_000 },
  { key: 'gamma', openRoundAt: null, sweptAt: '2025-01-02T00:00:00.000Z' },
];

/** A few instants, so that ties are frequent; to the millisecond, so that text comparison would go wrong. */
const INSTANTS = [0, 1, 10, 100, 1_000, 60_000, 3_600_000].map((ms) =>
  new Date(Date.parse('2025-03-01T00:00:00.000Z') + ms).toISOString(),
);
/** What a wrong clock says: the job has run for no time so far, and will for years. */
const TO_COME = '2999-01-01T00:00:00.000Z';
const instant = fc.constantFrom(...INSTANTS);
const instantOrNull = fc.option(instant, { nil: null });
const TYPES = ['import', 'Export tiles', '100%_done\\', 'x'.repeat(200), `${'x'.repeat(199)}y`];
const OWNERS = ['ann', 'bob, jr', 'c:\\dir'];

const job = (index: number): fc.Arbitrary<JobSeed> =>
  fc
    .record({
      source: fc.constantFrom(...SOURCES.map(({ key }) => key)),
      externalId: fc.constantFrom('a', 'b', 'ID').map((prefix) => `${prefix}-${index}`),
      type: fc.option(fc.constantFrom(...TYPES), { nil: null }),
      name: fc.option(fc.constantFrom('Nightly', 'nightly run', 'Ünïcode 🦄'), { nil: null }),
      owner: fc.option(fc.constantFrom(...OWNERS), { nil: null }),
      state: fc.constantFrom(...JOB_STATES),
      progress: fc.option(fc.constantFrom(0, 0.45, 1), { nil: null }),
      createdAt: instantOrNull,
      startedAt: fc.option(fc.constantFrom(...INSTANTS, TO_COME), { nil: null }),
      finishedAt: instantOrNull,
      updatedAt: instantOrNull,
      changedAt: instant,
      error: fc.option(fc.constantFrom({ message: 'disk 50% full', code: null, details: null }), {
        nil: null,
      }),
      attributes: fc.constantFrom(
        {},
        { priority: 5 },
        { priority: '5', team: { name: 'x' } },
        { done: true },
        { done: null },
      ),
      absentAt: fc.constantFrom(null, '2025-03-02T00:00:00.000Z'),
      vanishedAt: fc.constantFrom(null, null, '2025-03-02T00:00:00.000Z'),
    })
    .map((seed) => ({ ...seed, finishedAt: isTerminal(seed.state) ? seed.finishedAt : null }));

describe('walking a list of jobs', () => {
  const jobs = fc.sample(fc.tuple(...Array.from({ length: 240 }, (_, index) => job(index))), {
    numRuns: 1,
    seed: 7,
  })[0]!;
  const model = modelJobs(jobs, SOURCES);
  const list = (asked: ModelQuery) => modelList(model, asked, Date.now()).map(({ id }) => id);
  let test: TestDatabase;
  let api: TestApi;

  beforeAll(async () => {
    test = await createTestDatabase();
    for (const source of SOURCES) await insertSource(test.database, source);
    await insertJobs(test.database, jobs);
    api = await startApi(test.database);
  });
  afterAll(async () => {
    await api?.close();
    await test?.drop();
  });

  const page = async (search: URLSearchParams, cursor?: string) => {
    const own = new URLSearchParams(search);
    if (cursor !== undefined) own.set('cursor', cursor);
    const answer = await api.get(`/api/v1/jobs?${own}`);
    expect([answer.status, answer.body.errors]).toEqual([200, undefined]);
    return { ids: (answer.body.data as { id: string }[]).map(({ id }) => id), page: answer.body.page };
  };

  /** Every page from the first on, then back again from the last. */
  async function walk(search: URLSearchParams): Promise<{ there: string[]; back: string[] }> {
    let at = await page(search);
    const there = [...at.ids];
    expect(at.page.prev).toBeNull();
    while (at.page.next !== null) {
      at = await page(search, at.page.next);
      there.push(...at.ids);
    }
    const back = [...at.ids];
    while (at.page.prev !== null) {
      at = await page(search, at.page.prev);
      expect(at.page.next).not.toBeNull();
      back.unshift(...at.ids);
    }
    return { there, back };
  }

  it.each(SORTS.flatMap((sort) => [sort, `-${sort}`]))('walks the whole list by %s', async (sort) => {
    const asked = { sort: sort.replace('-', ''), descending: sort.startsWith('-') };
    const expected = list(asked);
    const { there, back } = await walk(new URLSearchParams({ sort, limit: '11', fields: 'id' }));
    expect(there).toEqual(expected);
    expect(back).toEqual(expected);
  });

  it.each(SORTS.flatMap((sort) => [sort, `-${sort}`]))(
    'offsets into the list by %s and walks on from there',
    async (sort) => {
      const asked = { sort: sort.replace('-', ''), descending: sort.startsWith('-') };
      const expected = list(asked);
      const search = new URLSearchParams({ sort, limit: '20', fields: 'id' });
      const at = await page(new URLSearchParams([...search, ['offset', '110']]));
      expect(at.ids).toEqual(expected.slice(110, 130));
      expect((await page(search, at.page.next)).ids).toEqual(expected.slice(130, 150));
      expect((await page(search, at.page.prev)).ids).toEqual(expected.slice(90, 110));
      const past = await page(new URLSearchParams([...search, ['offset', '9999']]));
      expect([past.ids, past.page.next]).toEqual([[], null]);
      expect((await page(search, past.page.prev)).ids).toEqual(expected.slice(-20));
    },
  );

  it('gives what did not change exactly once while other jobs move', async () => {
    const search = new URLSearchParams({ sort: '-changedAt', limit: '40', fields: 'id', source: 'alpha' });
    const before = list({ sort: 'changedAt', descending: true, source: ['alpha'] });
    const moved = before.filter((_, index) => index % 3 === 0);
    let at = await page(search);
    const seen = [...at.ids];
    await test.database.query('UPDATE rollcall.job SET changed_at = $2 WHERE id = ANY($1::uuid[])', [
      moved,
      '2025-06-01T00:00:00.000Z',
    ]);
    while (at.page.next !== null) {
      at = await page(search, at.page.next);
      seen.push(...at.ids);
    }
    const still = before.filter((id) => !moved.includes(id));
    expect(seen.filter((id) => still.includes(id))).toEqual(still);
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('comes back from a page that has become empty', async () => {
    const search = new URLSearchParams({ source: 'beta', sort: 'createdAt', limit: '3', fields: 'id' });
    const first = await page(search);
    await test.database.query(
      "DELETE FROM rollcall.job WHERE source_key = 'beta' AND NOT id = ANY($1::uuid[])",
      [first.ids],
    );
    const empty = await page(search, first.page.next);
    expect([empty.ids, empty.page.next]).toEqual([[], null]);
    const again = await page(search, empty.page.prev);
    expect(again.ids).toEqual(first.ids);
    expect(again.page.prev).toBeNull();
  });
});
