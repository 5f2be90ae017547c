import { PollService } from '../../src/polling/poll.service.js';
import { TestDatabase } from './postgres.js';
import { waitFor } from './wait-for.js';

/** How many polls of each source have ended, and how many of them well. */
export async function endedPolls(test: TestDatabase): Promise<Map<string, { ended: number; good: number }>> {
  const rows = await test.database.query<{ key: string; ended: number; good: number }>(
    `SELECT key, count(poll.id) AS ended, count(poll.id) FILTER (WHERE result = 'ok') AS good
     FROM rollcall.source LEFT JOIN rollcall.poll ON source_key = key GROUP BY key`,
  );
  return new Map(rows.map(({ key, ...counts }) => [key, counts]));
}

/** What one source went through while hours of the database's time passed. */
export interface LivedHours {
  /** How many polls ended. */
  polls: number;
  /** Its lag at the end of each hour. */
  lagHours: number[];
}

/** A service whose sources live through hours of the database's time, beside some that are in trouble and that nobody waits for. */
export class Hours {
  constructor(
    private readonly test: TestDatabase,
    private readonly service: PollService,
    /** Keys of the sources in trouble. */
    private readonly victims: readonly string[],
  ) {}

  /** Claims what is due, as the scheduler does, and waits until nobody is polled any more but the victims. */
  async tick(): Promise<void> {
    await this.service.pollDue(32);
    await waitFor(async () => {
      const held = await this.test.database.query<{ key: string }>(
        'SELECT key FROM rollcall.source WHERE lease_owner IS NOT NULL AND key <> ALL($1)',
        [this.victims],
      );
      return held.length === 0;
    });
  }

  /** Of every source but the victims and those that were removed from the configuration. */
  async live(hours: number): Promise<Record<string, LivedHours>> {
    const before = await endedPolls(this.test);
    const lags = new Map<string, number[]>();
    for (let hour = 0; hour < hours; hour++) {
      await this.anHourPasses();
      await this.tick();
      const rows = await this.test.database.query<{ key: string; lag: number }>(
        'SELECT key, floor(extract(epoch FROM now() - proven_at) / 3600)::integer AS lag FROM rollcall.source WHERE key <> ALL($1)',
        [this.victims],
      );
      for (const { key, lag } of rows) lags.set(key, [...(lags.get(key) ?? []), lag]);
    }
    const after = await endedPolls(this.test);
    return Object.fromEntries(
      [...lags].map(([key, lagHours]) => [
        key,
        { polls: after.get(key)!.ended - before.get(key)!.ended, lagHours },
      ]),
    );
  }

  /** An hour passes for all that the database knows of sources; what a test itself takes is far less. */
  private anHourPasses(): Promise<unknown> {
    return this.test.database.query(
      `UPDATE rollcall.source SET ${[
        'next_poll_at',
        'last_poll_at',
        'last_success_at',
        'proven_at',
        'complete_through',
        'open_round_at',
        'swept_at',
        'sweep_ended_at',
        'first_read_at',
      ]
        .map((column) => `${column} = ${column} - interval '1 hour'`)
        .join(', ')}`,
    );
  }
}
