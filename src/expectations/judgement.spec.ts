import fc from 'fast-check';
import { judgeCadence } from './cadence.js';
import { isBroken, judgeElapsed, judgeSuccessRate } from './judgement.js';
import { learnCadence, learnDuration } from './learn.js';
import { median, quantile, spread } from './quantile.js';
import { QueueMemory, QueueTerms, lookAtQueue } from './queue.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOW = Date.parse('2026-01-15T10:00:00.000Z');

describe('what goes on for too long', () => {
  test.each([
    [NOW - 10, NOW, 9, { since: NOW - 1, value: 10, limit: 9 }],
    [NOW - 10, NOW, 10, 'kept'],
    [NOW + 10, NOW, 0, 'kept'],
    [NOW - 1, NOW, 0, { since: NOW - 1, value: 1, limit: 0 }],
  ])('from %d, seen at %d, limit %d', (from, seenAt, limit, expected) => {
    expect(judgeElapsed(from, seenAt, limit)).toEqual(expected);
  });

  test('once broken it stays so until it ends, and since never moves', () => {
    const times = fc.tuple(fc.nat(DAY), fc.nat(DAY), fc.nat(DAY), fc.nat(DAY));
    fc.assert(
      fc.property(times, ([from, first, more, limit]) => {
        const before = judgeElapsed(from, from + first, limit);
        const after = judgeElapsed(from, from + first + more, limit);
        if (!isBroken(before)) return;
        expect(isBroken(after) && after.since).toBe(before.since);
      }),
    );
  });
});

describe('a success rate', () => {
  const terms = { below: 0.9, minimumRuns: 10 };
  test.each([
    [0, 0, 'kept'],
    [0, 9, 'kept'],
    [9, 1, 'kept'],
    [8, 2, { since: NOW, value: 0.8, limit: 0.9 }],
    [0, 10, { since: NOW, value: 0, limit: 0.9 }],
  ])('%d succeeded, %d failed', (succeeded, failed, expected) => {
    expect(judgeSuccessRate(terms, { succeeded, failed }, NOW)).toEqual(expected);
  });

  test('one more success never breaks it, one more failure never mends it', () => {
    const runs = fc.tuple(fc.nat(50), fc.nat(50), fc.double({ min: 0.01, max: 1, noNaN: true }));
    fc.assert(
      fc.property(runs, ([succeeded, failed, below]) => {
        const judge = (more: number, worse: number) =>
          isBroken(
            judgeSuccessRate(
              { below, minimumRuns: 1 },
              { succeeded: succeeded + more, failed: failed + worse },
              NOW,
            ),
          );
        if (succeeded + failed === 0) return;
        if (!judge(0, 0)) expect(judge(1, 0)).toBe(false);
        else expect(judge(0, 1)).toBe(true);
      }),
    );
  });
});

