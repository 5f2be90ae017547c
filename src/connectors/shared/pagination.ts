import { isDeepStrictEqual } from 'node:util';
import { ContractError } from '../../domain/errors.js';
import { Json, JsonObject } from '../../domain/job.js';

/** One answer of a list that is read by offset. */
export interface OffsetPage {
  records: readonly unknown[];
  /** The total that the platform claims; null where it gives none. */
  total: number | null;
  /** Whether the platform says that more follows; null where it does not say. */
  hasNext: boolean | null;
  /**
   * Where the next page begins, when the platform counts records that it did not show (those that the user may not see). Such a page
   * cannot overlap its neighbour, and does not end the list by being empty.
   */
  nextOffset?: number;
}

/**
 * What the overlap of neighbouring pages showed. `none`: every page went on exactly where the one before ended. `inserted`: records
 * came in before the place that was read; every page still joined the one before, so that nothing was skipped, provided that the
 * order is by creation (in an order by update, a record that moved to the front past the walk looks the same). `unknown`: the
 * pages do not join, records went away, or the total shrank; records may have been skipped.
 */
export type Movement = 'none' | 'inserted' | 'unknown';

/** A count of a platform's paging, also when it was sent as text; null when it is none. */
export function countOf(value: unknown): number | null {
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : null;
}

/** More would be read twice for little; fewer would miss rows that slip across a border two at a time. */
const OVERLAP = 10;

/** How many records neighbouring pages of a list share, so that rows that slip across a border show. */
export function overlapOf(limit: number): number {
  return Math.min(OVERLAP, Math.floor(limit / 2));
}

/** About how many requests a walk over so many records takes: the last page is often an empty one. */
export function walkRequests(records: number, limit: number): number {
  return 1 + Math.ceil(records / (limit - overlapOf(limit)));
}

export interface WalkOptions {
  fetch: (offset: number, limit: number) => Promise<OffsetPage>;
  /** The record's own id; null when it has none that is usable. */
  idOf: (record: unknown) => string | null;
  limit: number;
  /** Records that each page shares with the one before. 0 where the list has no stable order, which proves nothing. */
  overlap: number;
  /** What ends the list, beside a page that shows nothing behind its overlap, which always does. */
  ends: {
    /**
     * A page with fewer records than asked for, unless the platform says that more follows, or the claimed total has more. Not for
     * platforms that may lower the limit.
     */
    shortPage?: boolean;
    /** The end of the claimed total is reached. */
    total?: boolean;
    /** The platform says that nothing follows. */
    noNext?: boolean;
  };
  /** The platform reads no further than this offset (Elastic Path: 10,000); the walk is then `truncated`. */
  maxOffset?: number;
  /** A {@link WalkedPage.resume} of an interrupted walk over the same list; null begins at its start. */
  resume?: Json;
}

export interface WalkedPage {
  /** The page's records, without those of the overlap that the page before already showed in exactly this form. */
  records: readonly unknown[];
  /** The offset that was asked for. */
  offset: number;
  /** How many records the platform answered. */
  received: number;
  /** Goes on after this page. */
  resume: JsonObject;
}

/** Equal pages in a row after which the platform is taken to ignore the offset. One may be chance: a whole page of new records. */
const MAX_REPEATED_PAGES = 2;

/**
 * Walks a list by offset. Iterate it once; a consumer may stop early.
 *
 * @throws ContractError when the platform answers one page for every offset; and what `fetch` throws
 */
export function walkOffsets(options: WalkOptions): OffsetWalk {
  return new OffsetWalk(options);
}

export class OffsetWalk implements AsyncIterable<WalkedPage> {
  /** The last page was reached. */
  complete = false;
  /** More follows than the platform lets us read. */
  truncated = false;
  /** The last total that the platform claimed; null where it gives none. */
  total: number | null = null;

  private offset = 0;
  /** The ids of the page before; after a resume only those that the next page shares with it. */
  private before: readonly (string | null)[] = [];
  /** How many records of the page before the next one begins with. */
  private shared = 0;
  /** What the next page begins with, as JSON by id: the consumer redacts records in place. */
  private shown: ReadonlyMap<string | null, string | null> = new Map();
  private repeated = 0;
  private moved: Movement = 'none';
  /**
   * The end of a page that the next one did not go on from. So much may have come in before it, a pause long, that it stands pages
   * further on: what lies between was read before. Null when it was found.
   */
  private sought: readonly (string | null)[] | null = null;

  constructor(private readonly options: WalkOptions) {
    if (options.limit < 1 || options.overlap < 0 || options.overlap >= options.limit)
      throw new RangeError('the overlap must be smaller than the limit');
    this.restore(options.resume ?? null);
  }

  get movement(): Movement {
    return this.sought === null ? this.moved : 'unknown';
  }

