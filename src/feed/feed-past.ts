import { EventCursors } from '../storage/event-cursor.js';
import { EventFeed, EventsGoneError } from '../storage/event.feed.js';
import { EventSelection } from './event-selection.js';
import { FeedEvent, feedEvent } from './feed-event.js';

/** Positions of one block. Fewer than the tail keeps, so that who has read all whole blocks is near enough to join it. */
export const BLOCK = 100;
/** Blocks in memory: readers of the past mostly come together, after a break that was the same for all. */
const KEPT = 32;
/** Reads at a time: other requests need the database too. */
const READS = 2;

interface Block {
  events: readonly FeedEvent[];
  /** The position after which everything was kept once the block had been read. */
  floor: number;
  /** By the key of the question. */
  selected: Map<string, readonly FeedEvent[]>;
}

/**
 * The past of the feed, in blocks that many readers share: each is read once and written once, however many follow it. Only of positions
 * that are behind the tail: nothing is added there any more.
 */
export class FeedPast {
  private readonly blocks = new Map<number, Promise<Block>>();
  private readonly waiting: (() => void)[] = [];
  private reading = 0;

  constructor(
    private readonly feed: EventFeed,
    private readonly cursors: EventCursors,
  ) {}

  /** The last position of the block that a reader after this position is in. */
  endOf(position: number): number {
    return (Math.floor(position / BLOCK) + 1) * BLOCK;
  }

  /**
   * The events that the question selects, in the block that a reader after this position is in: those before the position too.
   *
   * @throws EventsGoneError when events after the position were not there any more
   */
  async read(position: number, { key, selects }: EventSelection, now: number): Promise<readonly FeedEvent[]> {
    const block = await this.block(this.endOf(position) - BLOCK);
    if (position < block.floor) throw new EventsGoneError();
    const known = block.selected.get(key);
    if (known) return known;
    const selected = block.events.filter((event) => selects(event, now));
    block.selected.set(key, selected);
    return selected;
  }

  private block(from: number): Promise<Block> {
    const known = this.blocks.get(from);
    // the one that was used last is the last to go
    this.blocks.delete(from);
    const block = known ?? this.load(from);
    this.blocks.set(from, block);
    if (this.blocks.size > KEPT) this.blocks.delete(this.blocks.keys().next().value!);
    block.catch(() => this.blocks.delete(from));
    return block;
  }

  private async load(from: number): Promise<Block> {
    while (this.reading >= READS) await new Promise<void>((resolve) => this.waiting.push(resolve));
    this.reading++;
    try {
      const codec = await this.cursors.codec();
      const rows = await this.feed.between(from, from + BLOCK);
      // asked after the read: what is still kept by now was there to be read
      const floor = await this.feed.beginning();
      return { events: rows.map((row) => feedEvent(row, codec)), floor, selected: new Map() };
    } finally {
      this.reading--;
      this.waiting.shift()?.();
    }
  }
}
