import { gunzipSync, gzipSync } from 'node:zlib';

/** Of a page, which is made when the first of its jobs is met: 32,768 jobs. */
const PAGE_BYTES = 4_096;

/**
 * The jobs that a walk has met, as a bitmap over their numbers: a million jobs are 125 kB, so that a sweep can tell who is absent
 * without writing to a single row. In pages, because numbers grow for ever: what a poll of new jobs takes is that of those jobs, in the
 * tenth year too.
 */
export class SeenJobs {
  private readonly pages = new Map<number, Uint8Array>();
  private met = 0;

  get size(): number {
    return this.met;
  }

  add(ordinal: number): void {
    const page = this.pageOf(ordinal);
    const place = Math.floor(ordinal / 8) % PAGE_BYTES;
    const mask = 1 << (ordinal % 8);
    if ((page[place]! & mask) !== 0) return;
    page[place]! |= mask;
    this.met++;
  }

  has(ordinal: number): boolean {
    const byte = Math.floor(ordinal / 8);
    const page = this.pages.get(Math.floor(byte / PAGE_BYTES));
    return page !== undefined && (page[byte % PAGE_BYTES]! & (1 << (ordinal % 8))) !== 0;
  }

  /** For a walk that goes on in a later poll: all bits from the first number on, as every release reads them. */
  serialize(): string {
    const bits = new Uint8Array((Math.max(-1, ...this.pages.keys()) + 1) * PAGE_BYTES);
    for (const [number, page] of this.pages) bits.set(page, number * PAGE_BYTES);
    return gzipSync(bits).toString('base64');
  }

  static deserialize(text: string): SeenJobs {
    const seen = new SeenJobs();
    const bits = gunzipSync(Buffer.from(text, 'base64'));
    for (let number = 0; number * PAGE_BYTES < bits.length; number++) {
      const shown = bits.subarray(number * PAGE_BYTES, (number + 1) * PAGE_BYTES);
      const met = shown.reduce((sum, byte) => sum + popcount(byte), 0);
      if (met === 0) continue;
      const page = new Uint8Array(PAGE_BYTES);
      page.set(shown);
      seen.pages.set(number, page);
      seen.met += met;
    }
    return seen;
  }

  private pageOf(ordinal: number): Uint8Array {
    const number = Math.floor(ordinal / 8 / PAGE_BYTES);
    let page = this.pages.get(number);
    if (page === undefined) this.pages.set(number, (page = new Uint8Array(PAGE_BYTES)));
    return page;
  }
}

function popcount(byte: number): number {
  let count = 0;
  for (let rest = byte; rest !== 0; rest &= rest - 1) count++;
  return count;
}
