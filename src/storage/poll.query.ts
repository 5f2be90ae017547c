import { Database } from './database.js';
import { Page, Position, readPage } from './page-cursor.js';
import { LastError } from './source.store.js';
import { statement } from './statement.js';

/** A poll that came to a result, instants as the database writes them. */
export interface PollRow {
  id: number;
  kind: 'incremental' | 'sweep' | 'refresh';
  beganAt: string;
  endedAt: string;
  /** `ok`, or the kind of its error. */
  result: string;
  error: LastError | null;
  requests: number;
  records: number;
  discovered: number;
  changed: number;
  rejected: number;
}

/** The polls of a source, as long as they are kept. */
export class PollQuery {
  constructor(private readonly database: Database) {}

  /** Newest first, by when they were claimed. Whether the caller may see the source is decided before. */
  page(source: string, limit: number, position: Position): Promise<Page<PollRow>> {
    const beyond = `${position.backward ? '>' : '<'}${position.inclusive ? '=' : ''}`;
    const text = `SELECT id, kind, began_at AS "beganAt", ended_at AS "endedAt", result, error, requests, records, discovered, changed, rejected
      FROM rollcall.poll
      WHERE source_key = $1 AND ended_at IS NOT NULL AND ($2::bigint IS NULL OR id ${beyond} $2)
      ORDER BY id ${position.backward ? 'ASC' : 'DESC'} LIMIT $3`;
    return readPage(
      position,
      limit,
      (count) => this.database.query<PollRow>(statement(text), [source, position.key?.[0] ?? null, count]),
      ({ id }) => [id],
    );
  }
}
