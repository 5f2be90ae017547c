-- The schema after migration 1763852400000, with a few rows: written once by pg_dump, never edited. See test/upgrades.e2e-spec.ts.

CREATE SCHEMA rollcall;

CREATE TABLE rollcall.event (
    "position" bigint NOT NULL,
    type text NOT NULL,
    at timestamp(3) with time zone NOT NULL,
    source_key text NOT NULL,
    job_id uuid,
    sequence integer,
    from_state text,
    to_state text,
    backfill boolean DEFAULT false NOT NULL,
    changed text[] DEFAULT '{}'::text[] NOT NULL,
    body jsonb,
    poll_id bigint
)
PARTITION BY RANGE (at);

CREATE TABLE rollcall.event_default (
    "position" bigint NOT NULL,
    type text NOT NULL,
    at timestamp(3) with time zone NOT NULL,
    source_key text NOT NULL,
    job_id uuid,
    sequence integer,
    from_state text,
    to_state text,
    backfill boolean DEFAULT false NOT NULL,
    changed text[] DEFAULT '{}'::text[] NOT NULL,
    body jsonb,
    poll_id bigint
);

CREATE SEQUENCE rollcall.event_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE TABLE rollcall.job (
    id uuid NOT NULL,
    ordinal bigint NOT NULL,
    source_key text NOT NULL,
    platform text NOT NULL,
    external_id text NOT NULL,
    type text,
    name text,
    state text NOT NULL,
    terminal boolean GENERATED ALWAYS AS ((state = ANY (ARRAY['succeeded'::text, 'failed'::text, 'cancelled'::text, 'skipped'::text, 'missed'::text]))) STORED NOT NULL,
    reason text,
    raw_status text,
    status_mapped boolean NOT NULL,
    progress double precision,
    created_at timestamp(3) with time zone,
    scheduled_for timestamp(3) with time zone,
    started_at timestamp(3) with time zone,
    finished_at timestamp(3) with time zone,
    updated_at timestamp(3) with time zone,
    provenance jsonb DEFAULT '{}'::jsonb NOT NULL,
    error jsonb,
    owner text,
    parent_id uuid,
    attributes jsonb DEFAULT '{}'::jsonb NOT NULL,
    links jsonb DEFAULT '{}'::jsonb NOT NULL,
    actions text[] DEFAULT '{}'::text[] NOT NULL,
    first_seen_at timestamp(3) with time zone NOT NULL,
    state_changed_at timestamp(3) with time zone NOT NULL,
    changed_at timestamp(3) with time zone NOT NULL,
    version integer NOT NULL,
    list_hash bytea,
    detail_hash bytea,
    evidence jsonb DEFAULT '{}'::jsonb NOT NULL,
    read_at timestamp(3) with time zone NOT NULL,
    mapping text NOT NULL,
    seen_at timestamp(3) with time zone NOT NULL,
    absent_at timestamp(3) with time zone,
    vanished_at timestamp(3) with time zone,
    CONSTRAINT job_progress_check CHECK (((progress >= (0)::double precision) AND (progress <= (1)::double precision))),
    CONSTRAINT job_state_check CHECK ((state = ANY (ARRAY['scheduled'::text, 'queued'::text, 'running'::text, 'paused'::text, 'stopping'::text, 'succeeded'::text, 'failed'::text, 'cancelled'::text, 'skipped'::text, 'missed'::text, 'unknown'::text])))
);

CREATE TABLE rollcall.job_count (
    source_key text NOT NULL,
    state text NOT NULL,
    jobs bigint DEFAULT 0 NOT NULL,
    absent bigint DEFAULT 0 NOT NULL
);

ALTER TABLE rollcall.job ALTER COLUMN ordinal ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME rollcall.job_ordinal_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE rollcall.job_payload (
    job_id uuid NOT NULL,
    shape text NOT NULL,
    record text NOT NULL,
    mapping text NOT NULL,
    poll_id bigint,
    read_at timestamp(3) with time zone NOT NULL,
    CONSTRAINT job_payload_shape_check CHECK ((shape = ANY (ARRAY['list'::text, 'detail'::text])))
)
WITH (toast_tuple_target='256');

CREATE TABLE rollcall.job_task (
    job_id uuid NOT NULL,
    tasks jsonb NOT NULL
);

CREATE TABLE rollcall.migration (
    id integer NOT NULL,
    "timestamp" bigint NOT NULL,
    name character varying NOT NULL
);

CREATE SEQUENCE rollcall.migration_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE rollcall.migration_id_seq OWNED BY rollcall.migration.id;

CREATE TABLE rollcall.poll (
    id bigint NOT NULL,
    source_key text NOT NULL,
    kind text NOT NULL,
    began_at timestamp(3) with time zone NOT NULL,
    ended_at timestamp(3) with time zone,
    result text,
    error jsonb,
    requests integer DEFAULT 0 NOT NULL,
    records integer DEFAULT 0 NOT NULL,
    discovered integer DEFAULT 0 NOT NULL,
    changed integer DEFAULT 0 NOT NULL,
    rejected integer DEFAULT 0 NOT NULL,
    CONSTRAINT poll_kind_check CHECK ((kind = ANY (ARRAY['incremental'::text, 'sweep'::text, 'refresh'::text])))
);

CREATE SEQUENCE rollcall.poll_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE TABLE rollcall.reject (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    source_key text NOT NULL,
    digest bytea NOT NULL,
    external_id text,
    reasons text[] NOT NULL,
    first_seen_at timestamp(3) with time zone NOT NULL,
    last_seen_at timestamp(3) with time zone NOT NULL,
    count bigint DEFAULT 1 NOT NULL,
    payload text NOT NULL
);

CREATE TABLE rollcall.setting (
    name text NOT NULL,
    value jsonb NOT NULL
);

