import { DatabaseError, PoolClient } from 'pg';
import { ADVISORY_LOCK, LOCK_SPACE } from './advisory-locks.js';
import { Database } from './database.js';

/** Another process removes what is too old just now, or somebody is in the way: what was begun is left to a later round. */
export class NotNowError extends Error {
  override readonly name = 'NotNowError';

  /** Who is at it does it; otherwise nobody does. */
  get isOthersTurn(): boolean {
    return this.cause === undefined;
  }
}

/** How one transaction of the retention behaves towards others, milliseconds. */
export interface Patience {
  /** So long it waits for a lock; whoever comes behind it then waits as long. */
  lockMs: number;
  /** So long one of its statements may take, and so its locks be held. */
  statementMs: number;
}

/** lock_not_available, and query_canceled: what PostgreSQL answers past the bounds. */
const OUT_OF_PATIENCE = new Set(['55P03', '57014']);

/**
 * One transaction of the retention. Only one runs at a time, in whichever process: the lock goes with the transaction, so that neither a
 * kill nor a pooler in transaction mode leaves it behind.
 *
 * @throws NotNowError when it is not its turn, or its patience is at an end; then it did nothing
 */
export async function retentionTurn<T>(
  database: Database,
  { lockMs, statementMs }: Patience,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  try {
    return await database.transaction(async (client) => {
      await client.query(`SET LOCAL lock_timeout = ${lockMs}; SET LOCAL statement_timeout = ${statementMs}`);
      const { rows } = await client.query<{ taken: boolean }>(
        `SELECT pg_try_advisory_xact_lock(${LOCK_SPACE}, ${ADVISORY_LOCK.retention}) AS taken`,
      );
      if (!rows[0]!.taken) throw new NotNowError('another process is at it');
      return work(client);
    });
  } catch (error) {
    if (error instanceof DatabaseError && OUT_OF_PATIENCE.has(error.code ?? ''))
      throw new NotNowError(error.message, { cause: error });
    throw error;
  }
}
