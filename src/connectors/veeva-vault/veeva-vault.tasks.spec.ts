import { JobFacts } from '../../domain/job.js';
import { readTasks, unread } from './veeva-vault.tasks.js';

const FACTS = {} as JobFacts;

describe('what a record of a Vault leaves to be read', () => {
  it.each([
    ['an item of a list', 'list', { job_id: 1, status: 'SUCCESS' }, 'detail'],
    ['the page of an SDK job', 'detail', { id: 1, progress: [{ size: 2, SUCCESS: 2 }] }, 'tasks'],
    ['the page of another job', 'detail', { id: 1 }, null],
    ['a page with no counts', 'detail', { id: 1, progress: [] }, null],
    ['a page with counts that are none', 'detail', { id: 1, progress: 'half' }, null],
    ['a page whose counts are redacted', 'detail', { id: 1, progress: '[redacted]' }, null],
  ] as const)('%s', (_what, shape, record, expected) => {
    expect(unread(record, FACTS, shape)).toBe(expected);
  });
});

describe('pages of tasks', () => {
  const tasks = (count: number, from = 0) =>
    Array.from({ length: count }, (_, place) => ({ id: from + place }));

  /** A Vault with so many tasks that shows at most `limit` of them on a page. */
  async function read(total: number, limit: number): Promise<{ tasks: unknown[]; offsets: number[] }> {
    const offsets: number[] = [];
    const read = await readTasks(({ offset }) => {
      offsets.push(offset);
      const shown = tasks(Math.min(limit, Math.max(0, total - offset)), offset);
      return Promise.resolve({ tasks: shown, responseDetails: { total, limit, offset } });
    });
    return { tasks: read, offsets };
  }

  it.each([
    [0, 200, [0]],
    [3, 200, [0]],
    [3, 2, [0, 2]],
    [4, 2, [0, 2]],
    [1_000, 200, [0]],
    [1_000, 90, [0, 90, 180]],
  ])('of %i tasks, %i a page, begin at %j', async (total, limit, offsets) => {
    const result = await read(total, limit);
    expect(result.offsets).toEqual(offsets);
    expect(result.tasks).toEqual(tasks(Math.min(total, 200)));
  });

  it('end where a Vault that counts more shows no more', async () => {
    const pages: unknown[][] = [tasks(2), []];
    const page = () => Promise.resolve({ tasks: pages.shift(), responseDetails: { total: 5 } });
    expect(await readTasks(page)).toEqual(tasks(2));
  });
});