CREATE TABLE rollcall.source (
    key text NOT NULL,
    platform text NOT NULL,
    label text,
    labels jsonb DEFAULT '{}'::jsonb NOT NULL,
    base_url text NOT NULL,
    enabled boolean DEFAULT true NOT NULL,
    config_generation bigint NOT NULL,
    retired_at timestamp(3) with time zone,
    created_at timestamp(3) with time zone DEFAULT now() NOT NULL,
    every_ms bigint NOT NULL,
    idle_every_ms bigint NOT NULL,
    sweep_every_ms bigint NOT NULL,
    stale_after_ms bigint NOT NULL,
    proof_every_ms bigint NOT NULL,
    lease_owner text,
    lease_token bigint DEFAULT 0 NOT NULL,
    lease_until timestamp(3) with time zone,
    next_poll_at timestamp(3) with time zone,
    requested_poll text,
    paused_at timestamp(3) with time zone,
    paused_until timestamp(3) with time zone,
    bookmark jsonb,
    walk jsonb,
    open_round jsonb,
    open_round_at timestamp(3) with time zone,
    swept_at timestamp(3) with time zone,
    sweep_ended_at timestamp(3) with time zone,
    first_read_at timestamp(3) with time zone,
    complete_through timestamp(3) with time zone,
    proven_at timestamp(3) with time zone,
    health text DEFAULT 'degraded'::text NOT NULL,
    health_reason text DEFAULT 'not-polled-yet'::text,
    health_since timestamp(3) with time zone DEFAULT now() NOT NULL,
    last_poll_at timestamp(3) with time zone,
    last_success_at timestamp(3) with time zone,
    consecutive_failures integer DEFAULT 0 NOT NULL,
    last_error jsonb,
    clock_skew_ms bigint,
    upstream_total bigint,
    upstream_total_at timestamp(3) with time zone,
    truncated boolean DEFAULT false NOT NULL,
    skipped_old bigint DEFAULT 0 NOT NULL,
    CONSTRAINT source_health_check CHECK ((health = ANY (ARRAY['healthy'::text, 'degraded'::text, 'failing'::text, 'paused'::text, 'retired'::text]))),
    CONSTRAINT source_requested_poll_check CHECK ((requested_poll = ANY (ARRAY['incremental'::text, 'sweep'::text])))
);

CREATE TABLE rollcall.token (
    name text NOT NULL,
    hash bytea NOT NULL,
    scopes text[] NOT NULL,
    sources text[],
    created_at timestamp(3) with time zone DEFAULT now() NOT NULL,
    expires_at timestamp(3) with time zone,
    last_used_at timestamp(3) with time zone,
    revoked_at timestamp(3) with time zone
);

CREATE TABLE rollcall.transition (
    job_id uuid NOT NULL,
    sequence integer NOT NULL,
    from_state text,
    to_state text NOT NULL,
    reason text,
    raw_status text,
    occurred_at timestamp(3) with time zone NOT NULL,
    observed_at timestamp(3) with time zone NOT NULL,
    provenance text,
    mapping text NOT NULL,
    poll_id bigint
);

CREATE TABLE rollcall.upstream_request (
    source_key text NOT NULL,
    minute timestamp(0) with time zone NOT NULL,
    requests integer NOT NULL
);

ALTER TABLE ONLY rollcall.event ATTACH PARTITION rollcall.event_default DEFAULT;

ALTER TABLE ONLY rollcall.migration ALTER COLUMN id SET DEFAULT nextval('rollcall.migration_id_seq'::regclass);

