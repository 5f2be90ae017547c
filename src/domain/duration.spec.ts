import { parseDuration } from './duration.js';

describe('parseDuration', () => {
  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['10m', 600_000],
    ['1h', 3_600_000],
    ['7d', 604_800_000],
    ['1.5h', 5_400_000],
    ['0s', 0],
    ['PT30S', 30_000],
    ['P1D', 86_400_000],
    ['P2W', 1_209_600_000],
    ['PT1H30M', 5_400_000],
  ])('%s', (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });

  it.each([
    '',
    's',
    '30',
    '30 s',
    '-30s',
    '1y',
    'P1Y',
    'P1M',
    'P',
    'PT',
    '1h30m',
    'ten minutes',
    '999999999999999999999d',
  ])('refuses %p', (text) => {
    expect(parseDuration(text)).toBeNull();
  });
});
