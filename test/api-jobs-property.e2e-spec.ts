import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { isTerminal } from '../src/domain/job-state.js';
import { JOB_FIELDS } from '../src/storage/job.fields.js';
import { Answer, TestApi, startApi } from './support/api.js';
import { parseCsv } from './support/csv.js';
import { ModelJob, modelJobs, modelList, modelShown, modelSummary } from './support/job-model.js';
import { SOURCES, randomJobs, randomQuery, randomSummary, toSearch } from './support/job-world.js';
import { insertJobs, insertSource } from './support/jobs.js';
import { TestDatabase, createTestDatabase } from './support/postgres.js';

/** `ROLLCALL_PROPERTY_SEED` repeats a run, `ROLLCALL_PROPERTY_RUNS` makes it a longer one. */
const SEED = Number(process.env['ROLLCALL_PROPERTY_SEED'] ?? 20_250_301);
const RUNS = Number(process.env['ROLLCALL_PROPERTY_RUNS'] ?? 650);
const JOBS = 5_000;

const FIELDS = JOB_FIELDS.map(({ name }) => name);
/** How long knowledge of the clock is shared, and more. */
const SHARED_MS = 1_000;

const limit = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom(1, 2, 50, 499, 500) },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 100 }) },
);
const fields = fc.oneof(
  { weight: 1, arbitrary: fc.constant(undefined) },
  { weight: 3, arbitrary: fc.uniqueArray(fc.constantFrom(...FIELDS), { minLength: 1, maxLength: 6 }) },
);
/** One step of a walk: what may change on the way does. */
const step = fc.record({
  forward: fc.oneof(
    { weight: 2, arbitrary: fc.constant(true) },
    { weight: 1, arbitrary: fc.constant(false) },
  ),
  limit,
  fields,
  count: fc.constantFrom('none', 'exact', 'estimated'),
});
const steps = fc.array(step, { minLength: 1, maxLength: 3 });
const offset = fc.option(fc.integer({ min: 0, max: 6_000 }), { nil: undefined, freq: 1 });
const commas = fc.boolean();
const accept = fc.constantFrom('application/x-ndjson', 'text/csv');

