import { Instant, Json, JsonObject } from '../../domain/job.js';
import { parseInstant, UnreadableTimeError } from '../../domain/timestamps.js';
import { Page } from '../connector.js';
import { OffsetPage, overlapOf, walkOffsets } from '../shared/pagination.js';
import { asText, valueAt } from '../shared/record-reader.js';

/** What one request of a list asks for; the walks know nothing of HTTP. */
export interface ListQuery {
  /** Only jobs updated then or later, whole seconds. */
  since: Instant | null;
  /** Ascending by this; null leaves the platform's own order. */
  sort: string | null;
  offset: number;
  limit: number;
}

export interface WalkSource {
  fetch: (query: ListQuery) => Promise<OffsetPage>;
  limit: number;
}

/** Where a walk begins, or goes on. */
export interface WalkStart {
  since: Instant | null;
  /** Of an interrupted walk over offsets. */
  walk: Json;
  /** False when something may have been skipped before this place. */
  consistent: boolean;
}

export interface WalkOutcome {
  /** Nothing can have been skipped. */
  consistent: boolean;
  /** The latest `updated_at` on the walked pages. */
  newest: Instant | null;
}

/** The platform did not answer in the order, or not from the time on, that was asked for. */
export class OrderError extends Error {}

/**
 * Walks by time: every full page moves `since` up to its last second, so that nothing depends on offsets while jobs change. A job
 * that changes meanwhile moves behind the walk's place in time, never before it, and is read there. Only within one second that
 * fills more than a page does the walk go on by offset, and says so when that second changes under it.
 *
 * @throws OrderError when an answer is not ascending by `updated_at`, or begins before `since`; nothing of it is then yielded
 */
export async function* walkByTime(
  source: WalkSource,
  sort: string,
  start: WalkStart,
  resumeOf: (at: WalkStart) => JsonObject,
): AsyncGenerator<Page, WalkOutcome, unknown> {
  const { limit } = source;
  let { since, walk: resume, consistent } = start;
  let newest: Instant | null = null;
  for (;;) {
    const from = since;
    const walk = walkOffsets({
      fetch: (offset) => source.fetch({ since: from, sort, offset, limit }),
      idOf,
      limit,
      overlap: Math.min(1, limit - 1),
      ends: { shortPage: true },
      resume,
    });
    let place = from;
    for await (const page of walk) {
      const last = lastAscending(page.records, place);
      place = last ?? place;
      newest = laterOf(newest, last);
      if (walk.movement !== 'none') consistent = false;
      if (!walk.complete && last !== null && wholeSecond(last) !== from) since = wholeSecond(last);
      const at = { since, walk: since === from ? page.resume : null, consistent };
      yield { records: page.records, shape: 'list', resume: resumeOf(at), skippedOld: 0 };
      if (since !== from) break;
    }
    if (since === from) return { consistent, newest };
    resume = null;
  }
}

/**
 * Walks by offset in whatever order the platform gives, for when none could be had. Any movement makes the outcome inconsistent: in
 * an order by update, a job that moved to the front past the walk looks like one that was added.
 */
export async function* walkInAnyOrder(
  source: WalkSource,
  start: WalkStart,
  resumeOf: (at: WalkStart) => JsonObject,
): AsyncGenerator<Page, WalkOutcome, unknown> {
  const { limit } = source;
  const { since } = start;
  let newest: Instant | null = null;
  const walk = walkOffsets({
    fetch: (offset) => source.fetch({ since, sort: null, offset, limit }),
    idOf,
    limit,
    overlap: overlapOf(limit),
    ends: { shortPage: true },
    resume: start.walk,
  });
  for await (const page of walk) {
    for (const record of page.records) newest = laterOf(newest, updatedAt(record));
    yield {
      records: page.records,
      shape: 'list',
      resume: resumeOf({ since, walk: page.resume, consistent: walk.movement === 'none' }),
      skippedOld: 0,
    };
  }
  return { consistent: walk.consistent, newest };
}

export function wholeSecond(instant: Instant): Instant {
  return Math.floor(instant / 1_000) * 1_000;
}

/**
 * The last readable time of records that ascend from `from` on; null when none is readable. Records without one are rejects, not a
 * sign of disorder.
 */
function lastAscending(records: readonly unknown[], from: Instant | null): Instant | null {
  let last: Instant | null = null;
  for (const record of records) {
    const instant = updatedAt(record);
    if (instant === null) continue;
    if (instant < (last ?? from ?? -Infinity)) throw new OrderError();
    last = instant;
  }
  return last;
}

function updatedAt(record: unknown): Instant | null {
  try {
    return parseInstant(valueAt(record, 'updated_at'));
  } catch (error) {
    if (error instanceof UnreadableTimeError) return null;
    throw error;
  }
}

function idOf(record: unknown): string | null {
  return asText(valueAt(record, 'id')) ?? null;
}

function laterOf(a: Instant | null, b: Instant | null): Instant | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}