INSERT INTO rollcall.event ("position", type, at, source_key, job_id, sequence, from_state, to_state, backfill, changed, body, poll_id) VALUES (1, 'job.discovered', '2026-01-15 09:50:00.25+00', 'charts', '1ae7ffc8-073c-5b80-80bf-9d01b7c2f2e5', 1, NULL, 'queued', true, '{}', '{"id": "1ae7ffc8-073c-5b80-80bf-9d01b7c2f2e5", "name": "Import", "type": "import", "error": null, "links": {}, "owner": null, "state": "queued", "labels": {}, "reason": null, "source": "charts", "actions": [], "version": 1, "parentId": null, "platform": "vectorcharts", "progress": null, "terminal": false, "changedAt": "2026-01-15T10:00:00.000Z", "createdAt": "2026-01-15T10:00:00.000Z", "freshness": "fresh", "rawStatus": "failed", "startedAt": null, "updatedAt": "2026-01-15T10:00:00.000Z", "attributes": {}, "durationMs": null, "externalId": "a", "finishedAt": null, "lastSeenAt": "2026-01-15T10:00:00.000Z", "provenance": {}, "firstSeenAt": "2026-01-15T10:00:00.000Z", "scheduledFor": null, "stateChangedAt": "2026-01-15T10:00:00.000Z"}', 1);
INSERT INTO rollcall.event ("position", type, at, source_key, job_id, sequence, from_state, to_state, backfill, changed, body, poll_id) VALUES (2, 'job.transitioned', '2026-01-15 09:51:00.25+00', 'charts', '1ae7ffc8-073c-5b80-80bf-9d01b7c2f2e5', 2, 'queued', 'running', false, '{state}', '{"id": "1ae7ffc8-073c-5b80-80bf-9d01b7c2f2e5", "name": "Import", "type": "import", "error": null, "links": {}, "owner": null, "state": "running", "labels": {}, "reason": null, "source": "charts", "actions": [], "version": 2, "parentId": null, "platform": "vectorcharts", "progress": null, "terminal": false, "changedAt": "2026-01-15T10:00:00.000Z", "createdAt": "2026-01-15T10:00:00.000Z", "freshness": "fresh", "rawStatus": "failed", "startedAt": null, "updatedAt": "2026-01-15T10:00:00.000Z", "attributes": {}, "durationMs": null, "externalId": "a", "finishedAt": null, "lastSeenAt": "2026-01-15T10:00:00.000Z", "provenance": {}, "firstSeenAt": "2026-01-15T10:00:00.000Z", "scheduledFor": null, "stateChangedAt": "2026-01-15T10:00:00.000Z"}', 1);
INSERT INTO rollcall.event ("position", type, at, source_key, job_id, sequence, from_state, to_state, backfill, changed, body, poll_id) VALUES (3, 'job.transitioned', '2026-01-15 09:52:00.25+00', 'charts', '1ae7ffc8-073c-5b80-80bf-9d01b7c2f2e5', 3, 'running', 'failed', false, '{state}', '{"id": "1ae7ffc8-073c-5b80-80bf-9d01b7c2f2e5", "name": "Import", "type": "import", "error": null, "links": {}, "owner": null, "state": "failed", "labels": {}, "reason": null, "source": "charts", "actions": [], "version": 3, "parentId": null, "platform": "vectorcharts", "progress": null, "terminal": true, "changedAt": "2026-01-15T10:00:00.000Z", "createdAt": "2026-01-15T10:00:00.000Z", "freshness": "fresh", "rawStatus": "failed", "startedAt": null, "updatedAt": "2026-01-15T10:00:00.000Z", "attributes": {}, "durationMs": null, "externalId": "a", "finishedAt": null, "lastSeenAt": "2026-01-15T10:00:00.000Z", "provenance": {}, "firstSeenAt": "2026-01-15T10:00:00.000Z", "scheduledFor": null, "stateChangedAt": "2026-01-15T10:00:00.000Z"}', 1);
INSERT INTO rollcall.event ("position", type, at, source_key, job_id, sequence, from_state, to_state, backfill, changed, body, poll_id) VALUES (4, 'job.discovered', '2026-01-15 09:50:00.25+00', 'charts', 'aadec24f-ed98-56c6-98d2-e55351f38b3a', 1, NULL, 'queued', true, '{}', '{"id": "aadec24f-ed98-56c6-98d2-e55351f38b3a", "name": "Import", "type": "import", "error": null, "links": {}, "owner": null, "state": "queued", "labels": {}, "reason": null, "source": "charts", "actions": [], "version": 1, "parentId": null, "platform": "vectorcharts", "progress": null, "terminal": false, "changedAt": "2026-01-15T10:00:00.000Z", "createdAt": "2026-01-15T10:00:00.000Z", "freshness": "fresh", "rawStatus": "processing", "startedAt": null, "updatedAt": "2026-01-15T10:00:00.000Z", "attributes": {}, "durationMs": null, "externalId": "tab\t\\N \"quoted\" O''Hara 🦄", "finishedAt": null, "lastSeenAt": "2026-01-15T10:00:00.000Z", "provenance": {}, "firstSeenAt": "2026-01-15T10:00:00.000Z", "scheduledFor": null, "stateChangedAt": "2026-01-15T10:00:00.000Z"}', 1);
INSERT INTO rollcall.event ("position", type, at, source_key, job_id, sequence, from_state, to_state, backfill, changed, body, poll_id) VALUES (5, 'job.transitioned', '2026-01-15 09:51:00.25+00', 'charts', 'aadec24f-ed98-56c6-98d2-e55351f38b3a', 2, 'queued', 'running', false, '{state}', '{"id": "aadec24f-ed98-56c6-98d2-e55351f38b3a", "name": "Import", "type": "import", "error": null, "links": {}, "owner": null, "state": "running", "labels": {}, "reason": null, "source": "charts", "actions": [], "version": 2, "parentId": null, "platform": "vectorcharts", "progress": null, "terminal": false, "changedAt": "2026-01-15T10:00:00.000Z", "createdAt": "2026-01-15T10:00:00.000Z", "freshness": "fresh", "rawStatus": "processing", "startedAt": null, "updatedAt": "2026-01-15T10:00:00.000Z", "attributes": {}, "durationMs": null, "externalId": "tab\t\\N \"quoted\" O''Hara 🦄", "finishedAt": null, "lastSeenAt": "2026-01-15T10:00:00.000Z", "provenance": {}, "firstSeenAt": "2026-01-15T10:00:00.000Z", "scheduledFor": null, "stateChangedAt": "2026-01-15T10:00:00.000Z"}', 1);
INSERT INTO rollcall.event ("position", type, at, source_key, job_id, sequence, from_state, to_state, backfill, changed, body, poll_id) VALUES (6, 'job.discovered', '2026-01-15 09:50:00.25+00', 'charts', '078a1bd2-7b81-55c9-ba2d-be3d534f7220', 1, NULL, 'unknown', true, '{}', '{"id": "078a1bd2-7b81-55c9-ba2d-be3d534f7220", "name": "Import", "type": "import", "error": null, "links": {}, "owner": null, "state": "unknown", "labels": {}, "reason": null, "source": "charts", "actions": [], "version": 1, "parentId": null, "platform": "vectorcharts", "progress": null, "terminal": false, "changedAt": "2026-01-15T10:00:00.000Z", "createdAt": "2026-01-15T10:00:00.000Z", "freshness": "fresh", "rawStatus": "ODD_WORD", "startedAt": null, "updatedAt": "2026-01-15T10:00:00.000Z", "attributes": {}, "durationMs": null, "externalId": "odd", "finishedAt": null, "lastSeenAt": "2026-01-15T10:00:00.000Z", "provenance": {}, "firstSeenAt": "2026-01-15T10:00:00.000Z", "scheduledFor": null, "stateChangedAt": "2026-01-15T10:00:00.000Z"}', 1);
INSERT INTO rollcall.event ("position", type, at, source_key, job_id, sequence, from_state, to_state, backfill, changed, body, poll_id) VALUES (7, 'job.discovered', '2026-01-15 09:50:00.25+00', 'etl', 'c4278646-5408-5956-8b9c-475e6f51bca2', 1, NULL, 'running', true, '{}', '{"id": "c4278646-5408-5956-8b9c-475e6f51bca2", "name": "Import", "type": "import", "error": null, "links": {}, "owner": null, "state": "running", "labels": {}, "reason": null, "source": "etl", "actions": [], "version": 1, "parentId": null, "platform": "integrate-io", "progress": null, "terminal": false, "changedAt": "2026-01-15T10:00:00.000Z", "createdAt": "2026-01-15T10:00:00.000Z", "freshness": "fresh", "rawStatus": "completed", "startedAt": null, "updatedAt": "2026-01-15T10:00:00.000Z", "attributes": {}, "durationMs": null, "externalId": "1001", "finishedAt": null, "lastSeenAt": "2026-01-15T10:00:00.000Z", "provenance": {}, "firstSeenAt": "2026-01-15T10:00:00.000Z", "scheduledFor": null, "stateChangedAt": "2026-01-15T10:00:00.000Z"}', 1);
INSERT INTO rollcall.event ("position", type, at, source_key, job_id, sequence, from_state, to_state, backfill, changed, body, poll_id) VALUES (8, 'job.transitioned', '2026-01-15 09:51:00.25+00', 'etl', 'c4278646-5408-5956-8b9c-475e6f51bca2', 2, 'running', 'succeeded', false, '{state}', '{"id": "c4278646-5408-5956-8b9c-475e6f51bca2", "name": "Import", "type": "import", "error": null, "links": {}, "owner": null, "state": "succeeded", "labels": {}, "reason": null, "source": "etl", "actions": [], "version": 2, "parentId": null, "platform": "integrate-io", "progress": null, "terminal": true, "changedAt": "2026-01-15T10:00:00.000Z", "createdAt": "2026-01-15T10:00:00.000Z", "freshness": "fresh", "rawStatus": "completed", "startedAt": null, "updatedAt": "2026-01-15T10:00:00.000Z", "attributes": {}, "durationMs": null, "externalId": "1001", "finishedAt": null, "lastSeenAt": "2026-01-15T10:00:00.000Z", "provenance": {}, "firstSeenAt": "2026-01-15T10:00:00.000Z", "scheduledFor": null, "stateChangedAt": "2026-01-15T10:00:00.000Z"}', 1);
INSERT INTO rollcall.event ("position", type, at, source_key, job_id, sequence, from_state, to_state, backfill, changed, body, poll_id) VALUES (9, 'job.discovered', '2026-01-15 09:50:00.25+00', 'etl', '144ce527-cb3a-54db-b210-84010e0a967a', 1, NULL, 'running', true, '{}', '{"id": "144ce527-cb3a-54db-b210-84010e0a967a", "name": "Import", "type": "import", "error": null, "links": {}, "owner": null, "state": "running", "labels": {}, "reason": null, "source": "etl", "actions": [], "version": 1, "parentId": null, "platform": "integrate-io", "progress": null, "terminal": false, "changedAt": "2026-01-15T10:00:00.000Z", "createdAt": "2026-01-15T10:00:00.000Z", "freshness": "fresh", "rawStatus": "running", "startedAt": null, "updatedAt": "2026-01-15T10:00:00.000Z", "attributes": {}, "durationMs": null, "externalId": "1002", "finishedAt": null, "lastSeenAt": "2026-01-15T10:00:00.000Z", "provenance": {}, "firstSeenAt": "2026-01-15T10:00:00.000Z", "scheduledFor": null, "stateChangedAt": "2026-01-15T10:00:00.000Z"}', 1);
INSERT INTO rollcall.event ("position", type, at, source_key, job_id, sequence, from_state, to_state, backfill, changed, body, poll_id) VALUES (10, 'job.discovered', '2026-01-15 09:50:00.25+00', 'gone', '14f15a60-f6ae-532f-8a03-36a2e0e5ab7a', 1, NULL, 'cancelled', true, '{}', '{"id": "14f15a60-f6ae-532f-8a03-36a2e0e5ab7a", "name": "Import", "type": "import", "error": null, "links": {}, "owner": null, "state": "cancelled", "labels": {}, "reason": null, "source": "gone", "actions": [], "version": 1, "parentId": null, "platform": "veeva-vault", "progress": null, "terminal": true, "changedAt": "2026-01-15T10:00:00.000Z", "createdAt": "2026-01-15T10:00:00.000Z", "freshness": "fresh", "rawStatus": "CANCELLED", "startedAt": null, "updatedAt": "2026-01-15T10:00:00.000Z", "attributes": {}, "durationMs": null, "externalId": "v1", "finishedAt": null, "lastSeenAt": "2026-01-15T10:00:00.000Z", "provenance": {}, "firstSeenAt": "2026-01-15T10:00:00.000Z", "scheduledFor": null, "stateChangedAt": "2026-01-15T10:00:00.000Z"}', 1);
INSERT INTO rollcall.event ("position", type, at, source_key, job_id, sequence, from_state, to_state, backfill, changed, body, poll_id) VALUES (11, 'source.health', '2026-01-15 10:00:00+00', 'charts', NULL, NULL, NULL, NULL, false, '{}', '{"health": "healthy", "reason": null, "previousHealth": "degraded"}', 1);

