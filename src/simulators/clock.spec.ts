import { ManualClock, RealClock, wholeSecond } from './clock.js';

describe('clocks', () => {
  it('stand still until moved, and never go back', () => {
    const clock = new ManualClock(1000);
    clock.advance(250);
    expect([clock.now(), clock.now()]).toEqual([1250, 1250]);
    expect(() => clock.advance(-1)).toThrow(RangeError);
    expect(() => clock.advance(NaN)).toThrow(RangeError);
  });

  it('run in whole milliseconds from where they were started', () => {
    const clock = new RealClock(1000, 5_000_000);
    const [first, second] = [clock.now(), clock.now()];
    expect(first).toBeGreaterThanOrEqual(5_000_000);
    expect(second).toBeGreaterThanOrEqual(first);
    expect(Number.isInteger(second)).toBe(true);
  });

  it('cut to whole seconds', () => {
    expect([wholeSecond(1999), wholeSecond(2000), wholeSecond(-1)]).toEqual([1000, 2000, -1000]);
  });
});
