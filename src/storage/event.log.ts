import { PoolClient } from 'pg';
import { EventType } from '../domain/event-type.js';
import { Instant } from '../domain/job.js';
import { BoundStatement } from './in-turn.js';
import { toPg } from './pg-time.js';
import { Column, columnNames, overRows, selectRows } from './sql-values.js';

export { EVENT_TYPES, type EventType } from '../domain/event-type.js';

/** One entry of the change feed, before it has its position. */
export interface NewEvent {
  type: EventType;
  at: Instant;
  /** Null: of the installation itself; whoever is limited to sources does not see it. */
  source: string | null;
  jobId: string | null;
  /** Per job from 1; null for events of a source. */
  sequence: number | null;
  from: string | null;
  to: string | null;
  backfill: boolean;
  changed: readonly string[];
  /** The job as it was just after the change, the source's new health, or the endpoint that was disabled and why. */
  body: unknown;
  pollId: number | null;
  /** Nothing was read of the platform: a stored record was read again under other rules. */
  replayed?: boolean;
}

/** An event that is no job's: of a source, or of the installation itself. */
export function eventOfNoJob(event: Pick<NewEvent, 'type' | 'at' | 'source' | 'body' | 'pollId'>): NewEvent {
  return { ...event, jobId: null, sequence: null, from: null, to: null, backfill: false, changed: [] };
}

/** The most events of one transaction: they are numbered under a lock that every writer needs. */
export const MAX_EVENTS = 1_000;

/** Told when events were committed, without saying which: whoever follows the feed looks for itself. */
export const FEED_CHANNEL = 'rollcall_event';

const COLUMNS: readonly Column<NewEvent>[] = [
  { name: 'type', type: 'text', value: (event) => event.type },
  { name: 'at', type: 'timestamptz', value: (event) => toPg(event.at) },
  { name: 'source_key', type: 'text', value: (event) => event.source },
  { name: 'job_id', type: 'uuid', value: (event) => event.jobId },
  { name: 'sequence', type: 'integer', value: (event) => event.sequence },
  { name: 'from_state', type: 'text', value: (event) => event.from },
  { name: 'to_state', type: 'text', value: (event) => event.to },
  { name: 'backfill', type: 'boolean', value: (event) => event.backfill },
  { name: 'changed', type: 'text[]', value: (event) => event.changed },
  { name: 'body', type: 'jsonb', value: (event) => JSON.stringify(event.body) },
  { name: 'poll_id', type: 'bigint', value: (event) => event.pollId },
  { name: 'replayed', type: 'boolean', value: (event) => event.replayed === true },
];

/** Appends events as the last act of a transaction. */
export async function appendEvents(client: PoolClient, events: readonly NewEvent[]): Promise<void> {
  const statement = insertEvents(events);
  if (statement !== null) await client.query(statement);
}

/**
 * The last statement of a transaction; null where there are no events. The rows reach the server before the lock is taken: staged in a
 * temporary table they would cost catalogue writes, as parameters of one statement they cost none. The turn is held to the commit, so that
 * positions grow in the order of commits (migration 1763944100000).
 */
export function insertEvents(events: readonly NewEvent[]): BoundStatement | null {
  if (events.length === 0) return null;
  if (events.length > MAX_EVENTS)
    throw new RangeError(`${events.length} events in one transaction, at most ${MAX_EVENTS}`);
  const { text, values } = selectRows(COLUMNS, events);
  return overRows(
    events,
    `WITH turn AS MATERIALIZED (SELECT rollcall.take_event_turn() AS taken,
         pg_notify('${FEED_CHANNEL}', '') AS told),
       staged AS MATERIALIZED (SELECT * FROM turn, (${text}) AS e(${columnNames(COLUMNS)}))
     INSERT INTO rollcall.event (position, ${columnNames(COLUMNS)})
     SELECT nextval('rollcall.event_position_seq'), ${columnNames(COLUMNS)} FROM staged`,
    values,
  );
}
