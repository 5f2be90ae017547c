import { createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { Instant, Json } from '../domain/job.js';
import { SettingStore } from './setting.store.js';

/** The sort values of a row, as the database writes them; the last one is unique. */
export type PageKey = readonly (string | number | null)[];

/** Where a page of a list begins, and in which direction it is read. */
export interface Position {
  /** The row that this page begins beside; null: the end of the list that the direction starts from. */
  key: PageKey | null;
  /** Read towards the start of the list; the page is shown in list order all the same. */
  backward: boolean;
  /** The row of the key belongs to the page: the page that was left was empty, so nothing has shown that row. */
  inclusive: boolean;
  /** Page one's *now* (database time): relative times, freshness and running durations mean the same on every page. */
  now: Instant;
}

export interface Page<Row> {
  rows: Row[];
  /** Null on the first page. */
  previous: Position | null;
  /** Null on the last page. */
  next: Position | null;
}

export function startOfList(now: Instant): Position {
  return { key: null, backward: false, inclusive: false, now };
}

/**
 * Reads one page and finds its neighbours.
 *
 * @param fetch gives at most `count` rows from the position on, in reading order
 * @param skipped rows were left out before the first one, so there is a page before it
 */
export async function readPage<Row>(
  position: Position,
  limit: number,
  fetch: (count: number) => Promise<Row[]>,
  keyOf: (row: Row) => PageKey,
  skipped = false,
): Promise<Page<Row>> {
  const found = await fetch(limit + 1);
  const rows = found.slice(0, limit);
  const more = found.length > limit;
  if (position.backward) rows.reverse();
  const beside = (row: Row | undefined, backward: boolean): Position => ({
    key: row === undefined ? position.key : keyOf(row),
    backward,
    inclusive: row === undefined && position.key !== null,
    now: position.now,
  });
  const [behind, ahead] = position.backward
    ? [more, position.key !== null]
    : [position.key !== null || skipped, more];
  return {
    rows,
    previous: behind ? beside(rows[0], true) : null,
    next: ahead ? beside(rows.at(-1), false) : null,
  };
}

/** What a client's cursor said, once its signature was found to be ours. */
export interface OpenedCursor {
  binding: string;
  position: Position;
}

/** The longest cursor that is looked at: a key is a few short texts. */
const MAX_LENGTH = 1_024;
const SIGNATURE_BYTES = 16;
const SHAPE = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{22}$/;

/** Signs and opens the cursors of all lists. The key is the installation's: it outlives restarts and serves every process. */
export class PageCursors {
  private key: Promise<Buffer> | null = null;

  constructor(private readonly settings: SettingStore) {}

  /** @param binding see {@link bindingOf}: what the list was asked for, so that the cursor cannot serve another question */
  async seal(position: Position, binding: string): Promise<string> {
    const payload = Buffer.from(
      JSON.stringify([
        binding,
        position.key,
        Number(position.backward),
        Number(position.inclusive),
        position.now,
      ]),
    ).toString('base64url');
    return `${payload}.${(await this.sign(payload)).toString('base64url')}`;
  }

  /** Null when the cursor was not made here, or was changed since. */
  async open(cursor: string): Promise<OpenedCursor | null> {
    if (cursor.length > MAX_LENGTH || !SHAPE.test(cursor)) return null;
    const [payload, signature] = cursor.split('.') as [string, string];
    const given = Buffer.from(signature, 'base64url');
    if (!timingSafeEqual(given, await this.sign(payload))) return null;
    const [binding, key, backward, inclusive, now] = JSON.parse(
      Buffer.from(payload, 'base64url').toString(),
    ) as [string, PageKey | null, number, number, Instant];
    return { binding, position: { key, backward: backward === 1, inclusive: inclusive === 1, now } };
  }

  private async sign(payload: string): Promise<Buffer> {
    const hmac = createHmac('sha256', await this.signingKey());
    return hmac.update(payload).digest().subarray(0, SIGNATURE_BYTES);
  }

  private signingKey(): Promise<Buffer> {
    this.key ??= this.settings
      .getOrCreate('cursorKey', randomBytes(32).toString('base64'))
      .then((key) => Buffer.from(key as string, 'base64'))
      .catch((error: unknown) => {
        this.key = null;
        throw error;
      });
    return this.key;
  }
}

/** A short name for a question: equal for equal questions, whoever asks. */
export function bindingOf(question: Json): string {
  return hash('sha256', JSON.stringify(question), 'base64url').slice(0, 16);
}
