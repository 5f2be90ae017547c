import { PoolClient } from 'pg';
import { Reader } from './reader.js';

/** The question would need more looking than its time bound allows. */
export class QueryTooBroadError extends Error {}

/** query_canceled: PostgreSQL's answer to a statement past its timeout. */
const QUERY_CANCELED = '57014';

/**
 * Reads within a time bound, and all of it from one snapshot.
 *
 * @param boundMs of each statement
 * @throws QueryTooBroadError past it
 */
export async function readWithin<T>(
  database: Reader,
  boundMs: number,
  read: (client: PoolClient) => Promise<T>,
): Promise<T> {
  try {
    return await database.transaction(async (client) => {
      // whatever the planner finds best: there is no order to keep to
      await client.query(
        `SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL statement_timeout = ${boundMs};
         SET LOCAL enable_bitmapscan = on`,
      );
      return await read(client);
    });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === QUERY_CANCELED)
      throw new QueryTooBroadError(`not answered within ${boundMs} ms`, { cause: error });
    throw error;
  }
}