INSERT INTO rollcall.job (id, ordinal, source_key, platform, external_id, type, name, state, reason, raw_status, status_mapped, progress, created_at, scheduled_for, started_at, finished_at, updated_at, provenance, error, owner, parent_id, attributes, links, actions, first_seen_at, state_changed_at, changed_at, version, list_hash, detail_hash, evidence, read_at, mapping, seen_at, absent_at, vanished_at) OVERRIDING SYSTEM VALUE VALUES ('1ae7ffc8-073c-5b80-80bf-9d01b7c2f2e5', 1, 'charts', 'vectorcharts', 'a', 'import', 'Import a', 'failed', 'errors_encountered', 'failed', true, NULL, '2026-01-15 09:00:00+00', NULL, '2026-01-15 09:10:00+00', '2026-01-15 09:30:00+00', '2026-01-15 09:50:00+00', '{"startedAt": "inferred"}', '{"code": "E1", "details": null, "message": "disk 50% full"}', 'ann', NULL, '{}', '{"self": "https://jobs.example.com/1"}', '{}', '2026-01-15 09:55:00+00', '2026-01-15 09:55:00+00', '2026-01-15 09:55:00+00', 3, '\x0102', NULL, '{"updatedAt": 1768471200000}', '2026-01-15 09:55:00+00', 'vectorcharts-1', '2026-01-15 09:55:00+00', NULL, NULL);
INSERT INTO rollcall.job (id, ordinal, source_key, platform, external_id, type, name, state, reason, raw_status, status_mapped, progress, created_at, scheduled_for, started_at, finished_at, updated_at, provenance, error, owner, parent_id, attributes, links, actions, first_seen_at, state_changed_at, changed_at, version, list_hash, detail_hash, evidence, read_at, mapping, seen_at, absent_at, vanished_at) OVERRIDING SYSTEM VALUE VALUES ('aadec24f-ed98-56c6-98d2-e55351f38b3a', 2, 'charts', 'vectorcharts', 'tab	\N "quoted" O''Hara 🦄', 'import', 'Import tab	\N "quoted" O''Hara 🦄', 'running', NULL, 'processing', true, 0.45, '2026-01-15 09:00:00+00', NULL, '2026-01-15 09:10:00+00', NULL, '2026-01-15 09:50:00+00', '{"startedAt": "inferred"}', NULL, 'ann', NULL, '{}', '{"self": "https://jobs.example.com/1"}', '{cancel}', '2026-01-15 09:55:00+00', '2026-01-15 09:55:00+00', '2026-01-15 09:55:00+00', 2, '\x0102', NULL, '{"updatedAt": 1768471200000}', '2026-01-15 09:55:00+00', 'vectorcharts-1', '2026-01-15 09:55:00+00', NULL, NULL);
INSERT INTO rollcall.job (id, ordinal, source_key, platform, external_id, type, name, state, reason, raw_status, status_mapped, progress, created_at, scheduled_for, started_at, finished_at, updated_at, provenance, error, owner, parent_id, attributes, links, actions, first_seen_at, state_changed_at, changed_at, version, list_hash, detail_hash, evidence, read_at, mapping, seen_at, absent_at, vanished_at) OVERRIDING SYSTEM VALUE VALUES ('078a1bd2-7b81-55c9-ba2d-be3d534f7220', 3, 'charts', 'vectorcharts', 'odd', 'import', 'Import odd', 'unknown', NULL, 'ODD_WORD', false, NULL, '2026-01-15 09:00:00+00', NULL, '2026-01-15 09:10:00+00', NULL, '2026-01-15 09:50:00+00', '{"startedAt": "inferred"}', NULL, 'ann', NULL, '{}', '{"self": "https://jobs.example.com/1"}', '{}', '2026-01-15 09:55:00+00', '2026-01-15 09:55:00+00', '2026-01-15 09:55:00+00', 1, '\x0102', NULL, '{"updatedAt": 1768471200000}', '2026-01-15 09:55:00+00', 'vectorcharts-1', '2026-01-15 09:55:00+00', NULL, NULL);
INSERT INTO rollcall.job (id, ordinal, source_key, platform, external_id, type, name, state, reason, raw_status, status_mapped, progress, created_at, scheduled_for, started_at, finished_at, updated_at, provenance, error, owner, parent_id, attributes, links, actions, first_seen_at, state_changed_at, changed_at, version, list_hash, detail_hash, evidence, read_at, mapping, seen_at, absent_at, vanished_at) OVERRIDING SYSTEM VALUE VALUES ('c4278646-5408-5956-8b9c-475e6f51bca2', 4, 'etl', 'integrate-io', '1001', 'import', 'Import 1001', 'succeeded', NULL, 'completed', true, NULL, '2026-01-15 09:00:00+00', NULL, '2026-01-15 09:10:00+00', '2026-01-15 09:45:00.5+00', '2026-01-15 09:50:00+00', '{"startedAt": "inferred"}', NULL, 'ann', NULL, '{"outputs": [{"id": 1, "name": "x"}], "packageId": 7}', '{"self": "https://jobs.example.com/1"}', '{}', '2026-01-15 09:55:00+00', '2026-01-15 09:55:00+00', '2026-01-15 09:55:00+00', 2, '\x0102', NULL, '{"updatedAt": 1768471200000}', '2026-01-15 09:55:00+00', 'integrate-io-1', '2026-01-15 09:55:00+00', NULL, NULL);
INSERT INTO rollcall.job (id, ordinal, source_key, platform, external_id, type, name, state, reason, raw_status, status_mapped, progress, created_at, scheduled_for, started_at, finished_at, updated_at, provenance, error, owner, parent_id, attributes, links, actions, first_seen_at, state_changed_at, changed_at, version, list_hash, detail_hash, evidence, read_at, mapping, seen_at, absent_at, vanished_at) OVERRIDING SYSTEM VALUE VALUES ('144ce527-cb3a-54db-b210-84010e0a967a', 5, 'etl', 'integrate-io', '1002', 'import', 'Import 1002', 'running', NULL, 'running', true, NULL, '2026-01-15 09:00:00+00', NULL, '2026-01-15 09:10:00+00', NULL, '2026-01-15 09:50:00+00', '{"startedAt": "inferred"}', NULL, 'ann', 'c4278646-5408-5956-8b9c-475e6f51bca2', '{}', '{"self": "https://jobs.example.com/1"}', '{cancel}', '2026-01-15 09:55:00+00', '2026-01-15 09:55:00+00', '2026-01-15 09:55:00+00', 1, '\x0102', NULL, '{"updatedAt": 1768471200000}', '2026-01-15 09:55:00+00', 'integrate-io-1', '2026-01-15 09:55:00+00', NULL, '2026-01-15 09:59:00+00');
INSERT INTO rollcall.job (id, ordinal, source_key, platform, external_id, type, name, state, reason, raw_status, status_mapped, progress, created_at, scheduled_for, started_at, finished_at, updated_at, provenance, error, owner, parent_id, attributes, links, actions, first_seen_at, state_changed_at, changed_at, version, list_hash, detail_hash, evidence, read_at, mapping, seen_at, absent_at, vanished_at) OVERRIDING SYSTEM VALUE VALUES ('14f15a60-f6ae-532f-8a03-36a2e0e5ab7a', 6, 'gone', 'veeva-vault', 'v1', NULL, 'Import v1', 'cancelled', NULL, 'CANCELLED', true, NULL, '2026-01-15 09:00:00+00', NULL, '2026-01-15 09:10:00+00', NULL, '2026-01-15 09:50:00+00', '{"startedAt": "inferred"}', NULL, 'ann', NULL, '{}', '{"self": "https://jobs.example.com/1"}', '{}', '2026-01-15 09:55:00+00', '2026-01-15 09:55:00+00', '2026-01-15 09:55:00+00', 1, '\x0102', NULL, '{"updatedAt": 1768471200000}', '2026-01-15 09:55:00+00', 'veeva-vault-1', '2026-01-15 09:55:00+00', '2026-01-15 08:30:00+00', NULL);

