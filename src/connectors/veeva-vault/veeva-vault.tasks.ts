import { ContractError } from '../../domain/errors.js';
import { FinalRead } from '../../domain/final-read.js';
import { JobFacts, RecordShape } from '../../domain/job.js';
import { MAX_TASKS, TaskFacts } from '../../domain/task.js';
import { TaskContext } from '../connector.js';
import { countOf } from '../shared/pagination.js';
import { valueAt } from '../shared/record-reader.js';
import { taskText } from '../shared/tasks.js';

/** The most of one page, as for the lists of jobs. */
const PAGE_SIZE = 200;

/**
 * The lists do not tell an SDK job from another: only the job's own page, which has the counts of its tasks, does. So every job that
 * ended costs that page, and an SDK job its tasks as well.
 */
export function unread(record: unknown, _facts: JobFacts, shape: RecordShape): FinalRead | null {
  if (shape === 'list') return 'detail';
  const counts = valueAt(record, 'progress');
  return Array.isArray(counts) && counts.length > 0 ? 'tasks' : null;
}

/** One page of a job's tasks, from this offset on: the envelope of the answer. */
export type TaskPage = (query: { limit: number; offset: number }) => Promise<Record<string, unknown>>;

/** All tasks of an SDK job that are kept. Offsets are our own count: a Vault that lowers the limit, or names no next page, loses nothing. */
export async function readTasks(page: TaskPage): Promise<unknown[]> {
  const tasks: unknown[] = [];
  for (;;) {
    const envelope = await page({ limit: PAGE_SIZE, offset: tasks.length });
    const shown = envelope['tasks'];
    if (!Array.isArray(shown)) throw new ContractError('the Vault answered tasks without tasks', 'schema');
    tasks.push(...(shown as unknown[]));
    const total = countOf(valueAt(envelope, 'responseDetails.total'));
    const hasNext =
      typeof valueAt(envelope, 'responseDetails.next_page') === 'string' ||
      (total !== null && total > tasks.length);
    if (shown.length === 0 || !hasNext || tasks.length >= MAX_TASKS) return tasks.slice(0, MAX_TASKS);
  }
}

/** A task has an id and a word. The reference calls the word `state`, the vendor's own client `status`. */
export function fetchedTasks(
  records: readonly unknown[],
  { statusMap }: Pick<TaskContext, 'statusMap'>,
): TaskFacts[] {
  return records.map((task) => {
    const rawStatus = taskText(valueAt(task, 'state')) ?? taskText(valueAt(task, 'status'));
    return {
      externalId: taskText(valueAt(task, 'id')),
      name: null,
      state: statusMap.lookup(rawStatus)?.state ?? 'unknown',
      rawStatus,
      progress: null,
      startedAt: null,
      finishedAt: null,
      attributes: {},
    };
  });
}
