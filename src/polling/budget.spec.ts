import { byIdAllowance, sweepShareLeft, walkAllowance } from './budget.js';
import { SourceRuntime } from './source-runtimes.js';

const shareOf = (maxRequestsPerHour: number, spent: number): Promise<number> =>
  sweepShareLeft({ source: { key: 'store', poll: { maxRequestsPerHour } } } as SourceRuntime, {
    sweepsLastHour: () => Promise.resolve(spent),
  });

describe('the budget', () => {
  it('gives half of the hour to sweeps, and one request to the smallest', async () => {
    expect(await shareOf(3_000, 0)).toBe(1_500);
    expect(await shareOf(3_000, 1_400)).toBe(100);
    expect(await shareOf(3_000, 1_700)).toBeLessThanOrEqual(0);
    expect(await shareOf(1, 0)).toBe(1);
  });

  it('leaves a tenth to incremental reads and refreshes, whoever else asks', () => {
    const poll = { maxRequestsPerHour: 3_000, everyMs: 3_600_000 };
    expect(walkAllowance(poll, 1_500, 3_000)).toBe(1_500);
    expect(walkAllowance(poll, 1_500, 700)).toBe(400);
    expect(byIdAllowance(poll, 700)).toBe(400);
    expect(byIdAllowance(poll, 200)).toBe(0);
  });

  it('lets a walk that has begun get on by one page at least', () => {
    expect(walkAllowance({ maxRequestsPerHour: 3_000 }, 0, 3_000)).toBe(1);
    expect(walkAllowance({ maxRequestsPerHour: 3_000 }, 1_500, 0)).toBe(1);
  });

  it('gives half of an interval to by-id reads, and ten where that is less', () => {
    expect(byIdAllowance({ maxRequestsPerHour: 3_000, everyMs: 60_000 }, 3_000)).toBe(25);
    expect(byIdAllowance({ maxRequestsPerHour: 3_000, everyMs: 1_000 }, 3_000)).toBe(10);
  });
});