describe.each([SEED, SEED + 1])('random questions about the random world %i', (seed) => {
  const seeds = randomJobs(JOBS, seed);
  const jobs = modelJobs(seeds, SOURCES);
  const byId = new Map(jobs.map((job) => [job.id, job]));
  let test: TestDatabase;
  let api: TestApi;

  beforeAll(async () => {
    test = await createTestDatabase();
    for (const source of SOURCES) await insertSource(test.database, source);
    await insertJobs(test.database, seeds);
    await test.database.query('ANALYZE');
    api = await startApi(test.database);
  }, 60_000);
  afterAll(async () => {
    await api?.close();
    await test?.drop();
  });

  async function ask(
    path: string,
    search: URLSearchParams,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const answer = await api.get(`${path}?${search}`, headers);
    expect([answer.status, answer.body?.errors, answer.body?.detail]).toEqual([200, undefined, undefined]);
    return answer;
  }

  /** Rows as they are shown, but for what moves: of running jobs `durationMs` is `walk.now` less their start, for every page of a walk. */
  function expectRows(
    rows: readonly Record<string, unknown>[],
    expected: readonly ModelJob[],
    shown: readonly string[] = FIELDS,
    walk: { began: number; now: number | null },
  ) {
    const names = shown.includes('id') ? shown : ['id', ...shown];
    for (const [
      index,
      {
        seed: { state },
        at,
      },
    ] of expected.entries()) {
      const shownMs = rows[index]?.['durationMs'];
      const runs = !isTerminal(state!) && at.started !== null && at.started < walk.began - 60_000;
      if (runs && typeof shownMs === 'number') walk.now ??= at.started! + shownMs;
    }
    const model = expected.map((job) => {
      const whole = modelShown(job, walk.now ?? walk.began);
      return Object.fromEntries(names.map((name) => [name, whole[name]]));
    });
    if (!isDeepStrictEqual(rows, model)) expect(rows).toEqual(model);
    expect(rows.map((row) => Object.keys(row).join())).toEqual(model.map(() => names.join()));
    if (walk.now !== null) {
      expect(walk.now).toBeGreaterThanOrEqual(walk.began - SHARED_MS);
      expect(walk.now).toBeLessThanOrEqual(Date.now() + SHARED_MS);
    }
  }

  /** Every property draws questions of its own. */
  const settings = (property: number, share: number) => ({
    numRuns: Math.ceil(RUNS * share),
    seed: seed + 1_000 * property,
    endOnFailure: true,
  });

  it('lists exactly what the contract promises, from anywhere, in both directions', async () => {
    await fc.assert(
      fc.asyncProperty(randomQuery(seeds), steps, offset, commas, async (query, walk, start, list) => {
        const clock = { began: Date.now(), now: null as number | null };
        const expected = modelList(jobs, query, clock.began);
        const base = toSearch(query, list);
        base.set('sort', `${query.descending ? '-' : ''}${query.sort}`);
        let [from, to] = [start ?? 0, start ?? 0];
        let links: { next: string | null; prev: string | null } = { next: null, prev: null };
        for (const [index, { forward, limit, fields, count }] of walk.entries()) {
          const search = new URLSearchParams(base);
          search.set('limit', String(limit));
          search.set('count', count);
          if (fields) search.set('fields', fields.join());
          if (index === 0 && start !== undefined) search.set('offset', String(start));
          const cursor = forward ? links.next : links.prev;
          if (index > 0 && cursor === null) continue;
          if (index > 0) search.set('cursor', cursor!);
          const ahead = forward || index === 0;
          // a page behind the last row is empty, and the page before it ends with that row
          [from, to] = ahead
            ? [to, to + limit]
            : [Math.max(0, Math.min(from, expected.length) - limit), Math.min(from, expected.length)];
          const rows = expected.slice(from, to);
          to = from + rows.length;
          const { body } = await ask('/api/v1/jobs', search);
          expectRows(body.data, rows, fields, clock);
          links = body.page;
          expect([links.next !== null, links.prev !== null]).toEqual([
            to < expected.length,
            from > 0 && (index > 0 || start! > 0),
          ]);
          expect('feed' in body.page).toBe(index === 0 && !start);
          expect(body.page.limit).toBe(limit);
          expect(body.page.totalKind).toBe(count);
          if (count !== 'estimated') expect(body.page.total).toBe(count === 'exact' ? expected.length : null);
          else expect(body.page.total).toBeGreaterThanOrEqual(0);
        }
      }),
      settings(0, 1),
    );
  }, 300_000);

  it('walks whole lists there and back', async () => {
    await fc.assert(
      fc.asyncProperty(randomQuery(seeds), limit, async (query, size) => {
        const expected = modelList(jobs, query, Date.now()).map(({ id }) => id);
        const search = toSearch(query, true);
        search.set('sort', `${query.descending ? '-' : ''}${query.sort}`);
        search.set('fields', 'id');
        search.set('limit', String(Math.max(size, Math.min(500, Math.ceil(expected.length / 4)))));
        const page = async (cursor: string | null) => {
          const own = new URLSearchParams(search);
          if (cursor !== null) own.set('cursor', cursor);
          const { body } = await ask('/api/v1/jobs', own);
          return { ids: (body.data as { id: string }[]).map(({ id }) => id), ...body.page } as {
            ids: string[];
            next: string | null;
            prev: string | null;
          };
        };
        let at = await page(null);
        const there = [...at.ids];
        while (at.next !== null) {
          at = await page(at.next);
          there.push(...at.ids);
        }
        const back = [at.ids];
        while (at.prev !== null) {
          at = await page(at.prev);
          back.unshift(at.ids);
        }
        expect(there).toEqual(expected);
        expect(back.flat()).toEqual(expected);
      }),
      settings(1, 0.15),
    );
  }, 300_000);

  it('exports the same lists as one stream', async () => {
    await fc.assert(
      fc.asyncProperty(
        randomQuery(seeds),
        fields,
        accept,
        limit,
        commas,
        async (query, fields, type, size, list) => {
          const clock = { began: Date.now(), now: null as number | null };
          const found = modelList(jobs, query, clock.began);
          const search = toSearch(query, list);
          search.set('sort', `${query.descending ? '-' : ''}${query.sort}`);
          if (fields) search.set('fields', fields.join());
          // a whole list now and then, else its beginning
          const whole = found.length < 700 || size % 10 === 0;
          if (!whole) search.set('limit', String(size));
          const expected = whole ? found : found.slice(0, size);
          const { text, headers } = await ask('/api/v1/jobs', search, { accept: type });
          const rows = type === 'text/csv' ? fromCsv(text) : fromLines(text);
          expectRows(rows, expected, fields, clock);
          expect(String(headers['link']).includes('rel="next"')).toBe(expected.length < found.length);
        },
      ),
      settings(2, 0.15),
    );
  }, 300_000);

  it('counts exactly what the contract promises', async () => {
    await fc.assert(
      fc.asyncProperty(randomSummary(seeds), commas, async (asked, list) => {
        const search = toSearch(asked, list);
        search.set('groupBy', asked.groupBy.join());
        if (asked.bucketMs !== undefined) search.set('bucket', `${asked.bucketMs}ms`);
        if (asked.bucketBy !== undefined) search.set('bucketBy', asked.bucketBy);
        if (asked.duration) search.set('stats', 'duration');
        // running durations grow while we ask: what is answered lies between the two
        const least = modelSummary(jobs, asked, Date.now() - SHARED_MS);
        const answer = await api.get(`/api/v1/jobs/summary?${search}`);
        const most = modelSummary(jobs, asked, Date.now() + SHARED_MS);
        if (least.length > 1_000) {
          expect([answer.status, answer.body.errors]).toEqual([
            400,
            [expect.objectContaining({ detail: expect.stringContaining('more than 1000 rows') })],
          ]);
          const fitting = /; bucket=(\w+) fits$/.exec(answer.body.errors[0].detail)?.[1];
          if (fitting) search.set('bucket', fitting);
          if (fitting) expect((await api.get(`/api/v1/jobs/summary?${search}`)).status).toBe(200);
          return;
        }
        expect([answer.status, answer.body.errors]).toEqual([200, undefined]);
        const rows = answer.body.data as Record<string, unknown>[];
        const bare = ({ durationMs: _, ...row }: Record<string, unknown>) => row;
        const stats = (row: Record<string, unknown>) =>
          Object.values((row['durationMs'] ?? {}) as object) as (number | null)[];
        expect(rows.map(bare)).toEqual(least.map(bare));
        expect(answer.body.total).toBe(least.reduce((sum, { count }) => sum + count, 0));
        for (const [index, row] of rows.entries()) {
          const [low, high] = [stats(least[index]!), stats(most[index]!)];
          expect(stats(row).length).toBe(asked.duration ? 3 : 0);
          stats(row).forEach((value, place) => {
            if (low[place] === null) expect(value).toBeNull();
            else expect([value! >= low[place]!, value! <= high[place]!]).toEqual([true, true]);
          });
        }
      }),
      settings(3, 0.35),
    );
  }, 300_000);

  function fromLines(text: string): Record<string, unknown>[] {
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Cells are told apart by the field's own kind, as a reader of the documentation would do it. */
  function fromCsv(text: string): Record<string, unknown>[] {
    const [head, ...rows] = parseCsv(text);
    const plain = new Set(['text', 'word', 'instant']);
    const kinds = new Map(JOB_FIELDS.map(({ name, kind }) => [name, kind]));
    return rows.map((row) => {
      expect(row).toHaveLength(head!.length);
      return Object.fromEntries(
        row.map((cell, index) => {
          const name = head![index]!;
          return [name, cell === null || plain.has(kinds.get(name)!) ? cell : (JSON.parse(cell) as unknown)];
        }),
      );
    });
  }

  it('has every platform, and nulls everywhere', () => {
    expect(byId.size).toBe(JOBS);
    expect(new Set(seeds.map(({ platform }) => platform)).size).toBe(6);
    const nullable = [
      'type',
      'name',
      'owner',
      'reason',
      'rawStatus',
      'progress',
      'createdAt',
      'startedAt',
      'finishedAt',
      'updatedAt',
      'error',
      'parentId',
    ] as const;
    for (const name of nullable)
      expect(seeds.filter((seed) => seed[name] === null).length).toBeGreaterThan(100);
  });
});
