import fc from 'fast-check';
import { JOB_STATES, isTerminal } from '../../src/domain/job-state.js';
import { jobId } from '../../src/domain/job-id.js';
import { JobSeed, SourceSeed } from './jobs.js';
import { ModelFilter, ModelQuery, ModelSummary, TIMES, TimeName } from './job-model.js';

/** Random jobs of every platform, and random questions about them. Few values of each kind, so that questions meet jobs and times meet. */

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** When this process began: relative times are asked for so that no job stands near their border. */
const BEGAN = Date.now();
const iso = (at: number) => new Date(at).toISOString();

export const PLATFORMS = [
  'vectorcharts',
  'elastic-path',
  'workfloplus',
  'integrate-io',
  'veeva-vault',
  'http',
];

const LABELS: Record<string, string>[] = [
  { team: 'maps', env: 'prod' },
  { team: 'data', env: 'prod' },
  { team: "o'hara, inc", env: '' },
  {},
  JSON.parse('{"__proto__": "x", "team": "maps"}') as Record<string, string>,
];

/** Two sources of each platform: one read a moment ago, and one long not read, or never. */
export const SOURCES: SourceSeed[] = PLATFORMS.flatMap((platform, index) => [
  {
    key: `${platform}-a`,
    platform,
    labels: LABELS[index % LABELS.length]!,
    staleAfterMs: 2 * DAY,
    openRoundAt: iso(BEGAN),
    sweptAt: index % 2 ? iso(BEGAN - DAY) : null,
  },
  {
    key: `${platform}-b`,
    platform,
    labels: LABELS[(index + 2) % LABELS.length]!,
    staleAfterMs: DAY,
    openRoundAt: index % 2 ? '2025-01-02T00:00:00.000Z' : null,
    sweptAt: '2025-02-02T00:00:00.000Z',
  },
]);

/** Close enough for ties, apart by a millisecond, in every year that there is, and a while ago. */
const INSTANTS = [
  ...[0, 1, 10, 100, 999, 1_000, 59_999, 60_000, HOUR, DAY, 7 * DAY].map(
    (ms) => Date.parse('2025-03-01T00:00:00Z') + ms,
  ),
  Date.parse('0001-01-01T00:00:00.000Z'),
  Date.parse('1969-12-31T23:59:59.999Z'),
  Date.parse('9999-12-31T23:59:59.999Z'),
  BEGAN - 30 * 60_000,
  BEGAN - 5 * HOUR,
  BEGAN - 3 * DAY,
];

const HOSTILE = [
  "'; DROP TABLE rollcall.job; --",
  '100%_done\\',
  'a,b',
  'c:\\dir',
  '"quoted" \\"',
  'two\r\nlines',
  'tab\there',
  ' spaces ',
  '=1+1',
  '__proto__',
  'NULL',
  'Ünïcode 🦄 ß',
  'e\u0301',
  'é',
  '\u202Ertl',
  '\uFEFFbom',
  '\u{10FFFF}',
  '{"$1": ["x"]}',
];
export const TYPES = [
  'import',
  'Import',
  'Export tiles',
  '',
  `${'x'.repeat(128)}`,
  `${'x'.repeat(200)}`,
  `${'x'.repeat(199)}y`,
  ...HOSTILE,
];
const NAMES = ['Nightly', 'nightly run', 'x'.repeat(10_000), ...HOSTILE];
const OWNERS = ['ann', 'Ann', 'bob, jr', 'o'.repeat(300), `${'o'.repeat(299)}p`, ...HOSTILE];
const REASONS = ['timed_out', 'stopped', ...HOSTILE.slice(0, 6)];
const WORDS = ['DONE', 'done', 'ABORTED', ...HOSTILE.slice(0, 8)];
const ATTRIBUTES: object[] = [
  {},
  { priority: 5, done: true },
  { priority: '5', team: { name: 'x' }, list: [1] },
  { priority: 0.25, done: null, 'a:b': 'c' },
  { note: "it's, 50% \\ done", done: 'true' },
  JSON.parse('{"__proto__": "x", "big": 9007199254740991}') as object,
];
const ERRORS = ['disk 50% full', 'Timeout after 30s', ...HOSTILE.slice(0, 4)].map((message) => ({
  message,
  code: null,
  details: { at: ['x', 1] },
}));

const orNull = <T>(arbitrary: fc.Arbitrary<T>, freq = 4) => fc.option(arbitrary, { nil: null, freq });
const instantOrNull = orNull(fc.constantFrom(...INSTANTS.map(iso)), 3);
const externalId = (index: number): fc.Arbitrary<string> =>
  fc.constantFrom(
    `run-${index}`,
    `ID:${index}`,
    `${index}, "x"`,
    `${'z'.repeat(3_000)}${index}`,
    `🦄 ${index}%`,
    `'${index}\\`,
  );

