import { PoolClient, QueryResultRow } from 'pg';

/** SQL with its values. */
export interface BoundStatement {
  /** Asks the driver to prepare it once a connection. */
  name?: string;
  text: string;
  values: unknown[];
}

/**
 * Runs statements one after another; each is put together while the server works on the one before.
 *
 * @param makers of the statements; null: there is nothing to do
 * @returns the rows of each
 * @throws the error of the first that failed; those after it are not run
 */
export async function runInTurn(
  client: PoolClient,
  makers: readonly (() => BoundStatement | null)[],
): Promise<QueryResultRow[][]> {
  const results: QueryResultRow[][] = [];
  let running: Promise<QueryResultRow[]> = Promise.resolve([]);
  for (const make of makers) {
    const statement = make();
    results.push(await running);
    running =
      statement === null
        ? Promise.resolve([])
        : client.query<QueryResultRow>(statement).then(({ rows }) => rows);
  }
  results.push(await running);
  return results.slice(1);
}