INSERT INTO rollcall.job_count (source_key, state, jobs, absent) VALUES ('charts', 'failed', 1, 0);
INSERT INTO rollcall.job_count (source_key, state, jobs, absent) VALUES ('charts', 'running', 1, 0);
INSERT INTO rollcall.job_count (source_key, state, jobs, absent) VALUES ('charts', 'unknown', 1, 0);
INSERT INTO rollcall.job_count (source_key, state, jobs, absent) VALUES ('etl', 'succeeded', 1, 0);
INSERT INTO rollcall.job_count (source_key, state, jobs, absent) VALUES ('etl', 'running', 1, 0);
INSERT INTO rollcall.job_count (source_key, state, jobs, absent) VALUES ('gone', 'cancelled', 1, 1);

INSERT INTO rollcall.job_payload (job_id, shape, record, mapping, poll_id, read_at) VALUES ('1ae7ffc8-073c-5b80-80bf-9d01b7c2f2e5', 'list', '{"id":"a","status":"failed"}', 'vectorcharts-1', 1, '2026-01-15 09:55:00+00');
INSERT INTO rollcall.job_payload (job_id, shape, record, mapping, poll_id, read_at) VALUES ('aadec24f-ed98-56c6-98d2-e55351f38b3a', 'list', '{"id":"tab\t\\N \"quoted\" O''Hara 🦄","status":"processing"}', 'vectorcharts-1', 1, '2026-01-15 09:55:00+00');
INSERT INTO rollcall.job_payload (job_id, shape, record, mapping, poll_id, read_at) VALUES ('078a1bd2-7b81-55c9-ba2d-be3d534f7220', 'list', '{"id":"odd","status":"ODD_WORD"}', 'vectorcharts-1', 1, '2026-01-15 09:55:00+00');
INSERT INTO rollcall.job_payload (job_id, shape, record, mapping, poll_id, read_at) VALUES ('c4278646-5408-5956-8b9c-475e6f51bca2', 'list', '{"id":"1001","status":"completed"}', 'integrate-io-1', 1, '2026-01-15 09:55:00+00');
INSERT INTO rollcall.job_payload (job_id, shape, record, mapping, poll_id, read_at) VALUES ('144ce527-cb3a-54db-b210-84010e0a967a', 'list', '{"id":"1002","status":"running"}', 'integrate-io-1', 1, '2026-01-15 09:55:00+00');
INSERT INTO rollcall.job_payload (job_id, shape, record, mapping, poll_id, read_at) VALUES ('14f15a60-f6ae-532f-8a03-36a2e0e5ab7a', 'list', '{"id":"v1","status":"CANCELLED"}', 'veeva-vault-1', 1, '2026-01-15 09:55:00+00');

