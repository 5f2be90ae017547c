import { historyOf, readRange } from './history';

const NOW = Date.parse('2026-01-15T10:42:00.000Z');

describe('the history of the overview', () => {
  it('has every bucket of the range, with what finished, failed, and how long successes took', () => {
    const history = historyOf(
      [
        {
          state: 'failed',
          bucket: '2026-01-15T09:00:00.000Z',
          count: 2,
          durationMs: { p50: 9, p95: 9, max: 9 },
        },
        {
          state: 'succeeded',
          bucket: '2026-01-15T09:00:00.000Z',
          count: 5,
          durationMs: { p50: 7, p95: 8, max: 9 },
        },
        {
          state: 'cancelled',
          bucket: '2026-01-15T10:00:00.000Z',
          count: 1,
          durationMs: { p50: null, p95: null, max: null },
        },
      ],
      '24h',
      NOW,
    );
    expect(history.at).toHaveLength(25);
    expect(new Date(history.at[0]!).toISOString()).toBe('2026-01-14T10:00:00.000Z');
    expect(history.finished.slice(-3)).toEqual([0, 7, 1]);
    expect(history.failed.slice(-3)).toEqual([0, 2, 0]);
    expect(history.p50.slice(-3)).toEqual([null, 7, null]);
    expect(history.p95.slice(-3)).toEqual([null, 8, null]);
    expect(history.totals).toEqual({ failed: 2, succeeded: 5, cancelled: 1 });
  });

  it('leaves out of the plot what has no time or lies before it', () => {
    const history = historyOf(
      [
        { state: 'failed', bucket: null, count: 3 },
        { state: 'failed', bucket: '2026-01-01T00:00:00.000Z', count: 4 },
      ],
      '1h',
      NOW,
    );
    expect(history.failed.reduce((sum, count) => sum + count)).toBe(0);
    expect(history.totals).toEqual({ failed: 4 });
  });

  it('reads a range from the address, and any other word as the usual one', () => {
    expect(['1h', '7d', null, 'constructor', ''].map(readRange)).toEqual(['1h', '7d', '24h', '24h', '24h']);
  });
});
