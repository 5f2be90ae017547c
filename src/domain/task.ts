import { Instant, JsonObject } from './job.js';
import { JobState } from './job-state.js';

/** A part of one job as the platform shows it: a step, an output, a task. Every value is null where the platform gives none. */
export interface TaskFacts {
  /** The platform's own id of this part; not every platform's is unique within its job. */
  externalId: string | null;
  name: string | null;
  /** `unknown` also where the platform gives a part no status at all. */
  state: JobState;
  /** The platform's word for this part, verbatim. */
  rawStatus: string | null;
  /** 0 to 1. */
  progress: number | null;
  startedAt: Instant | null;
  finishedAt: Instant | null;
  /** The platform's own facts, 8 KiB at most. */
  attributes: JsonObject;
}

/** The most parts of one job that are kept, in the platform's order; the job's payload has them all. */
export const MAX_TASKS = 200;
