import { readChildren, tasks, unread } from './integrate-io.tasks.js';

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

describe('children of a job', () => {
  it.each<[unknown, string | null]>([
    [{ id: 1 }, 'tasks'],
    [{ id: 1, package: { name: 'nightly' } }, 'tasks'],
    [{ id: 1, package: { flow_type: 'workflow' } }, 'tasks'],
    [{ id: 1, package: { flow_type: 'dataflow' } }, null],
    [{ id: 1, package: { flow_type: 'DataFlow' } }, null],
    [{ id: 1, package: '[redacted]' }, 'tasks'],
  ])('of the record %j: %s', (record, expected) => {
    expect(unread(record)).toBe(expected);
  });

  const children = (count: number, from = 0) =>
    Array.from({ length: count }, (_, place) => ({ id: from + place }));

  /** The offsets that were asked for, and what was read, of a platform that answers so. */
  async function read(
    answer: (query: { limit: number; offset: number }) => unknown[],
  ): Promise<{ offsets: number[]; ids: unknown[] }> {
    const offsets: number[] = [];
    const records = await readChildren((query) => {
      offsets.push(query.offset);
      return Promise.resolve(answer(query));
    });
    return { offsets, ids: records.map((child) => (child as { id: number } | null)?.id ?? null) };
  }
  const ids = (count: number) => children(count).map(({ id }) => id);

  it('are read page by page', async () => {
    const all = children(130);
    const page = ({ offset, limit }: { offset: number; limit: number }) => all.slice(offset, offset + limit);
    expect(await read(page)).toEqual({ offsets: [0, 100], ids: ids(130) });
  });

  it('are read once where the route pays paging no heed', async () => {
    expect(await read(() => children(100))).toEqual({ offsets: [0, 100], ids: ids(100) });
    expect(await read(() => children(150))).toEqual({ offsets: [0, 150], ids: ids(150) });
  });

  it('are each kept once where they move between pages, and at most 200 of them', async () => {
    expect(await read(({ offset }) => (offset === 0 ? children(100) : children(40, 90)))).toEqual({
      offsets: [0, 100],
      ids: ids(130),
    });
    const endless = ({ offset, limit }: { offset: number; limit: number }) => children(limit, offset);
    expect(await read(endless)).toEqual({ offsets: [0, 100], ids: ids(200) });
  });

  it('without an id are kept', async () => {
    expect(await read(() => [null, null])).toEqual({ offsets: [0], ids: [null, null] });
  });
});
