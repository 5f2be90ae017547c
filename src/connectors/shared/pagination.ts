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

export interface WalkOptions {
  fetch: (offset: number, limit: number) => Promise<OffsetPage>;
  /** The record's own id; null when it has none that is usable. */
  idOf: (record: unknown) => string | null;
  limit: number;
  /** Records that each page shares with the one before. 0 where the list has no stable order, which proves nothing. */
  overlap: number;
  /** What ends the list, beside an empty page, which always does. */
  ends: {
    /** A page with fewer records than asked for. Not for platforms that may lower the limit. */
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
  movement: Movement = 'none';
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

  constructor(private readonly options: WalkOptions) {
    if (options.limit < 1 || options.overlap < 0 || options.overlap >= options.limit)
      throw new RangeError('the overlap must be smaller than the limit');
    this.restore(options.resume ?? null);
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
    return (
      records.length === 0 ||
      (ends.shortPage === true && records.length < limit) ||
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
    if (total < before || (total !== before && this.options.overlap === 0)) this.movement = 'unknown';
  }

  /** Compares the start of a page with the end of the one before. */
  private observeJoin(ids: readonly (string | null)[]): void {
    const { before, shared } = this;
    if (shared === 0 || startsWith(ids, before.slice(-shared))) return;
    // The end of the page before, found further on: so many records came in before it.
    const last = ids.lastIndexOf(before.at(-1)!);
    const inserted = last + 1 - shared;
    const length = Math.min(last + 1, before.length);
    const joins = inserted > 0 && startsWith(ids.slice(last + 1 - length), before.slice(-length));
    this.movement = joins && this.movement !== 'unknown' ? 'inserted' : 'unknown';
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
    return { offset: this.offset, tail, movement: this.movement, total: this.total };
  }

  private restore(resume: Json): void {
    if (typeof resume !== 'object' || resume === null || Array.isArray(resume)) return;
    const { offset, tail, movement, total } = resume;
    if (typeof offset !== 'number' || !Number.isSafeInteger(offset) || offset < 0) return;
    this.offset = offset;
    this.movement = movement === 'none' || movement === 'inserted' ? movement : 'unknown';
    this.total = typeof total === 'number' ? total : null;
    this.before = Array.isArray(tail) ? tail.map((id) => (typeof id === 'string' ? id : null)) : [];
    this.shared = this.before.length;
  }
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
