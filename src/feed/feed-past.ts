import { EventCursors } from '../storage/event-cursor.js';
import { EventFeed, EventsGoneError } from '../storage/event.feed.js';
import { EventSelection } from './event-selection.js';
import { EventText } from './event-text.js';
import { FeedEvent, feedEvent } from './feed-event.js';

/** Positions of one block. Fewer than the tail keeps, so that who has read all whole blocks is near enough to join it. */
export const BLOCK = 100;
/** Blocks whose events are in memory, for readers who ask something else and are at the same place. */
const KEPT_BLOCKS = 32;
/** Bytes of pages in memory: readers mostly come together, after a break that was the same for all, but do not stay together. */
const KEPT_BYTES = 64 * 1_024 * 1_024;
/** What a page takes beside its text and its name, bytes, about: a question that nothing answers has pages too. */
const PAGE_BYTES = 512;
/** So long, milliseconds: relative times of a question go by the moment in which its text was written. */
const KEPT_MS = 60_000;
/** Reads at a time: other requests need the database too. */
const READS = 2;

interface Block {
  events: readonly FeedEvent[];
  /** The position after which everything was kept once the block had been read. */
  floor: number;
  /** The position up to which there are no other events: the end of the block, or of the hole behind it. */
  through: number;
}

/** A block as it is sent to whoever asks one question. */
interface Page {
  text: EventText;
  floor: number;
  through: number;
  writtenAt: number;
  bytes: number;
}

/**
 * The past of the feed, in blocks that many readers share: each is read once and written once, however many follow it. Only of positions
 * that are behind the tail: nothing is added there any more.
 */
export class FeedPast {
  /** In the order of their use, by their first position; pages by that and the key of the question. */
  private readonly blocks = new Map<number, Promise<Block>>();
  private readonly pages = new Map<string, Page>();
  private bytesKept = 0;
  private readonly waiting: (() => void)[] = [];
  private reading = 0;

  constructor(
    private readonly feed: EventFeed,
    private readonly cursors: EventCursors,
    private readonly mostBytes = KEPT_BYTES,
  ) {}

  /** Of pages, in memory. */
  get bytes(): number {
    return this.bytesKept;
  }

  /** The last position of the block that a reader after this position is in. */
  endOf(position: number): number {
    return (Math.floor(position / BLOCK) + 1) * BLOCK;
  }

  /**
   * The events that the question selects, in the block that a reader after this position is in, those before the position too; and up to
   * which position that is.
   *
   * @throws EventsGoneError when events after the position were not there any more
   */
  async read(
    position: number,
    selection: EventSelection,
    now: number,
  ): Promise<{ text: EventText; through: number }> {
    const from = this.endOf(position) - BLOCK;
    const name = `${from} ${selection.key}`;
    const page = this.known(name, now) ?? this.write(name, selection, await this.block(from), now);
    if (position < page.floor) throw new EventsGoneError();
    return page;
  }

  /** Lets go of everything that is old, so that nothing stays in memory when everybody has left the past. */
  tidy(now: number): void {
    for (const [name, { writtenAt }] of this.pages) if (writtenAt + KEPT_MS <= now) this.drop(name);
    if (this.pages.size === 0) this.blocks.clear();
  }

  private known(name: string, now: number): Page | undefined {
    const page = this.pages.get(name);
    if (page === undefined || page.writtenAt + KEPT_MS <= now) return undefined;
    // the one that was used last is the last to go
    this.pages.delete(name);
    this.pages.set(name, page);
    return page;
  }

  private write(
    name: string,
    { selects }: EventSelection,
    { events, floor, through }: Block,
    now: number,
  ): Page {
    // readers who waited for the same block
    const known = this.known(name, now);
    if (known !== undefined) return known;
    this.drop(name);
    const text = new EventText(events.filter((event) => selects(event, now)));
    const page = { text, floor, through, writtenAt: now, bytes: PAGE_BYTES + name.length + text.byteLength };
    this.pages.set(name, page);
    this.bytesKept += page.bytes;
    for (const oldest of this.pages.keys()) {
      if (this.bytesKept <= this.mostBytes) break;
      this.drop(oldest);
    }
    return page;
  }

  private drop(name: string): void {
    this.bytesKept -= this.pages.get(name)?.bytes ?? 0;
    this.pages.delete(name);
  }

  private block(from: number): Promise<Block> {
    const known = this.blocks.get(from);
    this.blocks.delete(from);
    const block = known ?? this.load(from);
    this.blocks.set(from, block);
    if (this.blocks.size > KEPT_BLOCKS) this.blocks.delete(this.blocks.keys().next().value!);
    if (known === undefined) block.catch(() => this.blocks.delete(from));
    return block;
  }

  private async load(from: number): Promise<Block> {
    while (this.reading >= READS) await new Promise<void>((resolve) => this.waiting.push(resolve));
    this.reading++;
    try {
      const codec = await this.cursors.codec();
      const { events, through } = await this.feed.between(from, from + BLOCK);
      // asked after the read: what is still kept by now was there to be read
      const floor = await this.feed.beginning();
      return { events: events.map((row) => feedEvent(row, codec)), floor, through };
    } finally {
      this.reading--;
      this.waiting.shift()?.();
    }
  }
}
