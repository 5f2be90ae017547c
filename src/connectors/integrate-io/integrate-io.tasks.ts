import { FinalRead } from '../../domain/final-read.js';
import { isTerminal } from '../../domain/job-state.js';
import { readProgress } from '../../domain/progress.js';
import { MAX_TASKS, TaskFacts } from '../../domain/task.js';
import { TaskContext } from '../connector.js';
import { timeAttribute } from '../shared/attributes.js';
import { asText, valueAt } from '../shared/record-reader.js';
import { taskNumber, taskText, taskTime } from '../shared/tasks.js';

/**
 * The outputs that a record lists, all of them (the attribute `outputs` has the first 20). An output has no status and no start or end
 * of its own: its state is `unknown` and never that of its job, of which some outputs may be written and others not.
 */
export function tasks(record: unknown): TaskFacts[] | undefined {
  const outputs = valueAt(record, 'outputs');
  // The sample of the detail page lacks fields that the list gives, and must not take them away.
  if (outputs === undefined) return undefined;
  return Array.isArray(outputs) ? outputs.map(readOutput) : [];
}

function readOutput(output: unknown): TaskFacts {
  const time = (path: string) => timeAttribute(taskTime(valueAt(output, path), {})) ?? null;
  return {
    externalId: taskText(valueAt(output, 'id')),
    name: taskText(valueAt(output, 'name')),
    state: 'unknown',
    rawStatus: null,
    progress: readProgress(valueAt(output, 'progress'), 'fraction').value,
    startedAt: null,
    finishedAt: null,
    attributes: {
      kind: 'output',
      recordsCount: taskNumber(valueAt(output, 'records_count')),
      componentName: taskText(valueAt(output, 'component.name')),
      componentType: taskText(valueAt(output, 'component.type')),
      createdAt: time('created_at'),
      updatedAt: time('updated_at'),
    },
  };
}

/** Pages of any collection hold 100 at most (xplenty-api-doc-v2 README "Collection Resources and Pagination", dab7409). */
const PAGE_SIZE = 100;

/**
 * A workflow's job ran others, which have a route of their own. No job says that it is a workflow's; only a package that says to be a
 * data flow (`flow_type`, create-package.md) has none.
 */
export function unread(record: unknown): FinalRead | null {
  return asText(valueAt(record, 'package.flow_type'))?.toLowerCase() === 'dataflow' ? null : 'tasks';
}

/** One page of the children of a job, from this offset on. */
export type ChildrenPage = (query: { limit: number; offset: number }) => Promise<readonly unknown[]>;

/**
 * All children that are kept, each once. The reference of this route names no paging; where it pays none any heed, a page brings nothing
 * new and ends the read.
 */
export async function readChildren(page: ChildrenPage): Promise<unknown[]> {
  const children: unknown[] = [];
  const seen = new Set<string>();
  for (let offset = 0; ;) {
    const shown = await page({ limit: PAGE_SIZE, offset });
    const fresh = shown.filter((child) => isFirst(seen, asText(valueAt(child, 'id')) ?? null));
    children.push(...fresh);
    offset += shown.length;
    const isLast = shown.length < PAGE_SIZE || fresh.length === 0;
    if (isLast || children.length >= MAX_TASKS) return children.slice(0, MAX_TASKS);
  }
}

/** A child without an id cannot be told from another one: it is kept. */
function isFirst(seen: Set<string>, id: string | null): boolean {
  if (id === null) return true;
  const { size } = seen;
  return seen.add(id).size > size;
}

/**
 * The jobs that a workflow's job ran. Where they are in the account's list as well they are jobs of their own there, and the task's
 * `externalId` is theirs; they are never made jobs from here.
 */
export function fetchedTasks(
  records: readonly unknown[],
  { statusMap }: Pick<TaskContext, 'statusMap'>,
): TaskFacts[] {
  return records.map((child) => {
    const text = (path: string) => taskText(valueAt(child, path));
    const time = (path: string) => taskTime(valueAt(child, path), {});
    const rawStatus = text('status');
    const state = statusMap.lookup(rawStatus)?.state ?? 'unknown';
    const end = isTerminal(state)
      ? (time('completed_at') ?? (state === 'failed' ? time('failed_at') : null))
      : null;
    return {
      externalId: text('id'),
      name: text('component.name') ?? text('package.name'),
      state,
      rawStatus,
      progress: readProgress(valueAt(child, 'progress'), 'fraction').value,
      startedAt: time('started_at'),
      finishedAt: end,
      attributes: {
        kind: 'child',
        packageId: taskNumber(valueAt(child, 'package_id')),
        packageName: text('package.name'),
        componentName: text('component.name'),
        componentType: text('component.type'),
        attempt: taskNumber(valueAt(child, 'attempts')),
        error: text('errors'),
      },
    };
  });
}
