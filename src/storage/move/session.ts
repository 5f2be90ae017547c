import { PoolClient } from 'pg';
import { ADVISORY_LOCK, LOCK_SPACE } from '../advisory-locks.js';
import { errorCode } from '../embedded-postgres/errors.js';
import { takeYourTime } from '../session.js';
import { lockableTables } from './catalog.js';
import { MoveRefusedError } from './refused.js';

/** Which of the two databases a sentence is about. */
export type Side = 'old' | 'new';

const MOVE = `${LOCK_SPACE}, ${ADVISORY_LOCK.move}`;
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Opens the one transaction of a side: until it ends nobody else writes to a table of Rollcall, and all that it reads is of one moment.
 *
 * @throws MoveRefusedError when somebody uses a table now, or another move works on this database
 */
export async function beginAlone(
  client: PoolClient,
  side: Side,
  mode: 'SHARE' | 'ACCESS EXCLUSIVE',
): Promise<void> {
  takeYourTime(client);
  const tables = await lockableTables(client);
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
  // One side waits while the other works, for as long as that takes.
  await client.query(
    `SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = '3s'`,
  );
  // Before the first look at rows, which fixes the moment: what is committed later could be in neither database.
  await client.query(`LOCK TABLE ${tables.join(', ')} IN ${mode} MODE`).catch((error: unknown) => {
    if (errorCode(error) !== LOCK_NOT_AVAILABLE) throw error;
    throw new MoveRefusedError(
      `the ${side} database is in use: another session works with its tables; stop what uses it`,
      { cause: error },
    );
  });
  if (!(await mark(client)))
    throw new MoveRefusedError(`another rollcall move works on the ${side} database`);
}

/** Two addresses may be of one database. @throws MoveRefusedError */
export async function refuseSame(old: PoolClient, other: PoolClient): Promise<void> {
  await old.query('BEGIN');
  await mark(old);
  const { rowCount } = await other.query(
    `SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = $1 AND objid = $2 AND objsubid = 2 AND granted
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    [LOCK_SPACE, ADVISORY_LOCK.move],
  );
  await old.query('COMMIT');
  if (rowCount !== 0)
    throw new MoveRefusedError('the new database is the old one, or another rollcall move works on it');
}

/** Until the end of the transaction. @returns false when another move has marked this database */
async function mark(client: PoolClient): Promise<boolean> {
  const { rows } = await client.query<{ taken: boolean }>(
    `SELECT pg_try_advisory_xact_lock(${MOVE}) AS taken`,
  );
  return rows[0]?.taken === true;
}
