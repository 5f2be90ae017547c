import { Database } from './database.js';
import { Page, Position, readPage } from './page-cursor.js';

export const BREACH_STATES = ['firing', 'resolved'] as const;
export type BreachState = (typeof BREACH_STATES)[number];

/** A breach as it is shown; instants as the database writes them. */
export interface BreachRow {
  id: string;
  name: string;
  kind: string;
  source: string;
  jobId: string | null;
  type: string | null;
  since: string;
  firedAt: string;
  resolvedAt: string | null;
  value: number;
  limit: number;
  message: string;
  /** Why its rule cannot be evaluated for its source now; null: it is, or the breach has ended. */
  suspended: string | null;
}

/** Which breaches are asked for. Left out: no condition. */
export interface BreachesAsked {
  /** Those that are asked for and that the caller may see; null: every source. */
  sources: readonly string[] | null;
  names?: readonly string[] | undefined;
  states?: readonly BreachState[] | undefined;
}

export class BreachQuery {
  constructor(private readonly database: Database) {}

  /** Those first that fired last. */
  page(
    { sources, names, states }: BreachesAsked,
    limit: number,
    position: Position,
  ): Promise<Page<BreachRow>> {
    const beyond = `${position.backward ? '>' : '<'}${position.inclusive ? '=' : ''}`;
    const direction = position.backward ? 'ASC' : 'DESC';
    const [firedAt, id] = position.key ?? [null, null];
    const isFiring = states?.length === 1 ? states[0] === 'firing' : null;
    return readPage(
      position,
      limit,
      (count) =>
        this.database.query<BreachRow>(
          `SELECT b.id, b.rule AS name, b.kind, b.source_key AS source, b.job_id AS "jobId", b.type, b.since,
             b.fired_at AS "firedAt", b.resolved_at AS "resolvedAt", b.value, b.limit_value AS "limit", b.message,
             CASE WHEN b.resolved_at IS NULL THEN s.suspended END AS suspended
           FROM (SELECT * FROM rollcall.expectation_breach
             WHERE ($1::text[] IS NULL OR source_key = ANY($1)) AND ($2::text[] IS NULL OR rule = ANY($2))
               AND ($3::boolean IS NULL OR (resolved_at IS NULL) = $3)
               AND ($4::timestamptz IS NULL OR (fired_at, id) ${beyond} ($4::timestamptz, $5::uuid))
             ORDER BY fired_at ${direction}, id ${direction} LIMIT $6) b
           LEFT JOIN rollcall.expectation_state s ON s.rule = b.rule AND s.source_key = b.source_key
           ORDER BY b.fired_at ${direction}, b.id ${direction}`,
          [sources, names ?? null, isFiring, firedAt, id, count],
        ),
      (row) => [row.firedAt, row.id],
    );
  }
}
