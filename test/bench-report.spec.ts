import { readFileSync } from 'node:fs';
import path from 'node:path';
import { latencyOf, quantile, rounded, spreadOf } from '../bench/harness/figures.js';
import { boundText, Goal, isMet } from '../bench/harness/result.js';
import { newestResults } from '../bench/harness/result-files.js';
import { performanceDocument } from '../bench/report/document.js';
import { goalTable } from '../bench/report/markdown.js';
import { ROOT } from './support/repository.js';

const goal = (value: number, bound: Goal['bound']): Goal => ({
  number: 1,
  what: 'speed',
  unit: 'ms',
  value,
  bound,
});

describe('figures', () => {
  it('are the middle of the rounds, and how far apart they were', () => {
    expect(spreadOf([3, 1, 2])).toEqual({ median: 2, least: 1, most: 3, rounds: 3 });
    expect(spreadOf([4, 1])).toEqual({ median: 2.5, least: 1, most: 4, rounds: 2 });
    expect(() => spreadOf([])).toThrow(RangeError);
  });

  it('are no more exact than what was measured', () => {
    expect([1234.5, 12.345, 0.012345].map(rounded)).toEqual([1235, 12.3, 0.0123]);
  });

  it('name the value that so many are not above', () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(latencyOf(values)).toEqual({ samples: 100, p50: 50, p99: 99, max: 100 });
    expect(quantile([], 0.5)).toBeNaN();
  });
});

describe('a goal', () => {
  it('is reached on the right side of its bound', () => {
    expect([0.5, 0.49].map((value) => isMet(goal(value, { atLeast: 0.5 })))).toEqual([true, false]);
    expect([256, 257].map((value) => isMet(goal(value, { atMost: 256 })))).toEqual([true, false]);
    expect([49, 50].map((value) => isMet(goal(value, { below: 50 })))).toEqual([true, false]);
  });

  it('says what was asked for', () => {
    expect(boundText(goal(1, { atLeast: 0.5 }))).toBe('≥ 0.5 ms');
    expect(boundText(goal(1, { below: 1_000 }))).toBe('< 1,000 ms');
  });

  it('is shown with its size, its rounds, and whether it was reached', () => {
    const shown = goalTable([
      { goal: { ...goal(60, { below: 50 }), range: [55, 70] }, size: '1000000 jobs' },
    ]);
    expect(shown.split('\n').at(-1)).toBe(
      '| 1 | speed | 1,000,000 jobs | < 50 ms | 60 ms | 55–70 | **missed** |',
    );
  });
});

it('docs/performance.md shows the newest results: npm run bench:report', async () => {
  const document = readFileSync(path.join(ROOT, 'docs/performance.md'), 'utf8');
  expect(document).toBe(performanceDocument(await newestResults()));
});
