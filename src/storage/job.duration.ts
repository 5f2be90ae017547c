import { JobState, isTerminal } from '../domain/job-state.js';
import { Instant } from '../domain/job.js';
import { DURATION_MS, epochMs } from './job.fields.js';
import { NumberRange, Parameters, numberRange } from './parameters.js';

/** Spelled as job_duration_idx is (migrations). */
const FINISHED_MS = `CASE WHEN j.finished_at < j.started_at THEN 0 ELSE ${epochMs('j.finished_at - j.started_at')} END`;

/**
 * The duration of an open job less *now* in milliseconds since 1970. The durations of all open jobs grow alike, so this one stands
 * still. Spelled as job_open_duration_idx is.
 */
const OPEN_MS = epochMs(`timestamptz '1970-01-01 00:00:00+00' - j.started_at`);

/** Jobs whose durations go by one expression. */
export interface DurationRange {
  conditions: string[];
  /** In the order of the durations. */
  sql: string;
  /** Its value where the duration is so long, milliseconds. */
  valueOf: (durationMs: number) => number;
}

/**
 * All jobs with a duration, or all without one. Two are ranges of an index; the open jobs that start after *now*, as a wrong clock says it
 * of a few, are the third: they have a duration of 0, and no index knows which they are today.
 *
 * @param states what the jobs may be; undefined: anything
 */
export function durationRanges(
  nulls: boolean,
  states: readonly JobState[] | undefined,
  now: Instant,
  parameters: Parameters,
): DurationRange[] {
  const may = (terminal: boolean) =>
    !states?.length || states.some((state) => isTerminal(state) === terminal);
  const finished = { conditions: ['j.terminal'], sql: FINISHED_MS, valueOf: (ms: number) => ms };
  const open = { conditions: ['NOT j.terminal'], sql: OPEN_MS, valueOf: (ms: number) => ms - now };
  const ranges: DurationRange[] = may(true) ? [finished] : [];
  if (!may(false)) return ranges;
  if (nulls) return [...ranges, open];
  const justNow = `${parameters.add(open.valueOf(0))}::float8`;
  return [
    ...ranges,
    { ...open, conditions: ['NOT j.terminal', `${OPEN_MS} >= ${justNow}`] },
    { ...finished, conditions: ['NOT j.terminal', `${OPEN_MS} < ${justNow}`], sql: DURATION_MS },
  ];
}

/** Which durations are asked for, in a way that the indexes of durations can answer. */
export function durationCondition(
  asked: NumberRange,
  states: readonly JobState[] | undefined,
  now: Instant,
  parameters: Parameters,
): string {
  const ranges = durationRanges(false, states, now, parameters).map((range) =>
    [...range.conditions, ...durationLimits(range, asked, parameters)].join(' AND '),
  );
  return `(${ranges.map((range) => `(${range})`).join(' OR ')})`;
}

/** The durations that are asked for, of the jobs of one range. */
export function durationLimits(
  { sql, valueOf }: DurationRange,
  asked: NumberRange | undefined,
  parameters: Parameters,
): string[] {
  const limit = (ms: number | undefined) => (ms === undefined ? undefined : valueOf(ms));
  return numberRange(sql, { min: limit(asked?.min), max: limit(asked?.max) }, parameters);
}
