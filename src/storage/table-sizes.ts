import { Database } from './database.js';

/** What one table takes on disk, its indexes and what it keeps apart (TOAST) included. */
export interface TableSize {
  /** Without the schema; a partitioned table is one table. */
  table: string;
  bytes: number;
}

/** How long one answer serves later readers of this process, milliseconds: PostgreSQL asks the file system for every file. */
const CACHED_MS = 60_000;

const SIZES = `
  SELECT (SELECT relname FROM pg_class WHERE oid = coalesce(pg_partition_root(c.oid), c.oid)) AS "table",
    sum(coalesce(pg_total_relation_size(c.oid), 0))::float8 AS bytes
  FROM pg_class c WHERE c.relnamespace = 'rollcall'::regnamespace AND c.relkind = 'r'
  GROUP BY 1 ORDER BY 1`;

/** How large the tables of Rollcall are. */
export class TableSizes {
  private known: { at: number; sizes: Promise<TableSize[]> } | null = null;

  constructor(private readonly database: Database) {}

  /** As of a minute ago at most. */
  read(): Promise<TableSize[]> {
    const at = performance.now();
    if (this.known === null || at - this.known.at >= CACHED_MS) {
      const sizes = this.database.query<TableSize>({ name: 'table-sizes', text: SIZES });
      this.known = { at, sizes };
      sizes.catch(() => (this.known = null));
    }
    return this.known.sizes;
  }
}
