import { createHash } from 'node:crypto';
import { PoolClient } from 'pg';

/** The name of all types beyond `metrics.maxTypes`. */
export const OTHER_TYPES = '_other';

/** The longest type that is its own label, UTF-16 units: text from outside has no limit, an index entry and a label need one. */
const MAX_TYPE = 128;
const DIGEST = 16;

/** Types are named one transaction at a time; a key of two numbers, unlike our other advisory locks. */
const TYPES_LOCK = 0x52c2;

/** What stands for a type in a label; empty for a job without one. A longer one is cut, and told apart by its digest. */
export function typeLabel(type: string | null): string {
  if (type === null || type.length <= MAX_TYPE) return type ?? '';
  const digest = createHash('sha256').update(type).digest('hex').slice(0, DIGEST);
  return `${type.slice(0, MAX_TYPE - DIGEST - 1).toWellFormed()}~${digest}`;
}

/**
 * Which of these labels metrics tell apart: those that came first, for good. A label that is new gets a place while there is one.
 *
 * @param maxTypes places of each source
 */
export async function nameTypes(
  client: PoolClient,
  source: string,
  labels: ReadonlySet<string>,
  maxTypes: number,
): Promise<ReadonlySet<string>> {
  const asked = [...labels];
  const known = await namedOf(client, source, asked);
  if (asked.every((label) => known.has(label))) return known;
  const full = await client.query<{ full: boolean }>(
    'SELECT count(*) >= $2 AS "full" FROM rollcall.metric_type WHERE source_key = $1',
    [source, maxTypes],
  );
  if (full.rows[0]!.full) return known;
  await client.query('SELECT pg_advisory_xact_lock($1, hashtext($2))', [TYPES_LOCK, source]);
  // whoever held the lock before has committed, and only a new statement sees it
  await client.query(
    `INSERT INTO rollcall.metric_type (source_key, type, position)
     SELECT $1, type, taken + row_number() OVER (ORDER BY place)
     FROM unnest($2::text[]) WITH ORDINALITY AS asked(type, place),
       (SELECT count(*) AS taken FROM rollcall.metric_type WHERE source_key = $1) counted
     WHERE NOT EXISTS (SELECT 1 FROM rollcall.metric_type known WHERE known.source_key = $1 AND known.type = asked.type)
     ORDER BY place LIMIT greatest(0, $3 - (SELECT count(*) FROM rollcall.metric_type WHERE source_key = $1))`,
    [source, asked, maxTypes],
  );
  return namedOf(client, source, asked);
}

async function namedOf(
  client: PoolClient,
  source: string,
  labels: readonly string[],
): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ type: string }>({
    name: 'metric-types-named',
    text: 'SELECT type FROM rollcall.metric_type WHERE source_key = $1 AND type = ANY($2::text[])',
    values: [source, labels],
  });
  return new Set(rows.map(({ type }) => type));
}
