import { z } from 'zod';
import { Instant, JobAction, JsonObject } from '../../domain/job.js';
import { formatInstant } from '../../domain/timestamps.js';
import {
  Connector,
  ConnectorSource,
  FetchedRecord,
  Page,
  PageFeedback,
  ReadRequest,
  ReadResult,
  Session,
} from '../connector.js';
import { HttpClient } from '../shared/http-client.js';
import { OffsetWalk, overlapOf, walkOffsets } from '../shared/pagination.js';
import { historyStart, reachedTime } from '../shared/read-range.js';
import { identifyBy } from '../shared/record-reader.js';
import { VaultClient } from './veeva-vault.client.js';
import { createdAt, listedId, readListPage, startDate } from './veeva-vault.lists.js';
import { ATTRIBUTE_KEYS, idPath, normalizeVeevaVault, STATUS_MAP } from './veeva-vault.normalize.js';
import { authSchema, optionsSchema, VaultAuth, VaultOptions } from './veeva-vault.options.js';
import { fetchedTasks, readTasks, unread } from './veeva-vault.tasks.js';

export const veevaVault: Connector<VaultAuth, VaultOptions> = {
  platform: 'veeva-vault',
  defaultBaseUrl: null,
  auth: authSchema,
  options: optionsSchema,
  limits: { pageSize: 200, maxPageSize: 200, settleMs: 0, proof: 'incremental' },
  statusMap: STATUS_MAP,
  normalizerVersion: 1,
  redact: [],
  identityPaths: ['job_id', 'id', 'status', 'title'],
  volatileAttributes: [],
  attributeKeys: () => ATTRIBUTE_KEYS,
  extraHosts: () => [],
  connect: (source, http) => new VeevaVaultSession(source, http),
  identify: (record, shape) => identifyBy(idPath(shape), record),
  normalize: normalizeVeevaVault,
  unread,
  fetchedTasks,
};

/** Monitors first: what ends between the two reads then shows in both, never in neither. */
const LISTS = ['monitors', 'histories'] as const;
type ListName = (typeof LISTS)[number];

const time = z.iso
  .datetime()
  .transform((text) => Date.parse(text))
  .nullable();
const bookmarkSchema = z.object({ createdAt: time, historyStart: time });
const resumeSchema = z.object({
  list: z.enum(LISTS),
  walk: z.json(),
  consistent: z.boolean(),
  newest: time,
  since: time,
  historyStart: time,
});
type Resume = z.infer<typeof resumeSchema>;

/** How far one read of both lists is. */
interface Read {
  signal: AbortSignal;
  /** From when on histories are read; null for all of them. */
  since: Instant | null;
  historyStart: Instant | null;
  /** Nothing can have been skipped so far. */
  consistent: boolean;
  /** When the newest job of the histories was created. */
  newest: Instant | null;
  /** The Vault's clock at the first answer; null until then, and when it sends none. */
  date: Instant | null;
  /** Of the lists that were read from their start. */
  totals: (number | null)[];
}

class VeevaVaultSession implements Session {
  private readonly client: VaultClient;

  readonly actions: Partial<Record<JobAction, (externalId: string, signal: AbortSignal) => Promise<void>>> = {
    start: (externalId, signal) => this.client.startNow(externalId, signal),
    cancel: (externalId, signal) => this.client.cancel(externalId, signal),
  };

  constructor(
    private readonly source: ConnectorSource<VaultAuth, VaultOptions>,
    http: HttpClient,
  ) {
    this.client = new VaultClient(http, source);
  }

