import fc from 'fast-check';
import { readProgress } from './progress.js';

describe('readProgress', () => {
  it('gives 45 of 100 and 0.45 of 1 the same number', () => {
    expect(readProgress(45, 'percent').value).toBe(0.45);
    expect(readProgress(0.45, 'fraction').value).toBe(0.45);
  });

  it.each([
    [100, 'percent', 1],
    [0, 'percent', 0],
    [-0, 'fraction', 0],
    ['45', 'percent', 0.45],
    [' 0.5 ', 'fraction', 0.5],
    [null, 'percent', null],
    [undefined, 'percent', null],
    ['', 'percent', null],
  ] as const)('%p of %s is %p, with nothing to say about it', (value, scale, expected) => {
    expect(readProgress(value, scale)).toEqual({ value: expected, note: null });
  });

  it.each([
    [130, 'percent', 1, /above 100/],
    [1.01, 'fraction', 1, /above 1/],
    [-5, 'percent', 0, /below 0/],
    ['half', 'percent', null, /unreadable/],
    [{ done: 1 }, 'percent', null, /unreadable/],
    [[45], 'percent', null, /array/],
    [true, 'percent', null, /boolean/],
    [Number.NaN, 'fraction', null, /unreadable/],
    ['   ', 'percent', null, /unreadable/],
  ] as const)('%p of %s is %p, with a note', (value, scale, expected, note) => {
    const reading = readProgress(value, scale);
    expect(reading.value).toBe(expected);
    expect(reading.note).toMatch(note);
  });

  it('stays in range, and is exact for whole percents', () => {
    fc.assert(
      fc.property(fc.anything(), fc.constantFrom('percent' as const, 'fraction' as const), (value, scale) => {
        const { value: progress } = readProgress(value, scale);
        expect(progress === null || (progress >= 0 && progress <= 1)).toBe(true);
      }),
    );
    for (let percent = 0; percent <= 100; percent++) {
      expect(readProgress(percent, 'percent').value).toBe(
        readProgress(Number(`${percent}e-2`), 'fraction').value,
      );
    }
  });
});
