import { STATUS_MAP } from './veeva-vault.normalize.js';
import { readTaskCounts, shareDone } from './veeva-vault.task-counts.js';

describe('readTaskCounts', () => {
  it.each<[string, unknown, unknown]>([
    [
      'counts by state in one object',
      [{ size: 3, SUCCESS: 2, RUNNING: 1 }],
      { size: 3, SUCCESS: 2, RUNNING: 1 },
    ],
    [
      'one object for each state, under either key',
      [
        { status: 'SUCCESS', size: 2 },
        { state: 'RUNNING', count: 1 },
      ],
      { size: 3, SUCCESS: 2, RUNNING: 1 },
    ],
    ['only counts', [{ size: 3, name: 'x', ratio: 0.5, SUCCESS: -1 }], { size: 3 }],
    ['nothing of an empty array', [], null],
    ['nothing of other entries', [null, 'x', [1]], null],
    ['nothing of what is no array', { size: 3 }, null],
    ['nothing of null', null, null],
  ])('reads %s', (_, progress, expected) => {
    expect(readTaskCounts(progress)).toEqual(expected);
  });

  it('keeps a hostile name an own key', () => {
    const counts = readTaskCounts(JSON.parse('[{"size":1,"__proto__":1,"a\\u0000":1}]'));
    expect(Object.entries(counts!)).toEqual([
      ['size', 1],
      ['__proto__', 1],
      ['a\uFFFD', 1],
    ]);
  });
});

describe('shareDone', () => {
  it.each<[string, Record<string, number>, number | null]>([
    ['ended tasks of all', { size: 8, SUCCESS: 3, ERRORS_ENCOUNTERED: 1, RUNNING: 4 }, 0.5],
    ['all', { size: 2, SUCCESS: 1, CANCELLED: 1 }, 1],
    ['none', { size: 2, QUEUED: 2 }, 0],
    ['null where tasks are missing from the counts', { size: 8, SUCCESS: 3 }, null],
    ['null where tasks are counted twice', { size: 2, SUCCESS: 2, RUNNING: 1 }, null],
    ['null with a state that has no rule', { size: 2, SUCCESS: 1, PONDERING: 1 }, null],
    ['null without a size', { SUCCESS: 1 }, null],
    ['null of no tasks', { size: 0 }, null],
  ])('is %s', (_, counts, expected) => {
    expect(shareDone(counts, STATUS_MAP)).toBe(expected);
  });
});
