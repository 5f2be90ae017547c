import { Database } from '../../../src/storage/database.js';
import { Account } from './accounts.js';
import { Follower } from './follower.js';
import { LiveClock } from './live-clock.js';

interface MoveRow {
  source: string;
  external_id: string;
  sequence: number;
  to_state: string;
}

/**
 * Milliseconds from the moment at which a platform first showed a status until a reader of the feed heard of it, of every transition since
 * the world went.
 */
export async function eventLatencies(
  database: Database,
  accounts: readonly Account[],
  clock: LiveClock,
  follower: Follower,
): Promise<number[]> {
  const rows = await database.query<MoveRow>(
    `SELECT j.source_key AS source, j.external_id, t.sequence, t.to_state
     FROM rollcall.transition t JOIN rollcall.job j ON j.id = t.job_id`,
  );
  const worlds = new Map(
    accounts.flatMap(({ simulators: { world }, sources }) =>
      Array.from(sources, ([platform, key]) => [key, { world, platform }] as const),
    ),
  );
  return rows.flatMap(({ source, external_id: id, sequence, to_state: state }) => {
    const heardAt = follower.heardAt.get(`${source}/${id}`)?.[sequence - 1];
    const { world, platform } = worlds.get(source)!;
    if (heardAt === undefined) return [];
    const shown = world
      .transitions(platform, id)
      .findLast((step) => step.state === state && clock.measured(step.at) <= heardAt);
    return shown === undefined || clock.isPast(shown.at) ? [] : [heardAt - clock.measured(shown.at)];
  });
}
