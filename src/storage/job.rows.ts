import { Instant, Job } from '../domain/job.js';
import { JobState } from '../domain/job-state.js';
import { BoundStatement } from './in-turn.js';
import { fromPg, toPg } from './pg-time.js';
import { Column, columnNames, overRows, selectRows } from './sql-values.js';

/** A job with the hashes of its last records, as one bulk statement writes it. */
export interface StoredJob {
  job: Job;
  listHash: Buffer | null;
  detailHash: Buffer | null;
  /** When this row is written because its record was read (database time). */
  seenAt: Instant;
}

const instant = (value: Instant | null): string | null => (value === null ? null : toPg(value));

/** What a change can move; the rest of a row is given once. */
export const MUTABLE_COLUMNS: readonly Column<StoredJob>[] = [
  { name: 'type', type: 'text', value: ({ job }) => job.type },
  { name: 'name', type: 'text', value: ({ job }) => job.name },
  { name: 'state', type: 'text', value: ({ job }) => job.state },
  { name: 'reason', type: 'text', value: ({ job }) => job.reason },
  { name: 'raw_status', type: 'text', value: ({ job }) => job.rawStatus },
  { name: 'status_mapped', type: 'boolean', value: ({ job }) => job.statusMapped },
  { name: 'progress', type: 'float8', value: ({ job }) => job.progress },
  { name: 'created_at', type: 'timestamptz', value: ({ job }) => instant(job.createdAt) },
  { name: 'scheduled_for', type: 'timestamptz', value: ({ job }) => instant(job.scheduledFor) },
  { name: 'started_at', type: 'timestamptz', value: ({ job }) => instant(job.startedAt) },
  { name: 'finished_at', type: 'timestamptz', value: ({ job }) => instant(job.finishedAt) },
  { name: 'updated_at', type: 'timestamptz', value: ({ job }) => instant(job.updatedAt) },
  { name: 'provenance', type: 'jsonb', value: ({ job }) => JSON.stringify(job.provenance) },
  {
    name: 'error',
    type: 'jsonb',
    value: ({ job }) => (job.error === null ? null : JSON.stringify(job.error)),
  },
  { name: 'owner', type: 'text', value: ({ job }) => job.owner },
  { name: 'parent_id', type: 'uuid', value: ({ job }) => job.parentId },
  { name: 'attributes', type: 'jsonb', value: ({ job }) => JSON.stringify(job.attributes) },
  { name: 'links', type: 'jsonb', value: ({ job }) => JSON.stringify(job.links) },
  { name: 'actions', type: 'text[]', value: ({ job }) => job.actions },
  { name: 'state_changed_at', type: 'timestamptz', value: ({ job }) => toPg(job.stateChangedAt) },
  { name: 'changed_at', type: 'timestamptz', value: ({ job }) => toPg(job.changedAt) },
  { name: 'version', type: 'integer', value: ({ job }) => job.version },
  { name: 'list_hash', type: 'bytea', value: ({ listHash }) => listHash },
  { name: 'detail_hash', type: 'bytea', value: ({ detailHash }) => detailHash },
  { name: 'evidence', type: 'jsonb', value: ({ job }) => JSON.stringify(job.evidence) },
  { name: 'read_at', type: 'timestamptz', value: ({ job }) => toPg(job.readAt) },
  { name: 'mapping', type: 'text', value: ({ job }) => job.mapping },
  { name: 'seen_at', type: 'timestamptz', value: ({ seenAt }) => toPg(seenAt) },
  { name: 'absent_at', type: 'timestamptz', value: () => null },
  { name: 'vanished_at', type: 'timestamptz', value: ({ job }) => instant(job.vanishedAt) },
];

export const ID_COLUMN: Column<StoredJob> = { name: 'id', type: 'uuid', value: ({ job }) => job.id };

export const JOB_COLUMNS: readonly Column<StoredJob>[] = [
  ID_COLUMN,
  { name: 'source_key', type: 'text', value: ({ job }) => job.source },
  { name: 'platform', type: 'text', value: ({ job }) => job.platform },
  { name: 'external_id', type: 'text', value: ({ job }) => job.externalId },
  { name: 'first_seen_at', type: 'timestamptz', value: ({ job }) => toPg(job.firstSeenAt) },
  ...MUTABLE_COLUMNS,
];

/** Writes these columns of stored jobs; null for no rows. */
export function updateJobs(
  columns: readonly Column<StoredJob>[],
  rows: readonly StoredJob[],
): BoundStatement | null {
  if (rows.length === 0) return null;
  const { text, values } = selectRows([ID_COLUMN, ...columns], rows);
  const assignments = columns.map(({ name }) => `${name} = v.${name}`).join(', ');
  const update = `UPDATE rollcall.job AS j SET ${assignments} FROM (${text}) AS v(id, ${columnNames(columns)}) WHERE j.id = v.id`;
  return overRows(rows, update, values);
}

/** One row of rollcall.job as the driver gives it (timestamps as text). */
export interface JobRow {
  id: string;
  source_key: string;
  platform: string;
  external_id: string;
  type: string | null;
  name: string | null;
  state: JobState;
  reason: string | null;
  raw_status: string | null;
  status_mapped: boolean;
  progress: number | null;
  created_at: string | null;
  scheduled_for: string | null;
  started_at: string | null;
  finished_at: string | null;
  updated_at: string | null;
  provenance: Job['provenance'];
  error: Job['error'];
  owner: string | null;
  parent_id: string | null;
  attributes: Job['attributes'];
  links: Job['links'];
  actions: Job['actions'];
  first_seen_at: string;
  state_changed_at: string;
  changed_at: string;
  version: number;
  list_hash: Buffer | null;
  detail_hash: Buffer | null;
  evidence: Job['evidence'];
  read_at: string;
  mapping: string;
  seen_at: string;
  absent_at: string | null;
  vanished_at: string | null;
}

export function jobFromRow(row: JobRow): Job {
  const optional = (text: string | null): Instant | null => (text === null ? null : fromPg(text));
  return {
    id: row.id,
    source: row.source_key,
    platform: row.platform,
    externalId: row.external_id,
    type: row.type,
    name: row.name,
    state: row.state,
    statusMapped: row.status_mapped,
    reason: row.reason,
    rawStatus: row.raw_status,
    progress: row.progress,
    createdAt: optional(row.created_at),
    scheduledFor: optional(row.scheduled_for),
    startedAt: optional(row.started_at),
    finishedAt: optional(row.finished_at),
    updatedAt: optional(row.updated_at),
    provenance: row.provenance,
    error: row.error,
    owner: row.owner,
    parentId: row.parent_id,
    attributes: row.attributes,
    links: row.links,
    actions: row.actions,
    firstSeenAt: fromPg(row.first_seen_at),
    stateChangedAt: fromPg(row.state_changed_at),
    changedAt: fromPg(row.changed_at),
    version: row.version,
    evidence: row.evidence,
    readAt: fromPg(row.read_at),
    mapping: row.mapping,
    vanishedAt: optional(row.vanished_at),
  };
}
