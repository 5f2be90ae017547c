import { Database } from './database.js';
import { Page, Position, readPage } from './page-cursor.js';

/** A distinct record that could not be normalized, instants as the database writes them. */
export interface RejectRow {
  id: string;
  source: string;
  externalId: string | null;
  reasons: string[];
  firstSeenAt: string;
  lastSeenAt: string;
  count: number;
  /** The redacted record, bounded: JSON text unless the bound cut it. */
  payload: string;
}

export class RejectQuery {
  constructor(private readonly database: Database) {}

  /** Newest first. @param sources those that are asked for and that the caller may see; null: every source */
  page(sources: readonly string[] | null, limit: number, position: Position): Promise<Page<RejectRow>> {
    const beyond = `${position.backward ? '>' : '<'}${position.inclusive ? '=' : ''}`;
    const direction = position.backward ? 'ASC' : 'DESC';
    const [seen, id] = position.key ?? [null, null];
    return readPage(
      position,
      limit,
      (count) =>
        this.database.query<RejectRow>(
          `SELECT id, source_key AS source, external_id AS "externalId", reasons, first_seen_at AS "firstSeenAt",
             last_seen_at AS "lastSeenAt", count::float8 AS count, payload
           FROM rollcall.reject
           WHERE ($1::text[] IS NULL OR source_key = ANY($1))
             AND ($2::timestamptz IS NULL OR (first_seen_at, id) ${beyond} ($2::timestamptz, $3::uuid))
           ORDER BY first_seen_at ${direction}, id ${direction} LIMIT $4`,
          [sources, seen, id, count],
        ),
      (row) => [row.firstSeenAt, row.id],
    );
  }
}