INSERT INTO rollcall.job_task (job_id, tasks) VALUES ('c4278646-5408-5956-8b9c-475e6f51bca2', '[{"name": "step", "state": "succeeded", "progress": 1, "rawStatus": "ok", "startedAt": 1768471200000, "attributes": {}, "externalId": "t1", "finishedAt": null}]');
INSERT INTO rollcall.job_task (job_id, tasks) VALUES ('144ce527-cb3a-54db-b210-84010e0a967a', '[{"name": "step", "state": "succeeded", "progress": 1, "rawStatus": "ok", "startedAt": 1768471200000, "attributes": {}, "externalId": "t1", "finishedAt": null}]');

INSERT INTO rollcall.migration (id, "timestamp", name) VALUES (1, 1763852400000, 'CreateSchema1763852400000');

INSERT INTO rollcall.poll (id, source_key, kind, began_at, ended_at, result, error, requests, records, discovered, changed, rejected) VALUES (1, 'charts', 'sweep', '2026-01-15 09:54:00+00', '2026-01-15 09:55:00+00', 'ok', NULL, 2, 3, 3, 0, 1);
INSERT INTO rollcall.poll (id, source_key, kind, began_at, ended_at, result, error, requests, records, discovered, changed, rejected) VALUES (2, 'etl', 'sweep', '2026-01-15 09:54:00+00', '2026-01-15 09:55:00+00', 'ok', NULL, 2, 3, 3, 0, 1);

INSERT INTO rollcall.reject (id, source_key, digest, external_id, reasons, first_seen_at, last_seen_at, count, payload) VALUES ('5d7f1f4e-6f3b-4d0e-9a53-3f8ff3f0a001', 'charts', '\xab', 'broken', '{"created_at: not a time"}', '2026-01-15 09:55:00+00', '2026-01-15 09:55:00+00', 4, '{"id": "broken"}');

INSERT INTO rollcall.setting (name, value) VALUES ('cursorKey', '"YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE="');
INSERT INTO rollcall.setting (name, value) VALUES ('config-generation', '3');

INSERT INTO rollcall.source (key, platform, label, labels, base_url, enabled, config_generation, retired_at, created_at, every_ms, idle_every_ms, sweep_every_ms, stale_after_ms, proof_every_ms, lease_owner, lease_token, lease_until, next_poll_at, requested_poll, paused_at, paused_until, bookmark, walk, open_round, open_round_at, swept_at, sweep_ended_at, first_read_at, complete_through, proven_at, health, health_reason, health_since, last_poll_at, last_success_at, consecutive_failures, last_error, clock_skew_ms, upstream_total, upstream_total_at, truncated, skipped_old) VALUES ('charts', 'vectorcharts', 'Chart tiles', '{"team": "navigation"}', 'https://jobs.example.com', true, 3, NULL, '2026-01-15 08:00:00+00', 60000, 60000, 3600000, 300000, 60000, NULL, 7, NULL, '2026-01-15 10:00:00.123+00', NULL, NULL, NULL, '{"after": 1768471200000}', NULL, NULL, '2026-01-15 10:00:00.123+00', '2026-01-15 10:00:00.123+00', '2026-01-15 10:00:00.123+00', '2026-01-15 08:00:00+00', '2026-01-15 10:00:00.123+00', '2026-01-15 10:00:00.123+00', 'healthy', NULL, '2026-01-15 08:00:00+00', '2026-01-15 10:00:00.123+00', '2026-01-15 10:00:00.123+00', 0, NULL, -120, NULL, NULL, false, 2);
INSERT INTO rollcall.source (key, platform, label, labels, base_url, enabled, config_generation, retired_at, created_at, every_ms, idle_every_ms, sweep_every_ms, stale_after_ms, proof_every_ms, lease_owner, lease_token, lease_until, next_poll_at, requested_poll, paused_at, paused_until, bookmark, walk, open_round, open_round_at, swept_at, sweep_ended_at, first_read_at, complete_through, proven_at, health, health_reason, health_since, last_poll_at, last_success_at, consecutive_failures, last_error, clock_skew_ms, upstream_total, upstream_total_at, truncated, skipped_old) VALUES ('etl', 'integrate-io', NULL, '{}', 'https://jobs.example.com', true, 3, NULL, '2026-01-15 08:00:00+00', 60000, 60000, 3600000, 300000, 60000, NULL, 7, NULL, '2026-01-15 10:00:00.123+00', NULL, NULL, NULL, '{"after": 1768471200000}', NULL, NULL, '2026-01-15 10:00:00.123+00', '2026-01-15 10:00:00.123+00', '2026-01-15 10:00:00.123+00', '2026-01-15 08:00:00+00', '2026-01-15 10:00:00.123+00', '2026-01-15 10:00:00.123+00', 'healthy', NULL, '2026-01-15 08:00:00+00', '2026-01-15 10:00:00.123+00', '2026-01-15 10:00:00.123+00', 0, NULL, -120, NULL, NULL, false, 2);
INSERT INTO rollcall.source (key, platform, label, labels, base_url, enabled, config_generation, retired_at, created_at, every_ms, idle_every_ms, sweep_every_ms, stale_after_ms, proof_every_ms, lease_owner, lease_token, lease_until, next_poll_at, requested_poll, paused_at, paused_until, bookmark, walk, open_round, open_round_at, swept_at, sweep_ended_at, first_read_at, complete_through, proven_at, health, health_reason, health_since, last_poll_at, last_success_at, consecutive_failures, last_error, clock_skew_ms, upstream_total, upstream_total_at, truncated, skipped_old) VALUES ('gone', 'veeva-vault', NULL, '{}', 'https://jobs.example.com', true, 3, '2026-01-15 09:00:00+00', '2026-01-15 08:00:00+00', 60000, 60000, 3600000, 300000, 60000, NULL, 7, NULL, '2026-01-15 10:00:00.123+00', NULL, NULL, NULL, '{"after": 1768471200000}', NULL, NULL, '2026-01-15 10:00:00.123+00', '2026-01-15 10:00:00.123+00', '2026-01-15 10:00:00.123+00', '2026-01-15 08:00:00+00', '2026-01-15 10:00:00.123+00', '2026-01-15 10:00:00.123+00', 'retired', NULL, '2026-01-15 08:00:00+00', '2026-01-15 10:00:00.123+00', '2026-01-15 10:00:00.123+00', 0, NULL, -120, NULL, NULL, false, 2);

