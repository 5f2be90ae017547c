import { PoolClient } from 'pg';
import { JsonObject } from '../domain/job.js';
import { claimNumber } from './claim-number.js';
import { Database } from './database.js';
import { StoredEvent } from './event.feed.js';
import { NEWEST_POSITION } from './event.position.js';
import { batchOf, RemovedBatch } from './job.retention.js';
import { WebhookTurn } from './webhook.turn.js';
import { WORKED, WorkedRow, WorkedWebhook, workedFromRow } from './webhook.worked.js';

/** An endpoint that this process alone works until its time is over. */
export interface WebhookLease {
  id: string;
  /** Of the claim: a later one has a greater. */
  fence: number;
}

/** The endpoint is another process's now, or gone. Nothing more may be written. */
export class WebhookLeaseLostError extends Error {
  constructor(id: string) {
    super(`the lease of webhook ${id} is gone`);
    this.name = 'WebhookLeaseLostError';
  }
}

/** The first delivery of a lane, with what it tells. Instants as the database writes them. */
export interface DueDelivery {
  id: string;
  type: string;
  lane: string;
  position: number | null;
  alert: JsonObject | null;
  body: JsonObject | null;
  attempts: number;
  firstAttemptAt: string | null;
  aloneSince: string | null;
  createdAt: string;
  /** Null: it has none, or it is not kept any more. */
  event: StoredEvent | null;
}

/** From so many failures in a row on, an endpoint counts as down: it is tried with one delivery at a time. */
export const DOWN_AFTER = 3;

/** Deliveries that one statement of the retention removes. */
const PRUNE_BATCH = 1_000;

/** Those of ($1, $2) whose claim is still the last; in the order in which a reload locks them, or each would wait for the other. */
const LOCK_HELD = `
  SELECT w.id FROM unnest($1::uuid[], $2::bigint[]) AS held (id, fence) JOIN rollcall.webhook w ON w.id = held.id AND w.fence = held.fence
  ORDER BY w.name FOR UPDATE OF w`;

/** Endpoints as the notifiers see them: who works which, what is to be done, and what was. */
export class WebhookDispatchStore {
  constructor(private readonly database: Database) {}

  /** Endpoints that nobody works. Every claim raises the fence, so that whoever had one before can write nothing more. */
  async claim(owner: string, leaseMs: number, limit: number): Promise<WebhookLease[]> {
    return this.database.query<WebhookLease>(
      {
        name: 'webhook-claim',
        text: `UPDATE rollcall.webhook AS w
          SET lease_owner = $1, fence = ${claimNumber('w.fence')}, lease_until = now() + $2 * interval '1 millisecond'
          FROM (SELECT id FROM rollcall.webhook WHERE enabled AND (lease_until IS NULL OR lease_until < now())
                ORDER BY lease_until NULLS FIRST LIMIT $3 FOR UPDATE SKIP LOCKED) free
          WHERE w.id = free.id RETURNING w.id, w.fence`,
      },
      [owner, leaseMs, limit],
    );
  }

