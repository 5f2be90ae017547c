import { CronExpressionParser } from 'cron-parser';
import { Instant } from '../domain/job.js';
import { Judgement } from './judgement.js';

export interface CadenceTerms {
  everyMs: number | null;
  cron: string | null;
  timeZone: string;
  toleranceMs: number;
}

export interface CadenceFacts {
  /** When the last run started; null when none is known. */
  lastStart: Instant | null;
  /** Since when the rule is looked at: nobody can say what should have run before. */
  watchedSince: Instant;
  /** Every start before this is known. Null: nothing was ever proven. */
  completeThrough: Instant | null;
}

/** How much earlier than its time a run may start and still be that time's: clocks are never quite alike. */
const EARLY_MS = 60_000;

/** Judged as of what is known completely: a source that cannot be seen is never one that did not run. */
export function judgeCadence(terms: CadenceTerms, facts: CadenceFacts): Judgement {
  if (facts.completeThrough === null) return 'unknown';
  const { everyMs, toleranceMs } = terms;
  if (everyMs === null) return judgeTimetable(terms, facts, facts.completeThrough);
  const last = facts.lastStart ?? facts.watchedSince;
  const limit = everyMs + toleranceMs;
  const value = facts.completeThrough - last;
  return value > limit ? { since: last + everyMs, value, limit } : 'kept';
}

function judgeTimetable(
  { cron, timeZone, toleranceMs }: CadenceTerms,
  { lastStart, watchedSince }: CadenceFacts,
  through: Instant,
): Judgement {
  const due = lastTime(cron!, timeZone, through - toleranceMs);
  if (due === null || (lastStart === null && due < watchedSince)) return 'kept';
  if (lastStart !== null && lastStart >= due - EARLY_MS) return 'kept';
  return { since: due, value: through - due, limit: toleranceMs };
}

/** The last time of a timetable before this instant; null when it has none. */
function lastTime(cron: string, timeZone: string, before: Instant): Instant | null {
  const expression = CronExpressionParser.parse(cron, { tz: timeZone, currentDate: new Date(before) });
  return expression.hasPrev() ? expression.prev().getTime() : null;
}
