import { z } from 'zod';
import { Instant, Json, JobFacts } from '../../domain/job.js';
import { Page, PageFeedback, ReadRequest, ReadResult } from '../connector.js';
import { timeAttribute } from '../shared/attributes.js';
import { leaveOutOld } from '../shared/old-records.js';
import { OffsetPage, overlapOf, walkOffsets } from '../shared/pagination.js';
import { historyStart } from '../shared/read-range.js';
import { asText, valueAt } from '../shared/record-reader.js';

/** The documented default limit: no server can answer fewer than this and have more to show. */
const DEFAULT_LIMIT = 20;
/** Records that neighbouring pages share, so that rows that slip across a border show. */
const OVERLAP = 10;
/** The most pages at the end of the list that an incremental read looks at; what follows them is read next time. */
const MAX_TAIL_PAGES = 3;

const time = z.iso
  .datetime()
  .transform((text) => Date.parse(text))
  .nullable();
const bookmarkSchema = z.object({
  /** Where the list ended when it was last seen to end, counted in jobs. */
  end: z.int().nonnegative(),
  /** Where `history` let the first read begin; null for everything. */
  historyStart: time,
});
const resumeSchema = z.object({ walk: z.json(), historyStart: time });

export interface ListAnswer {
  records: readonly unknown[];
  /** The platform's clock, or ours when it sends none. */
  at: Instant;
}

export interface ListSource {
  list: (skip: number, limit: number) => Promise<ListAnswer>;
  normalize: (record: unknown) => JobFacts;
  limit: number;
  historyMs: number | null;
}

/**
 * One read of the job list, which has no order, no filter and no total. A sweep walks it whole. An incremental read looks where
 * new jobs most likely are, on the first page and behind the last known job, and proves nothing.
 */
export class JobListRead {
  /** A page of this many records is full: what was asked for, or the server's own smaller limit once it has shown it. */
  private fullPage: number;
  /** Undefined until the first answer dates the read. */
  private start: Instant | null | undefined;
  private readonly known: z.infer<typeof bookmarkSchema> | null;

  constructor(
    private readonly source: ListSource,
    private readonly request: Pick<ReadRequest, 'kind' | 'bookmark' | 'resume'>,
  ) {
    this.fullPage = source.limit;
    this.known = bookmarkSchema.safeParse(request.bookmark).data ?? null;
  }

  pages(): AsyncGenerator<Page, ReadResult, PageFeedback> {
    return this.request.kind === 'sweep' ? this.sweep() : this.lookAtBothEnds();
  }

  private async *sweep(): AsyncGenerator<Page, ReadResult, PageFeedback> {
    const { limit } = this.source;
    const resumed = resumeSchema.safeParse(this.request.resume).data;
    this.start = resumed?.historyStart;
    const walk = walkOffsets({
      fetch: (skip) => this.fetch(skip),
      idOf: (record) => asText(valueAt(record, 'jobId')) ?? null,
      limit,
      overlap: overlapOf(limit),
      ends: { noNext: true },
      resume: resumed?.walk ?? null,
    });
    let end = 0;
    for await (const { records, offset, received, resume } of walk) {
      end = offset + received;
      yield this.page(records, { walk: resume, historyStart: timeAttribute(this.start) ?? null });
    }
    // In an unknown order even an insertion may have carried a job past the walk.
    return this.result(end, walk.consistent);
  }

  private async *lookAtBothEnds(): AsyncGenerator<Page, ReadResult, PageFeedback> {
    const head = yield* this.readFrom(0, 1);
    // Either that was the whole list, or no read has seen its end yet.
    if (head.last || this.known === null) return this.result(head.skip, false);
    // A little before it, so that a few deletions hide no new job.
    const tailStart = Math.max(head.skip, this.known.end - OVERLAP);
    const tail = yield* this.readFrom(tailStart, MAX_TAIL_PAGES);
    // So many were deleted that the end is sought one page further up next time.
    const passed = tail.skip === tailStart;
    return this.result(passed ? Math.max(head.skip, tailStart - this.source.limit) : tail.skip, false);
  }

  /** At most so many pages on from a place; says where it came to, and whether the list ended there. */
  private async *readFrom(
    skip: number,
    maxPages: number,
  ): AsyncGenerator<Page, { skip: number; last: boolean }, PageFeedback> {
    for (let pages = 0; pages < maxPages; pages++) {
      const { records, hasNext } = await this.fetch(skip);
      skip += records.length;
      if (records.length > 0) yield this.page(records, null);
      if (hasNext !== true) return { skip, last: true };
    }
    return { skip, last: false };
  }

  /** Asks once more where a page's length does not say whether it was the last: no document names the largest limit. */
  private async fetch(skip: number): Promise<OffsetPage> {
    const { limit, historyMs } = this.source;
    const { records, at } = await this.source.list(skip, limit);
    if (this.start === undefined) this.start = historyStart(historyMs, this.known?.historyStart, at);
    let hasNext = records.length >= this.fullPage;
    if (!hasNext && records.length >= DEFAULT_LIMIT) {
      const next = await this.source.list(skip + records.length, 1);
      hasNext = next.records.length > 0;
      if (hasNext) this.fullPage = records.length;
    }
    return { records, total: null, hasNext };
  }

  private page(records: readonly unknown[], resume: Json): Page {
    return { ...leaveOutOld(records, this.start ?? null, this.source.normalize), shape: 'list', resume };
  }

  private result(end: number, proven: boolean): ReadResult {
    return {
      whole: proven,
      provesChanges: proven,
      bookmark: { end, historyStart: timeAttribute(this.start) ?? null },
      truncated: false,
      upstreamTotal: null,
    };
  }
}
