import { FeedEvent } from './feed-event.js';

/** Events as a stream sends them, written once for however many readers. */
export class EventText {
  private readonly positions: number[] = [];
  /** Where in the bytes each event begins. */
  private readonly places: number[] = [];
  private readonly bytes: Buffer;

  /** @param events in the order of the feed */
  constructor(events: readonly FeedEvent[]) {
    const texts = events.map(({ id, type, json }) => `id: ${id}\nevent: ${type}\ndata: ${json}\n\n`);
    let place = 0;
    for (const [index, text] of texts.entries()) {
      this.positions.push(events[index]!.position);
      this.places.push(place);
      place += Buffer.byteLength(text);
    }
    this.bytes = Buffer.from(texts.join(''));
  }

  get byteLength(): number {
    return this.bytes.length;
  }

  /** What a reader who knows the feed up to this position lacks: the same bytes for all, not to be written to. Null: nothing. */
  after(position: number): Buffer | null {
    const first = this.positions.findIndex((one) => one > position);
    return first === -1 ? null : this.bytes.subarray(this.places[first]);
  }
}
