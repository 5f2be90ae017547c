import { formatCompact, formatDuration, formatProgress, plural } from './quantities';
import { formatAge, formatExact, formatShort } from './times';

describe('quantities as text', () => {
  it.each([
    [0, '0'],
    [850, '850ms'],
    [1_000, '1s'],
    [9_940, '9.9s'],
    [10_000, '10s'],
    [61_000, '1m 1s'],
    [3_600_000, '1h'],
    [7_530_000, '2h 5m'],
    [90_000_000, '1d 1h'],
    [-5, '0'],
  ])('a duration of %d ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('say 100% only of what is done', () => {
    expect([0, 0.29, 0.999, 1].map(formatProgress)).toEqual(['0%', '29%', '99%', '100%']);
  });

  it('are short where they are large', () => {
    expect([0, 9_999, 12_345, 10_000_000].map(formatCompact)).toEqual(['0', '9,999', '12.3K', '10M']);
    expect([plural(1, 'job'), plural(2_000, 'job')]).toEqual(['1 job', '2,000 jobs']);
  });
});

describe('times as text', () => {
  const now = Date.parse('2026-01-15T10:42:07.500Z');
  const ago = (ms: number) => formatAge(now - ms, now);

  it('tell how long ago, or how far ahead', () => {
    expect([ago(0), ago(999), ago(61_000), ago(86_400_000 * 3), ago(86_400_000 * 400), ago(-20_000)]).toEqual(
      [...['now', 'now', '1m ago', '3d ago', '1y ago', 'in 20s']],
    );
  });

  it('are exact to the second, with their zone', () => {
    expect(formatExact(now, 'utc')).toBe('2026-01-15 10:42:07 UTC');
  });

  it('leave out what goes without saying', () => {
    expect(formatShort(now - 60_000, now, 'utc')).toBe('10:41:07');
    expect(formatShort(now - 86_400_000, now, 'utc')).toBe('Jan 14 10:42');
    expect(formatShort(now - 86_400_000 * 30, now, 'utc')).toBe('Dec 16 2025 10:42');
  });
});
