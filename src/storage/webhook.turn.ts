import { PoolClient } from 'pg';
import { Instant, JsonObject } from '../domain/job.js';
import { AlertKind } from '../domain/webhook.js';
import { appendEvents, eventOfNoJob } from './event.log.js';
import { fromPg, toPg } from './pg-time.js';
import { Column, columnNames, selectRows } from './sql-values.js';
import { DeliveryState, StoredAttempt, newDeliveryId } from './webhook-delivery.store.js';
import { WebhookDisabledReason } from './webhook.store.js';
import { WORKED, WorkedRow, WorkedWebhook, workedFromRow } from './webhook.worked.js';

/** A delivery before it is made. */
export interface NewDelivery {
  lane: string;
  /** Of its event in the feed. */
  position: number;
  /** When its event happened, as the database writes it. */
  eventAt: string;
  jobId: string | null;
  type: string;
  alert: JsonObject | null;
  replay: boolean;
}

/** An alert that an endpoint was told of and that is not resolved. */
export interface OpenAlert {
  key: string;
  kind: AlertKind;
  source: string;
  type: string | null;
  firedAt: Instant;
  /** Of the last event that fired it. */
  position: number;
  /** When that event happened, as the database writes it. */
  eventAt: string;
  eventType: string;
  /** Of the last job that fired it; null for an outage, and for an expectation of several jobs. */
  jobId: string | null;
  /** Where the run that fired it last stands among those of its type; null: nobody knows. */
  runAt: Instant | null;
  /** Null: only news resolve it. */
  resolveAt: Instant | null;
}

/** A try that is over. */
export interface EndedAttempt extends Omit<StoredAttempt, 'number' | 'at'> {
  at: Instant;
}

/** What becomes of a delivery. */
export interface DeliveryOutcome {
  id: string;
  lane: string;
  /** Its number of tries, this one included. */
  attempts: number;
  /** Null: nothing was tried, because there is nothing to deliver any more. */
  attempt: EndedAttempt | null;
  state: DeliveryState;
  nextAttemptAt: Instant;
  /** Null: none was made. */
  firstAttemptAt: Instant | null;
  /** Since when it alone fails, while the endpoint takes others; null: it does not. */
  aloneSince: Instant | null;
}

/** How an endpoint takes what it is sent. */
export interface EndpointHealth {
  failingSince: Instant | null;
  lastSuccessAt: Instant | null;
  consecutiveFailures: number;
  lastFailureAt: Instant | null;
  nextAttemptAt: Instant | null;
}

interface DeliveryRow extends NewDelivery {
  id: string;
  head: boolean;
}

const DELIVERY_COLUMNS: readonly Column<DeliveryRow>[] = [
  { name: 'id', type: 'text', value: ({ id }) => id },
  { name: 'lane', type: 'text', value: ({ lane }) => lane },
  { name: 'head', type: 'boolean', value: ({ head }) => head },
  { name: 'position', type: 'bigint', value: ({ position }) => position },
  { name: 'event_at', type: 'timestamptz', value: ({ eventAt }) => eventAt },
  { name: 'job_id', type: 'uuid', value: ({ jobId }) => jobId },
  { name: 'type', type: 'text', value: ({ type }) => type },
  { name: 'alert', type: 'jsonb', value: ({ alert }) => alert && JSON.stringify(alert) },
  { name: 'replay', type: 'boolean', value: ({ replay }) => replay },
];

// Every argument is a list, one value an outcome; the statement is prepared once on each connection.
const SETTLE = `
  WITH outcome AS (
    SELECT * FROM unnest($2::text[], $3::text[], $4::integer[], $5::text[], $6::timestamptz[], $7::timestamptz[], $8::timestamptz[])
      AS o (id, lane, attempts, state, next_attempt_at, first_attempt_at, alone_since)
  ), noted AS (
    UPDATE rollcall.webhook_delivery AS d SET attempts = o.attempts, state = o.state, next_attempt_at = o.next_attempt_at,
      first_attempt_at = o.first_attempt_at, alone_since = o.alone_since, finished_at = CASE WHEN o.state <> 'pending' THEN now() END
    FROM outcome o WHERE d.id = o.id
  ), tried AS (
    INSERT INTO rollcall.webhook_attempt (delivery_id, number, at, duration_ms, status, error_kind, error_message, request_headers,
      request_bytes, response_headers, response_body)
    SELECT id, number, at, duration_ms, status, error_kind, error_message, request_headers::jsonb, request_bytes, response_headers::jsonb,
      response_body
    FROM unnest($9::text[], $10::integer[], $11::timestamptz[], $12::integer[], $13::integer[], $14::text[], $15::text[], $16::text[],
      $17::integer[], $18::text[], $19::text[]) AS a (id, number, at, duration_ms, status, error_kind, error_message, request_headers,
      request_bytes, response_headers, response_body)
    -- a promotion may have lost the delivery after it was sent
    WHERE EXISTS (SELECT FROM rollcall.webhook_delivery d WHERE d.id = a.id)
    -- noted once more: whether it had been committed was not heard
    ON CONFLICT (delivery_id, number) DO NOTHING
  )
  -- what the statement itself changes it does not see yet
  UPDATE rollcall.webhook_delivery AS d SET head = true
  FROM outcome o, LATERAL (SELECT id FROM rollcall.webhook_delivery n
    WHERE n.webhook_id = $1 AND n.lane = o.lane AND n.state = 'pending' AND n.id <> o.id ORDER BY n.number LIMIT 1) next
  WHERE o.state <> 'pending' AND d.id = next.id`;

