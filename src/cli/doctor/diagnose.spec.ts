import { JobState } from '../../domain/job-state.js';
import { Exchange } from '../../preview/exchange-log.js';
import { diagnose } from './diagnose.js';
import { SeenJob, SeenPage, SeenRead, Watched } from './observed.js';
import { durationOf, pollYaml, recommend } from './recommend.js';
import { CheckName, CHECKS, Verdict } from './verdict.js';

const T = Date.UTC(2026, 0, 15, 10, 0, 0);
const MINUTE = 60_000;

const POLL: Watched['poll'] = {
  everyMs: MINUTE,
  idleEveryMs: MINUTE,
  sweepEveryMs: 60 * MINUTE,
  overlapMs: 10 * MINUTE,
  staleAfterMs: 5 * MINUTE,
  timeoutMs: 30_000,
  pageSize: 100,
  maxRequestsPerHour: 3_000,
  concurrency: 1,
  historyMs: null,
};

function job(externalId: string, state: JobState = 'running', over: Partial<SeenJob> = {}): SeenJob {
  const updated = over.evidence?.['updated_at'] ?? T;
  const made = {
    externalId,
    state,
    rawStatus: state,
    createdAt: T,
    startedAt: T,
    finishedAt: null,
    evidence: { updated_at: updated },
    ...over,
  };
  return { ...made, fingerprint: over.fingerprint ?? JSON.stringify(made) };
}

const updated = (at: number) => ({ evidence: { updated_at: at } });

let readAt = T;
function read(kind: SeenRead['kind'], pages: SeenJob[][], over: Partial<SeenRead> = {}): SeenRead {
  readAt += MINUTE;
  return {
    kind,
    beganAt: readAt,
    pageSize: POLL.pageSize,
    naive: false,
    pages: pages.map((jobs): SeenPage => ({ jobs, rejected: 0, list: null })),
    cut: false,
    fault: null,
    whole: true,
    truncated: false,
    total: null,
    requests: pages.length,
    ms: 20,
    ...over,
  };
}

const whole = (...pages: SeenJob[][]) => read('whole', pages);
const changes = (...jobs: SeenJob[]) => read('changes', [jobs]);

function exchange(over: Partial<Exchange> = {}): Exchange {
  const date = new Date(T).toUTCString();
  return {
    method: 'GET',
    path: '/jobs',
    query: [['limit', '100']],
    status: 200,
    ms: 20,
    sentAt: T + 490,
    headers: { date },
    ...over,
  };
}

function watched(reads: SeenRead[], over: Partial<Watched> = {}): Watched {
  return {
    reads,
    exchanges: [exchange()],
    conditional: 'none-offered',
    poll: POLL,
    proof: 'incremental',
    settleMs: 0,
    readsById: false,
    updatedNames: [],
    maxPageSize: 100,
    ...over,
  };
}

/** An upstream without a trap in which everything happens that could show one. */
function clean(): Watched {
  readAt = T;
  const a = job('a');
  const done = job('a', 'succeeded', { finishedAt: T + 4 * MINUTE, ...updated(T + 4 * MINUTE) });
  const b = job('b', 'succeeded', { finishedAt: T });
  const c = job('c', 'queued', updated(T + 4 * MINUTE));
  const total = (read: SeenRead, count: number) => ({ ...read, total: count });
  return watched([
    total(whole([a, b]), 2),
    read('probe', [[a], [b]], { pageSize: 1, naive: true }),
    changes(a),
    total(whole([a, b]), 2),
    changes(done, c),
    total(whole([done, b, c]), 3),
    changes(c),
    total(whole([done, b, c]), 3),
    changes(),
  ]);
}

