import { randomBytes } from 'node:crypto';
import { JsonObject } from '../domain/job.js';
import { Database } from './database.js';
import { StoredEvent } from './event.feed.js';
import { Page, Position, readPage } from './page-cursor.js';
import { wake } from './webhook.store.js';

export const DELIVERY_STATES = ['pending', 'delivered', 'failed', 'skipped'] as const;
/** `failed`: for good. `skipped`: there was nothing to deliver any more. */
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** How a try failed. Null where it is spoken of: it did not. */
export type AttemptErrorKind =
  /** Its address is private, or the way to it may not be taken. */
  | 'address'
  /** No connection, or it broke. */
  | 'network'
  | 'timeout'
  /** It answered something other than 2xx. */
  | 'status'
  /** A redirect, which is not followed. */
  | 'redirect'
  /** What had to be sent is too large, or could not be written. */
  | 'request';

/** One try. Instants as the database writes them. */
export interface StoredAttempt {
  number: number;
  at: string;
  durationMs: number;
  /** Null: no answer came. */
  status: number | null;
  error: { kind: AttemptErrorKind; message: string } | null;
  /** Lower-case names. Those of the signature among them: it is no secret. */
  requestHeaders: Record<string, string>;
  requestBytes: number;
  /** Null: no answer came. */
  responseHeaders: Record<string, string> | null;
  /** The first 4 KiB, as text; null: no answer came. */
  responseBody: string | null;
}

/** A delivery as it is kept. Instants as the database writes them. */
export interface StoredDelivery {
  /** The `webhook-id`. */
  id: string;
  number: number;
  webhookId: string;
  /** Of its event in the feed; null: it has none there (a test). */
  position: number | null;
  jobId: string | null;
  /** Of its event, or `webhook.test`. */
  type: string;
  state: DeliveryState;
  attempts: number;
  /** Null: none comes. A delivery whose lane waits for another one may be tried later. */
  nextAttemptAt: string | null;
  /** What it does to an alert: `{key, action, …}` (feed/webhook-notification.ts); null: nothing. */
  alert: JsonObject | null;
  replay: boolean;
  /** Null: not of a single delivery. */
  replayOf: string | null;
  createdAt: string;
  finishedAt: string | null;
  /** Null: none yet. */
  lastAttempt: Pick<StoredAttempt, 'number' | 'at' | 'durationMs' | 'status' | 'error'> | null;
}

/** A delivery with its tries, the newest first (at most 100), and the event that it tells of; null: that is not kept any more. */
export interface DeliveryDetail extends StoredDelivery {
  tries: StoredAttempt[];
  event: StoredEvent | null;
  /** The event where it is in no feed. */
  body: JsonObject | null;
}

/** A name that no other delivery has, and that says nothing of how many there are. */
export function newDeliveryId(): string {
  return `msg_${randomBytes(18).toString('base64url')}`;
}

/** What is sent to an endpoint as its try. */
export const TEST_TYPE = 'webhook.test';

const ATTEMPT = `json_build_object('number', a.number, 'at', a.at::text, 'durationMs', a.duration_ms, 'status', a.status,
  'error', CASE WHEN a.error_kind IS NOT NULL THEN json_build_object('kind', a.error_kind, 'message', a.error_message) END`;

const COLUMNS = `d.id, d.number, d.webhook_id AS "webhookId", d.position, d.job_id AS "jobId", d.type, d.state, d.attempts,
  CASE WHEN d.state = 'pending' THEN d.next_attempt_at END AS "nextAttemptAt", d.alert, d.replay, d.replay_of AS "replayOf",
  d.created_at AS "createdAt", d.finished_at AS "finishedAt",
  (SELECT ${ATTEMPT}) FROM rollcall.webhook_attempt a WHERE a.delivery_id = d.id ORDER BY a.number DESC LIMIT 1) AS "lastAttempt"`;

const MAX_TRIES = 100;

/** What endpoints were told, and will be. Which endpoints the caller may see is asked of WebhookStore before. */
export class WebhookDeliveryStore {
  constructor(private readonly database: Database) {}

