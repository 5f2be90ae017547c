import { EventCursorCodec } from '../storage/event-cursor.js';
import { StoredEvent } from '../storage/event.feed.js';
import { EventType } from '../storage/event.log.js';
import { JOB_FIELDS } from '../storage/job.fields.js';
import { isoFromPg } from '../storage/pg-time.js';
import { MatchedJob } from './job-matcher.js';

/** An event as readers get it, written once whoever and how many they are. */
export interface FeedEvent {
  position: number;
  /** Its cursor. */
  id: string;
  type: EventType;
  /** Null: of the installation itself. */
  source: string | null;
  jobId: string | null;
  /** The state that its job came to; null for events of a source. */
  to: string | null;
  /** What filters look at. */
  subject: MatchedJob;
  /** Contract, section 7, as JSON on one line. */
  json: string;
}

export function feedEvent(row: StoredEvent, codec: EventCursorCodec): FeedEvent {
  const id = codec.encode(row.position);
  if (row.type === 'alert.firing' || row.type === 'alert.resolved') return alertEvent(row, id);
  const isOfJob = row.jobId !== null;
  const { health, previousHealth, webhook, reason } = row.body;
  const shown = {
    id,
    type: row.type,
    at: isoFromPg(row.at),
    source: row.source,
    sequence: row.sequence,
    job: isOfJob ? inOrder(row.body) : null,
    from: row.from,
    to: row.to,
    backfill: row.backfill,
    ...(row.replayed === true ? { replayed: true } : {}),
    changed: row.changed,
    ...(isOfJob ? {} : row.source === null ? { webhook, reason } : { health, previousHealth, reason }),
  };
  return {
    position: row.position,
    id,
    type: row.type,
    source: row.source,
    jobId: row.jobId,
    to: row.to,
    subject: isOfJob ? row.body : { source: row.source, platform: row.platform, labels: row.labels },
    json: JSON.stringify(shown),
  };
}

/** An event of an expectation: of a job, or of what a source's jobs do together. It changed nothing, and so counts in no sequence. */
function alertEvent(row: StoredEvent, id: string): FeedEvent {
  const { type, source, jobId, platform, labels } = row;
  const job = row.body['job'] as Record<string, unknown> | null;
  const { name, kind, since, value, limit, ...rest } = row.body['alert'] as Record<string, unknown>;
  const { type: jobType, message } = rest;
  const shown = {
    id,
    type,
    at: isoFromPg(row.at),
    source,
    sequence: null,
    job: job === null ? null : inOrder(job),
    from: null,
    to: null,
    backfill: false,
    changed: [],
    alert: { name, kind, since, value, limit, type: jobType, message },
  };
  return {
    ...{ position: row.position, id, type, source, jobId, to: null },
    subject: job ?? { source, platform, labels, type: jobType },
    json: JSON.stringify(shown),
  };
}

/** The database keeps the members of an object in an order of its own. */
function inOrder(job: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(JOB_FIELDS.map(({ name }) => [name, job[name]]));
}
