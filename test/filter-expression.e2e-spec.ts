import fc from 'fast-check';
import { jobId } from '../src/domain/job-id.js';
import { JOB_STATES, JobState, isTerminal } from '../src/domain/job-state.js';
import { JobMembers } from '../src/storage/job.fields.js';
import { JobQuery } from '../src/storage/job.query.js';
import { parseFilterExpression } from '../src/storage/filter-expression.js';
import { startOfList } from '../src/storage/page-cursor.js';
import { TestApi, startApi } from './support/api.js';
import { JobSeed, SourceSeed, insertJob, insertSource } from './support/jobs.js';
import { TestDatabase, createTestDatabase } from './support/postgres.js';

jest.setTimeout(180_000);

const at = (text: string) => `2025-03-01T${text}Z`;
const TIMES = ['00:00:00.000', '00:00:00.001', '01:00:00.000', '02:30:00.000'].map(at);
const SOURCES: SourceSeed[] = [
  {
    key: 'alpha',
    platform: 'vectorcharts',
    labels: { team: 'maps', 'my key': 'a b' },
    openRoundAt: TIMES[0]!,
  },
  {
    key: 'beta',
    platform: 'elastic-path',
    labels: { team: 'data' },
    openRoundAt: TIMES[3]!,
    staleAfterMs: 1e12,
  },
  { key: 'gamma', platform: 'integrate-io', openRoundAt: null, sweptAt: TIMES[1]! },
];
const PARENTS = ['one', 'two'].map((name) => jobId('alpha', name));
const TEXTS = ['ann', 'Ann', 'bob, "jr"', `it's`, 'c:\\dir', '50%_', 'ünï 🦄', 'null', 'x'.repeat(130)];
const ATTRIBUTES: object[] = [
  {},
  { n: 5 },
  { n: '5' },
  { n: 7.5 },
  { n: true },
  { n: null },
  { n: { m: 5 } },
  { n: [5] },
  { 'a key': 'x' },
];

const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const text = fc.constantFrom(...TEXTS);
const time = fc.constantFrom(...TIMES);

function jobs(count: number): JobSeed[] {
  const job = fc.record({
    source: fc.constantFrom(...SOURCES.map(({ key }) => key)),
    type: orNull(text),
    name: orNull(text),
    owner: orNull(text),
    reason: orNull(text),
    rawStatus: orNull(text),
    state: fc.constantFrom(...JOB_STATES),
    progress: orNull(fc.constantFrom(0, 0.45, 1)),
    createdAt: orNull(time),
    scheduledFor: orNull(time),
    startedAt: orNull(time),
    finishedAt: orNull(time),
    updatedAt: orNull(time),
    firstSeenAt: time,
    stateChangedAt: time,
    changedAt: time,
    seenAt: time,
    version: fc.integer({ min: 1, max: 4 }),
    error: orNull(fc.record({ message: text, code: orNull(text), details: fc.constant(null) })),
    parentId: orNull(fc.constantFrom(...PARENTS)),
    attributes: fc.constantFrom(...ATTRIBUTES),
    absentAt: orNull(time),
    vanishedAt: orNull(time),
  });
  const list = fc.array(job, { minLength: count, maxLength: count });
  return fc.sample(list, { numRuns: 1, seed: 3 })[0]!.map((seed, index) => ({
    ...seed,
    externalId: index % 5 === 0 ? TEXTS[(index / 5) % TEXTS.length]! + index : `job-${index}`,
    platform: SOURCES.find(({ key }) => key === seed.source)!.platform!,
  }));
}

