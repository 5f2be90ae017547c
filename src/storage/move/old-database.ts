import { PoolClient } from 'pg';
import { countOf } from '../../domain/count-text.js';
import { ADVISORY_LOCK, LOCK_SPACE } from '../advisory-locks.js';
import { storedTables } from './catalog.js';
import { MoveRefusedError } from './refused.js';

const HOW = 'stop every service and command that uses it, then run the move again';

/**
 * Looks for whoever uses the old database. Every session of ours has its name; a process that uses the embedded server is a member of it
 * even without one; what comes through a pooler may have lost its name, and still holds leases.
 *
 * @param client of the only session that this process has there
 * @throws MoveRefusedError
 */
export async function refuseUsed(client: PoolClient, isEmbedded: boolean): Promise<void> {
  const { rows } = await client.query<{ sessions: number; members: number }>(
    `SELECT
       (SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'rollcall' AND pid <> pg_backend_pid()) AS sessions,
       (SELECT count(DISTINCT pid) FROM pg_locks
        WHERE locktype = 'advisory' AND classid = $1 AND objid = $2 AND objsubid = 2 AND granted) AS members`,
    [LOCK_SPACE, ADVISORY_LOCK.embeddedMember],
  );
  const { sessions, members } = rows[0]!;
  // We are a member ourselves.
  if (isEmbedded && members > 1)
    throw new MoveRefusedError(
      `the old database is in use by ${members === 2 ? 'another process' : `${members - 1} other processes`}: ${HOW}`,
    );
  if (sessions > 0)
    throw new MoveRefusedError(
      `the old database is in use: Rollcall has ${countOf(sessions, 'other session')} there; ${HOW}`,
    );
}

/** @throws MoveRefusedError when Rollcall never used this database */
export async function refuseUnused(client: PoolClient): Promise<void> {
  if ((await storedTables(client)).length === 0)
    throw new MoveRefusedError(
      'the old database, which the configuration names, holds nothing of Rollcall: nothing to move',
    );
}

/** Call it once the schema is the present one. @throws MoveRefusedError when a process that is no more to be seen may still be there */
export async function refuseLeased(client: PoolClient): Promise<void> {
  const { rows } = await client.query<{ what: string; owner: string; seconds: number }>(
    `SELECT * FROM (
       SELECT 'source ' || key AS what, lease_owner AS owner, lease_until FROM rollcall.source
       UNION ALL SELECT 'webhook ' || name, lease_owner, lease_until FROM rollcall.webhook) held
     CROSS JOIN LATERAL (SELECT ceil(extract(epoch FROM held.lease_until - clock_timestamp()))::int AS seconds) remain
     WHERE held.owner IS NOT NULL AND held.lease_until > clock_timestamp()
     ORDER BY held.lease_until DESC LIMIT 1`,
  );
  const [held] = rows;
  if (held !== undefined)
    throw new MoveRefusedError(
      `the old database is in use: ${held.what} is held by ${held.owner} for another ${held.seconds} s; ${HOW}`,
    );
}