describe('a cadence', () => {
  const every = { everyMs: DAY, cron: null, timeZone: 'UTC', toleranceMs: HOUR };
  const facts = (
    lastStart: number | null,
    completeThrough: number | null,
    watchedSince = NOW - 10 * DAY,
  ) => ({
    lastStart,
    completeThrough,
    watchedSince,
  });

  test.each([
    ['nothing is proven', facts(NOW - 10 * DAY, null), 'unknown'],
    ['in time', facts(NOW - 25 * HOUR, NOW), 'kept'],
    [
      'late',
      facts(NOW - 25 * HOUR - 1, NOW),
      { since: NOW - HOUR - 1, value: 25 * HOUR + 1, limit: 25 * HOUR },
    ],
    ['what is not known completely is not missing', facts(NOW - 3 * DAY, NOW - 3 * DAY + HOUR), 'kept'],
    ['known ahead of what is proven', facts(NOW + HOUR, NOW), 'kept'],
    ['never, and not watched for long', facts(null, NOW, NOW - DAY), 'kept'],
    ['never', facts(null, NOW, NOW - 2 * DAY), { since: NOW - DAY, value: 2 * DAY, limit: 25 * HOUR }],
  ])('every: %s', (_name, given, expected) => {
    expect(judgeCadence(every, given)).toEqual(expected);
  });

  const at = (text: string) => Date.parse(text);
  const nightly = { everyMs: null, cron: '30 2 * * *', timeZone: 'Europe/Berlin', toleranceMs: 30 * MINUTE };
  test.each([
    ['before the tolerance is over', '2026-01-14T01:30:00Z', '2026-01-15T01:59:00Z', 'kept'],
    ['after it', '2026-01-14T01:30:00Z', '2026-01-15T02:01:00Z', '2026-01-15T01:30:00.000Z'],
    ['it came', '2026-01-15T01:29:30Z', '2026-01-15T09:00:00Z', 'kept'],
    ['it came late', '2026-01-15T05:00:00Z', '2026-01-15T09:00:00Z', 'kept'],
    // clocks went forward on 2026-03-29 at 02:00: 02:30 does not exist, and the run is that of 03:30
    ['in spring, before', '2026-03-28T01:30:00Z', '2026-03-29T01:55:00Z', 'kept'],
    ['in summer time', '2026-03-30T00:30:00Z', '2026-03-30T09:00:00Z', 'kept'],
    ['in summer time, not', '2026-03-29T01:30:00Z', '2026-03-30T01:01:00Z', '2026-03-30T00:30:00.000Z'],
  ])('timetable: %s', (_name, last, through, expected) => {
    const judgement = judgeCadence(nightly, facts(at(last), at(through)));
    expect(isBroken(judgement) ? new Date(judgement.since).toISOString() : judgement).toBe(expected);
  });

  test('a time from before the rule was looked at is expected of nobody', () => {
    const watchedSince = at('2026-01-15T02:00:00Z');
    expect(judgeCadence(nightly, facts(null, at('2026-01-15T09:00:00Z'), watchedSince))).toBe('kept');
    expect(judgeCadence(nightly, facts(null, at('2026-01-16T09:00:00Z'), watchedSince))).toMatchObject({
      since: at('2026-01-16T01:30:00Z'),
    });
  });

  test('more knowledge of runs never breaks it', () => {
    const given = fc.tuple(fc.nat(20 * DAY), fc.nat(20 * DAY), fc.nat(5 * DAY));
    fc.assert(
      fc.property(given, ([age, older, through]) => {
        for (const terms of [every, nightly]) {
          const earlier = judgeCadence(terms, facts(NOW - age - older, NOW - through));
          const later = judgeCadence(terms, facts(NOW - age, NOW - through));
          if (earlier === 'kept') expect(later).toBe('kept');
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('a queue', () => {
  const terms = (over: Partial<QueueTerms>): QueueTerms => ({
    max: null,
    forMs: 0,
    growsForMs: null,
    growsBy: 10,
    ...over,
  });
  /** Looks once a minute. */
  function look(of: QueueTerms, lengths: readonly number[], gapsAt: readonly number[] = []) {
    let memory: QueueMemory = {};
    let at = NOW;
    return lengths.map((length, index) => {
      at += gapsAt.includes(index) ? HOUR : MINUTE;
      const looked = lookAtQueue(of, memory, length, at);
      memory = looked.memory;
      return isBroken(looked.judgement);
    });
  }

  test('is too long at once, or for a time without a break', () => {
    expect(look(terms({ max: 2 }), [2, 3, 2])).toEqual([false, true, false]);
    expect(look(terms({ max: 2, forMs: 2 * MINUTE }), [3, 3, 3, 3, 2, 3, 3])).toEqual([
      ...[false, false, true, true, false],
      ...[false, false],
    ]);
  });

  const GROWS = terms({ growsForMs: HOUR, growsBy: 10 });
  const rising = Array.from({ length: 80 }, (_, index) => index);

  test('grows, and then does not', () => {
    const found = look(GROWS, [...rising, ...Array.from({ length: 20 }, () => 0)]);
    expect(found.slice(0, 55)).not.toContain(true);
    expect(found.slice(70, 80)).toEqual(Array.from({ length: 10 }, () => true));
    expect(found.at(-1)).toBe(false);
  });

  test.each([
    ['bursts that are worked off', Array.from({ length: 200 }, (_, index) => (index % 30) * 5)],
    ['a little growth', Array.from({ length: 200 }, (_, index) => index / 100)],
    ['nothing', Array.from({ length: 200 }, () => 0)],
    ['a long queue that stays', Array.from({ length: 200 }, () => 1_000)],
  ])('does not grow by %s', (_name, lengths) => {
    expect(look(GROWS, lengths)).not.toContain(true);
  });

  test('is not known to have grown while nobody looked', () => {
    expect(look(GROWS, rising, [40])).not.toContain(true);
  });

  test('is a burst, and does not grow, when many come at once', () => {
    const burst = Array.from({ length: 200 }, (_, index) => (index < 60 ? 0 : 200 - index / 10));
    expect(look(GROWS, burst)).not.toContain(true);
    expect(
      look(GROWS, [...Array.from({ length: 70 }, () => 0), ...Array.from({ length: 9 }, () => 40)]),
    ).not.toContain(true);
  });

  test('remembers a bounded number of things', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(1_000), fc.nat(2 * HOUR)), { maxLength: 300 }), (looks) => {
        let memory: QueueMemory = {};
        let at = NOW;
        for (const [length, wait] of looks) {
          at += wait;
          memory = lookAtQueue({ ...GROWS, max: 5 }, memory, length, at).memory;
          expect(memory.parts!.length).toBeLessThanOrEqual(13);
        }
      }),
    );
  });
});

describe('middles', () => {
  test.each([
    [[1], 0.95, 1],
    [[3, 1, 2], 0.5, 2],
    [Array.from({ length: 100 }, (_, index) => index + 1), 0.95, 95],
  ])('quantile of %j at %d', (values, part, expected) => {
    expect(quantile(values, part)).toBe(expected);
  });

  test('median and spread do not follow one wild value', () => {
    expect(median([1, 2, 3, 1_000])).toBe(2.5);
    expect(spread([10, 10, 10, 10, 1e9])).toBe(0);
  });
});

describe('a duration that is learned', () => {
  const usual = Array.from({ length: 40 }, (_, index) => 10 * MINUTE + ((index * 37) % 20) * 6_000);

  test('needs enough runs', () => {
    expect(learnDuration(usual.slice(0, 19), 20)).toBeNull();
    expect(learnDuration([], 1)).toBeNull();
  });

  test('is above what is usual, and a few wild runs do not move it far', () => {
    const limit = learnDuration(usual, 20)!;
    expect(limit).toBeGreaterThan(Math.max(...usual));
    expect(limit).toBeLessThan(30 * MINUTE);
    expect(learnDuration([...usual, 10 * HOUR], 20)!).toBeLessThan(1.5 * limit);
  });

  test('lets every quick run be a minute longer', () => {
    expect(
      learnDuration(
        Array.from({ length: 30 }, () => 50),
        20,
      ),
    ).toBe(MINUTE + 50);
  });

  test('is never below the p95', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(DAY), { minLength: 20, maxLength: 200 }), (durations) => {
        expect(learnDuration(durations, 20)!).toBeGreaterThan(quantile(durations, 0.95));
      }),
    );
  });
});

