import { Births } from './births.js';

const START = Date.UTC(2026, 0, 15);
const plan = {
  jobs: 100,
  start: START,
  historyMs: 3_600_000,
  everyMs: 500,
  busyMs: 10_000,
  endless: true,
  key: 5,
};

describe('births', () => {
  const births = new Births(plan);

  it('has exactly the asked number of jobs at the start, and more as time goes on', () => {
    expect(births.count(START)).toBe(100);
    expect(births.count(START + 500)).toBe(101);
    expect(births.count(START + 60_000)).toBe(220);
    expect(births.count(START - 3_600_001)).toBe(0);
  });

  it('is in order, inside the slots, and counts what it bears', () => {
    const wrong = Array.from({ length: 300 }, (_, index) => index).filter((index) => {
      const bornAt = births.bornAt(index);
      const inSlot = bornAt >= births.slotAt(index) && bornAt < births.slotAt(index + 1);
      return !inSlot || births.count(bornAt) !== index + 1 || births.count(bornAt - 1) !== index;
    });
    expect(wrong).toEqual([]);
  });

  it('ends at the start where births end', () => {
    const ended = new Births({ ...plan, endless: false });
    expect(ended.count(START + 3_600_000)).toBe(100);
    expect([ended.has(-1), ended.has(99), ended.has(100), births.has(100)]).toEqual([
      false,
      true,
      false,
      true,
    ]);
  });

  it('survives more jobs than milliseconds', () => {
    const crowded = new Births({ ...plan, jobs: 10_000, historyMs: 1000, everyMs: 0.01, busyMs: 100 });
    expect(crowded.count(START)).toBe(10_000);
    expect(crowded.bornAt(9_999)).toBeLessThanOrEqual(START);
  });
});
