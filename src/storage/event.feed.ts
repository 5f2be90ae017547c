import { Instant } from '../domain/job.js';
import { Database } from './database.js';
import { EventType, NewEvent } from './event.log.js';
import { isKeptPlace, NEWEST_POSITION } from './event.position.js';
import { fromPg } from './pg-time.js';
import { Reader } from './reader.js';

/** A narrowing that the database applies: what it rules out does not leave it. Left out: no condition. */
export interface EventNarrowing {
  /** Source keys. */
  sources?: readonly string[] | undefined;
  types?: readonly EventType[] | undefined;
  /** States that the job came to. */
  to?: readonly string[] | undefined;
  /** Job ids. */
  jobs?: readonly string[] | undefined;
}

/** An event as it is stored. Instants as PostgreSQL writes them. */
export interface StoredEvent extends Omit<NewEvent, 'at' | 'body' | 'pollId'> {
  position: number;
  at: string;
  /** The job as it was just after the change, or the source's new health. */
  body: Record<string, unknown>;
  /** Of an event of a source or of an expectation: the source's platform and labels as they are now. Null for events of a job, whose body has them. */
  platform: string | null;
  labels: Record<string, string> | null;
}

/** A stretch of the feed. */
export interface EventStretch {
  /** Those of its events that the narrowing lets through, in the order of the feed. */
  events: StoredEvent[];
  /** The last position that was looked at; the one that was begun after when there was nothing more. */
  through: number;
  /** Events that were looked at. */
  looked: number;
  /** When they were (database time). */
  now: Instant;
}

/** The most events of one look. */
export const MAX_STRETCH = 1_000;

/** The place is not in the feed any more: events after it were removed because of their age. */
export class EventsGoneError extends Error {}

/**
 * Reads the change feed. Positions are given under a lock that its writer holds until commit (event.log.ts), so what any statement
 * sees is a beginning of the feed without holes that could be filled later: a reader goes on after the last position it saw.
 */
export class EventFeed {
  /** @param reader where events are looked at; what is still kept, and what is newest, is asked of the database */
  constructor(
    private readonly database: Database,
    private readonly reader: Reader = database,
  ) {}

  /**
   * Looks at the next events after a position.
   *
   * @param count events to look at, whether the narrowing lets them through or not; at most {@link MAX_STRETCH}
   * @throws EventsGoneError when events after the position are not kept any more, or it is no place of this feed
   */
  async read(after: number, count: number, narrowing: EventNarrowing = {}): Promise<EventStretch> {
    const rows = await this.look(after, count, narrowing);
    // asked after the read: what is still kept by now was there to be read
    const now = await this.checkKept(after);
    return {
      events: rows.filter(({ wanted }) => wanted),
      through: rows.at(-1)?.position ?? after,
      looked: rows.length,
      now,
    };
  }

  /**
   * The events after one position and up to another one, as far as they are kept; and up to where there are no others, which may be far
   * beyond: between two histories no position is given (migration 1763944100000).
   */
  async between(after: number, through: number): Promise<{ events: StoredEvent[]; through: number }> {
    const rows = await this.look(after, through - after, {});
    const next = rows.find(({ position }) => position > through);
    return {
      events: rows.filter(({ position }) => position <= through),
      through: next === undefined ? through : next.position - 1,
    };
  }

  private look(after: number, count: number, { sources, types, to, jobs }: EventNarrowing) {
    if (count > MAX_STRETCH) throw new RangeError(`${count} events in one look, at most ${MAX_STRETCH}`);
    return this.reader.query<StoredEvent & { wanted: boolean }>({ name: 'event-stretch', text: STRETCH }, [
      after,
      sources ?? null,
      types ?? null,
      to ?? null,
      jobs ?? null,
      count,
    ]);
  }

  /** The position of the last event that is visible now: what commits later comes after it. 0 before the first event. */
  async newest(): Promise<number> {
    const [row] = await this.database.query<{ newest: number }>({
      name: 'event-newest',
      text: `SELECT ${NEWEST_POSITION} AS newest`,
    });
    return row!.newest;
  }

  /** The position after which every event is kept. */
  async beginning(): Promise<number> {
    const [row] = await this.database.query<{ position: number }>({
      name: 'event-floor',
      text: 'SELECT position FROM rollcall.event_floor',
    });
    return row!.position;
  }

  /** How many positions were given after one and up to another; as many events there were, at most. */
  async given(after: number, through: number): Promise<number> {
    const [row] = await this.database.query<{ given: number }>(
      `SELECT greatest(0, $2::bigint - $1::bigint - coalesce(sum(least(before, $2) - greatest(after, $1)), 0))::bigint AS given
       FROM rollcall.event_gap WHERE before > $1 AND after < $2`,
      [after, through],
    );
    return row!.given;
  }

  /**
   * @returns the time (database time)
   * @throws EventsGoneError unless every event after the position is there
   */
  private async checkKept(after: number): Promise<Instant> {
    const [row] = await this.database.query<{ kept: boolean; now: string }>(
      {
        name: 'event-kept',
        text: `SELECT ${isKeptPlace('$1::bigint')} AS kept, clock_timestamp() AS now`,
      },
      [after],
    );
    if (!row!.kept) throw new EventsGoneError();
    return fromPg(row!.now);
  }
}

// What is not wanted is counted and not carried: its body stays where it is. The inner limit only tells the planner that the outer one,
// which it does not know, is small: without it every read would be planned anew, which takes longer over many partitions than the read.
const STRETCH = `
  SELECT e.position, e.wanted, e.type, e.at, e.source_key AS source, e.job_id AS "jobId", e.sequence, e.from_state AS "from",
    e.to_state AS "to", e.backfill, e.replayed, e.changed, CASE WHEN e.wanted THEN e.body END AS body,
    CASE WHEN e.job_id IS NULL OR e.sequence IS NULL THEN s.platform END AS platform,
    CASE WHEN e.job_id IS NULL OR e.sequence IS NULL THEN s.labels END AS labels
  FROM (
    SELECT *, ($2::text[] IS NULL OR source_key = ANY($2)) AND ($3::text[] IS NULL OR type = ANY($3))
      AND ($4::text[] IS NULL OR coalesce(to_state = ANY($4), false))
      AND ($5::uuid[] IS NULL OR coalesce(job_id = ANY($5), false)) AS wanted
    FROM (SELECT * FROM rollcall.event WHERE position > $1::bigint ORDER BY position LIMIT ${MAX_STRETCH}) near
    ORDER BY position LIMIT $6::int
  ) e LEFT JOIN rollcall.source s ON s.key = e.source_key
  ORDER BY e.position`;
