import { PoolClient } from 'pg';
import { Statement } from './statement.js';

/** Where data is read: a database, or what stands for it. */
export interface Reader {
  /** @returns the rows */
  query<T>(sql: string | Statement, values?: readonly unknown[]): Promise<T[]>;
  /** `work` may be done a second time from its beginning, so it only reads. */
  transaction<T>(work: (client: PoolClient) => Promise<T>): Promise<T>;
}
