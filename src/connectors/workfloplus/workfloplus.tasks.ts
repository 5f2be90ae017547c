import { JobState } from '../../domain/job-state.js';
import { TaskFacts } from '../../domain/task.js';
import { TimeFormat } from '../../domain/timestamps.js';
import { NormalizeContext } from '../connector.js';
import { timeAttribute } from '../shared/attributes.js';
import { asText, valueAt } from '../shared/record-reader.js';
import { taskNumber, taskText, taskTime } from '../shared/tasks.js';

const TIME: TimeFormat = { zone: 'UTC' };

/** The current step of a job in this state. A job that has ended otherwise does not say what became of its current step. */
const CURRENT_STEP_STATES: Partial<Record<JobState, JobState>> = {
  scheduled: 'scheduled',
  queued: 'queued',
  running: 'running',
  paused: 'paused',
  stopping: 'stopping',
  cancelled: 'cancelled',
};

/**
 * The steps that a job shows: the completed ones, the cancelled ones, and last the current one unless it is among them. A step has no
 * word of its own: the list that it is in says its state, and the job's status that of the current step.
 */
export function tasks(
  record: unknown,
  { statusMap }: Pick<NormalizeContext, 'statusMap'>,
): TaskFacts[] | undefined {
  const [completed, cancelled, current] = ['completedSteps', 'cancelledSteps', 'metadata.currentStep'].map(
    (path) => valueAt(record, path),
  );
  if (completed === undefined && cancelled === undefined && current === undefined) return undefined;
  const past = [...readSteps(completed, 'succeeded'), ...readSteps(cancelled, 'cancelled')];
  const jobState = statusMap.lookup(asText(valueAt(record, 'metadata.status')) ?? null)?.state ?? 'unknown';
  const present = readSteps([current], CURRENT_STEP_STATES[jobState] ?? 'unknown')
    .filter(({ externalId }) => externalId === null || !past.some((step) => step.externalId === externalId))
    .map((step) => ({ ...step, state: endOf(current) ?? step.state }));
  return [...past, ...present];
}

function readSteps(steps: unknown, state: JobState): TaskFacts[] {
  return Array.isArray(steps) ? steps.flatMap((step) => readStep(step, state) ?? []) : [];
}

/** Null where an entry holds no step that can be shown. */
function readStep(step: unknown, state: JobState): TaskFacts | null {
  const single = valueAt(step, 'singleStep');
  if (typeof single !== 'object' || single === null) return null;
  const time = (name: string) => taskTime(valueAt(single, name), TIME);
  return {
    externalId: taskText(valueAt(single, 'uniqueStepId')),
    name: taskText(valueAt(single, 'stepTitle')),
    state,
    rawStatus: null,
    progress: null,
    startedAt: time('started'),
    finishedAt: time('completed') ?? time('cancelled'),
    attributes: {
      number: taskNumber(valueAt(single, 'stepNumber')),
      type: taskText(valueAt(single, 'stepType')),
      updatedAt: timeAttribute(time('updated')) ?? null,
    },
  };
}

/** The end that the current step itself tells of, if any. */
function endOf(step: unknown): JobState | null {
  if (taskTime(valueAt(step, 'singleStep.completed'), TIME) !== null) return 'succeeded';
  return taskTime(valueAt(step, 'singleStep.cancelled'), TIME) !== null ? 'cancelled' : null;
}