/** A job and what Rollcall knows of it, by the names of an expression; times in milliseconds. Written without looking at the SQL. */
function known(job: JobSeed): Known {
  const source = SOURCES.find(({ key }) => key === job.source)!;
  const ms = (iso: string | null | undefined) => (iso ? Date.parse(iso) : null);
  const terminal = isTerminal(job.state!);
  const started = ms(job.startedAt);
  const end = terminal ? ms(job.finishedAt) : Date.now();
  const seen = Math.max(
    ms(job.seenAt)!,
    (!terminal && !job.absentAt && ms(source.openRoundAt)) || -Infinity,
    (!job.absentAt && ms(source.sweptAt)) || -Infinity,
  );
  const stale = seen < Date.now() - (source.staleAfterMs ?? 300_000);
  const facts: Record<string, unknown> = {
    ...job,
    id: jobId(job.source, job.externalId),
    terminal,
    'error.message': (job.error as { message: string } | null)?.message ?? null,
    'error.code': (job.error as { code: string | null } | null)?.code ?? null,
    durationMs: started === null || end === null ? null : Math.max(0, end - started),
    freshness: terminal ? 'fresh' : job.vanishedAt ? 'vanished' : stale ? 'stale' : 'fresh',
    lastSeenAt: seen,
  };
  for (const name of [
    'createdAt',
    'scheduledFor',
    'startedAt',
    'finishedAt',
    'updatedAt',
    'firstSeenAt',
    'stateChangedAt',
    'changedAt',
  ])
    facts[name] = ms(job[name as 'createdAt']);
  return (field) => {
    const [root, key] = [field.split('.')[0]!, field.slice(field.indexOf('.') + 1)];
    const own = (object: object) =>
      Object.hasOwn(object, key) ? (object as Record<string, unknown>)[key] : null;
    if (root === 'labels') return own(source.labels ?? {});
    if (root === 'attributes') return own(job.attributes!);
    return facts[field] ?? null;
  };
}

/** A field's value. */
type Known = (field: string) => unknown;

/** An expression as text, and what it means. */
interface Said {
  text: string;
  holds: (of: Known) => boolean;
  /** What binds its parts: brackets are needed where that is weaker than what stands around. */
  binds: 'or' | 'and' | 'not';
}