const job = (index: number): fc.Arbitrary<JobSeed> =>
  fc
    .record({
      source: fc.constantFrom(...SOURCES.map(({ key }) => key)),
      externalId: index % 50 === 0 ? externalId(index) : fc.constant(`run-${index}`),
      type: orNull(
        fc.oneof(
          { weight: 3, arbitrary: fc.constantFrom('import', 'Export tiles') },
          fc.constantFrom(...TYPES),
        ),
      ),
      name: orNull(
        fc.oneof(
          { weight: 30, arbitrary: fc.constantFrom('Nightly', 'nightly run') },
          fc.constantFrom(...NAMES),
        ),
      ),
      owner: orNull(fc.constantFrom(...OWNERS), 2),
      state: fc.constantFrom(...JOB_STATES),
      reason: orNull(fc.constantFrom(...REASONS)),
      rawStatus: orNull(fc.constantFrom(...WORDS)),
      progress: orNull(fc.constantFrom(0, 0.1, 0.45, 1 / 3, 1)),
      createdAt: instantOrNull,
      scheduledFor: instantOrNull,
      startedAt: instantOrNull,
      finishedAt: instantOrNull,
      updatedAt: instantOrNull,
      changedAt: fc.constantFrom(...INSTANTS.map(iso)),
      firstSeenAt: fc.constantFrom(...INSTANTS.map(iso)),
      stateChangedAt: fc.constantFrom(...INSTANTS.map(iso)),
      provenance: fc.constantFrom(
        {},
        { startedAt: 'unknown' },
        { finishedAt: 'inferred', startedAt: 'observed' },
      ),
      error: orNull(fc.constantFrom(...ERRORS), 2),
      // the parent may be a job that is not there
      parentId: orNull(
        fc.integer({ min: 0, max: 30 }).map((parent) => parentOf(parent)),
        1,
      ),
      attributes: fc.constantFrom(...ATTRIBUTES),
      links: fc.constantFrom(
        {},
        { self: 'https://jobs.example.com/1', log: 'https://jobs.example.com/1/log' },
      ),
      actions: fc.constantFrom<string[][]>([], ['cancel'], ['cancel', 'start']),
      seenAt: fc.constantFrom('2025-01-01T00:00:00.000Z', '2025-06-01T00:00:00.000Z', iso(BEGAN)),
      absentAt: orNull(fc.constant('2025-03-02T00:00:00.000Z'), 1),
      vanishedAt: orNull(fc.constant('2025-03-02T00:00:00.000Z'), 1),
      version: fc.integer({ min: 1, max: 40 }),
    })
    .map((seed) => {
      const platform = SOURCES.find(({ key }) => key === seed.source)!.platform!;
      return isTerminal(seed.state)
        ? { ...seed, platform, vanishedAt: null }
        : { ...seed, platform, finishedAt: null };
    });

function parentOf(index: number): string {
  return jobId(SOURCES[index % SOURCES.length]!.key, `run-${index}`);
}

/** @returns the same jobs for the same seed */
export function randomJobs(count: number, seed: number): JobSeed[] {
  const jobs = fc.tuple(...Array.from({ length: count }, (_, index) => job(index)));
  return fc.sample(jobs, { numRuns: 1, seed })[0]!;
}

const some = <T>(values: readonly T[], maxLength = 4) =>
  fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength });
/** `freq` in `freq + 1` questions ask for it. */
const rarely = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 11, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
const sometimes = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });

/** Values that can be asked for: an empty one is refused. */
const given = (values: readonly string[]) => [...new Set(values)].filter((value) => value !== '');

const bound = fc.constantFrom(...INSTANTS);
const range = fc
  .tuple(
    fc.constantFrom(...TIMES),
    fc.option(bound, { nil: undefined }),
    fc.option(bound, { nil: undefined }),
  )
  .map(([name, since, until]): [TimeName, number | undefined, number | undefined] =>
    since !== undefined && until !== undefined && since > until ? [name, until, since] : [name, since, until],
  );

