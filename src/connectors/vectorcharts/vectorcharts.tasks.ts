import { TaskFacts } from '../../domain/task.js';
import { TimeFormat } from '../../domain/timestamps.js';
import { valueAt } from '../shared/record-reader.js';
import { taskNumber, taskText, taskTime } from '../shared/tasks.js';
import { STATUS_MAP } from './vectorcharts.normalize.js';

const TIME: TimeFormat = { epoch: 'ms' };

/**
 * The steps of an OEM job, in the portal's order; Core has none. Only `completed` is documented as a word of a step: the others are
 * read as the words of jobs are. The vendor does not promise the shape of a step, so whatever cannot be read is null.
 */
export function tasks(record: unknown): TaskFacts[] | undefined {
  const steps = valueAt(record, 'steps');
  if (steps === undefined) return undefined;
  return Array.isArray(steps) ? steps.map(readStep) : [];
}

function readStep(step: unknown): TaskFacts {
  const rawStatus = taskText(valueAt(step, 'status'));
  return {
    externalId: taskText(valueAt(step, 'id')),
    name: taskText(valueAt(step, 'stepName')),
    state: STATUS_MAP.lookup(rawStatus)?.state ?? 'unknown',
    rawStatus,
    progress: null,
    startedAt: taskTime(valueAt(step, 'startedAt'), TIME),
    finishedAt: taskTime(valueAt(step, 'completedAt'), TIME),
    attributes: {
      attempt: taskNumber(valueAt(step, 'attempt')),
      error: taskText(valueAt(step, 'error')),
    },
  };
}