const BARE = /^(?!(and|or|not|in|is|null)$)[\p{L}\p{N}_.:/+@#%-]+$/iu;
const spelled = (word: string): fc.Arbitrary<string> =>
  fc.constantFrom(
    ...(BARE.test(word) ? [word] : []),
    `"${word.replace(/["\\]/g, '\\$&')}"`,
    `'${word.replace(/['\\]/g, '\\$&')}'`,
  );
const space = fc.constantFrom(' ', '  ', '\n', '\t ');
const keyword = (word: string) =>
  fc
    .tuple(space, fc.constantFrom(word, word.toUpperCase()), space)
    .map(([before, shown, after]) => before + shown + after);

interface Comparison {
  shown: string;
  field: string;
  /** Values as they are written, and as they compare. */
  values: [string, unknown][];
  ordered: boolean;
  contains: boolean;
}

const compared = (
  field: string,
  values: [string, unknown][],
  { ordered = false, contains = false, shown = field } = {},
): Comparison => ({ field, shown, values, ordered, contains });
const texts = (field: string, values: string[], shown = field) =>
  compared(
    field,
    values.map((value) => [value, value]),
    { contains: true, shown },
  );
const times = TIMES.map((iso): [string, unknown] => [iso, Date.parse(iso)]);
const numbers = (...values: number[]) => values.map((value): [string, unknown] => [String(value), value]);

const COMPARISONS: Comparison[] = [
  compared(
    'id',
    [jobId('alpha', 'job-1'), jobId('beta', 'job-2'), jobId('beta', 'job-3')].map((id) => [id, id]),
  ),
  compared(
    'parentId',
    PARENTS.map((id) => [id.toUpperCase(), id]),
  ),
  texts('source', ['alpha', 'beta', 'nowhere']),
  texts('platform', ['vectorcharts', 'elastic-path', 'x']),
  texts('externalId', ['job-1', 'JOB', 'ann']),
  ...['type', 'name', 'owner', 'reason', 'rawStatus', 'error.message', 'error.code'].map((field) =>
    texts(field, TEXTS),
  ),
  compared(
    'state',
    JOB_STATES.map((state) => [state, state]),
  ),
  compared(
    'freshness',
    ['fresh', 'stale', 'vanished'].map((word) => [word, word]),
  ),
  compared('terminal', [
    ['true', true],
    ['false', false],
  ]),
  compared('progress', numbers(0, 0.45, 1), { ordered: true }),
  compared('version', numbers(1, 2, 9), { ordered: true }),
  ...['durationMs', 'duration'].map((shown) =>
    compared(
      'durationMs',
      [
        ['0s', 0],
        ['1h', 3_600_000],
        ['PT1H30M', 5_400_000],
        ['1ms', 1],
        ['9000s', 9_000_000],
      ],
      { ordered: true, shown },
    ),
  ),
  ...[
    'createdAt',
    'scheduledFor',
    'startedAt',
    'finishedAt',
    'updatedAt',
    'firstSeenAt',
    'lastSeenAt',
    'stateChangedAt',
    'changedAt',
  ].map((field) =>
    compared(field, [...times, ['-1h', Date.now()], ['-400000d', -Infinity]], { ordered: true }),
  ),
  texts('labels.team', ['maps', 'data', 'x']),
  texts('labels.my key', ['a b'], 'labels."my key"'),
  texts('labels.__proto__', ['x']),
];

const includes = (value: unknown, part: string) =>
  typeof value === 'string' && value.toLowerCase().includes(part.toLowerCase());
const order: Record<string, (a: number, b: number) => boolean> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

const comparison: fc.Arbitrary<Said> = fc
  .constantFrom(...COMPARISONS)
  .chain(({ field, shown, values, ordered, contains }) => {
    const value = fc
      .constantFrom(...values)
      .chain(([written, meant]) => spelled(written).map((said) => [said, meant, written] as const));
    const is = (of: Known, meant: unknown) => of(field) === meant;
    const said = (body: string, holds: Said['holds']): Said => ({ text: shown + body, holds, binds: 'not' });
    const gap = fc.constantFrom('', ' ');
    return fc.oneof(
      fc
        .tuple(value, gap)
        .map(([[written, meant], between]) => said(`${between}=${between}${written}`, (of) => is(of, meant))),
      value.map(([written, meant]) => said(` != ${written}`, (of) => !is(of, meant))),
      fc
        .tuple(fc.array(value, { minLength: 1, maxLength: 3 }), fc.boolean(), keyword('not'), keyword('in'))
        .map(([list, negated, not, inside]) =>
          said(
            `${negated ? not : ''}${inside}(${list.map(([written]) => written).join(' , ')})`,
            (of) => list.some(([, meant]) => is(of, meant)) !== negated,
          ),
        ),
      fc
        .tuple(fc.boolean(), keyword('is'), keyword('not'), keyword('null'))
        .map(([negated, isWord, not, nothing]) =>
          said(
            `${isWord}${negated ? not : ''}${nothing.trimEnd()}`,
            (of) => (of(field) === null) !== negated,
          ),
        ),
      ...(ordered
        ? [
            fc
              .tuple(value, fc.constantFrom(...Object.keys(order)))
              .map(([[written, meant], operator]) =>
                said(
                  ` ${operator} ${written}`,
                  (of) => of(field) !== null && order[operator]!(of(field) as number, meant as number),
                ),
              ),
          ]
        : []),
      ...(contains
        ? [
            fc
              .constantFrom('an', 'A', '%', '_', '\\', '"', 'ÜN', '🦄')
              .chain((part) =>
                spelled(part).map((word) => said(` ~ ${word}`, (of) => includes(of(field), part))),
              ),
          ]
        : []),
    );
  });

const scalar = (value: unknown) => (value === null || typeof value === 'object' ? null : String(value));
const attribute: fc.Arbitrary<Said> = fc
  .constantFrom<[string, Said['holds']]>(
    ['attributes.n = 5', (of) => scalar(of('attributes.n')) === '5'],
    ['attributes.n != true', (of) => scalar(of('attributes.n')) !== 'true'],
    ['attributes.n in (7.5, x)', (of) => scalar(of('attributes.n')) === '7.5'],
    [
      'attributes.n > 5',
      (of) => typeof of('attributes.n') === 'number' && (of('attributes.n') as number) > 5,
    ],
    [
      'attributes.n <= 7.5',
      (of) => typeof of('attributes.n') === 'number' && (of('attributes.n') as number) <= 7.5,
    ],
    ['attributes.n ~ "5"', (of) => includes(scalar(of('attributes.n')), '5')],
    ['attributes.n is null', (of) => of('attributes.n') === null],
    ['attributes."a key" = x', (of) => of('attributes.a key') === 'x'],
  )
  .map(([said, holds]) => ({ text: said, holds, binds: 'not' as const }));

const group: fc.Arbitrary<Said> = fc.constantFrom('active', 'terminal').map((word) => ({
  text: `state = ${word}`,
  holds: (of: Known) => isTerminal(of('state') as JobState) === (word === 'terminal'),
  binds: 'not' as const,
}));

const inBrackets = (said: Said, ...weaker: Said['binds'][]) =>
  weaker.includes(said.binds) ? `( ${said.text})` : said.text;

const { expression } = fc.letrec<{ expression: Said }>((tie) => ({
  expression: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 6, arbitrary: comparison },
    { weight: 1, arbitrary: attribute },
    { weight: 1, arbitrary: group },
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.array(tie('expression'), { minLength: 2, maxLength: 3 }), keyword('and'))
        .map(([parts, and]) => ({
          text: parts.map((part) => inBrackets(part, 'or', 'and')).join(and),
          holds: (of: Known) => parts.every(({ holds }) => holds(of)),
          binds: 'and' as const,
        })),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.array(tie('expression'), { minLength: 2, maxLength: 3 }), keyword('or'))
        .map(([parts, or]) => ({
          text: parts.map((part) => inBrackets(part, 'or')).join(or),
          holds: (of: Known) => parts.some(({ holds }) => holds(of)),
          binds: 'or' as const,
        })),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(tie('expression'), keyword('not')).map(([part, not]) => ({
        text: `${not.trimStart()}${inBrackets(part, 'or', 'and')}`,
        holds: (of: Known) => !part.holds(of),
        binds: 'not' as const,
      })),
    },
  ),
}));

