import fc from 'fast-check';
import { ERROR_KINDS } from '../domain/errors.js';
import { firstDelayMs, LONGEST_BACKOFF_MS, nextPollDelayMs, REFUSED_CREDENTIAL_MS } from './next-poll-at.js';

const pace = { everyMs: 60_000, idleEveryMs: 300_000 };
const good = { errorKind: null, retryAfterMs: null, consecutiveFailures: 0, hasOpenJobs: true };

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
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (errorKind, consecutiveFailures, random) => {
          const delay = nextPollDelayMs(pace, { ...good, errorKind, consecutiveFailures }, random);
          expect(delay).toBeGreaterThanOrEqual(pace.everyMs);
          expect(delay).toBeLessThanOrEqual(LONGEST_BACKOFF_MS * 1.25);
        },
      ),
    );
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
