import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { EventQuestion, EventSelection, eventSelection } from '../../feed/event-selection.js';
import { FeedEvent, feedEvent } from '../../feed/feed-event.js';
import { StreamRight, StreamService } from '../../feed/stream.service.js';
import { EventCursorCodec, EventCursors } from '../../storage/event-cursor.js';
import { EventFeed, MAX_STRETCH } from '../../storage/event.feed.js';
import { EventParameters, LATEST, ListEventsParameters } from '../dto/events.parameters.js';
import { PagedAnswer, writePage } from '../http/page-answer.js';
import { Principal } from '../access/principal.js';
import { invalidRequest } from '../http/problem.js';
import { refusingGone } from './kept-events.js';

/** Events that one request looks at, whether they are wanted or not: what is rare takes several requests, none of them a long one. */
const MAX_LOOKED_AT = 10_000;

/** For whoever comes too late. */
const ADVICE = 'Read the jobs, whose first page has a cursor (`page.feed`), and go on from there.';

/** Answers questions about the change feed. */
@Injectable()
export class EventsService {
  constructor(
    private readonly feed: EventFeed,
    private readonly cursors: EventCursors,
    private readonly streams: StreamService,
  ) {}

  /** @throws Problem `invalid-request` or `cursor-expired` */
  async list(parameters: ListEventsParameters, caller: Principal): Promise<PagedAnswer> {
    const { after, limit } = parameters;
    const codec = await this.cursors.codec();
    const place = after === undefined ? await this.feed.beginning() : await this.placeOf(after, 'after');
    const selection = eventSelection(questionOf(parameters, caller));
    const { events, through } =
      after === LATEST
        ? { events: [], through: place }
        : await refusingGone(ADVICE, () => this.read(place, limit, selection, codec));
    const next = codec.encode(through);
    const page = { limit, next, prev: null, total: null, totalKind: 'none' };
    return {
      answer: writePage(
        events.map(({ json }) => ({ json, stable: '' })),
        page,
      ),
      page,
    };
  }

  /**
   * A stream after the given place, else from now on.
   *
   * @param lastEventId what the client saw last; it comes back with the address that it first asked for, so this counts more than `after`
   * @throws Problem `invalid-request`, or `cursor-expired`
   */
  async stream(
    parameters: EventParameters,
    lastEventId: string | undefined,
    caller: Principal,
    right: StreamRight,
  ): Promise<Readable> {
    const place = await this.beginningOf(parameters, lastEventId);
    return refusingGone(ADVICE, () => this.streams.start(questionOf(parameters, caller), place, right));
  }

  /** Refuses what {@link stream} would refuse, and begins none. */
  async check(parameters: EventParameters, lastEventId: string | undefined): Promise<null> {
    const place = await this.beginningOf(parameters, lastEventId);
    if (place !== null) await refusingGone(ADVICE, () => this.feed.read(place, 0));
    return null;
  }

  private async beginningOf(
    { after }: EventParameters,
    lastEventId: string | undefined,
  ): Promise<number | null> {
    if (lastEventId) return this.placeOf(lastEventId, 'Last-Event-ID');
    return after === undefined || after === LATEST ? null : this.placeOf(after, 'after');
  }

  private async placeOf(cursor: string, parameter: string): Promise<number> {
    if (cursor === LATEST) return this.feed.newest();
    const place = (await this.cursors.codec()).decode(cursor);
    if (place === null)
      throw invalidRequest([{ parameter, detail: 'is not a cursor that was given out here' }]);
    return place;
  }

  private async read(
    place: number,
    limit: number,
    { narrowing, selects }: EventSelection,
    codec: EventCursorCodec,
  ): Promise<{ events: FeedEvent[]; through: number }> {
    const events: FeedEvent[] = [];
    let through = place;
    for (let looked = 0; looked < MAX_LOOKED_AT;) {
      // nearly always the first read is enough; each further one looks at as many again
      const count = Math.min(Math.max(limit, looked), MAX_STRETCH);
      const stretch = await this.feed.read(through, count, narrowing);
      for (const row of stretch.events) {
        const event = feedEvent(row, codec);
        if (!selects(event, stretch.now)) continue;
        events.push(event);
        if (events.length === limit) return { events, through: event.position };
      }
      through = stretch.through;
      looked += stretch.looked;
      if (stretch.looked < count) break;
    }
    return { events, through };
  }
}

function questionOf(parameters: EventParameters, { sources }: Principal): EventQuestion {
  return { types: parameters.types, to: parameters.to, filter: parameters.jobFilter(), sources };
}
