import fc from 'fast-check';
import { LONGEST_PAUSE_MS } from '../connectors/shared/http-faults.js';
import { AuthError, ERROR_KINDS, RateLimitError, UnavailableError } from '../domain/errors.js';
import {
  firstDelayMs,
  LONGEST_BACKOFF_MS,
  nextPollDelayMs,
  pollBoundMs,
  REFUSED_CREDENTIAL_MS,
  resumeDelayMs,
} from './next-poll-at.js';

const pace = { everyMs: 60_000, idleEveryMs: 300_000 };
const good = {
  errorKind: null,
  retryAfterMs: null,
  consecutiveFailures: 0,
  limitedForMs: 0,
  hasOpenJobs: true,
};

describe('nextPollDelayMs', () => {
  it.each([
    ['a good poll keeps the pace', good, 60_000],
    ['a source without open jobs is idle', { ...good, hasOpenJobs: false }, 300_000],
    [
      'patience is not failure',
      { ...good, errorKind: 'rate-limited' as const, retryAfterMs: 90_000 },
      90_000,
    ],
    [
      'patience never quickens the pace',
      { ...good, errorKind: 'rate-limited' as const, retryAfterMs: 1_000 },
      60_000,
    ],
    [
      'an upstream that asks for an hour gets it',
      { ...good, errorKind: 'upstream-error' as const, retryAfterMs: 3_600_000, consecutiveFailures: 1 },
      3_600_000,
    ],
    [
      'an upstream that asks for a century gets a day',
      { ...good, errorKind: 'upstream-error' as const, retryAfterMs: 3e12, consecutiveFailures: 1 },
      LONGEST_PAUSE_MS,
    ],
    [
      'a limit that names no time is met with the pace at first',
      { ...good, errorKind: 'rate-limited' as const },
      60_000,
    ],
    [
      'and then with as long again as it has lasted',
      { ...good, errorKind: 'rate-limited' as const, limitedForMs: 240_000 },
      240_000,
    ],
    [
      'up to the cap',
      { ...good, errorKind: 'rate-limited' as const, limitedForMs: 86_400_000 },
      LONGEST_BACKOFF_MS,
    ],
    [
      'a refused credential waits',
      { ...good, errorKind: 'authentication' as const, consecutiveFailures: 1 },
      REFUSED_CREDENTIAL_MS * 1.125,
    ],
  ])('%s', (_why, result, expected) => {
    expect(nextPollDelayMs(pace, result, 0.5)).toBe(expected);
  });

  it('backs off, never below the pace, never above the cap, and never gives up', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ERROR_KINDS),
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.nat(),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (errorKind, consecutiveFailures, limitedForMs, random) => {
          const result = { ...good, errorKind, consecutiveFailures, limitedForMs };
          const delay = nextPollDelayMs(pace, result, random);
          expect(delay).toBeGreaterThanOrEqual(pace.everyMs);
          expect(delay).toBeLessThanOrEqual(LONGEST_BACKOFF_MS * 1.25);
        },
      ),
    );
  });
});

describe('resumeDelayMs', () => {
  it.each<[string, number, unknown, number]>([
    ['at once when nothing failed', 0, null, 0],
    ['soon when our database failed', 1, null, 5_000],
    ['less soon when it fails again', 3, null, 20_000],
    ['never later than its pace', 1_000, null, 60_000],
    [
      'not before a refused credential may be tried again',
      1,
      new AuthError('refused'),
      REFUSED_CREDENTIAL_MS,
    ],
    ['not before the upstream wants', 0, new RateLimitError('later', 90_000), 90_000],
    ['within a day', 0, new UnavailableError('an upgrade', 'upstream-error', 3e12), LONGEST_PAUSE_MS],
  ])('is due %s', (_, faults, fault, expected) => {
    expect(resumeDelayMs(60_000, faults, fault, 0.5)).toBe(expected);
  });
});

describe('pollBoundMs', () => {
  it('is hours, and longer for slow platforms', () => {
    expect(pollBoundMs('incremental', 30_000)).toBe(3_600_000);
    expect(pollBoundMs('sweep', 30_000)).toBe(6 * 3_600_000);
    expect(pollBoundMs('incremental', 600_000)).toBe(12_000_000);
  });
});

describe('firstDelayMs', () => {
  it('is stable, spread, and within the interval', () => {
    const delays = Array.from({ length: 1_000 }, (_, index) => firstDelayMs(`source-${index}`, 60_000));
    expect(delays).toEqual(
      Array.from({ length: 1_000 }, (_, index) => firstDelayMs(`source-${index}`, 60_000)),
    );
    expect(new Set(delays).size).toBeGreaterThan(800);
    expect(Math.max(...delays)).toBeLessThan(5_000);
    expect(firstDelayMs('a', 100)).toBeLessThan(100);
  });
});