  /** Every record that was listed when the walk began was on some page: absence proves absence. */
  get consistent(): boolean {
    return this.complete && this.movement === 'none';
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<WalkedPage, void, void> {
    const { fetch, idOf, limit, overlap, maxOffset = Infinity } = this.options;
    while (!this.complete) {
      if (this.offset >= maxOffset) {
        this.truncated = true;
        return;
      }
      const offset = this.offset;
      const page = await fetch(offset, limit);
      const ids = page.records.map(idOf);
      this.observeTotal(page.total);
      this.assertProgress(page, ids, offset);
      this.observeJoin(ids);
      const records = page.records.filter((record, index) => !this.isShown(ids[index]!, record));
      this.complete = this.isLast(page, offset);
      this.before = ids;
      this.shared = page.nextOffset === undefined ? Math.max(Math.min(overlap, ids.length - 1), 0) : 0;
      this.shown = new Map(
        page.records.slice(ids.length - this.shared).map((record) => [idOf(record), textOf(record)]),
      );
      this.offset = (page.nextOffset ?? offset + ids.length) - this.shared;
      yield { records, offset, received: ids.length, resume: this.resume() };
    }
  }

  private isLast({ records, total, hasNext, nextOffset }: OffsetPage, offset: number): boolean {
    const { ends, limit } = this.options;
    if (nextOffset !== undefined) return false;
    const belowTotal = total !== null && offset + records.length < total;
    return (
      records.length <= this.shared ||
      (ends.shortPage === true && records.length < limit && !belowTotal && hasNext !== true) ||
      (ends.total === true && total !== null && offset + records.length >= total) ||
      (ends.noNext === true && hasNext === false)
    );
  }

  /** A total is never proof of completeness (Veeva's own sample claims 3 and shows 2), but its change is proof of movement. */
  private observeTotal(total: number | null): void {
    const before = this.total;
    if (total === null) return;
    this.total = total;
    if (before === null) return;
    // Without an overlap a changed total is the only sign that the list moved under the walk.
    if (total < before || (total !== before && this.options.overlap === 0)) this.moved = 'unknown';
  }

  /** Compares the start of a page with the end of the one before, or looks for an end that was lost. */
  private observeJoin(ids: readonly (string | null)[]): void {
    const { before, shared } = this;
    const wasSought = this.sought;
    if (this.moved === 'unknown') return;
    if (wasSought === null && (shared === 0 || startsWith(ids, before.slice(-shared)))) return;
    const sought = wasSought ?? before;
    const last = ids.lastIndexOf(sought.at(-1)!);
    this.sought = last < 0 ? sought : null;
    if (last < 0) return;
    const length = Math.min(last + 1, sought.length);
    const isWhole = startsWith(ids.slice(last + 1 - length), sought.slice(-length));
    // On the next page and not behind its place, it went up: records went away, and what followed it may be skipped.
    const wentDown = wasSought !== null || last + 1 > shared;
    this.moved = isWhole && wentDown ? 'inserted' : 'unknown';
  }

  private assertProgress({ nextOffset }: OffsetPage, ids: readonly (string | null)[], offset: number): void {
    const same = ids.length > this.shared && isDeepStrictEqual(this.before, ids);
    this.repeated = same ? this.repeated + 1 : 0;
    if (this.repeated >= MAX_REPEATED_PAGES)
      throw new ContractError(`the list answers the same page at every offset (last: ${offset})`, 'schema');
    if (nextOffset !== undefined && !(nextOffset > offset))
      throw new ContractError(`the list does not go on after offset ${offset}`, 'schema');
  }

  private isShown(id: string | null, record: unknown): boolean {
    const text = id === null ? null : textOf(record);
    return text !== null && this.shown.get(id) === text;
  }

  private resume(): JsonObject {
    const tail = this.shared === 0 ? [] : this.before.slice(-this.shared);
    const place = { offset: this.offset, tail, movement: this.moved, total: this.total };
    return this.sought === null
      ? place
      : { ...place, sought: this.sought.slice(-Math.max(this.options.overlap, 1)) };
  }

  private restore(resume: Json): void {
    if (typeof resume !== 'object' || resume === null || Array.isArray(resume)) return;
    const { offset, tail, movement, total, sought } = resume;
    if (typeof offset !== 'number' || !Number.isSafeInteger(offset) || offset < 0) return;
    this.offset = offset;
    this.moved = movement === 'none' || movement === 'inserted' ? movement : 'unknown';
    this.total = typeof total === 'number' ? total : null;
    this.before = idsOf(tail);
    this.shared = this.before.length;
    this.sought = Array.isArray(sought) && sought.length > 0 ? idsOf(sought) : null;
  }
}

function idsOf(list: Json | undefined): (string | null)[] {
  return Array.isArray(list) ? list.map((id) => (typeof id === 'string' ? id : null)) : [];
}

/** Null for a record nested too deeply to be written: it is shown again. */
function textOf(record: unknown): string | null {
  try {
    return JSON.stringify(record);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function startsWith(ids: readonly (string | null)[], start: readonly (string | null)[]): boolean {
  return start.every((id, index) => ids[index] === id);
}
