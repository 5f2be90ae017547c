import { readProgress } from '../../domain/progress.js';
import { TaskFacts } from '../../domain/task.js';
import { timeAttribute } from '../shared/attributes.js';
import { valueAt } from '../shared/record-reader.js';
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
