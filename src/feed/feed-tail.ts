import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { EventCursors } from '../storage/event-cursor.js';
import { EventFeed, EventsGoneError } from '../storage/event.feed.js';
import { SessionConfig } from '../storage/session.js';
import { EventSelection } from './event-selection.js';
import { EventText } from './event-text.js';
import { FeedEvent, feedEvent } from './feed-event.js';
import { FeedListener } from './feed-listener.js';
import { BLOCK } from './feed-past.js';

/** Somebody who follows the feed. */
export interface TailReader {
  readonly selection: EventSelection;
  /** The last position that it was given, whether or not its question selects that event. */
  readonly position: number;
  /** It has not yet passed on what it was given. */
  readonly isBusy: boolean;
  /** @param text of the events that its question selects; those at or before its position it knows already */
  take(text: EventText, through: number): void;
  /** The feed cannot go on from where this reader is. */
  end(): void;
}

/** Readers that ask the same are given the same. */
interface Channel {
  selection: EventSelection;
  readers: Set<TailReader>;
}

/** How often the table is looked at when nothing was heard, milliseconds. */
const POLL_MS = 1_000;
/** Events of one look. Few, so that no reader is given more at once than it can pass on. */
const BATCH = 100;
/** What stays in memory for readers that are only a little behind: events, and characters of their JSON, though never less than a block. */
const RECENT_EVENTS = 1_000;
const RECENT_LENGTH = 512 * 1_024;
/** So long everybody waits for more than a tenth of the readers, milliseconds. After that they are waited for no more. */
const PATIENCE_MS = 1_000;
const PACE_MS = 5;

/** Reads the end of the feed once for all readers of this process. A notification only wakes it: what there is, the table says. */
export class FeedTail {
  private readonly log = new Logger('Feed');
  private readonly listener: FeedListener;
  private readonly channels = new Map<string, Channel>();
  private readonly laggards = new WeakSet<TailReader>();
  /** The last positions of the feed, and the position before the first of them. */
  private recent: FeedEvent[] = [];
  private recentFrom = 0;
  private recentLength = 0;
  /** Null while nobody follows. */
  private position: number | null = null;
  private opening: Promise<void> | null = null;
  private followers = 0;
  private running: Promise<void> = Promise.resolve();
  private rouse: (() => void) | null = null;
  private isRoused = false;

  constructor(
    private readonly feed: EventFeed,
    private readonly cursors: EventCursors,
    connection: () => SessionConfig,
  ) {
    this.listener = new FeedListener(connection, () => this.wake());
  }

  /** The position up to which its readers were given everything; null while there is none. */
  get reached(): number | null {
    return this.position;
  }

  /** Somebody follows, or is about to; until as many have left, the feed is looked at. */
  enter(): void {
    this.followers++;
  }

  leave(reader: TailReader): void {
    const channel = this.channels.get(reader.selection.key);
    if (channel?.readers.delete(reader) && channel.readers.size === 0)
      this.channels.delete(reader.selection.key);
    if (--this.followers === 0) this.wake();
  }

  /** Waits until the tail stands somewhere. @throws the driver's error */
  async open(): Promise<void> {
    if (this.position !== null) return;
    this.opening ??= this.begin().finally(() => (this.opening = null));
    await this.opening;
  }

  /**
   * Gives the reader what it lacks, and from then on every event; nothing happens in between.
   *
   * @returns false when it is too far behind: it has to read on by itself first
   */
  join(reader: TailReader, now: number): boolean {
    if (this.position === null) return false;
    if (reader.position < this.position) {
      if (reader.position < this.recentFrom) return false;
      const missed = this.recent.filter(({ position }) => position > reader.position);
      reader.take(
        new EventText(missed.filter((event) => reader.selection.selects(event, now))),
        this.position,
      );
    }
    const { key } = reader.selection;
    const channel = this.channels.get(key) ?? { selection: reader.selection, readers: new Set() };
    this.channels.set(key, channel);
    channel.readers.add(reader);
    return true;
  }

  /** Everybody has left, or will at once. */
  async close(): Promise<void> {
    this.followers = 0;
    this.wake();
    await this.running;
  }

  private async begin(): Promise<void> {
    // the one before may be about to stop
    await this.running;
    const position = await this.feed.newest();
    this.position = position;
    this.forget(position);
    this.running = this.run(position);
  }

  private async run(position: number): Promise<void> {
    let failed = false;
    for (let at = position; this.followers > 0;) {
      this.listener.ensure();
      let next = at;
      try {
        next = await this.advance(at);
        failed = false;
      } catch (error) {
        if (!failed) this.log.error({ err: error, msg: 'the change feed cannot be read; trying again' });
        failed = true;
      }
      if (next === at) await this.rest();
      at = next;
    }
    this.position = null;
    this.forget(0);
    this.listener.close();
  }

  /** @returns the position up to which everybody has been given everything */
  private async advance(from: number): Promise<number> {
    const { events: rows, through, now } = await this.readAfter(from);
    if (through === from) return from;
    const codec = await this.cursors.codec();
    const events = rows.map((row) => feedEvent(row, codec));
    this.remember(events);
    this.position = through;
    for (const { selection, readers } of this.channels.values()) {
      const text = new EventText(events.filter((event) => selection.selects(event, now)));
      for (const reader of readers) reader.take(text, through);
    }
    await this.pace();
    return through;
  }

  /** The tail is always near the end; where even that was removed, its readers begin again and are told so. */
  private async readAfter(from: number) {
    try {
      return await this.feed.read(from, BATCH);
    } catch (error) {
      if (!(error instanceof EventsGoneError)) throw error;
      for (const reader of this.readers()) reader.end();
      const through = await this.feed.newest();
      this.forget(through);
      return { events: [], through, now: Date.now() };
    }
  }

  private remember(events: readonly FeedEvent[]): void {
    this.recent.push(...events);
    for (const { json } of events) this.recentLength += json.length;
    let count = 0;
    const isTooMuch = (kept: number) =>
      kept > RECENT_EVENTS || (kept > BLOCK && this.recentLength > RECENT_LENGTH);
    for (; isTooMuch(this.recent.length - count); count++) {
      const oldest = this.recent[count]!;
      this.recentLength -= oldest.json.length;
      this.recentFrom = oldest.position;
    }
    if (count > 0) this.recent.splice(0, count);
  }

  private forget(position: number): void {
    this.recent = [];
    this.recentLength = 0;
    this.recentFrom = position;
  }

  /** Goes no faster than most readers can pass on; those few that cannot are waited for once, and then no more until they can again. */
  private async pace(): Promise<void> {
    const until = performance.now() + PATIENCE_MS;
    for (;;) {
      const readers = [...this.readers()];
      const busy = readers.filter((reader) => reader.isBusy);
      for (const reader of readers) if (!reader.isBusy) this.laggards.delete(reader);
      const waitedFor = busy.filter((reader) => !this.laggards.has(reader));
      if (waitedFor.length <= readers.length / 10) return;
      if (performance.now() > until) {
        for (const reader of waitedFor) this.laggards.add(reader);
        return;
      }
      await delay(PACE_MS);
    }
  }

  private *readers(): Generator<TailReader> {
    for (const { readers } of this.channels.values()) yield* readers;
  }

  private wake(): void {
    this.isRoused = true;
    this.rouse?.();
  }

  /** Until something was heard since the last look, or it is time to look again. */
  private async rest(): Promise<void> {
    if (!this.isRoused) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, POLL_MS);
        this.rouse = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.rouse = null;
    }
    this.isRoused = false;
  }
}
