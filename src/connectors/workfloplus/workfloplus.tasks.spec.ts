import { STATUS_MAP } from './workfloplus.normalize.js';
import { tasks } from './workfloplus.tasks.js';

const step = (uniqueStepId: string | null, over: object = {}) => ({
  singleStep: {
    values: '[redacted]',
    uniqueStepId,
    userName: '[redacted]',
    stepNumber: 2,
    stepTitle: 'Check the valve',
    stepType: 'Text',
    started: '2026-01-15T00:01:00Z',
    completed: null,
    updated: '2026-01-15T00:02:00.5Z',
    cancelled: null,
    ...over,
  },
  reportStep: null,
});
const TASK = {
  externalId: 'u1',
  name: 'Check the valve',
  state: 'succeeded',
  rawStatus: null,
  progress: null,
  startedAt: Date.parse('2026-01-15T00:01:00Z'),
  finishedAt: null,
  attributes: { number: 2, type: 'Text', updatedAt: '2026-01-15T00:02:00.500Z' },
};
const read = (record: unknown) => tasks(record, { statusMap: STATUS_MAP });

describe('steps of a job', () => {
  it.each<[string, object, object]>([
    ['as given', step('u1'), TASK],
    [
      'with their end',
      step('u1', { completed: '2026-01-15T00:02:00Z' }),
      { ...TASK, finishedAt: Date.parse('2026-01-15T00:02:00Z') },
    ],
    [
      'with values that cannot be read',
      step('u1', { started: 'soon', updated: {}, stepNumber: 'two', stepTitle: [] }),
      {
        ...TASK,
        name: null,
        startedAt: null,
        attributes: { number: null, type: 'Text', updatedAt: null },
      },
    ],
    ['with times without a zone, which are UTC', step('u1', { started: '2026-01-15T00:01:00' }), TASK],
  ])('%s', (_what, completed, task) => {
    expect(read({ completedSteps: [completed] })).toEqual([task]);
  });

  it('are the completed ones, the cancelled ones and the current one, in this order', () => {
    const record = {
      completedSteps: [step('u1'), step('u2')],
      cancelledSteps: [step('u3', { cancelled: '2026-01-15T00:03:00Z' })],
      metadata: { status: 'Active', currentStep: step('u4') },
    };
    const shown = read(record)?.map(({ externalId, state, finishedAt }) => [externalId, state, finishedAt]);
    expect(shown).toEqual([
      ['u1', 'succeeded', null],
      ['u2', 'succeeded', null],
      ['u3', 'cancelled', Date.parse('2026-01-15T00:03:00Z')],
      ['u4', 'running', null],
    ]);
  });

  it('show a current step once', () => {
    const record = {
      completedSteps: [step('u1')],
      metadata: { status: 'Completed', currentStep: step('u1') },
    };
    expect(read(record)).toEqual([TASK]);
  });

  it('do not take two steps without an id for one', () => {
    const record = { completedSteps: [step(null)], metadata: { status: 'Active', currentStep: step(null) } };
    expect(read(record)?.map(({ state }) => state)).toEqual(['succeeded', 'running']);
  });

  it.each([
    ['Active', {}, 'running'],
    ['paused', {}, 'paused'],
    ['NotStarted', {}, 'queued'],
    ['Aborted', {}, 'cancelled'],
    ['Abandoned', {}, 'cancelled'],
    // finished, and yet the step says nothing of its end
    ['Completed', {}, 'unknown'],
    ['Completed', { completed: '2026-01-15T00:02:00Z' }, 'succeeded'],
    ['Active', { cancelled: '2026-01-15T00:02:00Z' }, 'cancelled'],
    ['Dreaming', {}, 'unknown'],
    [null, {}, 'unknown'],
  ])('of a job that is %j: the current one %j is %s', (status, over, state) => {
    expect(read({ metadata: { status, currentStep: step('u1', over) } })).toMatchObject([{ state }]);
  });

  it.each<[unknown, unknown]>([
    [{ metadata: {} }, undefined],
    [{ completedSteps: null, cancelledSteps: null, metadata: { currentStep: null } }, []],
    [{ completedSteps: '[redacted]', metadata: { currentStep: '[redacted]' } }, []],
    [{ completedSteps: [null, 'step', { singleStep: null }, { singleStep: '[redacted]' }] }, []],
    [{ completedSteps: { singleStep: {} } }, []],
  ])('of the record %j are %j', (record, expected) => {
    expect(read(record)).toEqual(expected);
  });
});
