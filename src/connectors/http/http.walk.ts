import { isDeepStrictEqual } from 'node:util';
import { ContractError } from '../../domain/errors.js';
import { Json, JsonObject } from '../../domain/job.js';
import { Place } from './http.pages.js';

export interface PlacedPage {
  records: readonly unknown[];
  /** The total that the platform claims; null where it gives none. */
  total: number | null;
  /** Null at the end. */
  next: Place | null;
}

export interface PlacedWalkOptions {
  /** Null: the first page. */
  fetch: (place: Place | null) => Promise<PlacedPage>;
  /** The record's own id; null when it has none that is usable. */
  idOf: (record: unknown) => string | null;
  /** Records never move between pages while they are read. */
  stable: boolean;
  maxPages: number;
  /** A `resume` of an interrupted walk over the same list; null begins at its start. */
  resume: Json;
}

/** Equal pages in a row after which the platform is taken to ignore what it is asked for. One may be chance. */
const MAX_REPEATED_PAGES = 2;

/**
 * Walks a list whose pages name the next one: by number, cursor or address. Iterate it once; a consumer may stop early.
 *
 * @throws ContractError when the pages lead back to one that was read, or are all the same; and what `fetch` throws
 */
export class PlacedWalk implements AsyncIterable<{ records: readonly unknown[]; resume: JsonObject }> {
  /** The last page was reached. */
  complete = false;
  /** More pages follow than may be read. */
  truncated = false;
  /** The last total that the platform claimed; null where it gives none. */
  total: number | null = null;

  private place: Place | null = null;
  private pages = 0;
  /** The total was another one on an earlier page. */
  private shifted = false;
  private resumed = false;
  private repeated = 0;
  private before: readonly (string | null)[] = [];
  private readonly places = new Set<string>();
  private readonly ids = new Set<string>();
  private records = 0;

  constructor(private readonly options: PlacedWalkOptions) {
    this.restore(options.resume);
  }

  /** Every record that was listed when the walk began was on some page: absence proves absence. */
  get consistent(): boolean {
    if (!this.complete) return false;
    if (this.options.stable || (this.pages === 1 && !this.resumed)) return true;
    // Rows that slipped away between pages are missing from the count, unless others were shown twice: those count once.
    return (
      !this.resumed &&
      !this.shifted &&
      this.total !== null &&
      this.ids.size === this.total &&
      this.records === this.total
    );
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<
    { records: readonly unknown[]; resume: JsonObject },
    void,
    void
  > {
    const { fetch, idOf, maxPages } = this.options;
    while (!this.complete) {
      if (this.pages >= maxPages) {
        this.truncated = true;
        return;
      }
      this.remember(this.place);
      const { records, total, next } = await fetch(this.place);
      const ids = records.map(idOf);
      this.observe(ids, total);
      this.pages++;
      this.complete = next === null;
      this.place = next;
      yield { records, resume: this.resume() };
    }
  }

  private remember(place: Place | null): void {
    const key = JSON.stringify(place);
    if (this.places.has(key))
      throw new ContractError('the pages of the list lead back to one that was read', 'schema');
    this.places.add(key);
  }

  private observe(ids: readonly (string | null)[], total: number | null): void {
    const same = ids.length > 0 && isDeepStrictEqual(ids, this.before);
    this.repeated = same ? this.repeated + 1 : 0;
    if (this.repeated >= MAX_REPEATED_PAGES)
      throw new ContractError('the list answers the same page over and over', 'schema');
    this.before = ids;
    if (this.pages > 0 && total !== this.total) this.shifted = true;
    this.total = total;
    this.records += ids.length;
    for (const id of ids) if (id !== null) this.ids.add(id);
  }

  private resume(): JsonObject {
    return { place: this.place, pages: this.pages };
  }

  private restore(resume: Json): void {
    if (typeof resume !== 'object' || resume === null || Array.isArray(resume)) return;
    const { place, pages } = resume;
    if (typeof place !== 'object' || place === null || Array.isArray(place) || typeof pages !== 'number')
      return;
    const restored = placeIn(place);
    if (restored === null) return;
    this.place = restored;
    this.pages = pages;
    this.resumed = true;
  }
}

function placeIn({ page, cursor, url }: JsonObject): Place | null {
  if (typeof page === 'number' && Number.isSafeInteger(page)) return { page };
  if (typeof cursor === 'string') return { cursor };
  return typeof url === 'string' ? { url } : null;
}
