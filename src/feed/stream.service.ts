import { Readable } from 'node:stream';
import { setImmediate as breath } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { Logger, OnModuleDestroy } from '@nestjs/common';
import { Config, DeclaredToken } from '../config/config.js';
import { Instant } from '../domain/job.js';
import { Database } from '../storage/database.js';
import { EventCursors } from '../storage/event-cursor.js';
import { EventFeed, EventsGoneError } from '../storage/event.feed.js';
import { validTokens } from '../storage/token.validity.js';
import { EventQuestion, eventSelection } from './event-selection.js';
import { EventStream } from './event-stream.js';
import { EventText } from './event-text.js';
import { feedEvent } from './feed-event.js';
import { listeningConnection } from './feed-listener.js';
import { FeedPast } from './feed-past.js';
import { FeedTail } from './feed-tail.js';

/** A reader's right to read on. */
export interface StreamRight {
  /** SHA-256 of the token in hexadecimal; null where nobody needs one. */
  tokenHash: string | null;
  /** When it ends; null: it has no end. */
  until: Instant | null;
}

interface OpenStream {
  stream: EventStream;
  right: StreamRight;
  /** The token is kept in the database, where it can be revoked. */
  isRevocable: boolean;
  /** The token as the configuration declares it; null for another one, or none. */
  declared: DeclaredToken | null;
}

const HEARTBEAT_MS = 15_000;
const CHECK_MS = 5_000;
/** Events that a read of what is no whole block yet looks at. */
const STRETCH = 500;

/** All streams of this process. */
export class StreamService implements OnModuleDestroy {
  private readonly log = new Logger('Streams');
  private readonly tail: FeedTail;
  private readonly past: FeedPast;
  private readonly open = new Set<OpenStream>();
  private readonly timers: NodeJS.Timeout[] = [];
  private closing = false;

  constructor(
    private readonly config: Config,
    private readonly database: Database,
    private readonly feed: EventFeed,
    private readonly cursors: EventCursors,
  ) {
    this.past = new FeedPast(feed, cursors);
    this.tail = new FeedTail(feed, cursors, listeningConnection(config, database));
    this.every(HEARTBEAT_MS, () => this.beat());
    this.every(HEARTBEAT_MS, async () => this.past.tidy(Date.now()));
    this.every(CHECK_MS, () => this.endWithoutRight());
  }

  /** Streams that are open. */
  get count(): number {
    return this.open.size;
  }

  /**
   * @param after the position that it begins after; null: now
   * @throws EventsGoneError when events after the position are not kept any more
   */
  async start(question: EventQuestion, after: number | null, right: StreamRight): Promise<Readable> {
    const { tokenHash } = right;
    const valid = await validTokens(this.database, tokenHash === null ? [] : [tokenHash]);
    if (after !== null) await this.feed.read(after, 0);
    const position = after ?? (await this.feed.newest());
    const codec = await this.cursors.codec();
    const stream = new EventStream(eventSelection(question), position);
    const isRevocable = tokenHash !== null && valid.has(tokenHash);
    const opened = { stream, right, isRevocable, declared: this.declaredToken(tokenHash) };
    this.open.add(opened);
    this.tail.enter();
    stream.body.once('close', () => {
      this.open.delete(opened);
      this.tail.leave(stream);
    });
    stream.beat(codec.encode(position));
    if (this.closing) stream.end();
    else void this.follow(stream);
    return stream.body;
  }

  /** A line for everybody who was not told anything, so that proxies and clients know that the connection lives. */
  async beat(): Promise<void> {
    const codec = await this.cursors.codec();
    for (const { stream } of this.open) stream.beat(codec.encode(stream.position));
  }

  /** Ends the streams of tokens that expired or were revoked, or that the configuration does not declare any more as they were. */
  async endWithoutRight(): Promise<void> {
    const now = Date.now();
    for (const { stream, right, declared } of this.open) {
      const isExpired = right.until !== null && right.until <= now;
      const isSame = declared === null || isDeepStrictEqual(this.declaredToken(right.tokenHash), declared);
      if (isExpired || !isSame) stream.end();
    }
    const asked = [...this.open].filter(({ isRevocable }) => isRevocable);
    const hashes = [...new Set(asked.map(({ right }) => right.tokenHash!))];
    const valid = await validTokens(this.database, hashes);
    for (const { stream, right } of asked) if (!valid.has(right.tokenHash!)) stream.end();
  }

  private declaredToken(hash: string | null): DeclaredToken | null {
    return this.config.server.tokens.find((token) => token.hash.toString('hex') === hash) ?? null;
  }

  /** After the drain, before the last requests are waited for: streams would not end by themselves. */
  async onModuleDestroy(): Promise<void> {
    this.closing = true;
    for (const timer of this.timers) clearInterval(timer);
    for (const { stream } of this.open) stream.end();
    await this.tail.close();
  }

  /** From the past to the tail. A reader of the past is read for as fast as it reads. */
  private async follow(stream: EventStream): Promise<void> {
    try {
      for (;;) {
        await this.tail.open();
        if (stream.isOver || this.closing || this.tail.join(stream, Date.now())) return;
        await this.readOn(stream);
        await stream.drained();
      }
    } catch (error) {
      // the client comes back, and is told then that its place is not kept any more
      if (!(error instanceof EventsGoneError)) this.log.error({ err: error, msg: 'a stream was cut off' });
      stream.end();
    }
  }

  private async readOn(stream: EventStream): Promise<void> {
    const { position, selection } = stream;
    const end = this.past.endOf(position);
    if (end <= (this.tail.reached ?? 0)) {
      const { text, through } = await this.past.read(position, selection, Date.now());
      stream.take(text, through);
      // what is in memory already must not keep everybody else from being served
      await breath();
      return;
    }
    const { events, through, now } = await this.feed.read(position, STRETCH, selection.narrowing);
    const codec = await this.cursors.codec();
    const written = events.map((row) => feedEvent(row, codec));
    stream.take(new EventText(written.filter((event) => selection.selects(event, now))), through);
  }

  private every(ms: number, work: () => Promise<void>): void {
    const run = () => {
      work().catch((error: unknown) =>
        this.log.error({ err: error, msg: 'streams could not be looked after' }),
      );
    };
    this.timers.push(setInterval(run, ms).unref());
  }
}