describe('a cadence that is learned', () => {
  const START = Date.parse('2026-01-05T00:00:00.000Z'); // a Monday
  const days = (count: number, hour: number, isOn: (weekday: number) => boolean = () => true) =>
    Array.from({ length: count }, (_, day) => START + day * DAY + hour * HOUR).filter((at) =>
      isOn(new Date(at).getUTCDay()),
    );
  const workday = (weekday: number) => weekday >= 1 && weekday <= 5;

  test('needs enough runs, and a rhythm', () => {
    expect(learnCadence(days(10, 2), 20)).toBeNull();
    expect(learnCadence([], 1)).toBeNull();
    expect(
      learnCadence(
        Array.from({ length: 50 }, () => START),
        20,
      ),
    ).toBeNull();
  });

  test('a night after a night', () => {
    const { usualMs, limitMs } = learnCadence(days(28, 2), 20)!.after(START + 28 * DAY + 2 * HOUR);
    expect(usualMs).toBe(DAY);
    expect(limitMs).toBeGreaterThan(25 * HOUR);
    expect(limitMs).toBeLessThan(27 * HOUR);
  });

  test('knows the weekend', () => {
    const cadence = learnCadence(days(28, 2, workday), 20)!;
    const monday = START + 28 * DAY + 2 * HOUR;
    expect(cadence.after(monday).limitMs).toBeLessThan(27 * HOUR);
    expect(cadence.after(monday + 4 * DAY).limitMs).toBeGreaterThan(3 * DAY);
    expect(cadence.after(monday + 4 * DAY).limitMs).toBeLessThan(3 * DAY + 4 * HOUR);
  });

  test('knows the night', () => {
    const hours = days(28, 0, workday).flatMap((day) =>
      [9, 10, 11, 12, 13, 14, 15, 16].map((hour) => day + hour * HOUR),
    );
    const cadence = learnCadence(hours, 20)!;
    const tuesday = START + 29 * DAY;
    expect(cadence.after(tuesday + 11 * HOUR).limitMs).toBeLessThan(1.5 * HOUR);
    expect(cadence.after(tuesday + 16 * HOUR).limitMs).toBeGreaterThan(17 * HOUR);
  });

  test('is none in the first weeks where gaps differ much', () => {
    const starts = days(14, 2, workday).concat(days(14, 3, workday), days(14, 4, workday));
    expect(learnCadence(starts, 20)).toBeNull();
  });

  test('takes nothing for unusual in the first weeks that was seen before', () => {
    const { limitMs } = learnCadence(days(20, 2, workday), 10)!.after(START + 3 * DAY + 2 * HOUR);
    expect(limitMs).toBeGreaterThan(3 * DAY);
  });

  test('goes by local time, and by the last days where the clock was moved', () => {
    // 08:00 to 17:30 in Berlin, each half an hour; clocks went forward on 2026-03-29
    const from = Date.parse('2026-03-02T00:00:00.000Z');
    const times = (day: number, offset: number) =>
      Array.from({ length: 20 }, (_, index) => from + day * DAY + (8 - offset) * HOUR + index * 30 * MINUTE);
    const starts = Array.from({ length: 28 }, (_, day) => day)
      .filter((day) => workday(new Date(from + day * DAY).getUTCDay()))
      .flatMap((day) => times(day, 1));
    const [monday, tuesday] = [times(28, 2), times(29, 2)];
    const offsetAt = (at: number) => (at < Date.parse('2026-03-29T01:00:00Z') ? HOUR : 2 * HOUR);
    const local = learnCadence(starts, 20, offsetAt)!;
    expect(local.after(monday.at(-1)!).limitMs).toBeGreaterThan(14 * HOUR);
    expect(local.after(monday[5]!).limitMs).toBeLessThan(HOUR);
    const untold = learnCadence([...starts, ...monday, tuesday[0]!], 20)!;
    expect(untold.after(tuesday.at(-1)!).limitMs).toBeGreaterThan(14 * HOUR);
  });

  test('one run that did not come changes nothing', () => {
    const starts = days(28, 2).filter((_, index) => index !== 9);
    expect(learnCadence(starts, 20)!.after(START + 28 * DAY + 2 * HOUR).limitMs).toBeLessThan(27 * HOUR);
  });

  test('its own history breaks it hardly ever', () => {
    const gaps = fc.array(fc.integer({ min: 1, max: 3 * DAY }), { minLength: 20, maxLength: 120 });
    fc.assert(
      fc.property(gaps, (between) => {
        let at = START;
        const starts = [at, ...between.map((gap) => (at += gap))];
        const cadence = learnCadence(starts, 20);
        if (cadence === null) return;
        const broken = between.filter((gap, place) => gap > cadence.after(starts[place]!).limitMs).length;
        expect(broken).toBeLessThanOrEqual(2 + 0.02 * between.length);
      }),
    );
  });
});