describe('a filter expression', () => {
  const seeds = jobs(300);
  const facts = new Map(seeds.map((seed) => [jobId(seed.source, seed.externalId), known(seed)]));
  let test: TestDatabase;
  let api: TestApi;

  beforeAll(async () => {
    test = await createTestDatabase();
    for (const source of SOURCES) await insertSource(test.database, source);
    for (const seed of seeds) await insertJob(test.database, seed);
    api = await startApi(test.database);
  });
  afterAll(async () => {
    await api?.close();
    await test?.drop();
  });

  const list = (query: Record<string, string>) => api.get(`/api/v1/jobs?${new URLSearchParams(query)}`);
  const ids = async (query: Record<string, string>) => {
    const { status, body } = await list({ limit: '500', fields: 'id', ...query });
    expect([status, body.errors]).toEqual([200, undefined]);
    return (body.data as { id: string }[]).map(({ id }) => id).sort();
  };
  const expected = (holds: Said['holds']) =>
    [...facts]
      .filter(([, of]) => holds(of))
      .map(([id]) => id)
      .sort();

  it('gives exactly the jobs that it means', async () => {
    let some = 0;
    await fc.assert(
      fc.asyncProperty(
        expression.filter(({ text }) => text.length <= 2_000 && (text.match(/\(/g) ?? []).length < 20),
        async ({ text: filter, holds }) => {
          const meant = expected(holds);
          if (meant.length > 0 && meant.length < seeds.length) some += 1;
          expect(await ids({ filter })).toEqual(meant);
        },
      ),
      { numRuns: 600, seed: 5 },
    );
    expect(some).toBeGreaterThan(200);
  });

  it('holds together with flat parameters, in lists, counts, summaries and exports', async () => {
    const query = {
      filter: 'state in (failed, running) and (owner is null or labels.team = data)',
      state: 'failed,missed',
      source: 'alpha,beta',
    };
    const meant = expected(
      (of) =>
        of('state') === 'failed' &&
        of('source') !== 'gamma' &&
        (of('owner') === null || of('labels.team') === 'data'),
    );
    expect(meant.length).toBeGreaterThan(2);
    expect(await ids(query)).toEqual(meant);
    const { body } = await list({ ...query, count: 'exact', limit: '1' });
    expect(body.page.total).toBe(meant.length);
    const summary = await api.get(
      `/api/v1/jobs/summary?${new URLSearchParams({ ...query, groupBy: 'state' })}`,
    );
    expect(summary.body.data).toEqual([{ state: 'failed', count: meant.length }]);
    const lines = await api.get(`/api/v1/jobs?${new URLSearchParams(query)}`, {
      accept: 'application/x-ndjson',
    });
    const exported = lines.text
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { id: string }).id);
    expect(exported.sort()).toEqual(meant);
  });

  it('binds a cursor to what it means, however it is spelled', async () => {
    const filter = 'name ~ a and (state = failed or state = running)';
    const first = await list({ filter, limit: '1' });
    const cursor = first.body.page.next as string;
    const again = await list({
      filter: '(state=running OR state="failed") AND name ~ "a"',
      limit: '1',
      cursor,
    });
    expect(again.status).toBe(200);
    const other = await list({
      filter: 'name ~ b and (state = failed or state = running)',
      limit: '1',
      cursor,
    });
    expect([other.status, other.body.type]).toEqual([400, 'urn:rollcall:problem:cursor-mismatch']);
  });

  it('never shows what the caller may not see', async () => {
    const page = await new JobQuery(test.database).page({
      filter: {
        expression: parseFilterExpression('source = beta or not (source = alpha) or id is not null'),
      },
      sources: ['alpha'],
      sort: { field: 'updatedAt', descending: true },
      limit: 500,
      offset: 0,
      position: startOfList(Date.now()),
    });
    expect(new Set(page.rows.map((row) => new JobMembers(row).value('source')))).toEqual(new Set(['alpha']));
    expect(page.rows).toHaveLength(seeds.filter(({ source }) => source === 'alpha').length);
  });

  it('is refused with the column of what is wrong', async () => {
    const { status, body } = await list({
      filter: 'state = failed and sate = x or duration > 5',
      limit: '0',
    });
    expect(status).toBe(400);
    expect(body.errors).toEqual([
      expect.objectContaining({ parameter: 'limit' }),
      {
        parameter: 'filter',
        detail:
          'column 20: "sate" is no field of a job; did you mean state?; column 43: "5" is not a duration such as 500ms, 30s, 10m, 1h, 7d or PT30S',
      },
    ]);
  });

  it.each(
    [
      `owner = "'; DROP TABLE rollcall.job; --"`,
      `labels."' OR 1=1 --" = x`,
      `attributes."a') IS NULL OR ('1" = '1'`,
      'labels.__proto__ = x or attributes.constructor is not null',
      `name ~ "${'%_\\\\'.repeat(100)}"`,
      `not ${'not '.repeat(400)} owner = a`,
      `${'('.repeat(20)}owner = a${')'.repeat(20)}`,
      'attributes.n > -999999999999999.999999999999999',
      'createdAt > -99999999d',
      `owner in (${Array.from({ length: 100 }, (_, index) => `"${index}"`).join(',')})`,
    ].map((filter) => [filter.slice(0, 40), filter]),
  )('takes %s for what it says', async (_name, filter) => {
    expect((await list({ filter })).status).toBe(200);
  });

  it.each(
    [
      '('.repeat(1_900),
      `${'('.repeat(990)}x`,
      '"'.repeat(1_000),
      `a = ${'\\"'.repeat(500)}`,
      '𝒳 = 1',
      ';',
      '$1 = $2',
      'state = failed -- x',
      'state = failed /* x */ or 1 = 1',
      "'state' = 'failed'",
    ].map((filter) => [filter.slice(0, 40), filter]),
  )('refuses %s', async (_name, filter) => {
    const { status, body } = await list({ filter });
    expect([status, body.errors.map(({ parameter }: { parameter: string }) => parameter)]).toEqual([
      400,
      ['filter'],
    ]);
  });
});
