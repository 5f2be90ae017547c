import { NEWEST_POSITION } from './event.position.js';

/** A place in a server's log of changes (an LSN), in bytes. */
export type LogPlace = bigint;

/** PostgreSQL's `16/B374D848`. */
export function parseLogPlace(text: string): LogPlace {
  const [high = '', low = ''] = text.split('/');
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}

/** What the primary shows at one moment, for comparing: a server that has repeated its log up to here shows all of it. */
export interface Moment {
  log: LogPlace;
  /** Places of different timelines cannot be compared. */
  timeline: number;
  /** Of the last event. */
  position: number;
}

export interface MomentRow {
  log: string;
  timeline: string;
  position: number;
}

// The statement's snapshot is older than the place: all that is visible to it is in the log before that. A commit becomes visible once
// its record is written for good, unless commits do not wait for that here: then the record is at least in the log's memory. (A primary
// writes to the log all the time, and what is not yet written for good reaches no replica.)
export const MOMENT = `
  SELECT (CASE WHEN current_setting('synchronous_commit') = 'off' THEN pg_current_wal_insert_lsn()
               ELSE pg_current_wal_flush_lsn() END)::text AS log,
    left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) AS timeline, ${NEWEST_POSITION} AS position`;

export function momentOf({ log, timeline, position }: MomentRow): Moment {
  return { log: parseLogPlace(log), timeline: Number.parseInt(timeline, 16), position };
}

/** Which data of which cluster a server has. */
export interface Identity {
  /** Of the cluster: given when it was made, and kept by every copy of its files. */
  system: string;
  /** The number of the database in its cluster: another one of the same cluster has another. */
  database: string;
}

export const IDENTITY = `
  (SELECT system_identifier::text FROM pg_control_system()) AS system,
  (SELECT oid::text FROM pg_database WHERE datname = current_database()) AS database`;

/**
 * The newest of what a living installation writes. A copy of the primary's files that went on by itself has the same identity, but sooner or
 * later other polls and events: who shows what the other never wrote, or lacks what it wrote, has parted from it.
 */
export interface Newest {
  pollId: number | null;
  poll: string | null;
  position: number | null;
  event: string | null;
}

const POLL = "concat_ws(' ', id, source_key, extract(epoch FROM began_at))";
const EVENT = "concat_ws(' ', position, source_key, job_id, sequence, extract(epoch FROM at))";

export const NEWEST = `
  SELECT poll.id AS "pollId", poll.text AS poll, event.position, event.text AS event
  FROM (SELECT) one
  LEFT JOIN (SELECT id, ${POLL} AS text FROM rollcall.poll ORDER BY id DESC LIMIT 1) poll ON true
  LEFT JOIN (SELECT position, ${EVENT} AS text FROM rollcall.event ORDER BY position DESC LIMIT 1) event ON true`;

/** Whether a server shows these, of the parameters {@link newestValues}. */
export const SHOWS = `
  SELECT ($1::bigint IS NULL OR EXISTS (SELECT FROM rollcall.poll WHERE id = $1 AND ${POLL} = $2))
    AND ($3::bigint IS NULL OR EXISTS (SELECT FROM rollcall.event WHERE position = $3 AND ${EVENT} = $4)) AS shows`;

export function newestValues({ pollId, poll, position, event }: Newest): unknown[] {
  return [pollId, poll, position, event];
}

/** How far a server has repeated the log of another one; null: it does not say. */
export const REPEATED = 'SELECT pg_is_in_recovery() AS standby, pg_last_wal_replay_lsn()::text AS log';

export interface RepeatedRow {
  standby: boolean;
  log: string | null;
}

/**
 * The timeline that a standby is known to have come to at least: its control file is written only now and then, and at the end of a
 * shutdown.
 */
export const KNOWN_TIMELINE = `
  greatest((SELECT timeline_id FROM pg_control_checkpoint()), (SELECT min_recovery_end_timeline FROM pg_control_recovery())) AS timeline`;
