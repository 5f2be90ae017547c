import { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The whole first schema. Tables are singular and private; the plural names are kept for the public views (contract, section 11).
 * Instants are truncated to milliseconds before they arrive, hence timestamptz(3).
 */
export class CreateSchema1763852400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- One configured account on a platform, with all that a poll needs to remember.
      CREATE TABLE rollcall.source (
        key text PRIMARY KEY,
        platform text NOT NULL,
        label text,
        labels jsonb NOT NULL DEFAULT '{}',
        base_url text NOT NULL,
        enabled boolean NOT NULL DEFAULT true,
        config_generation bigint NOT NULL,
        retired_at timestamptz(3),
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        -- the pace, so that a process without the configuration can tell fresh from stale
        every_ms bigint NOT NULL,
        idle_every_ms bigint NOT NULL,
        sweep_every_ms bigint NOT NULL,
        stale_after_ms bigint NOT NULL,
        -- how often this source can prove its knowledge complete: every poll, or only every sweep
        proof_every_ms bigint NOT NULL,
        -- lease: who polls now; the token grows with every claim and fences late writers
        lease_owner text,
        lease_token bigint NOT NULL DEFAULT 0,
        lease_until timestamptz(3),
        next_poll_at timestamptz(3),
        requested_poll text CONSTRAINT source_requested_poll_check CHECK (requested_poll IN ('incremental', 'sweep')),
        paused_at timestamptz(3),
        paused_until timestamptz(3),
        -- upstream position
        bookmark jsonb,
        walk jsonb,
        open_round jsonb,
        open_round_at timestamptz(3),
        swept_at timestamptz(3),
        sweep_ended_at timestamptz(3),
        first_read_at timestamptz(3),
        complete_through timestamptz(3),
        proven_at timestamptz(3),
        -- health
        health text NOT NULL DEFAULT 'degraded'
          CONSTRAINT source_health_check CHECK (health IN ('healthy', 'degraded', 'failing', 'paused', 'retired')),
        health_reason text DEFAULT 'not-polled-yet',
        health_since timestamptz(3) NOT NULL DEFAULT now(),
        last_poll_at timestamptz(3),
        last_success_at timestamptz(3),
        consecutive_failures integer NOT NULL DEFAULT 0,
        last_error jsonb,
        clock_skew_ms bigint,
        upstream_total bigint,
        upstream_total_at timestamptz(3),
        truncated boolean NOT NULL DEFAULT false,
        skipped_old bigint NOT NULL DEFAULT 0
      );
      CREATE INDEX source_next_poll_at_idx ON rollcall.source (next_poll_at) WHERE enabled AND retired_at IS NULL;

      -- What lists filter, sort and show. Narrow on purpose; the upstream record is in job_payload.
      CREATE TABLE rollcall.job (
        id uuid PRIMARY KEY,
        -- a small number for each job, so that a sweep can remember a million jobs in a bitmap
        ordinal bigint GENERATED ALWAYS AS IDENTITY,
        source_key text NOT NULL CONSTRAINT job_source_key_fkey REFERENCES rollcall.source (key),
        platform text NOT NULL,
        external_id text NOT NULL,
        type text,
        name text,
        state text NOT NULL CONSTRAINT job_state_check CHECK (state IN ('scheduled', 'queued', 'running', 'paused',
          'stopping', 'succeeded', 'failed', 'cancelled', 'skipped', 'missed', 'unknown')),
        terminal boolean NOT NULL
          GENERATED ALWAYS AS (state IN ('succeeded', 'failed', 'cancelled', 'skipped', 'missed')) STORED,
        reason text,
        raw_status text,
        status_mapped boolean NOT NULL,
        progress double precision CONSTRAINT job_progress_check CHECK (progress BETWEEN 0 AND 1),
        created_at timestamptz(3),
        scheduled_for timestamptz(3),
        started_at timestamptz(3),
        finished_at timestamptz(3),
        updated_at timestamptz(3),
        provenance jsonb NOT NULL DEFAULT '{}',
        error jsonb,
        owner text,
        parent_id uuid,
        attributes jsonb NOT NULL DEFAULT '{}',
        links jsonb NOT NULL DEFAULT '{}',
        actions text[] NOT NULL DEFAULT '{}',
        first_seen_at timestamptz(3) NOT NULL,
        state_changed_at timestamptz(3) NOT NULL,
        changed_at timestamptz(3) NOT NULL,
        version integer NOT NULL,
        -- what a quiet re-read compares, one for each shape of record
        list_hash bytea,
        detail_hash bytea,
        -- of the winning record: the upstream's own times, and when its read began (database time)
        evidence jsonb NOT NULL DEFAULT '{}',
        read_at timestamptz(3) NOT NULL,
        mapping text NOT NULL,
        -- the last time this row was written because its record was read
        seen_at timestamptz(3) NOT NULL,
        -- the last complete sweep no longer listed it
        absent_at timestamptz(3),
        -- unfinished, and proven to be gone
        vanished_at timestamptz(3)
      );
      CREATE UNIQUE INDEX job_ordinal_key ON rollcall.job (source_key, ordinal);
      CREATE INDEX job_open_idx ON rollcall.job (source_key, ordinal) WHERE NOT terminal;
      CREATE INDEX job_unmapped_idx ON rollcall.job (source_key, raw_status) WHERE NOT status_mapped;
      CREATE INDEX job_external_id_idx ON rollcall.job USING hash (external_id);
      CREATE INDEX job_parent_id_idx ON rollcall.job (parent_id) WHERE parent_id IS NOT NULL;
      CREATE INDEX job_updated_at_idx ON rollcall.job (updated_at DESC NULLS LAST, id DESC);
      CREATE INDEX job_created_at_idx ON rollcall.job (created_at DESC NULLS LAST, id DESC);
      CREATE INDEX job_changed_at_idx ON rollcall.job (changed_at DESC NULLS LAST, id DESC);
      CREATE INDEX job_source_updated_at_idx ON rollcall.job (source_key, updated_at DESC NULLS LAST, id DESC);
      CREATE INDEX job_source_state_updated_at_idx ON rollcall.job (source_key, state, updated_at DESC NULLS LAST, id DESC);
      CREATE INDEX job_state_updated_at_idx ON rollcall.job (state, updated_at DESC NULLS LAST, id DESC);
      -- text from outside has no length limit, a btree entry has: hence the prefix (queries name the prefix too)
      CREATE INDEX job_type_updated_at_idx ON rollcall.job (left(type, 128), updated_at DESC NULLS LAST, id DESC);

      -- The last upstream record of each shape, redacted.
      CREATE TABLE rollcall.job_payload (
        job_id uuid NOT NULL CONSTRAINT job_payload_job_id_fkey REFERENCES rollcall.job (id) ON DELETE CASCADE,
        shape text NOT NULL CONSTRAINT job_payload_shape_check CHECK (shape IN ('list', 'detail')),
        record text NOT NULL,
        mapping text NOT NULL,
        poll_id bigint,
        read_at timestamptz(3) NOT NULL,
        PRIMARY KEY (job_id, shape)
      );
      -- compress from 256 bytes on: records are repetitive JSON, and the default of 2 kB would leave most of them as they are
      ALTER TABLE rollcall.job_payload SET (toast_tuple_target = 256);
      CREATE INDEX job_payload_read_at_idx ON rollcall.job_payload (read_at);

      -- A job's tasks, replaced as a whole when its record shows others; a job without tasks has no row. One row a job and not one a
      -- task: they are only ever read and written together, and a row for each step would outnumber the jobs many times.
      CREATE TABLE rollcall.job_task (
        job_id uuid PRIMARY KEY CONSTRAINT job_task_job_id_fkey REFERENCES rollcall.job (id) ON DELETE CASCADE,
        -- in the platform's order; instants in epoch milliseconds
        tasks jsonb NOT NULL
      );

      -- Append-only; lives as long as its job.
      CREATE TABLE rollcall.transition (
        job_id uuid NOT NULL CONSTRAINT transition_job_id_fkey REFERENCES rollcall.job (id) ON DELETE CASCADE,
        sequence integer NOT NULL,
        from_state text,
        to_state text NOT NULL,
        reason text,
        raw_status text,
        occurred_at timestamptz(3) NOT NULL,
        observed_at timestamptz(3) NOT NULL,
        provenance text,
        mapping text NOT NULL,
        poll_id bigint,
        PRIMARY KEY (job_id, sequence)
      );

      -- The change feed. position is given under one advisory lock that is held until commit, so it grows in commit order.
      CREATE SEQUENCE rollcall.event_position_seq;
      CREATE TABLE rollcall.event (
        position bigint NOT NULL,
        type text NOT NULL,
        at timestamptz(3) NOT NULL,
        source_key text NOT NULL,
        job_id uuid,
        sequence integer,
        from_state text,
        to_state text,
        backfill boolean NOT NULL DEFAULT false,
        changed text[] NOT NULL DEFAULT '{}',
        body jsonb,
        poll_id bigint,
        PRIMARY KEY (position, at)
      ) PARTITION BY RANGE (at);
      CREATE INDEX event_job_id_idx ON rollcall.event (job_id, sequence);
      CREATE TABLE rollcall.event_default PARTITION OF rollcall.event DEFAULT;

      -- Kept in the transaction of the change, so that summaries and metrics never scan.
      CREATE TABLE rollcall.job_count (
        source_key text NOT NULL CONSTRAINT job_count_source_key_fkey REFERENCES rollcall.source (key),
        state text NOT NULL,
        jobs bigint NOT NULL DEFAULT 0,
        -- of these, how many the last complete sweep no longer listed
        absent bigint NOT NULL DEFAULT 0,
        PRIMARY KEY (source_key, state)
      );

      -- Records that could not be normalized: one row for each distinct record.
      CREATE TABLE rollcall.reject (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        source_key text NOT NULL CONSTRAINT reject_source_key_fkey REFERENCES rollcall.source (key),
        digest bytea NOT NULL,
        external_id text,
        reasons text[] NOT NULL,
        first_seen_at timestamptz(3) NOT NULL,
        last_seen_at timestamptz(3) NOT NULL,
        count bigint NOT NULL DEFAULT 1,
        payload text NOT NULL,
        CONSTRAINT reject_source_key_digest_key UNIQUE (source_key, digest)
      );
      CREATE INDEX reject_first_seen_at_idx ON rollcall.reject (first_seen_at DESC, id DESC);

      -- One row a poll: what it did and what it cost.
      CREATE SEQUENCE rollcall.poll_id_seq;
      CREATE TABLE rollcall.poll (
        id bigint PRIMARY KEY,
        source_key text NOT NULL CONSTRAINT poll_source_key_fkey REFERENCES rollcall.source (key),
        kind text NOT NULL CONSTRAINT poll_kind_check CHECK (kind IN ('incremental', 'sweep', 'refresh')),
        began_at timestamptz(3) NOT NULL,
        ended_at timestamptz(3),
        result text,
        error jsonb,
        requests integer NOT NULL DEFAULT 0,
        records integer NOT NULL DEFAULT 0,
        discovered integer NOT NULL DEFAULT 0,
        changed integer NOT NULL DEFAULT 0,
        rejected integer NOT NULL DEFAULT 0
      );
      CREATE INDEX poll_source_key_began_at_idx ON rollcall.poll (source_key, began_at DESC);

      -- Upstream requests by minute: the hourly budget and requestsLastHour.
      CREATE TABLE rollcall.upstream_request (
        source_key text NOT NULL CONSTRAINT upstream_request_source_key_fkey REFERENCES rollcall.source (key),
        minute timestamptz(0) NOT NULL,
        requests integer NOT NULL,
        PRIMARY KEY (source_key, minute)
      );

      -- API tokens made by the CLI. Only the SHA-256 of a token is kept.
      CREATE TABLE rollcall.token (
        name text PRIMARY KEY,
        hash bytea NOT NULL CONSTRAINT token_hash_key UNIQUE,
        scopes text[] NOT NULL,
        sources text[],
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        expires_at timestamptz(3),
        last_used_at timestamptz(3),
        revoked_at timestamptz(3)
      );

      -- What belongs to this installation as a whole: the key that signs cursors, the configuration's generation.
      CREATE TABLE rollcall.setting (
        name text PRIMARY KEY,
        value jsonb NOT NULL
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP SCHEMA rollcall CASCADE');
  }
}