/** Left-out parts of a filter are undefined. */
export function randomFilter(jobs: readonly JobSeed[]): fc.Arbitrary<ModelFilter> {
  const ids = fc.uniqueArray(fc.nat(jobs.length - 1), { minLength: 1, maxLength: 6 });
  const pick = (read: (seed: JobSeed) => string) =>
    ids.map((list) => list.map((index) => read(jobs[index]!)));
  return fc
    .record({
      id: rarely(pick(({ source, externalId }) => jobId(source, externalId))),
      source: sometimes(some([...SOURCES.map(({ key }) => key), 'nowhere'])),
      platform: rarely(some([...PLATFORMS, 'nothing'])),
      type: sometimes(some(given([...TYPES, 'no such type']))),
      owner: rarely(some(given([...OWNERS, 'nobody']))),
      externalId: rarely(pick(({ externalId }) => externalId)),
      reason: rarely(some(REASONS)),
      rawStatus: rarely(some(WORDS)),
      parentId: rarely(
        fc
          .uniqueArray(fc.integer({ min: 0, max: 35 }), { minLength: 1, maxLength: 4 })
          .map((list) => list.map(parentOf)),
      ),
      latest: sometimes(fc.constant(true)),
      state: sometimes(some([...JOB_STATES, 'active', 'terminal'])),
      freshness: rarely(some(['fresh', 'stale', 'vanished'], 2)),
      label: rarely(
        some<[string, string]>(
          [
            ['team', 'maps'],
            ['env', 'prod'],
            ['team', "o'hara, inc"],
            ['env', ''],
            ['__proto__', 'x'],
            ['team', 'none'],
          ],
          2,
        ),
      ),
      attribute: rarely(
        some<[string, string]>(
          [
            ['priority', '5'],
            ['priority', '0.25'],
            ['done', 'true'],
            ['team', 'x'],
            ['done', 'null'],
            ['__proto__', 'x'],
            ['big', '9007199254740991'],
            ['list', '1'],
            ['note', "it's, 50% \\ done"],
          ],
          2,
        ),
      ),
      q: rarely(
        fc.constantFrom(
          'night',
          'NIGHTLY run',
          '50%',
          '_',
          '\\',
          'ÜNÏ',
          '🦄',
          'run-12',
          'import timeout',
          "'; drop",
          '"',
          'é',
          'zzzz',
          'nothing-such',
          '$1 ["X"]',
        ),
      ),
      ranges: rarely(fc.uniqueArray(range, { minLength: 1, maxLength: 2, selector: ([name]) => name })),
      minProgress: rarely(fc.constantFrom(0, 0.1, 0.45)),
      maxProgress: rarely(fc.constantFrom(0.45, 1)),
      minDurationMs: rarely(fc.constantFrom(0, 1, 60_000, HOUR)),
      maxDurationMs: rarely(fc.constantFrom(HOUR, DAY, 1_000 * DAY)),
    })
    .map(({ ranges, ...rest }) => {
      const since: ModelFilter['since'] = {};
      const until: ModelFilter['until'] = {};
      for (const [name, from, to] of ranges ?? []) {
        if (from !== undefined) since[name] = from;
        if (to !== undefined) until[name] = to;
      }
      return { ...rest, since, until } as ModelFilter;
    });
}

export function randomQuery(jobs: readonly JobSeed[]): fc.Arbitrary<ModelQuery> {
  const sort = fc.record({
    sort: fc.constantFrom(
      'updatedAt',
      'createdAt',
      'startedAt',
      'finishedAt',
      'changedAt',
      'durationMs',
      'duration',
    ),
    descending: fc.boolean(),
  });
  return fc.tuple(randomFilter(jobs), sort).map(([filter, order]) => ({ ...filter, ...order }));
}

export function randomSummary(jobs: readonly JobSeed[]): fc.Arbitrary<ModelSummary> {
  const asked = fc.record({
    groupBy: fc.shuffledSubarray(['source', 'state', 'type', 'platform'] as const, { minLength: 1 }),
    bucketMs: fc.option(fc.constantFrom(1, 60_000, HOUR, 7 * DAY, 366 * DAY), { nil: undefined, freq: 1 }),
    bucketBy: fc.option(fc.constantFrom('createdAt', 'startedAt', 'finishedAt'), { nil: undefined }),
    duration: fc.boolean(),
  });
  return fc.tuple(randomFilter(jobs), asked).map(
    ([filter, { bucketBy, ...rest }]) =>
      ({
        ...filter,
        ...rest,
        bucketBy: rest.bucketMs === undefined ? undefined : bucketBy,
      }) as ModelSummary,
  );
}

/** The same filter as the parameters of a request, in one of the ways in which it can be written. */
export function toSearch(filter: ModelFilter, commas: boolean): URLSearchParams {
  const search = new URLSearchParams();
  const lists = [
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
  ] as const;
  for (const name of lists) {
    const values = (filter[name] ?? []).map((value) => value.replaceAll(',', '\\,'));
    // a backslash before a comma is part of the comma, so a value that ends in one stands alone
    if (commas && !values.some((value) => value.endsWith('\\'))) {
      if (values.length > 0) search.set(name, values.join(','));
    } else for (const value of values) search.append(name, value);
  }
  for (const name of ['label', 'attribute'] as const)
    for (const pair of filter[name] ?? []) search.append(name, pair.join(':'));
  if (filter.latest) search.set('latest', 'true');
  if (filter.q !== undefined) search.set('q', filter.q);
  for (const [side, bounds] of [
    ['Since', filter.since],
    ['Until', filter.until],
  ] as const)
    for (const [name, at] of Object.entries(bounds ?? {})) search.set(`${name}${side}`, timeText(at, commas));
  for (const name of ['minProgress', 'maxProgress'] as const)
    if (filter[name] !== undefined) search.set(name, String(filter[name]));
  if (filter.minDurationMs !== undefined) search.set('minDuration', `${filter.minDurationMs}ms`);
  if (filter.maxDurationMs !== undefined) search.set('maxDuration', `${filter.maxDurationMs / 1_000}s`);
  return search;
}

/** ISO 8601 or epoch milliseconds; what lies a while ago is asked for relatively, a little before it. */
function timeText(at: number, epoch: boolean): string {
  if (BEGAN - at < 4 * DAY && at < BEGAN) return `-${Math.round((BEGAN - at) / 60_000) + 10}m`;
  return epoch ? String(at) : iso(at);
}
