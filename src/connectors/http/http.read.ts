import { z } from 'zod';
import { ContractError, JobGoneError, SourceConfigError } from '../../domain/errors.js';
import { Instant, JobFacts, Json, JsonObject } from '../../domain/job.js';
import { Page, PageFeedback, ReadRequest, ReadResult } from '../connector.js';
import { timeAttribute } from '../shared/attributes.js';
import { HttpRequest } from '../shared/http-client.js';
import { leaveOutOld, RecentRecords } from '../shared/old-records.js';
import { OffsetPage, OffsetWalk, overlapOf, walkOffsets } from '../shared/pagination.js';
import { historyStart, reachedTime } from '../shared/read-range.js';
import { mapInTurns } from '../shared/turns.js';
import { SourceList } from './http.lists.js';
import { PageReader, Place } from './http.pages.js';
import { assertJson, Platform, PlatformAnswer } from './http.platform.js';
import { RequestTemplate } from './http.request.js';
import { sinceText } from './http.times.js';
import { PlacedPage, PlacedWalk } from './http.walk.js';
import { PlaceholderValues, TemplateValueError } from './template.js';

const time = z.iso
  .datetime()
  .transform((text) => Date.parse(text))
  .nullable();
const bookmarkSchema = z.object({
  /** By list: the newest time that a completed read has seen. */
  newest: z.record(z.string(), time),
  /** Where `history` let the first read begin; null for everything. */
  historyStart: time,
});
const resumeSchema = z.object({
  list: z.string(),
  walk: z.json(),
  consistent: z.boolean(),
  unreached: z.array(z.string()),
  truncated: z.boolean(),
  newest: z.record(z.string(), time),
  historyStart: time,
});
type Resume = z.infer<typeof resumeSchema>;

export interface CollectionSource {
  lists: readonly SourceList[];
  platform: Platform;
  /** The record's own id; null when it has none that is usable. */
  idOf: (record: unknown) => string | null;
  normalize: (record: unknown) => JobFacts;
  /** A quiet incremental read proves all changes. */
  incrementalProves: boolean;
  settleMs: number;
  baseUrl: string;
  limit: number;
  overlapMs: number;
  historyMs: number | null;
}

/** How far one list was read. */
interface ListOutcome {
  /** Nothing can have been skipped, as far as the read went. */
  sound: boolean;
  /** The next incremental read may begin where this one came to. */
  reached: boolean;
  truncated: boolean;
  total: number | null;
}

/** One read of all lists of a source, in their order: what moves from an earlier to a later one meanwhile is then met in both. */
export class CollectionRead {
  private readonly known: z.infer<typeof bookmarkSchema> | null;
  private readonly resumed: Resume | null;
  private readonly newest: Record<string, Instant | null>;
  /** Undefined until the first answer dates the read. */
  private start: Instant | null | undefined;
  /** The platform's clock at the first answer; null until then, and when it sends none. */
  private date: Instant | null = null;
  private consistent: boolean;
  /** Lists whose next incremental read begins where it began before. */
  private readonly unreached: Set<string>;
  private truncated: boolean;
  /** Of the page at hand, before it is redacted in place. */
  private seen: ReadonlyMap<unknown, { id: string | null; time: Instant | null }> = new Map();

  constructor(
    private readonly source: CollectionSource,
    private readonly request: ReadRequest,
  ) {
    this.known = bookmarkSchema.safeParse(request.bookmark).data ?? null;
    const resumed = resumeSchema.safeParse(request.resume).data ?? null;
    // A place in a list that the manifest no longer has is none.
    this.resumed = source.lists.some(({ name }) => name === resumed?.list) ? resumed : null;
    this.newest = { ...this.resumed?.newest };
    this.start = this.resumed?.historyStart;
    this.consistent = this.resumed?.consistent ?? true;
    this.unreached = new Set(this.resumed?.unreached);
    this.truncated = this.resumed?.truncated ?? false;
  }

  async *run(): AsyncGenerator<Page, ReadResult, PageFeedback> {
    const { lists } = this.source;
    const first = this.resumed === null ? 0 : lists.findIndex(({ name }) => name === this.resumed!.list);
    const totals: (number | null)[] = [];
    for (const list of lists.slice(first)) {
      const { sound, reached, truncated, total } = yield* this.readList(list);
      if (!sound) this.consistent = false;
      if (!reached) this.unreached.add(list.name);
      if (truncated) this.truncated = true;
      totals.push(total);
    }
    const isSweep = this.request.kind === 'sweep';
    const counted = isSweep && this.resumed === null && !totals.includes(null);
    return {
      whole: isSweep && this.consistent && !this.truncated,
      provesChanges: this.consistent && !this.truncated && (isSweep || this.source.incrementalProves),
      bookmark: this.bookmark(),
      truncated: this.truncated,
      upstreamTotal: counted ? totals.reduce<number>((sum, total) => sum + total!, 0) : null,
    };
  }