  /** Newest first. @param states null: all */
  list(
    webhookId: string,
    states: readonly DeliveryState[] | null,
    limit: number,
    position: Position,
  ): Promise<Page<StoredDelivery>> {
    const beyond = `${position.backward ? '>' : '<'}${position.inclusive ? '=' : ''}`;
    const [number] = position.key ?? [null];
    return readPage(
      position,
      limit,
      (count) =>
        this.database.query<StoredDelivery>(
          `SELECT ${COLUMNS} FROM rollcall.webhook_delivery d
           WHERE d.webhook_id = $1 AND ($2::text[] IS NULL OR d.state = ANY($2)) AND ($3::bigint IS NULL OR d.number ${beyond} $3)
           ORDER BY d.number ${position.backward ? 'ASC' : 'DESC'} LIMIT $4`,
          [webhookId, states, number, count],
        ),
      (row) => [row.number],
    );
  }

  /** Null: there is none (any more). */
  async get(webhookId: string, id: string): Promise<DeliveryDetail | null> {
    const rows = await this.database.query<DeliveryDetail>(
      `SELECT ${COLUMNS}, d.body, coalesce((SELECT json_agg(a.try) FROM (
         SELECT ${ATTEMPT}, 'requestHeaders', a.request_headers, 'requestBytes', a.request_bytes,
           'responseHeaders', a.response_headers, 'responseBody', a.response_body) AS try
         FROM rollcall.webhook_attempt a WHERE a.delivery_id = d.id ORDER BY a.number DESC LIMIT ${MAX_TRIES}) a), '[]') AS tries,
         (SELECT to_jsonb(e) FROM (SELECT e.position, e.type, e.at::text AS at, e.source_key AS source, e.job_id AS "jobId", e.sequence,
            e.from_state AS "from", e.to_state AS "to", e.backfill, e.replayed, e.changed, e.body, s.platform, s.labels
          FROM rollcall.event e LEFT JOIN rollcall.source s ON s.key = e.source_key AND (e.job_id IS NULL OR e.sequence IS NULL)
          WHERE e.position = d.position AND e.at = d.event_at) e) AS event
       FROM rollcall.webhook_delivery d WHERE d.webhook_id = $1 AND d.id = $2`,
      [webhookId, id],
    );
    return rows[0] ?? null;
  }

  /** Makes a delivery of type `webhook.test`. @returns its id; null: there is no such endpoint, or it is disabled */
  async makeTest(webhookId: string): Promise<string | null> {
    const id = newDeliveryId();
    return this.addOne(
      `INSERT INTO rollcall.webhook_delivery (id, webhook_id, lane, head, type, body, next_attempt_at)
       SELECT $2, w.id, $2, true, '${TEST_TYPE}', jsonb_build_object('id', null, 'type', '${TEST_TYPE}',
         'at', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'source', null, 'sequence', null, 'job', null, 'from', null, 'to', null,
         'backfill', false, 'changed', '[]'::jsonb, 'webhook', jsonb_build_object('id', w.id, 'name', w.name)), now()
       FROM rollcall.webhook w WHERE w.id = $1 RETURNING id`,
      webhookId,
      [id],
    );
  }

  /**
   * Makes a delivery that tells once more what another one told, after everything of its lane that still waits.
   *
   * @returns its id; null: there is no such delivery, or its endpoint is disabled
   */
  async replayOne(webhookId: string, deliveryId: string): Promise<string | null> {
    const id = newDeliveryId();
    return this.addOne(
      `INSERT INTO rollcall.webhook_delivery
         (id, webhook_id, lane, head, position, event_at, job_id, type, alert, body, next_attempt_at, replay, replay_of)
       SELECT $2, d.webhook_id, d.lane, NOT EXISTS (SELECT 1 FROM rollcall.webhook_delivery p
           WHERE p.webhook_id = d.webhook_id AND p.lane = d.lane AND p.state = 'pending'),
         d.position, d.event_at, d.job_id, d.type, d.alert, d.body, now(), true, d.id
       FROM rollcall.webhook_delivery d WHERE d.webhook_id = $1 AND d.id = $3 RETURNING id`,
      webhookId,
      [id, deliveryId],
    );
  }

  /** Under the endpoint's lock, as everything that says what is first in a lane. */
  private addOne(sql: string, webhookId: string, values: unknown[]): Promise<string | null> {
    return this.database.transaction(async (client) => {
      const { rowCount } = await client.query(
        'SELECT 1 FROM rollcall.webhook WHERE id = $1 AND enabled FOR UPDATE',
        [webhookId],
      );
      if (rowCount === 0) return null;
      const { rows } = await client.query<{ id: string }>(sql, [webhookId, ...values]);
      await wake(client);
      return rows[0]?.id ?? null;
    });
  }
}
