import { z } from 'zod';
import { Instant, Json, JobFacts } from '../../domain/job.js';
import { parseInstant, UnreadableTimeError } from '../../domain/timestamps.js';
import { Page, PageFeedback, ReadRequest, ReadResult } from '../connector.js';
import { timeAttribute } from '../shared/attributes.js';
import { leaveOutOld } from '../shared/old-records.js';
import { Movement, OffsetPage, OffsetWalk, overlapOf, walkOffsets } from '../shared/pagination.js';
import { historyStart, reachedTime } from '../shared/read-range.js';
import { asText, valueAt } from '../shared/record-reader.js';
import { TIME } from './elastic-path.normalize.js';

/** Reads can lag writes by up to about a minute (Elastic Path guide "Eventual Consistency"). */
export const SETTLE_MS = 60_000;
/** The soft limit of offsets (guide "Pagination"). */
const MAX_OFFSET = 10_000;
const time = z.iso
  .datetime()
  .transform((text) => Date.parse(text))
  .nullable();
const bookmarkSchema = z.object({
  /** The newest upstream time that a completed read has seen. */
  newest: time,
  /** Where `history` let the first read begin; null for everything. */
  historyStart: time,
});
const resumeSchema = z.object({ walk: z.json(), newestFirst: z.boolean(), ...bookmarkSchema.shape });

export interface ListAnswer {
  page: OffsetPage;
  /** The platform's clock; null when it sends none. */
  date: Instant | null;
  /** Ours. */
  requestedAt: Instant;
}

export interface ListSource {
  list: (offset: number, limit: number) => Promise<ListAnswer>;
  normalize: (record: unknown) => JobFacts;
  limit: number;
  overlapMs: number;
  historyMs: number | null;
}

/**
 * One read of the job list, newest first. An incremental read ends at the first page on which nothing is new or open and whose
 * oldest job was created well before the bookmark; a sweep goes on to the end.
 */
export class JobListRead {
  /** Whether the rows came newest first. It is how the platform's sample is sorted, but nothing promises it, so it is watched. */
  private newestFirst: boolean;
  private newest: Instant | null;
  /** Undefined until the first answer dates the read. */
  private start: Instant | null | undefined;
  /** The platform's clock at the first answer. */
  private date: Instant | null = null;
  private readonly known: z.infer<typeof bookmarkSchema> | null;
  private readonly walk: OffsetWalk;

  constructor(
    private readonly source: ListSource,
    private readonly request: Pick<ReadRequest, 'kind' | 'bookmark' | 'newsSince' | 'resume'>,
  ) {
    const resumed = resumeSchema.safeParse(request.resume).data;
    this.known = bookmarkSchema.safeParse(request.bookmark).data ?? null;
    this.newestFirst = resumed?.newestFirst ?? true;
    this.newest = resumed?.newest ?? null;
    this.start = resumed?.historyStart;
    this.walk = walkOffsets({
      fetch: (offset, limit) => this.fetch(offset, limit),
      idOf: (record) => asText(valueAt(record, 'id')) ?? null,
      limit: source.limit,
      overlap: overlapOf(source.limit),
      // Never the total: it can be smaller than what is listed.
      ends: { shortPage: true },
      maxOffset: MAX_OFFSET,
      resume: resumed?.walk ?? null,
    });
  }

  async *pages(): AsyncGenerator<Page, ReadResult, PageFeedback> {
    for await (const { records, resume } of this.walk) {
      // Before the page is handed on: it is redacted in place.
      const created = createdTimes(records);
      this.newest = later(this.newest, ...records.flatMap(upstreamTimes));
      const feedback = yield {
        ...leaveOutOld(records, this.start ?? null, this.source.normalize),
        shape: 'list',
        resume: this.request.kind === 'sweep' ? this.resumeAt(resume) : null,
      };
      if (this.request.kind === 'incremental' && feedback.settled && this.isBeyondOverlap(created)) {
        return this.result(true);
      }
    }
    return this.result(false);
  }

  private async fetch(offset: number, limit: number): Promise<OffsetPage> {
    const { page, date, requestedAt } = await this.source.list(offset, limit);
    this.date ??= date;
    if (this.start === undefined)
      this.start = historyStart(this.source.historyMs, this.known?.historyStart, date ?? requestedAt);
    if (!isNewestFirst(createdTimes(page.records))) this.newestFirst = false;
    return page;
  }

  private isBeyondOverlap(created: readonly Instant[]): boolean {
    const newest = this.known?.newest ?? this.request.newsSince ?? null;
    if (newest === null || created.length === 0) return false;
    return Math.min(...created) < newest - Math.max(this.source.overlapMs, SETTLE_MS);
  }

  private result(stoppedEarly: boolean): ReadResult {
    const { complete, movement, truncated, total } = this.walk;
    const sound = skippedNothing(movement, this.newestFirst);
    const whole = complete && sound;
    const provesChanges = whole || (stoppedEarly && sound && this.newestFirst);
    return {
      whole,
      provesChanges,
      bookmark: {
        // What a truncated list hides stays hidden: going back for it would find nothing.
        newest: isoText(provesChanges || (truncated && sound) ? this.reached() : this.known?.newest),
        historyStart: isoText(this.start),
      },
      truncated,
      upstreamTotal: total,
    };
  }

  /** A sweep sets the bookmark anew, so that a mistaken one does not last. */
  private reached(): Instant | null {
    const known = this.request.kind === 'sweep' ? null : (this.known?.newest ?? null);
    return reachedTime(known, this.newest, this.date);
  }

  private resumeAt(walk: Json): Json {
    return {
      walk,
      newestFirst: this.newestFirst,
      newest: isoText(this.newest),
      historyStart: isoText(this.start),
    };
  }
}

/** Rows that came in on top push others to a later page, where they are read; without that order they may have passed the walk. */
function skippedNothing(movement: Movement, newestFirst: boolean): boolean {
  return movement === 'none' || (movement === 'inserted' && newestFirst);
}

/** Descending, but for what the platform's own lag can turn around. */
function isNewestFirst(created: readonly Instant[]): boolean {
  return created.every((instant, index) => index === 0 || instant <= created[index - 1]! + SETTLE_MS);
}

function createdTimes(records: readonly unknown[]): Instant[] {
  return records.flatMap((record) => readTime(record, 'created_at'));
}

function upstreamTimes(record: unknown): Instant[] {
  return ['created_at', 'started_at', 'completed_at', 'updated_at'].flatMap((name) => readTime(record, name));
}

/** None for a time that is absent, or that will make its record a reject. */
export function readTime(record: unknown, name: string): Instant[] {
  try {
    const instant = parseInstant(valueAt(record, `attributes.${name}`), TIME);
    return instant === null ? [] : [instant];
  } catch (error) {
    if (error instanceof UnreadableTimeError) return [];
    throw error;
  }
}

function isoText(instant: Instant | null | undefined): string | null {
  return timeAttribute(instant) ?? null;
}

function later(instant: Instant | null, ...others: readonly Instant[]): Instant | null {
  return others.reduce<Instant | null>((latest, other) => Math.max(latest ?? other, other), instant);
}
