import { pipeline } from 'node:stream/promises';
import { PoolClient } from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { countRows, StoredTable } from './catalog.js';

/** The rows of a table are not those that were copied. */
export class MovedOtherwiseError extends Error {
  override readonly name = 'MovedOtherwiseError';
}

/** The two sides of a move, each in its transaction. */
export interface Sides {
  old: PoolClient;
  new: PoolClient;
}

/**
 * Copies every row, as text, which any two releases of PostgreSQL read alike. A few hundred kilobytes are under way at a time, whatever
 * the table's size: the old server waits for the new one.
 *
 * @throws MovedOtherwiseError when the new table does not have as many rows afterwards
 */
export async function copyTable(sides: Sides, table: StoredTable, signal: AbortSignal): Promise<number> {
  const what = `${table.name} (${table.columns.join(', ')})`;
  const reading = sides.old.query(copyTo(`COPY ${what} TO STDOUT`));
  const writing = sides.new.query(copyFrom(`COPY ${what} FROM STDIN`));
  await pipeline(reading, writing, { signal });
  const [before, after] = [await countRows(sides.old, table), await countRows(sides.new, table)];
  if (before !== after)
    throw new MovedOtherwiseError(`${table.name} has ${before} rows, and ${after} of them arrived`);
  return after;
}