/** What the owner of an endpoint writes in one transaction, under the lock of the endpoint's row. */
export class WebhookTurn {
  private disabling: WebhookDisabledReason | null = null;

  constructor(
    private readonly client: PoolClient,
    private worked: WorkedWebhook,
  ) {}

  /** As it is, now that nobody else can change it. */
  get webhook(): WorkedWebhook {
    return this.worked;
  }

  /** In the order of the feed. */
  async addDeliveries(deliveries: readonly NewDelivery[]): Promise<void> {
    if (deliveries.length === 0) return;
    const lanes = [...new Set(deliveries.map(({ lane }) => lane))];
    const { rows } = await this.client.query<{ lane: string }>(
      `SELECT wanted.lane FROM unnest($2::text[]) AS wanted (lane) WHERE EXISTS (SELECT 1 FROM rollcall.webhook_delivery d
         WHERE d.webhook_id = $1 AND d.lane = wanted.lane AND d.state = 'pending')`,
      [this.webhook.id, lanes],
    );
    const taken = new Set(rows.map(({ lane }) => lane));
    const made = deliveries.map((delivery) => {
      const head = !taken.has(delivery.lane);
      taken.add(delivery.lane);
      return { ...delivery, id: newDeliveryId(), head };
    });
    const { text, values } = selectRows(DELIVERY_COLUMNS, made, 2);
    await this.client.query(
      `INSERT INTO rollcall.webhook_delivery (webhook_id, next_attempt_at, ${columnNames(DELIVERY_COLUMNS)})
       SELECT $1, now(), ${columnNames(DELIVERY_COLUMNS)} FROM (${text}) AS made (${columnNames(DELIVERY_COLUMNS)})`,
      [this.webhook.id, ...values],
    );
  }

  async advance(position: number): Promise<void> {
    await this.client.query('UPDATE rollcall.webhook SET position = $2 WHERE id = $1', [
      this.webhook.id,
      position,
    ]);
  }

  /** @param events that were removed before the endpoint was told of them, at most */
  async miss(events: number): Promise<void> {
    if (events === 0) return;
    await this.client.query(
      'UPDATE rollcall.webhook SET missed_events = missed_events + $2, missed_at = now() WHERE id = $1',
      [this.webhook.id, events],
    );
  }

  /** @param position up to which the range is made deliveries of again; null: all of it is */
  async advanceReplay(position: number | null): Promise<void> {
    await this.client.query(
      `UPDATE rollcall.webhook SET replay_position = $2, replay_through = CASE WHEN $2::bigint IS NOT NULL THEN replay_through END
       WHERE id = $1`,
      [this.webhook.id, position],
    );
  }

  /** Those of the keys that are open. */
  async alerts(keys: readonly string[]): Promise<OpenAlert[]> {
    return this.readAlerts('key = ANY($2::text[])', keys);
  }

  /** Those that nothing was heard of for so long that they end, the earliest first. */
  async alertsToExpire(limit: number): Promise<OpenAlert[]> {
    return this.readAlerts('resolve_at <= now() ORDER BY resolve_at LIMIT $2', limit);
  }

  private async readAlerts(condition: string, value: unknown): Promise<OpenAlert[]> {
    const { rows } = await this.client.query<
      Omit<OpenAlert, 'firedAt' | 'runAt' | 'resolveAt'> & {
        firedAt: string;
        runAt: string | null;
        resolveAt: string | null;
      }
    >(
      `SELECT key, kind, source_key AS source, type, fired_at AS "firedAt", position, event_at AS "eventAt", event_type AS "eventType", job_id AS "jobId", run_at AS "runAt",
         resolve_at AS "resolveAt" FROM rollcall.webhook_alert WHERE webhook_id = $1 AND ${condition}`,
      [this.webhook.id, value],
    );
    return rows.map((row) => ({
      ...row,
      firedAt: fromPg(row.firedAt),
      runAt: row.runAt === null ? null : fromPg(row.runAt),
      resolveAt: row.resolveAt === null ? null : fromPg(row.resolveAt),
    }));
  }