  /** @returns the ids of those that are still held, and enabled */
  async renew(leases: readonly WebhookLease[], leaseMs: number): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>(
      `WITH held AS (${LOCK_HELD})
       UPDATE rollcall.webhook AS w SET lease_until = now() + $3 * interval '1 millisecond'
       FROM held WHERE w.id = held.id AND w.lease_until > now() AND w.enabled RETURNING w.id`,
      [leases.map(({ id }) => id), leases.map(({ fence }) => fence), leaseMs],
    );
    return rows.map(({ id }) => id);
  }

  /** Gives endpoints back, for whoever comes next. */
  async release(leases: readonly WebhookLease[]): Promise<void> {
    await this.database.query(
      `WITH held AS (${LOCK_HELD})
       UPDATE rollcall.webhook AS w SET lease_owner = NULL, lease_until = NULL FROM held WHERE w.id = held.id`,
      [leases.map(({ id }) => id), leases.map(({ fence }) => fence)],
    );
  }

  /** Which of these have something to do now. One question, however many there are. */
  async withWork(ids: readonly string[]): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>({ name: 'webhook-work', text: WITH_WORK }, [ids]);
    return rows.map(({ id }) => id);
  }

  /** @throws WebhookLeaseLostError */
  async read(lease: WebhookLease): Promise<WorkedWebhook> {
    const rows = await this.database.query<WorkedRow>(
      {
        name: 'webhook-worked',
        text: `SELECT ${WORKED} FROM rollcall.webhook w
          WHERE w.id = $1 AND w.fence = $2 AND w.lease_until > clock_timestamp()`,
      },
      [lease.id, lease.fence],
    );
    if (rows.length === 0) throw new WebhookLeaseLostError(lease.id);
    return workedFromRow(rows[0]!);
  }

  /**
   * The one way to write as the owner of an endpoint: its row is locked, and everything is committed or nothing. Deliveries are made and
   * ended under this lock only, so that each lane has one first.
   *
   * @throws WebhookLeaseLostError
   */
  async turn<T>(lease: WebhookLease, work: (turn: WebhookTurn) => Promise<T>): Promise<T> {
    return this.database.transaction(async (client: PoolClient) => {
      const { rows } = await client.query<WorkedRow>({
        name: 'webhook-turn',
        text: `SELECT ${WORKED} FROM rollcall.webhook w
          WHERE w.id = $1 AND w.fence = $2 AND w.lease_until > clock_timestamp() FOR UPDATE`,
        values: [lease.id, lease.fence],
      });
      if (rows.length === 0) throw new WebhookLeaseLostError(lease.id);
      const turn = new WebhookTurn(client, workedFromRow(rows[0]!));
      const result = await work(turn);
      await turn.end();
      return result;
    });
  }

  /** How many deliveries wait; at most `most`, and then there may be more. Reads so many entries of an index. */
  async waiting(webhookId: string, most: number): Promise<number> {
    const [row] = await this.database.query<{ waiting: number }>(
      `SELECT count(*) AS waiting FROM (
         SELECT 1 FROM rollcall.webhook_delivery WHERE webhook_id = $1 AND state = 'pending' LIMIT $2) w`,
      [webhookId, most],
    );
    return row!.waiting;
  }

  /**
   * Deliveries that may be tried now, those that wait longest first.
   *
   * @param except that are known already
   * @param early also those whose time has not come: the endpoint is down, and any will do to find out whether it still is
   */
  async due(
    webhookId: string,
    limit: number,
    except: readonly string[],
    early: boolean,
  ): Promise<DueDelivery[]> {
    const values = [webhookId, early, except, limit];
    return this.database.query<DueDelivery>({ name: 'webhook-due', text: DUE }, values);
  }

  /** Removes a batch of the deliveries that ended, by their age. Any number of processes may do it at once. */
  async prune(olderThanMs: number): Promise<RemovedBatch> {
    const rows = await this.database.query(
      `DELETE FROM rollcall.webhook_delivery WHERE id IN (
         SELECT id FROM rollcall.webhook_delivery WHERE state <> 'pending' AND created_at < now() - $1 * interval '1 millisecond'
         ORDER BY created_at LIMIT ${PRUNE_BATCH} FOR UPDATE SKIP LOCKED) RETURNING id`,
      [olderThanMs],
    );
    return batchOf(rows.length, PRUNE_BATCH);
  }
}

const WITH_WORK = `
  SELECT w.id FROM rollcall.webhook w
  WHERE w.id = ANY($1::uuid[]) AND w.enabled AND (
    w.replay_through IS NOT NULL OR w.position <> ${NEWEST_POSITION}
    OR EXISTS (SELECT 1 FROM rollcall.webhook_alert a WHERE a.webhook_id = w.id AND a.resolve_at <= now())
    OR ((w.next_attempt_at IS NULL OR w.next_attempt_at <= now()) AND EXISTS (
      SELECT 1 FROM rollcall.webhook_delivery d WHERE d.webhook_id = w.id AND d.state = 'pending' AND d.head
        AND (d.next_attempt_at <= now() OR w.consecutive_failures >= ${DOWN_AFTER}))))`;

const DUE = `
  SELECT d.id, d.type, d.lane, d.position, d.alert, d.body, d.attempts, d.first_attempt_at AS "firstAttemptAt",
    d.alone_since AS "aloneSince", d.created_at AS "createdAt",
    CASE WHEN e.position IS NOT NULL THEN jsonb_build_object('position', e.position, 'type', e.type, 'at', e.at::text,
      'source', e.source_key, 'jobId', e.job_id, 'sequence', e.sequence, 'from', e.from_state, 'to', e.to_state,
      'backfill', e.backfill, 'replayed', e.replayed, 'changed', e.changed, 'body', e.body, 'platform', s.platform, 'labels', s.labels) END AS event
  FROM (SELECT * FROM rollcall.webhook_delivery WHERE webhook_id = $1 AND state = 'pending' AND head
      AND ($2::boolean OR next_attempt_at <= now()) AND NOT id = ANY($3::text[])
    ORDER BY next_attempt_at, number LIMIT $4::int) d
  LEFT JOIN rollcall.event e ON e.position = d.position AND e.at = d.event_at
  LEFT JOIN rollcall.source s ON s.key = e.source_key AND (e.job_id IS NULL OR e.sequence IS NULL)
  ORDER BY d.next_attempt_at, d.number`;
