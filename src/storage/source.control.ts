import { Instant } from '../domain/job.js';
import { PollKind } from '../domain/poll-kind.js';
import { Database } from './database.js';
import { FACTS, lockFacts, settleHealth, SourceFacts } from './health.record.js';
import { toPg } from './pg-time.js';

/** What was asked of a source by hand. The API never polls: it makes a row due, and whoever polls finds it. */
export class SourceControl {
  constructor(private readonly database: Database) {}

  /**
   * Makes a source due now. A sweep that was asked for before stays asked for.
   *
   * @returns the kind of poll that will come; null when the source is retired, disabled or paused
   */
  async requestPoll(key: string, kind: PollKind): Promise<PollKind | null> {
    const rows = await this.database.query<{ requested: PollKind }>(
      `UPDATE rollcall.source
       SET requested_poll = CASE WHEN requested_poll = 'sweep' THEN 'sweep' ELSE $2 END, next_poll_at = now()
       WHERE key = $1 AND enabled AND retired_at IS NULL AND (paused_at IS NULL OR paused_until <= now())
       RETURNING requested_poll AS requested`,
      [key, kind],
    );
    return rows[0]?.requested ?? null;
  }

  /**
   * No poll begins until `until`, or until somebody resumes the source when that is null; one that is under way ends as it would.
   * A source that is paused already stays so, with the new end.
   *
   * @returns false when the source is retired
   */
  async pause(key: string, until: Instant | null): Promise<boolean> {
    return this.change(PAUSE, key, [until === null ? null : toPg(until)]);
  }

  /**
   * Ends a pause, and makes the source due at once. Where there was none, nothing happens.
   *
   * @returns false when the source is retired
   */
  async resume(key: string): Promise<boolean> {
    return this.change(RESUME, key);
  }

  private async change(sql: string, key: string, values: unknown[] = []): Promise<boolean> {
    return this.database.transaction(async (client) => {
      const [before] = await lockFacts(client, [key]);
      const { rows } = await client.query<SourceFacts>(sql, [key, ...values]);
      if (before === undefined || rows[0] === undefined) return false;
      await settleHealth(client, [{ before, after: rows[0] }]);
      return true;
    });
  }
}

const PAUSE = `
  UPDATE rollcall.source SET
    -- a pause that ended by itself is not gone on with
    paused_at = CASE WHEN paused_until <= now() THEN now() ELSE coalesce(paused_at, now()) END,
    paused_until = $2::timestamptz
  WHERE key = $1 AND retired_at IS NULL
  RETURNING ${FACTS}`;

const RESUME = `
  UPDATE rollcall.source SET
    paused_at = NULL, paused_until = NULL,
    next_poll_at = CASE WHEN paused_at IS NULL THEN next_poll_at ELSE now() END
  WHERE key = $1 AND retired_at IS NULL
  RETURNING ${FACTS}`;
