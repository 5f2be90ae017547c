import { Instant } from '../../domain/job.js';
import { MAX_TASKS, TaskFacts } from '../../domain/task.js';
import { parseInstant, TimeFormat, UnreadableTimeError } from '../../domain/timestamps.js';
import { boundedAttributes } from './attributes.js';
import { asText, REDACTED } from './record-reader.js';

/** The most of one text of a task that is kept, characters. */
const MAX_TASK_TEXT = 2_000;

/** A time of a part of a job. An unreadable one is null: it costs its own value and not the job. */
export function taskTime(value: unknown, format: TimeFormat): Instant | null {
  try {
    return parseInstant(value, format);
  } catch (error) {
    if (error instanceof UnreadableTimeError) return null;
    throw error;
  }
}

/** A text of a part of a job, cut where it is very long; null when absent, redacted, empty or no scalar. */
export function taskText(value: unknown): string | null {
  if (value === REDACTED) return null;
  return asText(value)?.slice(0, MAX_TASK_TEXT).toWellFormed() ?? null;
}

/** A number of a part of a job, also when it was sent as text; null when it is none. */
export function taskNumber(value: unknown): number | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

/** What is kept of a job's tasks: the first {@link MAX_TASKS}, each with bounded attributes. */
export function boundedTasks(tasks: readonly TaskFacts[]): TaskFacts[] {
  return tasks
    .slice(0, MAX_TASKS)
    .map((task) => ({ ...task, attributes: boundedAttributes(task.attributes) }));
}
