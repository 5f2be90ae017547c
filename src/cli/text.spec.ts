import { durationText, printable, progressText, shorten, timeText } from './text.js';

test.each([
  ['plain', 'plain'],
  ['\u001b[31mred\u001b[0m', '\uFFFD[31mred\uFFFD[0m'],
  ['two\nlines', 'two\uFFFDlines'],
  ['\u202Eright to left', '\uFFFDright to left'],
  ['lone \ud800', 'lone \uFFFD'],
])('printable %j is %j', (text, expected) => {
  expect(printable(text)).toBe(expected);
});

test('shorten counts characters, not halves of them', () => {
  expect(shorten('abc', 3)).toBe('abc');
  expect(shorten('abcd', 3)).toBe('ab…');
  expect(shorten('😀😀😀', 2)).toBe('😀…');
});

test.each([
  [0, '0ms'],
  [999, '999ms'],
  [12_000, '12s'],
  [187_000, '3m 07s'],
  [3_720_000, '1h 02m'],
  [93_600_000, '1d 02h'],
  [null, ''],
])('durationText(%p) is %j', (ms, expected) => {
  expect(durationText(ms)).toBe(expected);
});

test.each([
  [0, '0%'],
  [0.45, '45%'],
  [0.29, '29%'],
  [0.999, '99%'],
  [1, '100%'],
  [null, ''],
])('progressText(%p) is %j', (progress, expected) => {
  expect(progressText(progress)).toBe(expected);
});

test('timeText is to the second, in UTC, from an instant or the API’s text', () => {
  expect(timeText(Date.UTC(2026, 0, 15, 10, 0, 7, 999))).toBe('2026-01-15 10:00:07');
  expect(timeText('2026-01-15T10:00:07.999Z')).toBe('2026-01-15 10:00:07');
  expect(timeText(null)).toBe('');
});
