import { Instant, Json } from '../domain/job.js';
import { Database } from './database.js';
import { Page, Position, readPage } from './page-cursor.js';
import { toPg } from './pg-time.js';
import { Column, columnNames, selectRows } from './sql-values.js';

/** Who asked for something, and from where. */
export interface Asker {
  /** The token's name; null when no valid token was sent. */
  actor: string | null;
  /** The sources that exist for the actor; null: every source. */
  actorSources: readonly string[] | null;
  /** Of the client, as far as its proxies are believed; null when the connection was gone. */
  address: string | null;
}

/** A request that changes something, about to be handled. */
export interface Act extends Asker {
  method: string;
  path: string;
  requestId: string;
}

/** Refusals that are alike. */
export interface Refusal extends Asker {
  method: string;
  /** The route's pattern, since whoever is refused chooses the rest; null: there were too many kinds to tell apart. */
  path: string | null;
  status: number;
  firstAt: Instant;
  lastAt: Instant;
  count: number;
  /** Of the first of them. */
  requestId: string;
}

/** An entry as it is kept, instants as the database writes them. */
export interface AuditRow {
  id: string;
  kind: 'act' | 'refusal';
  at: string;
  lastAt: string | null;
  count: number;
  actor: string | null;
  address: string | null;
  method: string;
  path: string;
  status: number | null;
  requestId: string | null;
  details: Json;
}

const REFUSAL_COLUMNS: Column<Refusal>[] = [
  { name: 'kind', type: 'text', value: () => 'refusal' },
  { name: 'at', type: 'timestamptz', value: ({ firstAt }) => toPg(firstAt) },
  { name: 'last_at', type: 'timestamptz', value: ({ lastAt }) => toPg(lastAt) },
  { name: 'count', type: 'bigint', value: ({ count }) => count },
  { name: 'actor', type: 'text', value: ({ actor }) => actor },
  { name: 'actor_sources', type: 'text[]', value: ({ actorSources }) => actorSources },
  { name: 'address', type: 'text', value: ({ address }) => address },
  { name: 'method', type: 'text', value: ({ method }) => method },
  { name: 'path', type: 'text', value: ({ path }) => path ?? '*' },
  { name: 'status', type: 'integer', value: ({ status }) => status },
  { name: 'request_id', type: 'text', value: ({ requestId }) => requestId },
];

/** Entries that one statement of the retention removes. */
const PRUNE_BATCH = 1_000;

/** The record of who did what with the API, and who was refused. Holds no secret: neither tokens nor query strings nor bodies. */
export class AuditStore {
  constructor(private readonly database: Database) {}

  /** @returns what {@link endAct} wants */
  async beginAct({ actor, actorSources, address, method, path, requestId }: Act): Promise<string> {
    const rows = await this.database.query<{ id: string }>(
      `INSERT INTO rollcall.audit (kind, actor, actor_sources, address, method, path, request_id)
       VALUES ('act', $1, $2, $3, $4, $5, $6) RETURNING id`,
      [actor, actorSources, address, method, path, requestId],
    );
    return rows[0]!.id;
  }

  /** @param details what the path does not say; null: nothing */
  async endAct(id: string, status: number, details: Json): Promise<void> {
    await this.database.query('UPDATE rollcall.audit SET status = $2, details = $3::jsonb WHERE id = $1', [
      id,
      status,
      details === null ? null : JSON.stringify(details),
    ]);
  }

  /** Something that was done with the database at hand, and not over HTTP: nobody is named, for nobody was asked. */
  async addCommand(command: string, details: Json): Promise<void> {
    await this.database.query(
      "INSERT INTO rollcall.audit (kind, method, path, details) VALUES ('act', 'CLI', $1, $2::jsonb)",
      [command, details === null ? null : JSON.stringify(details)],
    );
  }

  async addRefusals(refusals: readonly Refusal[]): Promise<void> {
    if (refusals.length === 0) return;
    const { text, values } = selectRows(REFUSAL_COLUMNS, refusals);
    await this.database.query(`INSERT INTO rollcall.audit (${columnNames(REFUSAL_COLUMNS)}) ${text}`, values);
  }

  /** Newest first. @param sources those that exist for the caller; null: every source, and every entry */
  page(sources: readonly string[] | null, limit: number, position: Position): Promise<Page<AuditRow>> {
    const beyond = `${position.backward ? '>' : '<'}${position.inclusive ? '=' : ''}`;
    const direction = position.backward ? 'ASC' : 'DESC';
    const [at, id] = position.key ?? [null, null];
    return readPage(
      position,
      limit,
      (count) =>
        this.database.query<AuditRow>(
          `SELECT id, kind, at, last_at AS "lastAt", count, actor, address, method, path, status,
             request_id AS "requestId", details
           FROM rollcall.audit
           WHERE ($1::text[] IS NULL OR actor_sources <@ $1) AND ($2::timestamptz IS NULL OR (at, id) ${beyond} ($2::timestamptz, $3::uuid))
           ORDER BY at ${direction}, id ${direction} LIMIT $4`,
          [sources, at, id, count],
        ),
      (row) => [row.at, row.id],
    );
  }

  /** Removes what is older, a batch at a time. Any number of processes may do it at once. @returns how many */
  async prune(olderThanMs: number): Promise<number> {
    let removed = 0;
    for (;;) {
      const rows = await this.database.query(
        `DELETE FROM rollcall.audit WHERE id IN (
           SELECT id FROM rollcall.audit WHERE at < now() - $1 * interval '1 millisecond'
           ORDER BY at LIMIT ${PRUNE_BATCH} FOR UPDATE SKIP LOCKED) RETURNING id`,
        [olderThanMs],
      );
      removed += rows.length;
      if (rows.length < PRUNE_BATCH) return removed;
    }
  }
}
