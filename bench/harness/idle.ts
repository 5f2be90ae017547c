import { setTimeout as delay } from 'node:timers/promises';
import { Database } from '../../src/storage/database.js';

/** So many looks in a row that find nobody at work. */
const LOOKS = 5;
const BETWEEN_MS = 20;

/**
 * Waits until no other connection to this database works. Clients that hang up leave behind what they asked for: a dozen pages by a deep
 * offset keep PostgreSQL busy for seconds, and whoever is measured next would pay for them.
 */
export async function untilIdle(database: Database): Promise<void> {
  for (let idle = 0; idle < LOOKS;) {
    const [found] = await database.query<{ working: number }>(
      `SELECT count(*)::int AS working FROM pg_stat_activity
       WHERE datname = current_database() AND state <> 'idle' AND pid <> pg_backend_pid()`,
    );
    idle = found!.working === 0 ? idle + 1 : 0;
    await delay(BETWEEN_MS);
  }
}
