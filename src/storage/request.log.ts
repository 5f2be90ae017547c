import { PoolClient } from 'pg';
import { Database } from './database.js';
import { addToCounter } from './metrics.counter.js';

/** Requests that were made and do not stand in the database yet. */
export interface Spent {
  requests: number;
  /** What became of them, by status; for the metrics, which count as soon as there is an answer. */
  answers: ReadonlyMap<string, number>;
}

/** What is known of the hour's budget. */
export interface SpentLastHour {
  /** Of the last hour, whichever process made them. */
  requests: number;
  /** When the oldest of them leave the hour, milliseconds. */
  freeInMs: number;
  /** Before this was asked for, by this process's monotonic clock: what was stored later may be missing. */
  askedAt: number;
}

export interface SpentRow {
  spent: [requests: number, freeInMs: number];
}

/** What an `INSERT` of requests does to those of the same minute. */
export const ADDED_TO_REQUESTS =
  'ON CONFLICT (source_key, minute) DO UPDATE SET requests = upstream_request.requests + excluded.requests';

/** The column behind {@link spentFromRow}, of the source `s.key`. */
export const SPENT_COLUMN = `
  (SELECT json_build_array(coalesce(sum(requests), 0),
     coalesce(extract(epoch FROM min(minute) + interval '61 minutes' - now()) * 1000, 0))
   FROM rollcall.upstream_request WHERE source_key = s.key AND minute > now() - interval '1 hour') AS spent`;

export function spentFromRow({ spent: [requests, freeInMs] }: SpentRow, askedAt: number): SpentLastHour {
  return { requests, freeInMs: Math.max(0, Math.ceil(freeInMs)), askedAt };
}

/** Upstream requests by the minute: the budget of the hour is counted from here, whichever process polls. */
export class RequestLog {
  constructor(private readonly database: Database) {}

  /** Adds to the requests of the present minute. */
  async add(source: string, spent: Spent): Promise<void> {
    await this.database.transaction(async (client) => {
      if (spent.requests > 0) await addRequests(client, source, spent.requests);
      await addToCounter(client, source, 'requests', spent.answers);
    });
  }

  async lastHour(source: string): Promise<SpentLastHour> {
    const askedAt = performance.now();
    const rows = await this.database.query<SpentRow>(
      `SELECT ${SPENT_COLUMN} FROM (SELECT $1::text AS key) AS s`,
      [source],
    );
    return spentFromRow(rows[0]!, askedAt);
  }

  /** What the sweeps of the last hour asked for, their by-id reads included. */
  async sweepsLastHour(source: string): Promise<number> {
    const rows = await this.database.query<{ requests: number }>(
      `SELECT coalesce(sum(requests), 0)::bigint AS requests FROM rollcall.poll
       WHERE source_key = $1 AND kind = 'sweep' AND began_at > now() - interval '1 day' AND ended_at > now() - interval '1 hour'`,
      [source],
    );
    return rows[0]!.requests;
  }
}

async function addRequests(client: PoolClient, source: string, requests: number): Promise<void> {
  await client.query(
    `INSERT INTO rollcall.upstream_request (source_key, minute, requests) VALUES ($1, date_trunc('minute', now()), $2)
     ${ADDED_TO_REQUESTS}`,
    [source, requests],
  );
}
