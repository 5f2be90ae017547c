import { TaskFacts } from '../../domain/task.js';
import { ATTRIBUTES_LIMIT_BYTES } from './attributes.js';
import { boundedTasks, taskNumber, taskText, taskTime } from './tasks.js';

const TASK: TaskFacts = {
  externalId: null,
  name: null,
  state: 'unknown',
  rawStatus: null,
  progress: null,
  startedAt: null,
  finishedAt: null,
  attributes: {},
};

describe('a value of a task', () => {
  it.each([
    [1736942460000, 1736942460000],
    ['2026-01-15T00:01:00Z', 1768435260000],
    [null, null],
    [undefined, null],
    ['soon', null],
    [{ at: 1 }, null],
    ['[redacted]', null],
  ])('reads the time %j as %j', (value, expected) => {
    expect(taskTime(value, { epoch: 'ms' })).toBe(expected);
  });

  it.each([
    ['step', 'step'],
    [7, '7'],
    ['', null],
    [undefined, null],
    [['step'], null],
    ['[redacted]', null],
    ['a\0b\uD800', 'a\uFFFDb\uFFFD'],
    ['x'.repeat(10_000), 'x'.repeat(2_000)],
    // a cut through a pair leaves no half of it
    [`${'x'.repeat(1_999)}😀`, `${'x'.repeat(1_999)}\uFFFD`],
  ])('reads the text %j', (value, expected) => {
    expect(taskText(value)).toBe(expected);
  });

  it.each([
    [3, 3],
    ['3', 3],
    ['', null],
    ['three', null],
    [Infinity, null],
    [null, null],
    [undefined, null],
  ])('reads the number %j as %j', (value, expected) => {
    expect(taskNumber(value)).toBe(expected);
  });
});

describe('the tasks of a job', () => {
  it('are at most 200, the first ones', () => {
    const many = Array.from({ length: 1_000 }, (_, place) => ({ ...TASK, name: `step ${place}` }));
    const kept = boundedTasks(many);
    expect([kept.length, kept.at(0)?.name, kept.at(-1)?.name]).toEqual([200, 'step 0', 'step 199']);
  });

  it('keep bounded attributes', () => {
    const attributes = { error: 'x'.repeat(ATTRIBUTES_LIMIT_BYTES), attempt: 1 };
    expect(boundedTasks([{ ...TASK, attributes }])[0]?.attributes).toEqual({ error: null, attempt: 1 });
  });
});