  async saveAlerts(alerts: readonly OpenAlert[]): Promise<void> {
    for (const { key, kind, source, type, firedAt, position, eventAt, eventType, jobId, ...times } of alerts)
      await this.client.query(
        `INSERT INTO rollcall.webhook_alert
           (webhook_id, key, kind, source_key, type, fired_at, position, event_at, event_type, job_id, run_at,
            resolve_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         ON CONFLICT (webhook_id, key) DO UPDATE SET position = excluded.position, event_at = excluded.event_at,
           event_type = excluded.event_type, job_id = excluded.job_id,
           run_at = excluded.run_at, resolve_at = excluded.resolve_at, fired_at = excluded.fired_at`,
        [
          ...[this.webhook.id, key, kind, source, type, toPg(firedAt), position, eventAt, eventType, jobId],
          ...[pgOrNull(times.runAt), pgOrNull(times.resolveAt)],
        ],
      );
  }

  async removeAlerts(keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    await this.client.query(
      'DELETE FROM rollcall.webhook_alert WHERE webhook_id = $1 AND key = ANY($2::text[])',
      [this.webhook.id, keys],
    );
  }

  /**
   * Notes what became of deliveries; the next of a lane whose first is over may come.
   *
   * @param outcomes each of another lane
   */
  async settle(outcomes: readonly DeliveryOutcome[]): Promise<void> {
    if (outcomes.length === 0) return;
    const tried = outcomes.flatMap(({ id, attempts: number, attempt }) =>
      attempt === null ? [] : [{ ...attempt, id, number }],
    );
    await this.client.query({
      name: 'webhook-settle',
      text: SETTLE,
      values: [
        this.webhook.id,
        outcomes.map(({ id }) => id),
        outcomes.map(({ lane }) => lane),
        outcomes.map(({ attempts }) => attempts),
        outcomes.map(({ state }) => state),
        outcomes.map(({ nextAttemptAt }) => toPg(nextAttemptAt)),
        outcomes.map(({ firstAttemptAt }) => pgOrNull(firstAttemptAt)),
        outcomes.map(({ aloneSince }) => pgOrNull(aloneSince)),
        tried.map(({ id }) => id),
        tried.map(({ number }) => number),
        tried.map(({ at }) => toPg(at)),
        tried.map(({ durationMs }) => durationMs),
        tried.map(({ status }) => status),
        tried.map(({ error }) => error?.kind ?? null),
        tried.map(({ error }) => error?.message ?? null),
        tried.map(({ requestHeaders }) => JSON.stringify(requestHeaders)),
        tried.map(({ requestBytes }) => requestBytes),
        tried.map(({ responseHeaders }) => responseHeaders && JSON.stringify(responseHeaders)),
        tried.map(({ responseBody }) => responseBody),
      ],
    });
  }

  /** @param recovered the endpoint was down and is no more: what was put off because of that comes at once */
  async saveHealth(health: EndpointHealth, recovered: boolean): Promise<void> {
    const { rows } = await this.client.query<WorkedRow>({
      name: 'webhook-health',
      text: `UPDATE rollcall.webhook AS w SET failing_since = $2, last_success_at = $3, consecutive_failures = $4, last_failure_at = $5,
         next_attempt_at = $6 WHERE w.id = $1 RETURNING ${WORKED}`,
      values: [
        this.webhook.id,
        pgOrNull(health.failingSince),
        pgOrNull(health.lastSuccessAt),
        health.consecutiveFailures,
        pgOrNull(health.lastFailureAt),
        pgOrNull(health.nextAttemptAt),
      ],
    });
    this.worked = workedFromRow(rows[0]!);
    if (recovered)
      await this.client.query(
        `UPDATE rollcall.webhook_delivery SET next_attempt_at = now()
         WHERE webhook_id = $1 AND state = 'pending' AND head AND alone_since IS NULL AND next_attempt_at > now()`,
        [this.webhook.id],
      );
  }

  /** The endpoint is told of nothing from now on, and the feed tells of that. */
  async disable(reason: WebhookDisabledReason): Promise<void> {
    const { rows } = await this.client.query<WorkedRow>(
      `UPDATE rollcall.webhook AS w SET enabled = false, disabled_reason = $2, disabled_at = now(), updated_at = now()
       WHERE w.id = $1 AND w.enabled RETURNING ${WORKED}`,
      [this.webhook.id, reason],
    );
    if (rows[0] === undefined) return;
    this.worked = workedFromRow(rows[0]);
    this.disabling = reason;
  }

  /** What has to come last: the feed is numbered under a lock that every writer needs. */
  async end(): Promise<void> {
    if (this.disabling === null) return;
    const { id, name, now } = this.webhook;
    await appendEvents(this.client, [
      eventOfNoJob({
        type: 'webhook.disabled',
        at: now,
        source: null,
        body: { webhook: { id, name }, reason: this.disabling },
        pollId: null,
      }),
    ]);
  }
}

function pgOrNull(instant: Instant | null): string | null {
  return instant === null ? null : toPg(instant);
}