/** Each trap, planted alone. */
const TRAPS: [CheckName, string, () => Watched, string | RegExp][] = [
  [
    'updated-stands-still',
    'a completion that does not move updated_at',
    () => watched([whole([job('a')]), whole([job('a', 'succeeded')])]),
    'a: running → succeeded, updated_at stayed 2026-01-15T10:00:00.000Z',
  ],
  [
    'updated-stands-still',
    'the same where only the manifest says which time it is',
    () =>
      watched(
        [
          whole([job('a', 'running', { evidence: { touched: T } })]),
          whole([job('a', 'failed', { evidence: { touched: T } })]),
        ],
        { updatedNames: ['touched'] },
      ),
    'a: running → failed, touched stayed 2026-01-15T10:00:00.000Z',
  ],
  [
    'updated-goes-back',
    'a copy that lags',
    () =>
      watched([
        whole([job('a', 'running', updated(T + 5_000))]),
        whole([job('a', 'running', updated(T + 1_000))]),
      ]),
    'a: updated_at 2026-01-15T10:00:05.000Z, then 2026-01-15T10:00:01.000Z',
  ],
  [
    'state-goes-back',
    'a finished job that runs again',
    () => watched([whole([job('a', 'failed')]), whole([job('a', 'running', updated(T + 1_000))])]),
    'a: failed → running (failed → running)',
  ],
  [
    'state-goes-back',
    'a running job that waits again',
    () => watched([whole([job('a')]), whole([job('a', 'queued', updated(T + 1_000))])]),
    'a: running → queued (running → queued)',
  ],
  [
    'times-change-after-end',
    'an end that moves',
    () =>
      watched([
        whole([job('a', 'failed', { finishedAt: T })]),
        whole([job('a', 'failed', { finishedAt: T + 1_000 })]),
      ]),
    'a: finishedAt 2026-01-15T10:00:00.000Z, then 2026-01-15T10:00:01.000Z',
  ],
  [
    'id-repeats',
    'two jobs of one id on two pages',
    () => watched([whole([job('a')], [job('a', 'failed', { createdAt: T - 1_000 })])]),
    'a: created 2026-01-15T10:00:00.000Z and 2026-01-15T09:59:59.000Z, running and failed',
  ],
  [
    'id-repeats',
    'one job twice on one page',
    () => watched([whole([job('a'), job('b'), job('a')])]),
    'a: created 2026-01-15T10:00:00.000Z and 2026-01-15T10:00:00.000Z, running and running',
  ],
  [
    'order-unstable',
    'neighbours that change places',
    () => watched([whole([job('a'), job('b')]), whole([job('b'), job('a')])]),
    'a: stood before b, then behind it, both unchanged',
  ],
  [
    'rows-missing',
    'a row that one read leaves out',
    () => watched([whole([job('a'), job('b')]), whole([job('a')]), whole([job('a'), job('b')])]),
    /^b: listed before and after the read of .* and not by it \(1 pages\)$/,
  ],
  [
    'page-borders',
    'an offset that skips a row at each border',
    () => {
      const all = [job('a'), job('b'), job('c')];
      return watched([
        whole(all),
        read('probe', [[all[0]!], [all[2]!]], { pageSize: 1, naive: true }),
        whole(all),
      ]);
    },
    'b: in no page of 1; a read in pages of 100 shows it',
  ],
  [
    'page-borders',
    'an offset that shows the last row again',
    () => {
      const all = [job('a'), job('b'), job('c')];
      const [a, b, c] = all as [SeenJob, SeenJob, SeenJob];
      return watched([
        whole(all),
        read(
          'probe',
          [
            [a, b],
            [b, c],
          ],
          { pageSize: 2, naive: true },
        ),
        whole(all),
      ]);
    },
    'b: on two neighbouring pages of 2',
  ],
  [
    'page-size',
    'a size that is ignored',
    () =>
      watched([read('probe', [[job('a'), job('b')]], { pageSize: 1 })], {
        exchanges: [exchange({ query: [['limit', '1']] })],
      }),
    'asked for 1, answered 2',
  ],
  [
    'page-size',
    'a short page that is not the end',
    () =>
      watched([read('probe', [[job('a')], [job('b'), job('c')]], { pageSize: 2, naive: true })], {
        exchanges: [exchange({ query: [['limit', '2']] })],
      }),
    'asked for 2, answered 1, and more followed',
  ],
  [
    'total',
    'a total that counts more than there is',
    () => watched([whole([job('a')]), { ...whole([job('a')]), total: 7 }]),
    /^claimed 7, showed 1 /,
  ],
  [
    'filter-omits',
    'a filter that never shows an end',
    () =>
      watched([whole([job('a')]), changes(), whole([job('a', 'succeeded', updated(T + 1_000))]), changes()]),
    'a: running → succeeded, updated_at 2026-01-15T10:00:01.000Z',
  ],
  [
    'filter-omits',
    'a filter that leaves new jobs out',
    () => watched([whole([]), changes(), whole([job('a')]), changes()], { readsById: true }),
    'a: new, running, updated_at 2026-01-15T10:00:00.000Z',
  ],
  [
    'clock',
    'a clock that is ahead',
    () => watched([], { exchanges: [exchange({ sentAt: T - 90_000 })] }),
    'the median of 1 Date headers: 90490 ms',
  ],
  [
    'conditional',
    'an ETag that is not honoured',
    () => watched([], { conditional: 'ignored' }),
    'the same request twice, one after the other',
  ],
  [
    'rate-limit',
    'a refused request',
    () =>
      watched([], {
        exchanges: [
          exchange({ sentAt: T - 1_000 }),
          exchange({ sentAt: T, status: 429, headers: { 'retry-after': '30' } }),
        ],
      }),
    '2026-01-15T10:00:00.000Z, 1 requests in the minute before, Retry-After: 30',
  ],
  [
    'faults',
    'a read that failed',
    () =>
      watched([read('whole', [], { cut: true, fault: { kind: 'upstream-error', message: 'GET /: 500' } })]),
    /: upstream-error: GET \/: 500$/,
  ],
];