  private readList(list: SourceList): AsyncGenerator<Page, ListOutcome, PageFeedback> {
    const { kind, newsSince } = this.request;
    const from = kind === 'sweep' ? null : (this.known?.newest[list.name] ?? newsSince ?? null);
    const resume = this.resumed?.list === list.name ? this.resumed.walk : null;
    return list.pagination.type === 'offset'
      ? this.readByOffset(list, list.pagination, from, resume)
      : this.readByPlace(list, from, resume);
  }

  private async *readByOffset(
    list: SourceList,
    pagination: Extract<SourceList['pagination'], { type: 'offset' }>,
    from: Instant | null,
    resume: Json,
  ): AsyncGenerator<Page, ListOutcome, PageFeedback> {
    const { limit } = this.source;
    const reader = new PageReader(pagination, this.source.baseUrl);
    const ask = this.asker(list, from);
    const order = new Order(list, this.source.settleMs);
    const walk = walkOffsets({
      fetch: async (offset): Promise<OffsetPage> => {
        const answer = await ask({ offset });
        const records = await this.select(list, answer);
        order.see(records.map((record) => this.seen.get(record)!.time));
        return { records, total: reader.total(answer), hasNext: reader.hasNext(answer) };
      },
      idOf: (record) => this.seen.get(record)!.id,
      limit,
      overlap: Math.min(pagination.overlap ?? overlapOf(limit), limit - 1),
      ends: {
        shortPage: pagination.ends.includes('short-page'),
        total: pagination.ends.includes('total'),
        noNext: pagination.more !== undefined,
      },
      ...(pagination.maxOffset === undefined ? {} : { maxOffset: pagination.maxOffset }),
      resume,
    });
    let pages = 0;
    for await (const page of walk) {
      const stopped = yield* this.hand(list, page.records, page.resume, from, order);
      const { total } = walk;
      const sound = isSound(walk, order);
      if (stopped) return { sound, reached: sound, truncated: false, total };
      if (++pages >= pagination.maxPages && !walk.complete)
        return { sound: false, reached: false, truncated: true, total };
    }
    const { complete, truncated, total } = walk;
    const sound = isSound(walk, order);
    // What a truncated list hides stays hidden: going back for it would find nothing.
    return { sound: sound && complete, reached: sound && (complete || truncated), truncated, total };
  }

  private async *readByPlace(
    list: SourceList,
    from: Instant | null,
    resume: Json,
  ): AsyncGenerator<Page, ListOutcome, PageFeedback> {
    const { pagination } = list;
    const reader = new PageReader(pagination, this.source.baseUrl);
    const ask = this.asker(list, from);
    const order = new Order(list, this.source.settleMs);
    const walk = new PlacedWalk({
      fetch: async (place): Promise<PlacedPage> => {
        const answer = await ask(place ?? (pagination.type === 'page' ? { page: pagination.first } : {}));
        const records = await this.select(list, answer);
        order.see(records.map((record) => this.seen.get(record)!.time));
        const next = reader.next(answer, place, records.length, this.source.limit);
        return { records, total: reader.total(answer), next };
      },
      idOf: (record) => this.seen.get(record)!.id,
      stable: 'stable' in pagination && pagination.stable,
      maxPages: 'maxPages' in pagination ? pagination.maxPages : 1,
      resume,
    });
    for await (const page of walk) {
      const stopped = yield* this.hand(list, page.records, page.resume, from, order);
      // Newest first, what came in pushed others down, to where they were read.
      if (stopped) return { sound: order.held, reached: order.held, truncated: false, total: walk.total };
    }
    const sound = walk.consistent && order.held;
    // Whether a job is missing that was listed, only a consistent walk knows; where news begins, a whole one in order knows as well.
    const reached = sound || (walk.complete && order.isNewestFirst);
    return { sound, reached, truncated: walk.truncated, total: walk.total };
  }

  /** Hands a page on. @returns whether an incremental read of a newest-first list ends here */
  private async *hand(
    list: SourceList,
    records: readonly unknown[],
    walk: JsonObject,
    from: Instant | null,
    order: Order,
  ): AsyncGenerator<Page, boolean, PageFeedback> {
    const times = records.map((record) => this.seen.get(record)!.time).filter((instant) => instant !== null);
    let oldest = Infinity;
    for (const instant of times) {
      this.newest[list.name] = Math.max(instant, this.newest[list.name] ?? -Infinity);
      oldest = Math.min(instant, oldest);
    }
    const isSweep = this.request.kind === 'sweep';
    const start = list.filtered === null ? (this.start ?? null) : null;
    const feedback = yield {
      ...(await this.recent(records, start)),
      shape: 'list',
      resume: isSweep ? this.resumeAt(list, walk) : null,
    };
    if (isSweep || !list.newestFirst || from === null || !order.held || !feedback.settled) return false;
    const margin = Math.max(this.source.overlapMs, this.source.settleMs);
    return times.length > 0 && times.length === records.length && oldest < from - margin;
  }

