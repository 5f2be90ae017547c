import { Database } from '../../src/storage/database.js';
import { insertSource } from './jobs.js';

export const PLATFORMS = ['vectorcharts', 'elastic-path', 'workfloplus', 'integrate-io', 'veeva-vault'];
export const SOURCES = Array.from({ length: 20 }, (_, index) => `source-${index}`);
/** Its few jobs are all older than nearly all others, and half of them have no `updatedAt`: what no planner expects. */
export const OLD_SOURCE = 'source-19';
const JOBS_OF_OLD_SOURCE = 3_000;

/** How many of a million jobs are in a state; the rest are `succeeded`. */
const STATES: [string, number][] = [
  ['failed', 20_000],
  ['cancelled', 5_000],
  ['running', 2_000],
  ['queued', 500],
  ['scheduled', 300],
  ['skipped', 100],
  ['missed', 60],
  ['paused', 40],
  ['unknown', 20],
  ['stopping', 5],
];

/**
 * A world of a million jobs or so, as skewed as real ones: a few busy sources, types and owners and a long tail of each, nearly all
 * jobs succeeded, some states rare, times missing. No order of the rows in the table helps a query: neighbours there are
 * strangers in every sort. The same in every run. The counts of the sources are not kept.
 *
 * @param since the year that the jobs are created in begins here
 */
export async function insertManyJobs(
  database: Database,
  count: number,
  { sources = SOURCES.length, since = new Date('2025-01-01') } = {},
): Promise<void> {
  for (let index = 0; index < sources; index++) {
    const platform = PLATFORMS[Math.floor((index * PLATFORMS.length) / sources)]!;
    await insertSource(database, { key: `source-${index}`, platform });
  }
  const indexes = await database.query<{ name: string; definition: string }>(
    `SELECT format('%I.%I', schemaname, indexname) AS name, indexdef AS definition FROM pg_indexes
     WHERE schemaname = 'rollcall' AND tablename = 'job' AND indexname <> 'job_pkey'`,
  );
  const referring = await database.query<{ name: string }>(
    `SELECT DISTINCT conrelid::regclass::text AS name FROM pg_constraint WHERE confrelid = 'rollcall.job'::regclass`,
  );
  await database.transaction(async (client) => {
    // a test's jobs need not survive a crash; whoever refers to them then may not either
    for (const { name } of referring) await client.query(`ALTER TABLE ${name} SET UNLOGGED`);
    await client.query('ALTER TABLE rollcall.job SET UNLOGGED');
    // built once at the end, as a restore does it
    await client.query(`DROP INDEX ${indexes.map(({ name }) => name).join(', ')}`);
    await client.query('ALTER TABLE rollcall.job DISABLE TRIGGER ALL');
    await client.query('SELECT setseed(0.5)');
    await client.query(insertSql(count, sources, since));
    await client.query('ALTER TABLE rollcall.job ENABLE TRIGGER ALL');
    await client.query("SET LOCAL maintenance_work_mem = '256MB'");
    for (const { definition } of indexes) await client.query(definition);
  });
  await database.query('ANALYZE rollcall.job, rollcall.source');
}

function insertSql(count: number, sources: number, since: Date): string {
  let upTo = 0;
  const states = STATES.map(([state, perMillion]) => {
    upTo += perMillion / 1_000_000;
    return `WHEN luck < ${upTo} THEN '${state}'`;
  });
  return `
    INSERT INTO rollcall.job (id, source_key, platform, external_id, type, name, state, reason, raw_status, status_mapped, progress,
      created_at, started_at, finished_at, updated_at, provenance, error, owner, attributes, links,
      first_seen_at, state_changed_at, changed_at, version, list_hash, evidence, read_at, mapping, seen_at)
    SELECT (lpad(to_hex(n), 8, '0') || right(md5(n::text), 24))::uuid, 'source-' || source, platforms[source * ${PLATFORMS.length} / ${sources} + 1], 'job-' || n, kind, kind || ' of ' || n,
      state, CASE WHEN state = 'failed' THEN 'timed_out' END, upper(state), state <> 'unknown', progress,
      created, started, finished, CASE WHEN luck > 0.99 OR (old AND luck > 0.5) THEN NULL ELSE coalesce(finished, started, created) END, '{}',
      CASE WHEN state = 'failed' THEN '{"message": "the disk was full", "code": "E28", "details": null}'::jsonb END, owner,
      jsonb_build_object('priority', n % 7, 'requestId', md5('r' || n), 'parameters', jsonb_build_object('tiles', n, 'dataset', md5('d' || n))),
      '{"html": "https://jobs.example.com/job"}', created, created, created + interval '5 seconds', 2, decode(md5('h' || n), 'hex'),
      jsonb_build_object('updated_at', extract(epoch FROM created)), created, 'test/1', created
    FROM (
      SELECT *, created + waited AS started,
        CASE WHEN state IN ('succeeded', 'failed', 'cancelled') THEN created + waited + ran END AS finished,
        CASE WHEN state = 'succeeded' THEN 1 WHEN state = 'running' THEN 0.5 END AS progress
      FROM (
        SELECT n, luck, old, platforms, ran, CASE ${states.join(' ')} ELSE 'succeeded' END AS state,
          CASE WHEN old THEN ${sources - 1} ELSE floor(${sources - 1} * a * a)::int END AS source, 'type-' || floor(200 * b * b)::int AS kind,
          CASE WHEN c < 0.4 THEN NULL ELSE 'owner-' || floor(800 * ((c - 0.4) / 0.6) ^ 2)::int END AS owner,
          timestamptz(3) '${since.toISOString()}' + trunc((d * CASE WHEN old THEN 3600 ELSE 365 * 86400 END)::numeric, 3) * interval '1 second' AS created,
          CASE WHEN e < 0.9 THEN trunc((e * 600)::numeric, 3) * interval '1 second' END AS waited
        FROM (
          SELECT n, n <= ${JOBS_OF_OLD_SOURCE} AS old, random() AS luck, random() AS a, random() AS b, random() AS c, random() AS d, random() AS e,
            trunc((random() * 7200)::numeric, 3) * interval '1 second' AS ran,
            ARRAY[${PLATFORMS.map((platform) => `'${platform}'`).join(', ')}] AS platforms
          FROM generate_series(1, ${count}) AS n
        ) drawn
      ) named
    ) timed`;
}
