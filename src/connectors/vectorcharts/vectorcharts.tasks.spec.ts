import { tasks } from './vectorcharts.tasks.js';

const STEP = {
  id: 'st-1',
  jobId: 'j',
  stepName: 'step_download_noaa',
  status: 'completed',
  startedAt: 1736942460000,
  completedAt: 1736942520000,
  result: null,
  error: null,
  attempt: 1,
};
const TASK = {
  externalId: 'st-1',
  name: 'step_download_noaa',
  state: 'succeeded',
  rawStatus: 'completed',
  progress: null,
  startedAt: 1736942460000,
  finishedAt: 1736942520000,
  attributes: { attempt: 1, error: null },
};
const NOTHING = {
  externalId: null,
  name: null,
  state: 'unknown',
  rawStatus: null,
  progress: null,
  startedAt: null,
  finishedAt: null,
  attributes: { attempt: null, error: null },
};

describe('steps of an OEM job', () => {
  it.each<[string, unknown, object]>([
    ['as the portal documents them', STEP, TASK],
    [
      'under way',
      { ...STEP, status: 'running', completedAt: null },
      { ...TASK, state: 'running', rawStatus: 'running', finishedAt: null },
    ],
    [
      'failed, with their error',
      { ...STEP, status: 'failed', error: 'disk full' },
      { ...TASK, state: 'failed', rawStatus: 'failed', attributes: { attempt: 1, error: 'disk full' } },
    ],
    [
      'with a word that nobody knows',
      { ...STEP, status: 'Resting' },
      { ...TASK, state: 'unknown', rawStatus: 'Resting' },
    ],
    [
      'with times that cannot be read',
      { ...STEP, startedAt: 'soon', completedAt: {} },
      { ...TASK, startedAt: null, finishedAt: null },
    ],
    [
      'with times as text',
      { ...STEP, startedAt: '2025-01-15T12:01:00+00:00' },
      { ...TASK, startedAt: 1736942460000 },
    ],
    ['redacted in part', { ...STEP, stepName: '[redacted]' }, { ...TASK, name: null }],
    ['of another shape', { begin: 1 }, NOTHING],
    ['that are text', 'download', NOTHING],
    ['that are null', null, NOTHING],
  ])('%s', (_what, step, task) => {
    expect(tasks({ steps: [step] })).toEqual([task]);
  });

  it('keep their order, and need no id of their own', () => {
    const steps = [STEP, { ...STEP, stepName: 'step_index' }];
    expect(tasks({ steps })?.map(({ externalId, name }) => [externalId, name])).toEqual([
      ['st-1', 'step_download_noaa'],
      ['st-1', 'step_index'],
    ]);
  });

  it.each<[unknown, unknown]>([
    [{ id: 'core' }, undefined],
    [{ steps: [] }, []],
    [{ steps: null }, []],
    [{ steps: '[redacted]' }, []],
    [{ steps: { 0: STEP } }, []],
  ])('of the record %j are %j', (record, expected) => {
    expect(tasks(record)).toEqual(expected);
  });
});