  private async recent(records: readonly unknown[], start: Instant | null): Promise<RecentRecords> {
    if (start === null) return { records, skippedOld: 0 };
    const parts = await mapInTurns(records, (record) => leaveOutOld([record], start, this.source.normalize));
    const recent = parts.flatMap((part) => part.records);
    return { records: recent, skippedOld: records.length - recent.length };
  }

  /** Sends the list's request for one place in it. */
  private asker(
    list: SourceList,
    from: Instant | null,
  ): (at: Partial<Record<'offset' | 'page', number>> | Place) => Promise<PlatformAnswer> {
    const start = this.start ?? historyStart(this.source.historyMs, this.known?.historyStart, Date.now());
    this.start = start;
    const since = from === null ? start : Math.max(from - this.source.overlapMs, start ?? -Infinity);
    const { filtered } = list;
    const isFiltered = filtered !== null && since !== null;
    const template = isFiltered ? filtered.request : list.whole;
    const values = {
      ...list.values,
      limit: this.source.limit,
      ...(isFiltered ? { since: sinceText(since, filtered.format) } : {}),
    };
    return async (at) => {
      const request =
        'url' in at ? this.following(template, values, at.url) : build(template, { ...values, ...at });
      const send = (over: Pick<HttpRequest, 'headers' | 'query'>) =>
        this.source.platform.call(
          {
            ...request,
            query: { ...request.query, ...over.query },
            headers: { ...request.headers, ...over.headers },
            ...this.how(),
          },
          'list',
          list.empty,
        );
      const answer = await (list.conditional === null ? send({}) : list.conditional.read(send));
      this.date ??= answer.date;
      return answer;
    };
  }

  /** A list's POST asks and changes nothing, so that it may be repeated. */
  private how(): Pick<HttpRequest, 'signal' | 'retry'> {
    return { signal: this.request.signal, retry: true };
  }

  /** The next page's address as the platform gave it, with the headers of the list. */
  private following(template: RequestTemplate, values: PlaceholderValues, url: string) {
    const { method, headers } = build(template, values);
    return { method, headers, url, query: {} };
  }

  private async select(list: SourceList, answer: PlatformAnswer): Promise<unknown[]> {
    if (list.empty.includes(answer.status)) return [];
    if (answer.status === 304)
      throw new ContractError(`the list ${list.name}: 304 to a request without a condition`, 'schema');
    assertJson(answer, `the list ${list.name}`);
    const records = await list.selection.select(answer, list.values);
    const seen = await mapInTurns(
      records,
      (record) => [record, { id: this.source.idOf(record), time: list.timeOf(record) }] as const,
    );
    this.seen = new Map(seen);
    return records;
  }

  /** A sweep sets the bookmark anew, so that a mistaken one does not last. */
  private bookmark(): Json {
    const isSweep = this.request.kind === 'sweep';
    const newest = this.source.lists.flatMap(({ name }): [string, string | null][] => {
      const known = this.known?.newest[name] ?? null;
      const seen = this.newest[name] ?? null;
      const reached = this.unreached.has(name) ? known : reachedTime(isSweep ? null : known, seen, this.date);
      return reached === null ? [] : [[name, isoText(reached)]];
    });
    return { newest: Object.fromEntries(newest), historyStart: isoText(this.start) };
  }

  private resumeAt({ name }: SourceList, walk: JsonObject): JsonObject {
    const newest = Object.entries(this.newest).map(([list, instant]) => [list, isoText(instant)] as const);
    return {
      list: name,
      walk,
      consistent: this.consistent,
      unreached: [...this.unreached],
      truncated: this.truncated,
      newest: Object.fromEntries(newest),
      historyStart: isoText(this.start),
    };
  }
}

/** Whether a list that should be sorted newest first came so. */
class Order {
  held = true;

  constructor(
    private readonly list: SourceList,
    private readonly settleMs: number,
  ) {}

  /** The times of one page's records, in their order. */
  see(times: readonly (Instant | null)[]): void {
    if (!this.list.newestFirst) return;
    // Each page by itself: neighbouring pages overlap.
    let last: Instant | null = null;
    for (const instant of times) {
      if (instant === null) continue;
      if (last !== null && instant > last + this.settleMs) this.held = false;
      last = instant;
    }
  }

  get isNewestFirst(): boolean {
    return this.list.newestFirst && this.held;
  }
}

/** What came in on top of a list that is newest first pushed others down, to where they were read. */
function isSound({ movement }: OffsetWalk, order: Order): boolean {
  return order.held && (movement === 'none' || (movement === 'inserted' && order.isNewestFirst));
}

/** @throws SourceConfigError for options that make no address, ContractError for a cursor that cannot be sent */
function build(template: RequestTemplate, values: PlaceholderValues) {
  try {
    return template.build(values);
  } catch (error) {
    if (error instanceof JobGoneError) throw new SourceConfigError('the options make no usable address');
    if (error instanceof TemplateValueError) throw new ContractError(error.message, 'schema');
    throw error;
  }
}

function isoText(instant: Instant | null | undefined): string | null {
  return timeAttribute(instant) ?? null;
}
