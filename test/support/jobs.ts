import { JobState } from '../../src/domain/job-state.js';
import { jobId } from '../../src/domain/job-id.js';
import { Database } from '../../src/storage/database.js';

/** A source as a test wants it; what is left out is a healthy source whose last poll was a moment ago. */
export interface SourceSeed {
  key: string;
  platform?: string;
  label?: string | null;
  labels?: Record<string, string>;
  enabled?: boolean;
  health?: string;
  healthReason?: string | null;
  retiredAt?: string | null;
  pausedAt?: string | null;
  completeThrough?: string | null;
  clockSkewMs?: number | null;
  openRoundAt?: string | null;
  sweptAt?: string | null;
  staleAfterMs?: number;
  proofEveryMs?: number;
}

/** A job as a test wants it; instants as ISO text. */
export interface JobSeed {
  source: string;
  externalId: string;
  platform?: string;
  type?: string | null;
  name?: string | null;
  state?: JobState;
  statusMapped?: boolean;
  reason?: string | null;
  rawStatus?: string | null;
  progress?: number | null;
  createdAt?: string | null;
  scheduledFor?: string | null;
  startedAt?: string | null;
  finishedAt?: string | null;
  updatedAt?: string | null;
  provenance?: object;
  error?: object | null;
  owner?: string | null;
  parentId?: string | null;
  attributes?: object;
  links?: object;
  actions?: string[];
  firstSeenAt?: string;
  stateChangedAt?: string;
  changedAt?: string;
  seenAt?: string;
  absentAt?: string | null;
  vanishedAt?: string | null;
  version?: number;
}

/** When a seed was last seen, changed and so on, unless it says otherwise. */
export const LONG_AGO = '2025-01-01T00:00:00.000Z';

/** Inserts a row as the columns of its keys, in SQL: queries are tested without the writer. */
async function insert(database: Database, table: string, row: Record<string, unknown>): Promise<void> {
  const columns = Object.keys(row);
  const places = columns.map((_, index) => `$${index + 1}`);
  await database.query(
    `INSERT INTO rollcall.${table} (${columns.join(', ')}) VALUES (${places.join(', ')})`,
    Object.values(row),
  );
}

export async function insertSource(database: Database, seed: SourceSeed): Promise<void> {
  const now = new Date().toISOString();
  await insert(database, 'source', {
    key: seed.key,
    platform: seed.platform ?? 'vectorcharts',
    label: seed.label ?? null,
    labels: JSON.stringify(seed.labels ?? {}),
    base_url: 'https://jobs.example.com',
    enabled: seed.enabled ?? true,
    config_generation: 1,
    every_ms: 60_000,
    idle_every_ms: 60_000,
    sweep_every_ms: 3_600_000,
    stale_after_ms: seed.staleAfterMs ?? 300_000,
    proof_every_ms: seed.proofEveryMs ?? 60_000,
    health: seed.health ?? 'healthy',
    health_reason: seed.healthReason ?? null,
    health_since: LONG_AGO,
    retired_at: seed.retiredAt ?? null,
    paused_at: seed.pausedAt ?? null,
    complete_through: seed.completeThrough === undefined ? now : seed.completeThrough,
    proven_at: now,
    clock_skew_ms: seed.clockSkewMs ?? null,
    open_round_at: seed.openRoundAt === undefined ? now : seed.openRoundAt,
    swept_at: seed.sweptAt ?? null,
    last_poll_at: now,
    last_success_at: now,
  });
}

/** @returns the job's id */
export async function insertJob(database: Database, seed: JobSeed): Promise<string> {
  await insertJobs(database, [seed]);
  return jobId(seed.source, seed.externalId);
}

/** Many jobs at once, and the kept counts with them. */
export async function insertJobs(database: Database, seeds: readonly JobSeed[]): Promise<void> {
  const rows = seeds.map(jobRow);
  const columns = Object.keys(rows[0]!).join(', ');
  await database.query(
    `INSERT INTO rollcall.job (${columns}) SELECT ${columns} FROM jsonb_populate_recordset(null::rollcall.job, $1::jsonb)`,
    [JSON.stringify(rows)],
  );
  await database.query(
    `INSERT INTO rollcall.job_count (source_key, state, jobs)
     SELECT source_key, state, count(*) FROM jsonb_populate_recordset(null::rollcall.job, $1::jsonb) GROUP BY 1, 2
     ON CONFLICT (source_key, state) DO UPDATE SET jobs = job_count.jobs + excluded.jobs`,
    [JSON.stringify(rows.map(({ source_key, state }) => ({ source_key, state })))],
  );
}

function jobRow(seed: JobSeed) {
  return {
    id: jobId(seed.source, seed.externalId),
    source_key: seed.source,
    platform: seed.platform ?? 'vectorcharts',
    external_id: seed.externalId,
    type: seed.type ?? null,
    name: seed.name ?? null,
    state: seed.state ?? 'succeeded',
    status_mapped: seed.statusMapped ?? true,
    reason: seed.reason ?? null,
    raw_status: seed.rawStatus ?? null,
    progress: seed.progress ?? null,
    created_at: seed.createdAt ?? null,
    scheduled_for: seed.scheduledFor ?? null,
    started_at: seed.startedAt ?? null,
    finished_at: seed.finishedAt ?? null,
    updated_at: seed.updatedAt ?? null,
    provenance: seed.provenance ?? {},
    error: seed.error ?? null,
    owner: seed.owner ?? null,
    parent_id: seed.parentId ?? null,
    attributes: seed.attributes ?? {},
    links: seed.links ?? {},
    actions: seed.actions ?? [],
    first_seen_at: seed.firstSeenAt ?? LONG_AGO,
    state_changed_at: seed.stateChangedAt ?? LONG_AGO,
    changed_at: seed.changedAt ?? LONG_AGO,
    version: seed.version ?? 1,
    evidence: {},
    read_at: LONG_AGO,
    mapping: 'test/1',
    seen_at: seed.seenAt ?? LONG_AGO,
    absent_at: seed.absentAt ?? null,
    vanished_at: seed.vanishedAt ?? null,
  };
}

export async function insertTransition(
  database: Database,
  jobIdentity: string,
  sequence: number,
  from: JobState | null,
  to: JobState,
): Promise<void> {
  await insert(database, 'transition', {
    job_id: jobIdentity,
    sequence,
    from_state: from,
    to_state: to,
    raw_status: to.toUpperCase(),
    occurred_at: LONG_AGO,
    observed_at: LONG_AGO,
    mapping: 'test/1',
  });
}