/** A job that reads of changes showed for the first time 22 minutes after its own time. */
function late(): Watched {
  readAt = T;
  const news = job('a', 'running', updated(T - 20 * MINUTE));
  return watched([whole([]), changes(), changes(news), whole([news]), changes()]);
}

function verdictOf(verdicts: readonly Verdict[], name: CheckName): Verdict {
  return verdicts.find(({ check }) => check === name)!;
}

test.each(TRAPS)('%s: %s is found, with its evidence', (name, _what, plant, evidence) => {
  const verdict = verdictOf(diagnose(plant()), name);
  if (verdict.verdict !== 'found') throw new Error(`${name}: ${verdict.verdict}: ${verdict.summary}`);
  const [first] = verdict.evidence;
  const text = first!.externalId === null ? first!.text : `${first!.externalId}: ${first!.text}`;
  if (typeof evidence === 'string') expect(text).toBe(evidence);
  else expect(text).toMatch(evidence);
  expect(verdict.seen).toBe(1);
});

test('every check has a planted trap', () => {
  expect([...new Set(TRAPS.map(([name]) => name))].sort()).toEqual([...CHECKS].sort());
});

test('an honest upstream has no finding, and says of how many cases', () => {
  const verdicts = diagnose(clean());
  expect(verdicts.map(({ check }) => check)).toEqual(CHECKS);
  expect(verdicts.filter(({ verdict }) => verdict === 'found')).toEqual([]);
  expect(verdicts.filter(({ verdict }) => verdict === 'not-tested')).toEqual([]);
  expect(verdictOf(verdicts, 'filter-omits')).toMatchObject({ verdict: 'not-seen', of: 2 });
  expect(verdictOf(verdicts, 'total')).toMatchObject({ verdict: 'not-seen', of: 2 });
});

test('each trap is found by its own check alone', () => {
  // What one trap makes visible of another check is said here.
  const also: Partial<Record<CheckName, CheckName[]>> = {
    'updated-goes-back': [],
    'page-borders': [],
  };
  for (const [name, what, plant] of TRAPS) {
    const others = diagnose(plant())
      .filter(({ verdict, check }) => verdict === 'found' && check !== name)
      .map(({ check }) => check);
    expect([what, others]).toEqual([what, also[name] ?? []]);
  }
});

test('nothing seen is nothing tested, never a clean bill', () => {
  const verdicts = diagnose(watched([], { exchanges: [], conditional: 'not-asked' }));
  const tested = verdicts.filter(({ verdict }) => verdict !== 'not-tested');
  expect(tested.map(({ check, summary }) => [check, summary])).toEqual([
    ['rate-limit', 'not seen; requests: 0, which says little'],
    ['faults', 'not seen; reads: 0, which says little'],
  ]);
});

