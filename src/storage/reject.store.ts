import { PoolClient } from 'pg';
import { Instant } from '../domain/job.js';
import { Database } from './database.js';
import { toPg } from './pg-time.js';
import { Column, columnNames, selectRows } from './sql-values.js';

/** A record that could not be normalized: kept, counted, shown, never dropped. */
export interface Reject {
  /** Over the redacted record: one row for each distinct record. */
  digest: Buffer;
  externalId: string | null;
  reasons: readonly string[];
  /** The redacted record as JSON text, bounded. */
  payload: string;
  seenAt: Instant;
}

interface RejectRow extends Reject {
  source: string;
  count: number;
}

const COLUMNS: readonly Column<RejectRow>[] = [
  { name: 'source_key', type: 'text', value: (row) => row.source },
  { name: 'digest', type: 'bytea', value: (row) => row.digest },
  { name: 'external_id', type: 'text', value: (row) => row.externalId },
  { name: 'reasons', type: 'text[]', value: (row) => row.reasons },
  { name: 'first_seen_at', type: 'timestamptz', value: (row) => toPg(row.seenAt) },
  { name: 'last_seen_at', type: 'timestamptz', value: (row) => toPg(row.seenAt) },
  { name: 'count', type: 'bigint', value: (row) => row.count },
  { name: 'payload', type: 'text', value: (row) => row.payload },
];

export class RejectStore {
  constructor(private readonly database: Database) {}

  /** Adds what is new and counts again what was rejected before; in one transaction behind the fence. */
  async add(
    source: string,
    rejects: readonly Reject[],
    fence: (client: PoolClient) => Promise<void>,
  ): Promise<void> {
    if (rejects.length === 0) return;
    const rows = new Map<string, RejectRow>();
    for (const reject of rejects) {
      const key = reject.digest.toString('hex');
      rows.set(key, { ...reject, source, count: (rows.get(key)?.count ?? 0) + 1 });
    }
    const { text, values } = selectRows(COLUMNS, [...rows.values()]);
    await this.database.transaction(async (client) => {
      await fence(client);
      await client.query(
        `INSERT INTO rollcall.reject (${columnNames(COLUMNS)}) ${text}
         ON CONFLICT (source_key, digest) DO UPDATE
         SET count = reject.count + excluded.count, last_seen_at = greatest(reject.last_seen_at, excluded.last_seen_at),
             reasons = excluded.reasons, external_id = excluded.external_id`,
        values,
      );
    });
  }

  /** A record leaves the list when it (or a newer one of the same job) normalizes; behind the fence. */
  async forget(
    source: string,
    externalIds: readonly string[],
    fence: (client: PoolClient) => Promise<void>,
  ): Promise<void> {
    await this.database.transaction(async (client) => {
      await fence(client);
      await client.query(
        'DELETE FROM rollcall.reject WHERE source_key = $1 AND external_id = ANY($2::text[])',
        [source, externalIds],
      );
    });
  }

  /** A complete sweep that began at `sweptAt` did not meet these records any more; behind the fence. */
  async forgetUnseen(
    source: string,
    sweptAt: Instant,
    fence: (client: PoolClient) => Promise<void>,
  ): Promise<void> {
    await this.database.transaction(async (client) => {
      await fence(client);
      await client.query('DELETE FROM rollcall.reject WHERE source_key = $1 AND last_seen_at < $2', [
        source,
        toPg(sweptAt),
      ]);
    });
  }
}