  async *fetchPages(request: ReadRequest): AsyncGenerator<Page, ReadResult, PageFeedback> {
    const bookmark = bookmarkSchema.safeParse(request.bookmark).data;
    const resume = resumeSchema.safeParse(request.resume).data ?? null;
    const known = bookmark?.createdAt ?? null;
    const from = request.kind === 'sweep' ? null : (known ?? request.newsSince ?? null);
    const whole = from === null;
    const read = resume === null ? this.begin(request, bookmark, from) : goOn(request, resume);

    for (const list of LISTS.slice(resume === null ? 0 : LISTS.indexOf(resume.list)))
      yield* this.walk(list, read, resume?.list === list ? resume : null);

    const all = whole && read.since === null && read.totals.length === LISTS.length;
    return {
      whole: whole && read.consistent,
      provesChanges: read.consistent,
      bookmark: {
        createdAt: textOf(
          read.consistent ? reachedTime(whole ? null : known, read.newest, read.date) : known,
        ),
        historyStart: textOf(read.historyStart),
      },
      truncated: false,
      upstreamTotal: all ? sum(read.totals) : null,
    };
  }

  async fetchOne(externalId: string, signal: AbortSignal): Promise<FetchedRecord> {
    return { record: await this.client.job(externalId, signal), shape: 'detail' };
  }

  fetchTasks(externalId: string, signal: AbortSignal): Promise<readonly unknown[]> {
    return readTasks((query) => this.client.tasks(externalId, query, signal));
  }

  async close(): Promise<void> {
    // Ending the session could end those of other programs of the same user.
  }

  private begin(
    { signal }: ReadRequest,
    bookmark: z.infer<typeof bookmarkSchema> | undefined,
    from: Instant | null,
  ): Read {
    const start = historyStart(this.source.historyMs, bookmark?.historyStart, Date.now());
    // Whether the range is over creation or end is not documented; either way it holds what was created since. What was created
    // before and ends now was open in the store, is in neither list, and is read by its own page: a range that is wide enough for
    // that too would be read again in every quiet poll.
    const since = from === null ? start : Math.max(from - this.source.overlapMs, start ?? -Infinity);
    return {
      signal,
      since,
      historyStart: start,
      consistent: true,
      newest: null,
      date: null,
      totals: [],
    };
  }

  private async *walk(
    list: ListName,
    read: Read,
    resume: Resume | null,
  ): AsyncGenerator<Page, void, unknown> {
    const walk = this.walkOf(list, read, resume);
    for await (const page of walk) {
      if (list === 'histories') for (const record of page.records) this.see(record, read);
      yield {
        records: page.records,
        shape: 'list',
        resume: resumeOf(list, page.resume, read),
        skippedOld: 0,
      };
    }
    // Both lists are in an order that no update changes, so that what was added before a place moves nothing behind it.
    if (walk.movement === 'unknown') read.consistent = false;
    if (resume === null) read.totals.push(walk.total);
  }

  private walkOf(list: ListName, read: Read, resume: Resume | null): OffsetWalk {
    const { baseUrl, options, pageSize } = this.source;
    const range =
      list === 'histories' && read.since !== null ? { start_date: startDate(read.since, options) } : {};
    return walkOffsets({
      fetch: async (offset, limit) => {
        const { envelope, date } = await this.client.list(list, { limit, offset, ...range }, read.signal);
        read.date ??= date;
        return readListPage(envelope, { offset, limit, baseUrl });
      },
      idOf: listedId,
      limit: pageSize,
      overlap: overlapOf(pageSize),
      ends: { noNext: true },
      resume: resume?.walk ?? null,
    });
  }

  private see(record: unknown, read: Read): void {
    const created = createdAt(record, this.source.options);
    if (created !== null) read.newest = Math.max(created, read.newest ?? -Infinity);
  }
}

function goOn({ signal }: ReadRequest, resume: Resume): Read {
  const { since, historyStart: start, consistent, newest } = resume;
  return { signal, since, historyStart: start, consistent, newest, date: null, totals: [] };
}

function resumeOf(list: ListName, walk: JsonObject, read: Read): JsonObject {
  const { consistent, newest, since, historyStart: start } = read;
  return {
    list,
    walk,
    consistent,
    newest: textOf(newest),
    since: textOf(since),
    historyStart: textOf(start),
  };
}

function sum(totals: (number | null)[]): number | null {
  return totals.reduce((all, total) => (all === null || total === null ? null : all + total), 0);
}

function textOf(instant: Instant | null): string | null {
  return instant === null ? null : formatInstant(instant);
}