INSERT INTO rollcall.token (name, hash, scopes, sources, created_at, expires_at, last_used_at, revoked_at) VALUES ('ops', '\x1a12c3bd03a18cf565e3f342599960d8bd52a1a108e2be3effd98d53d60918c4', '{jobs:read}', '{charts}', '2026-01-15 08:00:00+00', NULL, '2026-01-15 08:00:00+00', NULL);

INSERT INTO rollcall.transition (job_id, sequence, from_state, to_state, reason, raw_status, occurred_at, observed_at, provenance, mapping, poll_id) VALUES ('1ae7ffc8-073c-5b80-80bf-9d01b7c2f2e5', 1, NULL, 'queued', NULL, 'failed', '2026-01-15 09:50:00.25+00', '2026-01-15 09:50:00.25+00', NULL, 'vectorcharts-1', 1);
INSERT INTO rollcall.transition (job_id, sequence, from_state, to_state, reason, raw_status, occurred_at, observed_at, provenance, mapping, poll_id) VALUES ('1ae7ffc8-073c-5b80-80bf-9d01b7c2f2e5', 2, 'queued', 'running', NULL, 'failed', '2026-01-15 09:51:00.25+00', '2026-01-15 09:51:00.25+00', NULL, 'vectorcharts-1', 1);
INSERT INTO rollcall.transition (job_id, sequence, from_state, to_state, reason, raw_status, occurred_at, observed_at, provenance, mapping, poll_id) VALUES ('1ae7ffc8-073c-5b80-80bf-9d01b7c2f2e5', 3, 'running', 'failed', NULL, 'failed', '2026-01-15 09:52:00.25+00', '2026-01-15 09:52:00.25+00', NULL, 'vectorcharts-1', 1);
INSERT INTO rollcall.transition (job_id, sequence, from_state, to_state, reason, raw_status, occurred_at, observed_at, provenance, mapping, poll_id) VALUES ('aadec24f-ed98-56c6-98d2-e55351f38b3a', 1, NULL, 'queued', NULL, 'processing', '2026-01-15 09:50:00.25+00', '2026-01-15 09:50:00.25+00', NULL, 'vectorcharts-1', 1);
INSERT INTO rollcall.transition (job_id, sequence, from_state, to_state, reason, raw_status, occurred_at, observed_at, provenance, mapping, poll_id) VALUES ('aadec24f-ed98-56c6-98d2-e55351f38b3a', 2, 'queued', 'running', NULL, 'processing', '2026-01-15 09:51:00.25+00', '2026-01-15 09:51:00.25+00', NULL, 'vectorcharts-1', 1);
INSERT INTO rollcall.transition (job_id, sequence, from_state, to_state, reason, raw_status, occurred_at, observed_at, provenance, mapping, poll_id) VALUES ('078a1bd2-7b81-55c9-ba2d-be3d534f7220', 1, NULL, 'unknown', NULL, 'ODD_WORD', '2026-01-15 09:50:00.25+00', '2026-01-15 09:50:00.25+00', NULL, 'vectorcharts-1', 1);
INSERT INTO rollcall.transition (job_id, sequence, from_state, to_state, reason, raw_status, occurred_at, observed_at, provenance, mapping, poll_id) VALUES ('c4278646-5408-5956-8b9c-475e6f51bca2', 1, NULL, 'running', NULL, 'completed', '2026-01-15 09:50:00.25+00', '2026-01-15 09:50:00.25+00', NULL, 'integrate-io-1', 1);
INSERT INTO rollcall.transition (job_id, sequence, from_state, to_state, reason, raw_status, occurred_at, observed_at, provenance, mapping, poll_id) VALUES ('c4278646-5408-5956-8b9c-475e6f51bca2', 2, 'running', 'succeeded', NULL, 'completed', '2026-01-15 09:51:00.25+00', '2026-01-15 09:51:00.25+00', NULL, 'integrate-io-1', 1);
INSERT INTO rollcall.transition (job_id, sequence, from_state, to_state, reason, raw_status, occurred_at, observed_at, provenance, mapping, poll_id) VALUES ('144ce527-cb3a-54db-b210-84010e0a967a', 1, NULL, 'running', NULL, 'running', '2026-01-15 09:50:00.25+00', '2026-01-15 09:50:00.25+00', NULL, 'integrate-io-1', 1);
INSERT INTO rollcall.transition (job_id, sequence, from_state, to_state, reason, raw_status, occurred_at, observed_at, provenance, mapping, poll_id) VALUES ('14f15a60-f6ae-532f-8a03-36a2e0e5ab7a', 1, NULL, 'cancelled', NULL, 'CANCELLED', '2026-01-15 09:50:00.25+00', '2026-01-15 09:50:00.25+00', NULL, 'veeva-vault-1', 1);

INSERT INTO rollcall.upstream_request (source_key, minute, requests) VALUES ('charts', '2026-01-15 09:54:00+00', 12);

SELECT pg_catalog.setval('rollcall.event_position_seq', 11, true);

SELECT pg_catalog.setval('rollcall.job_ordinal_seq', 6, true);

