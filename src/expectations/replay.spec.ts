import { ExpectationTerms } from '../config/config.js';
import { Instant } from '../domain/job.js';
import { JobState } from '../domain/job-state.js';
import { HistoryPoint } from '../storage/expectation.history.js';
import { Replay, ReplayedBreach, headStartMs } from './replay.js';
import { Rule } from './rule.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const SINCE = Date.parse('2026-01-15T00:00:00.000Z');

const ruleOf = (terms: ExpectationTerms): Rule => ({ name: 'rule', match: {}, filter: {}, ...terms });

const point = (what: HistoryPoint['what'], at: Instant, over: Partial<HistoryPoint> = {}): HistoryPoint => ({
  at: SINCE + at,
  what,
  source: 'charts',
  jobId: null,
  type: null,
  state: null,
  queued: false,
  ...over,
});

/** A run from its creation on; times are from the beginning of the time in question. */
function run(
  id: string,
  began: Instant,
  ended: Instant | null,
  { state = 'succeeded' as JobState, waits = began, type = 'tiles', moves = [] as Instant[] } = {},
): HistoryPoint[] {
  const job = { jobId: id, type };
  return [
    point('waits', waits, { ...job, queued: true }),
    point('began', began, job),
    ...moves.map((at) => point('moved', at, job)),
    ...(ended === null ? [] : [point('ended', ended, { ...job, state })]),
  ];
}

function replay(terms: ExpectationTerms, points: HistoryPoint[], lastsMs = DAY): ReplayedBreach[] {
  const told: ReplayedBreach[] = [];
  const replayed = new Replay(ruleOf(terms), {
    sources: ['charts'],
    since: SINCE,
    until: SINCE + lastsMs,
    stepMs: MINUTE,
    tell: (breach) => told.push(breach),
  });
  for (const one of points.sort((a, b) => a.at - b.at)) replayed.take(one);
  replayed.end();
  return told;
}

/** When breaches fired and resolved, in minutes from the beginning. */
function times(terms: ExpectationTerms, points: HistoryPoint[], lastsMs?: number) {
  const minutes = (at: Instant | null) => (at === null ? null : (at - SINCE) / MINUTE);
  return replay(terms, points, lastsMs).map(({ jobId, firedAt, resolvedAt }) => [
    jobId,
    minutes(firedAt),
    minutes(resolvedAt),
  ]);
}

const LONGEST: ExpectationTerms = { kind: 'duration', maxMs: 45 * MINUTE, beyondP95: null, minimumRuns: 20 };

describe('a replay', () => {
  test('of a longest duration', () => {
    const points = [
      ...run('quick', 0, 45 * MINUTE),
      ...run('slow', 0, 50 * MINUTE),
      ...run('endless', 10 * MINUTE, null),
      ...run('before', -2 * HOUR, 5 * MINUTE),
    ];
    expect(times(LONGEST, points)).toEqual([
      ['before', 0, 6],
      ['slow', 46, 51],
      ['endless', 56, null],
    ]);
  });

  test('of an outage: nothing is broken that nobody saw', () => {
    const points = [
      ...run('slow', 0, 50 * MINUTE),
      ...run('slower', 0, 80 * MINUTE),
      point('blind', 40 * MINUTE),
      point('sighted', 70 * MINUTE),
    ];
    expect(times(LONGEST, points)).toEqual([['slower', 71, 81]]);
  });

  test('of what is beyond the p95 of its type', () => {
    const past = Array.from({ length: 30 }, (_, index) =>
      run(`p${index}`, -DAY - index * HOUR, -DAY - index * HOUR + 10 * MINUTE),
    ).flat();
    const terms: ExpectationTerms = { kind: 'duration', maxMs: null, beyondP95: 3, minimumRuns: 20 };
    const now = [...run('usual', 0, 30 * MINUTE), ...run('slow', 0, 40 * MINUTE)];
    expect(times(terms, [...past, ...now])).toEqual([['slow', 31, 41]]);
    // one run fewer than are needed: each is three points
    expect(times(terms, [...past.slice(0, 18 * 3), ...now])).toEqual([]);
  });

  test('of a job that does not move', () => {
    const points = run('stuck', 0, 3 * HOUR, { moves: [20 * MINUTE, 40 * MINUTE, 2 * HOUR] });
    expect(times({ kind: 'stuck', afterMs: 30 * MINUTE }, points)).toEqual([
      ['stuck', 71, 121],
      ['stuck', 151, 181],
    ]);
  });

  test('of a job that does not start', () => {
    const points = [
      ...run('late', 30 * MINUTE, 40 * MINUTE, { waits: 0 }),
      ...run('soon', 10 * MINUTE, null, { waits: 0 }),
    ];
    expect(times({ kind: 'start', withinMs: 15 * MINUTE }, points)).toEqual([['late', 16, 31]]);
  });

  const every: ExpectationTerms = {
    kind: 'cadence',
    everyMs: HOUR,
    cron: null,
    timeZone: 'UTC',
    toleranceMs: 10 * MINUTE,
  };

  test('of a run that did not come, and of one that nobody could see', () => {
    const points = [-2, -1, 0, 1, 2, 4, 5, 6, 7].flatMap((hour) =>
      run(String(hour), hour * HOUR, hour * HOUR + MINUTE),
    );
    points.push(point('blind', 4.5 * HOUR), point('sighted', 6.5 * HOUR));
    expect(times(every, points, 8 * HOUR)).toEqual([[null, 191, 241]]);
  });

  test('of a queue', () => {
    const points = Array.from({ length: 5 }, (_, index) =>
      run(String(index), HOUR + index * MINUTE, 2 * HOUR, { waits: index * MINUTE }),
    ).flat();
    const terms: ExpectationTerms = {
      kind: 'queue',
      max: 3,
      forMs: 10 * MINUTE,
      growsForMs: null,
      growsBy: 10,
    };
    expect(times(terms, points)).toEqual([[null, 14, 62]]);
  });

  test('of a success rate', () => {
    const points = Array.from({ length: 60 }, (_, index) =>
      run(String(index), index * MINUTE, (index + 0.5) * MINUTE, {
        state: index >= 20 && index < 30 ? 'failed' : 'succeeded',
      }),
    ).flat();
    const terms: ExpectationTerms = {
      kind: 'success-rate',
      below: 0.8,
      windowMs: 20 * MINUTE,
      minimumRuns: 10,
    };
    expect(times(terms, points, HOUR)).toEqual([[null, 25, 46]]);
  });

  test('begins early enough to know what was known then', () => {
    expect(headStartMs(ruleOf(LONGEST))).toBe(0);
    expect(headStartMs(ruleOf(every))).toBeGreaterThan(HOUR + 10 * MINUTE);
    expect(headStartMs(ruleOf({ kind: 'learned', minimumRuns: 20, timeZone: 'UTC' }))).toBe(35 * DAY);
  });
});
