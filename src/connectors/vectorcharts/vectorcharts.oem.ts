import { z } from 'zod';
import { Instant, JobFacts } from '../../domain/job.js';
import { ConnectorSource, Page, PageFeedback, ReadRequest, ReadResult, Session } from '../connector.js';
import { leaveOutOld } from '../shared/old-records.js';
import { OffsetPage, OffsetWalk, overlapOf, walkOffsets } from '../shared/pagination.js';
import { historyStart } from '../shared/read-range.js';
import { asText, valueAt } from '../shared/record-reader.js';
import { jobListOf, stateOf } from './vectorcharts.lists.js';
import { PortalClient } from './vectorcharts.portal.js';

/** The portal caps a larger `limit` to this. */
const MAX_PAGE_SIZE = 200;
/** The most jobs at work that are looked for by their id. More than one of a type is never at work. */
const MAX_AT_WORK = 1_000;

/** The most settled pages that are searched for how a job at work has ended. What is deeper is left to a sweep. */
const MAX_SEARCHED_PAGES = 10;

const bookmarkSchema = z.object({
  /** The ids of the jobs that were waiting or at work when they were last seen. */
  atWork: z.array(z.string()),
  /** Where `history` let the first read begin, epoch milliseconds; null for everything. */
  historyStart: z.number().nullable(),
});
const resumeSchema = z.object({ walk: z.json(), ...bookmarkSchema.shape });

/** OEM reads by offset, and has no page of one job. */
export class OemSession implements Session {
  constructor(
    private readonly source: Pick<ConnectorSource, 'pageSize' | 'historyMs'>,
    private readonly portal: PortalClient,
    private readonly normalize: (record: unknown) => JobFacts,
  ) {}

  fetchPages(request: ReadRequest): AsyncGenerator<Page, ReadResult, PageFeedback> {
    return new OemRead(this.source, this.portal, this.normalize, request).pages();
  }

  close(): Promise<void> {
    return this.portal.logout();
  }
}

/**
 * A sweep walks the list whole. An incremental read asks for the jobs at work, then walks from the newest until a page shows nothing
 * new and every job that was at work before has been met again: there is no other way to learn how it ended. A job that was deleted
 * is never met; its search is bounded, and the poll finds it missing.
 */
class OemRead {
  private readonly known: z.infer<typeof bookmarkSchema> | null;
  private readonly resumed: z.infer<typeof resumeSchema> | null;
  /** At work before, and not met in this read. */
  private readonly missed: Set<string>;
  private readonly atWork: Set<string>;
  /** Undefined until the first answer dates the read. */
  private start: Instant | null | undefined;

  constructor(
    private readonly source: Pick<ConnectorSource, 'pageSize' | 'historyMs'>,
    private readonly portal: PortalClient,
    private readonly normalize: (record: unknown) => JobFacts,
    private readonly request: ReadRequest,
  ) {
    this.known = bookmarkSchema.safeParse(request.bookmark).data ?? null;
    this.resumed = resumeSchema.safeParse(request.resume).data ?? null;
    this.missed = new Set(this.known?.atWork);
    this.atWork = new Set(this.resumed?.atWork);
    this.start = this.resumed?.historyStart;
  }

  pages(): AsyncGenerator<Page, ReadResult, PageFeedback> {
    return this.request.kind === 'sweep' ? this.sweep() : this.incremental();
  }

  private async *sweep(): AsyncGenerator<Page, ReadResult, PageFeedback> {
    const walk = this.walk({ resume: this.resumed?.walk ?? null });
    for await (const { records, resume } of walk) {
      this.note(records);
      yield this.page(records, { walk: resume, ...this.bookmark() });
    }
    return this.result(walk, walk.consistent);
  }

  private async *incremental(): AsyncGenerator<Page, ReadResult, PageFeedback> {
    const active = this.walk({ activeOnly: true });
    if (this.missed.size > 0) {
      for await (const { records } of active) {
        this.note(records);
        yield this.page(records, null);
      }
    }
    const newest = this.walk({});
    let searched = 0;
    for await (const { records } of newest) {
      this.note(records);
      const { settled } = yield this.page(records, null);
      if (settled && (this.missed.size === 0 || ++searched === MAX_SEARCHED_PAGES)) break;
    }
    const found = newest.complete || this.missed.size === 0;
    // By which field the list is ordered is not documented, so that any movement may have carried a job past the walk.
    return this.result(newest, found && active.movement === 'none' && newest.movement === 'none');
  }

  private walk({
    activeOnly,
    resume = null,
  }: {
    activeOnly?: true;
    resume?: ReadRequest['resume'];
  }): OffsetWalk {
    const limit = Math.min(this.source.pageSize, MAX_PAGE_SIZE);
    let firstId: string | null = null;
    return walkOffsets({
      fetch: async (offset) => {
        const page = await this.fetch({ activeOnly, limit, offset }, firstId);
        if (offset === 0) firstId = idOf(page.records[0]);
        return page;
      },
      idOf,
      limit,
      overlap: overlapOf(limit),
      ends: { noNext: true },
      resume,
    });
  }

  private async fetch(
    query: { activeOnly: true | undefined; limit: number; offset: number },
    firstId: string | null,
  ): Promise<OffsetPage> {
    const response = await this.portal.list(query, this.request.signal);
    const at = response.date ?? response.requestedAt;
    if (this.start === undefined)
      this.start = historyStart(this.source.historyMs, this.known?.historyStart, at);
    const list = jobListOf(await response.json());
    const { jobs: records, total, isBare } = list;
    const { limit, offset } = query;
    // The bare array of older portals may be the whole list at every offset.
    if (
      isBare &&
      (records.length > limit || (offset > 0 && firstId !== null && idOf(records[0]) === firstId))
    )
      return { records: records.slice(offset), total, hasNext: false };
    const isFull = records.length >= Math.min(limit, list.limit ?? limit);
    // A page that shrank is not the end as long as the portal claims more: one more page costs little.
    return { records, total, hasNext: isFull || (total !== null && total > offset + records.length) };
  }

  /** Before a page is handed on: its records are redacted in place. */
  private note(records: readonly unknown[]): void {
    for (const record of records) {
      const id = idOf(record);
      if (id === null) continue;
      this.missed.delete(id);
      const state = stateOf(record, 'oem');
      if (state === 'queued' || state === 'running') this.atWork.add(id);
      else this.atWork.delete(id);
    }
  }

  private page(records: readonly unknown[], resume: Page['resume']): Page {
    return { ...leaveOutOld(records, this.start ?? null, this.normalize), shape: 'list', resume };
  }

  private bookmark(): z.infer<typeof bookmarkSchema> {
    // What incremental reads found at work while a sweep paused, the sweep may have passed before it was there.
    const passed = this.request.kind === 'sweep' && this.resumed !== null ? this.missed : [];
    const atWork = [...new Set([...this.atWork, ...passed])];
    return { atWork: atWork.slice(0, MAX_AT_WORK), historyStart: this.start ?? null };
  }

  private result(walk: OffsetWalk, provesChanges: boolean): ReadResult {
    return {
      whole: walk.consistent,
      provesChanges,
      bookmark: this.bookmark(),
      truncated: false,
      upstreamTotal: walk.total,
    };
  }
}

function idOf(record: unknown): string | null {
  return asText(valueAt(record, 'id')) ?? null;
}
