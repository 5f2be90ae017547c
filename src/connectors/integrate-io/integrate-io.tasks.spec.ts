import { tasks } from './integrate-io.tasks.js';

/** As the published reference shows it. */
const OUTPUT = {
  id: 123,
  name: 'projected_results',
  records_count: 10415234,
  created_at: '2023-11-07T05:31:56Z',
  updated_at: '2023-11-07T05:31:57Z',
  url: '<string>',
  component: { name: 'warehouse', type: 'database_destination', fields: ['<string>'] },
};
const TASK = {
  externalId: '123',
  name: 'projected_results',
  state: 'unknown',
  rawStatus: null,
  progress: null,
  startedAt: null,
  finishedAt: null,
  attributes: {
    kind: 'output',
    recordsCount: 10415234,
    componentName: 'warehouse',
    componentType: 'database_destination',
    createdAt: '2023-11-07T05:31:56.000Z',
    updatedAt: '2023-11-07T05:31:57.000Z',
  },
};
const NO_ATTRIBUTES = {
  kind: 'output',
  recordsCount: null,
  componentName: null,
  componentType: null,
  createdAt: null,
  updatedAt: null,
};

describe('outputs of a job', () => {
  it.each<[string, unknown, object]>([
    ['as documented', OUTPUT, TASK],
    ['with progress', { ...OUTPUT, progress: 0.5 }, { ...TASK, progress: 0.5 }],
    ['with progress as text', { ...OUTPUT, progress: '0.5' }, { ...TASK, progress: 0.5 }],
    ['with progress outside its range', { ...OUTPUT, progress: 45 }, { ...TASK, progress: 1 }],
    ['with progress that cannot be read', { ...OUTPUT, progress: 'half' }, TASK],
    [
      'with a time that cannot be read',
      { ...OUTPUT, created_at: 'then' },
      { ...TASK, attributes: { ...TASK.attributes, createdAt: null } },
    ],
    ['redacted in part', { ...OUTPUT, name: '[redacted]' }, { ...TASK, name: null }],
    ['that are null', null, { ...TASK, externalId: null, name: null, attributes: NO_ATTRIBUTES }],
    ['that are text', 'x', { ...TASK, externalId: null, name: null, attributes: NO_ATTRIBUTES }],
  ])('%s', (_what, output, task) => {
    expect(tasks({ status: 'completed', outputs: [output] })).toEqual([task]);
  });

  it.each<[unknown, unknown]>([
    [{ id: 1 }, undefined],
    [{ outputs: [] }, []],
    [{ outputs: null }, []],
    [{ outputs: '[redacted]' }, []],
    [{ outputs: 7 }, []],
  ])('of the record %j are %j', (record, expected) => {
    expect(tasks(record)).toEqual(expected);
  });
});
