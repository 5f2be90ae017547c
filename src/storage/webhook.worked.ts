import { Instant } from '../domain/job.js';
import { fromPg } from './pg-time.js';
import { StoredWebhook, WEBHOOK_COLUMNS } from './webhook.store.js';

/** What whoever works an endpoint knows of it. */
export interface WorkedWebhook extends StoredWebhook {
  /** Of the feed, up to which its deliveries were made. */
  position: number;
  /** The range that is made deliveries of once more. */
  replay: { position: number; through: number } | null;
  /** When the last failure that counts was noted; null: there was none since the last success. */
  lastFailureAt: string | null;
  /** Database time when it was read. */
  now: Instant;
}

export type WorkedRow = Omit<WorkedWebhook, 'now' | 'replay'> & {
  now: string;
  replay_position: number | null;
  replay_through: number | null;
};

/** Of `rollcall.webhook w`. */
export const WORKED = `${WEBHOOK_COLUMNS}, w.position, w.replay_position, w.replay_through, w.last_failure_at AS "lastFailureAt",
  clock_timestamp() AS now`;

export function workedFromRow({
  now,
  replay_position,
  replay_through,
  ...webhook
}: WorkedRow): WorkedWebhook {
  return {
    ...webhook,
    replay:
      replay_position === null || replay_through === null
        ? null
        : { position: replay_position, through: replay_through },
    now: fromPg(now),
  };
}