SELECT pg_catalog.setval('rollcall.migration_id_seq', 1, true);

SELECT pg_catalog.setval('rollcall.poll_id_seq', 2, true);

ALTER TABLE ONLY rollcall.migration
    ADD CONSTRAINT "PK_3043fc6b8af7c99b8b98830094f" PRIMARY KEY (id);

ALTER TABLE ONLY rollcall.event
    ADD CONSTRAINT event_pkey PRIMARY KEY ("position", at);

ALTER TABLE ONLY rollcall.event_default
    ADD CONSTRAINT event_default_pkey PRIMARY KEY ("position", at);

ALTER TABLE ONLY rollcall.job_count
    ADD CONSTRAINT job_count_pkey PRIMARY KEY (source_key, state);

ALTER TABLE ONLY rollcall.job_payload
    ADD CONSTRAINT job_payload_pkey PRIMARY KEY (job_id, shape);

ALTER TABLE ONLY rollcall.job
    ADD CONSTRAINT job_pkey PRIMARY KEY (id);

ALTER TABLE ONLY rollcall.job_task
    ADD CONSTRAINT job_task_pkey PRIMARY KEY (job_id);

ALTER TABLE ONLY rollcall.poll
    ADD CONSTRAINT poll_pkey PRIMARY KEY (id);

ALTER TABLE ONLY rollcall.reject
    ADD CONSTRAINT reject_pkey PRIMARY KEY (id);

ALTER TABLE ONLY rollcall.reject
    ADD CONSTRAINT reject_source_key_digest_key UNIQUE (source_key, digest);

ALTER TABLE ONLY rollcall.setting
    ADD CONSTRAINT setting_pkey PRIMARY KEY (name);

ALTER TABLE ONLY rollcall.source
    ADD CONSTRAINT source_pkey PRIMARY KEY (key);

ALTER TABLE ONLY rollcall.token
    ADD CONSTRAINT token_hash_key UNIQUE (hash);

ALTER TABLE ONLY rollcall.token
    ADD CONSTRAINT token_pkey PRIMARY KEY (name);

ALTER TABLE ONLY rollcall.transition
    ADD CONSTRAINT transition_pkey PRIMARY KEY (job_id, sequence);

ALTER TABLE ONLY rollcall.upstream_request
    ADD CONSTRAINT upstream_request_pkey PRIMARY KEY (source_key, minute);

CREATE INDEX event_job_id_idx ON ONLY rollcall.event USING btree (job_id, sequence);

CREATE INDEX event_default_job_id_sequence_idx ON rollcall.event_default USING btree (job_id, sequence);

CREATE INDEX job_changed_at_idx ON rollcall.job USING btree (changed_at DESC NULLS LAST, id DESC);

CREATE INDEX job_created_at_idx ON rollcall.job USING btree (created_at DESC NULLS LAST, id DESC);

CREATE INDEX job_external_id_idx ON rollcall.job USING hash (external_id);

CREATE INDEX job_open_idx ON rollcall.job USING btree (source_key, ordinal) WHERE (NOT terminal);

CREATE UNIQUE INDEX job_ordinal_key ON rollcall.job USING btree (source_key, ordinal);

CREATE INDEX job_parent_id_idx ON rollcall.job USING btree (parent_id) WHERE (parent_id IS NOT NULL);

CREATE INDEX job_payload_read_at_idx ON rollcall.job_payload USING btree (read_at);

CREATE INDEX job_source_state_updated_at_idx ON rollcall.job USING btree (source_key, state, updated_at DESC NULLS LAST, id DESC);

CREATE INDEX job_source_updated_at_idx ON rollcall.job USING btree (source_key, updated_at DESC NULLS LAST, id DESC);

CREATE INDEX job_state_updated_at_idx ON rollcall.job USING btree (state, updated_at DESC NULLS LAST, id DESC);

CREATE INDEX job_type_updated_at_idx ON rollcall.job USING btree ("left"(type, 128), updated_at DESC NULLS LAST, id DESC);

CREATE INDEX job_unmapped_idx ON rollcall.job USING btree (source_key, raw_status) WHERE (NOT status_mapped);

CREATE INDEX job_updated_at_idx ON rollcall.job USING btree (updated_at DESC NULLS LAST, id DESC);

CREATE INDEX poll_source_key_began_at_idx ON rollcall.poll USING btree (source_key, began_at DESC);

CREATE INDEX reject_first_seen_at_idx ON rollcall.reject USING btree (first_seen_at DESC, id DESC);

CREATE INDEX source_next_poll_at_idx ON rollcall.source USING btree (next_poll_at) WHERE (enabled AND (retired_at IS NULL));

ALTER INDEX rollcall.event_job_id_idx ATTACH PARTITION rollcall.event_default_job_id_sequence_idx;

ALTER INDEX rollcall.event_pkey ATTACH PARTITION rollcall.event_default_pkey;

ALTER TABLE ONLY rollcall.job_count
    ADD CONSTRAINT job_count_source_key_fkey FOREIGN KEY (source_key) REFERENCES rollcall.source(key);

ALTER TABLE ONLY rollcall.job_payload
    ADD CONSTRAINT job_payload_job_id_fkey FOREIGN KEY (job_id) REFERENCES rollcall.job(id) ON DELETE CASCADE;

ALTER TABLE ONLY rollcall.job
    ADD CONSTRAINT job_source_key_fkey FOREIGN KEY (source_key) REFERENCES rollcall.source(key);

ALTER TABLE ONLY rollcall.job_task
    ADD CONSTRAINT job_task_job_id_fkey FOREIGN KEY (job_id) REFERENCES rollcall.job(id) ON DELETE CASCADE;

ALTER TABLE ONLY rollcall.poll
    ADD CONSTRAINT poll_source_key_fkey FOREIGN KEY (source_key) REFERENCES rollcall.source(key);

ALTER TABLE ONLY rollcall.reject
    ADD CONSTRAINT reject_source_key_fkey FOREIGN KEY (source_key) REFERENCES rollcall.source(key);

ALTER TABLE ONLY rollcall.transition
    ADD CONSTRAINT transition_job_id_fkey FOREIGN KEY (job_id) REFERENCES rollcall.job(id) ON DELETE CASCADE;

ALTER TABLE ONLY rollcall.upstream_request
    ADD CONSTRAINT upstream_request_source_key_fkey FOREIGN KEY (source_key) REFERENCES rollcall.source(key);
