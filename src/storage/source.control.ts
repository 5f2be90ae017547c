import { Database } from './database.js';
import { PollKind } from './source.store.js';

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
}