test('confidence: seen once, seen again, and what could be something else', () => {
  const standing = (...ids: string[]) =>
    watched([whole(ids.map((id) => job(id))), whole(ids.map((id) => job(id, 'succeeded')))]);
  const confidence = (one: Watched, name: CheckName) => {
    const verdict = verdictOf(diagnose(one), name);
    return verdict.verdict === 'found' ? verdict.confidence : null;
  };
  expect(confidence(standing('a'), 'updated-stands-still')).toBe('likely');
  expect(confidence(standing('a', 'b'), 'updated-stands-still')).toBe('certain');
  const retried = watched([whole([job('a')]), whole([job('a', 'queued', updated(T + 1))])]);
  expect(confidence(retried, 'state-goes-back')).toBe('possible');
});

test('changes of open jobs that their own pages show are noted, not found', () => {
  const reads = [whole([job('a')]), changes(), whole([job('a', 'succeeded', updated(T + 1))]), changes()];
  expect(verdictOf(diagnose(watched(reads, { readsById: true })), 'filter-omits')).toMatchObject({
    verdict: 'noted',
  });
});

test('reads that were cut, or failed, prove no absence', () => {
  const all = [job('a'), job('b')];
  for (const over of [
    { cut: true },
    { truncated: true },
    { fault: { kind: 'timeout' as const, message: '' } },
  ]) {
    const verdicts = diagnose(watched([whole(all), read('whole', [[job('a')]], over), whole(all)]));
    expect(verdictOf(verdicts, 'rows-missing').verdict).toBe('not-tested');
  }
});

describe('recommended settings', () => {
  const settingsOf = (one: Watched) =>
    Object.fromEntries(recommend(one, diagnose(one)).map(({ key, value }) => [key, value]));
  const AS_CONFIGURED = {
    every: '1m',
    overlap: '10m',
    sweepEvery: '1h',
    pageSize: '100',
    maxRequestsPerHour: '3000',
  };

  test('are the configured ones where nothing speaks against them', () => {
    expect(settingsOf(clean())).toEqual(AS_CONFIGURED);
  });

  test.each<[string, Watched, object]>([
    [
      'whole reads are more frequent where the filter is blind',
      watched([whole([job('a')]), changes(), whole([job('a', 'succeeded', updated(T + 1_000))]), changes()]),
      { sweepEvery: '5m' },
    ],
    ['a poll that costs much is rarer', watched([{ ...changes(), requests: 60 }]), { every: '144s' }],
    ['a slow poll is rarer', watched([{ ...changes(), ms: 45_000 }]), { every: '90s' }],
    [
      'a whole read that costs much is rarer',
      watched([{ ...whole([job('a')]), requests: 1_500 }, changes()]),
      { sweepEvery: '2h' },
    ],
    [
      'a platform that makes pages smaller is asked for such pages',
      watched([read('probe', [[job('a'), job('b')]], { pageSize: 1 }), whole([job('a'), job('b')])], {
        exchanges: [exchange({ query: [['limit', '1']] })],
      }),
      { pageSize: '2' },
    ],
    [
      'a refused request bounds the budget',
      watched([], {
        exchanges: [
          ...Array.from({ length: 10 }, (_, index) => exchange({ sentAt: T - 1_000 * (index + 1) })),
          exchange({ sentAt: T, status: 429 }),
        ],
      }),
      { maxRequestsPerHour: '480' },
    ],
    ['records that come late widen the overlap', late(), { overlap: '44m' }],
  ])('%s', (_what, one, expected) => {
    expect(settingsOf(one)).toEqual({ ...AS_CONFIGURED, ...expected });
  });

  test('are YAML with their reasons', () => {
    const text = pollYaml([{ key: 'every', value: '90s', reason: 'because' }]);
    expect(text).toBe('poll:\n  # because\n  every: 90s');
  });

  test('durations are those of the configuration', () => {
    expect([0, 1, 1_000, 90_000, 600_000, 7_200_000].map(durationOf)).toEqual([
      '0s',
      '1ms',
      '1s',
      '90s',
      '10m',
      '2h',
    ]);
  });
});
