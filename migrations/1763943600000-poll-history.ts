import { MigrationInterface, QueryRunner } from 'typeorm';

/** A source's polls are shown, newest first, and what it may ask for in an hour beside what it did. */
export class PollHistory1763943600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE INDEX poll_source_key_id_idx ON rollcall.poll (source_key, id);
      -- null: no service of a version that writes it has read the configuration since
      ALTER TABLE rollcall.source ADD COLUMN max_requests_per_hour integer;
      CREATE OR REPLACE VIEW rollcall.sources AS ${sources(', s.max_requests_per_hour')};
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP VIEW rollcall.sources;
      CREATE VIEW rollcall.sources AS ${sources('')};
      ALTER TABLE rollcall.source DROP COLUMN max_requests_per_hour;
      DROP INDEX rollcall.poll_source_key_id_idx;
    `);
  }
}

/** The public view of sources. @param more columns at its end: a view that people read can only grow there */
function sources(more: string): string {
  return `
  SELECT s.key, s.platform, s.label, s.labels, s.enabled,
    CASE known.told WHEN 'stored' THEN s.health WHEN 'behind' THEN 'degraded' WHEN 'disabled' THEN 'paused' ELSE known.told END
      AS health,
    CASE known.told WHEN 'stored' THEN s.health_reason WHEN 'behind' THEN 'behind' WHEN 'disabled' THEN 'disabled'
      WHEN 'paused' THEN 'paused' END AS reason,
    CASE known.told WHEN 'retired' THEN s.retired_at WHEN 'paused' THEN s.paused_at WHEN 'disabled' THEN s.health_since
      WHEN 'behind' THEN CASE WHEN s.health_reason = 'behind' THEN facts.since ELSE greatest(facts.since, facts.behind_from) END
      ELSE facts.since END AS since,
    s.last_poll_at, s.last_success_at,
    CASE WHEN known.told NOT IN ('paused', 'disabled') THEN s.next_poll_at
      WHEN s.enabled AND s.paused_until IS NOT NULL THEN greatest(s.paused_until, s.next_poll_at) END AS next_poll_at,
    s.consecutive_failures, s.last_error, s.complete_through,
    CASE WHEN s.proven_at IS NOT NULL THEN greatest(0, floor(date_part('epoch', now() - s.proven_at) * 1000)) END::bigint AS lag_ms,
    (SELECT coalesce(sum(r.requests), 0)::bigint FROM rollcall.upstream_request r
     WHERE r.source_key = s.key AND r.minute > now() - interval '1 hour') AS requests_last_hour,
    (SELECT jsonb_object_agg(known_states.state, coalesce(c.jobs, 0))
     FROM unnest(ARRAY['scheduled', 'queued', 'running', 'paused', 'stopping', 'succeeded', 'failed', 'cancelled', 'skipped',
       'missed', 'unknown']) AS known_states (state)
     LEFT JOIN rollcall.job_count c ON c.source_key = s.key AND c.state = known_states.state) AS jobs,
    (SELECT count(*) FROM rollcall.reject r WHERE r.source_key = s.key) AS rejects,
    s.skipped_old, s.clock_skew_ms,
    CASE WHEN s.upstream_total IS NOT NULL THEN jsonb_build_object('value', s.upstream_total,
      'at', to_char(s.upstream_total_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) END AS upstream_total,
    (SELECT coalesce(jsonb_agg(u), '[]') FROM (
       SELECT j.raw_status AS status, count(*) AS count FROM rollcall.job j
       WHERE j.source_key = s.key AND NOT j.status_mapped AND j.vanished_at IS NULL
       GROUP BY j.raw_status ORDER BY count(*) DESC, j.raw_status LIMIT 100) u) AS unmapped_statuses${more}
  FROM rollcall.source s
  CROSS JOIN LATERAL (SELECT
    s.complete_through - coalesce(s.clock_skew_ms, 0) * interval '1 millisecond'
      + greatest(s.stale_after_ms, 2 * s.proof_every_ms) * interval '1 millisecond' AS behind_from,
    -- a pause that ended by itself
    greatest(s.health_since, CASE WHEN s.paused_at IS NOT NULL THEN s.paused_until END) AS since) facts
  CROSS JOIN LATERAL (SELECT CASE
    WHEN s.retired_at IS NOT NULL THEN 'retired'
    WHEN NOT s.enabled THEN 'disabled'
    WHEN s.paused_at IS NOT NULL AND (s.paused_until IS NULL OR s.paused_until > now()) THEN 'paused'
    WHEN s.health <> 'healthy' AND s.health_reason IS DISTINCT FROM 'behind' THEN 'stored'
    WHEN facts.behind_from < now() THEN 'behind'
    ELSE 'healthy' END AS told) known`;
}
