import { historyStart, reachedTime } from './read-range.js';

const NOW = Date.UTC(2026, 0, 15);
const DAY = 86_400_000;

describe('historyStart', () => {
  it.each<[string, number | null, number | null | undefined, number | null]>([
    ['everything is read without a limit', null, undefined, null],
    ['a first read goes back so far', 7 * DAY, undefined, NOW - 7 * DAY],
    ['a later read keeps the start of the first', 7 * DAY, NOW - 30 * DAY, NOW - 30 * DAY],
    ['a longer limit takes it further back', 60 * DAY, NOW - 30 * DAY, NOW - 60 * DAY],
    ['a limit after a read of everything leaves nothing out', 7 * DAY, null, null],
    ['a limit that was taken away leaves nothing out', null, NOW - 30 * DAY, null],
  ])('%s', (_, historyMs, kept, expected) => {
    expect(historyStart(historyMs, kept, NOW)).toBe(expected);
  });
});

describe('reachedTime', () => {
  it.each<[string, number | null, number | null, number | null, number | null]>([
    ['nothing seen leaves the bookmark', NOW, null, NOW + DAY, NOW],
    ['nothing known and nothing seen is nothing', null, null, NOW, null],
    ['the latest seen', NOW - DAY, NOW, NOW + DAY, NOW],
    ['never back', NOW, NOW - DAY, NOW + DAY, NOW],
    ['a full read sets it anew', null, NOW - DAY, NOW, NOW - DAY],
    ['no further than the platform has come', NOW - DAY, NOW + 1_000 * DAY, NOW, NOW],
    ['as seen where the platform sends no date', null, NOW + DAY, null, NOW + DAY],
  ])('%s', (_, known, newest, date, expected) => {
    expect(reachedTime(known, newest, date)).toBe(expected);
  });
});
