import { Readable } from 'node:stream';
import { EventSelection } from './event-selection.js';
import { EventText } from './event-text.js';
import { TailReader } from './feed-tail.js';

/** Bytes that may wait for a reader; who lets more pile up is disconnected, and goes on from where it was. */
const MAX_WAITING = 1_024 * 1_024;
/** Bytes that wait for a reader without its being called busy. */
const BUSY_FROM = 64 * 1_024;
/** How long a reader of the past may take for what it was given, milliseconds. */
const LONGEST_MS = 60_000;

/** One reader's answer: a body without an end, of which no more waits than it may. */
export class EventStream implements TailReader {
  readonly body: Readable;
  private wanted: (() => void) | null = null;
  private hasEnded = false;

  /** @param position that it begins after */
  constructor(
    readonly selection: EventSelection,
    public position: number,
  ) {
    this.body = new Readable({ highWaterMark: BUSY_FROM, read: () => this.wanted?.() });
    this.body.once('close', () => this.wanted?.());
  }

  get isOver(): boolean {
    return this.hasEnded || this.body.destroyed;
  }

  get isBusy(): boolean {
    return this.body.readableLength >= BUSY_FROM && !this.isOver;
  }

  take(text: EventText, through: number): void {
    const unknown = text.after(this.position);
    this.position = Math.max(this.position, through);
    if (unknown === null || this.isOver) return;
    if (this.body.readableLength > MAX_WAITING) this.cut();
    else this.body.push(unknown);
  }

  /**
   * A comment, and the place that the reader is at: a client that comes back goes on from there, though no event of its own came.
   *
   * @param cursor of the position
   */
  beat(cursor: string): void {
    if (!this.isOver && this.body.readableLength === 0) this.body.push(`: \nid: ${cursor}\n\n`);
  }

  /** Waits until the reader can be given more; one that takes too long is disconnected. */
  async drained(): Promise<void> {
    if (!this.isBusy) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => this.cut(), LONGEST_MS);
      this.wanted = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wanted = null;
  }

  /** The answer is over. What still waits is dropped: the client comes back, and goes on after the last event that reached it. */
  end(): void {
    if (this.isOver) return;
    this.hasEnded = true;
    if (this.body.readableLength > 0) this.cut();
    else this.body.push(null);
  }

  /** At once, and with nothing more. */
  cut(): void {
    this.body.destroy();
  }
}
