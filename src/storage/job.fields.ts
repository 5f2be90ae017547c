import { isoFromPg } from './pg-time.js';

/** When the row was last known to be what the upstream says; quiet polls move it on the source, not on a million jobs. */
export const LAST_SEEN_AT = `greatest(j.seen_at,
  CASE WHEN NOT j.terminal AND j.absent_at IS NULL THEN s.open_round_at END,
  CASE WHEN j.absent_at IS NULL THEN s.swept_at END)`;

/** Parameter 1 of every statement over jobs is page one's *now*. */
export const NOW = '$1::timestamptz';

export const FRESHNESS = `CASE WHEN j.terminal THEN 'fresh' WHEN j.vanished_at IS NOT NULL THEN 'vanished'
  WHEN ${LAST_SEEN_AT} < ${NOW} - s.stale_after_ms * interval '1 millisecond' THEN 'stale' ELSE 'fresh' END`;

const RAN_FOR = `CASE WHEN j.terminal THEN j.finished_at ELSE ${NOW} END - j.started_at`;

/** Whole milliseconds as float8: four times as fast as `extract`, which gives a numeric, and as exact. */
export function epochMs(time: string): string {
  return `round(date_part('epoch', ${time}) * 1000)`;
}

/** Null without a start, and of a finished job without an end; never negative. */
export const DURATION_MS = `CASE WHEN ${RAN_FOR} < interval '0' THEN 0 ELSE ${epochMs(RAN_FOR)} END`;

export type FieldKind = 'text' | 'number' | 'boolean' | 'instant' | 'json';

/** One field of a job as the API shows it. */
export interface JobField {
  name: string;
  /** Over `j` (rollcall.job) and `s` (its rollcall.source). */
  sql: string;
  /** How the driver's value becomes JSON; `json` is JSON text already. */
  kind: FieldKind;
  /** Whether it moves with time or with a quiet poll, and so is no part of an ETag. */
  moving: (row: SelectedJob) => boolean;
}

/** A job as the driver gives it: by field name, instants and JSON as text. */
export type SelectedJob = Record<string, string | number | boolean | null>;

const never = () => false;
const always = () => true;
const whileOpen = (row: SelectedJob) => row['terminal'] !== true;

const field = (
  name: string,
  sql: string,
  kind: FieldKind = 'text',
  moving = never as JobField['moving'],
): JobField => ({
  name,
  sql,
  kind,
  moving,
});

/** Contract, section 6, in its order. */
export const JOB_FIELDS: readonly JobField[] = [
  field('id', 'j.id'),
  field('source', 'j.source_key'),
  field('platform', 'j.platform'),
  field('externalId', 'j.external_id'),
  field('type', 'j.type'),
  field('name', 'j.name'),
  field('state', 'j.state'),
  field('reason', 'j.reason'),
  field('rawStatus', 'j.raw_status'),
  field('terminal', 'j.terminal', 'boolean'),
  field('progress', 'j.progress', 'number'),
  field('createdAt', 'j.created_at', 'instant'),
  field('scheduledFor', 'j.scheduled_for', 'instant'),
  field('startedAt', 'j.started_at', 'instant'),
  field('finishedAt', 'j.finished_at', 'instant'),
  field('updatedAt', 'j.updated_at', 'instant'),
  field('durationMs', DURATION_MS, 'number', whileOpen),
  field('provenance', 'j.provenance::text', 'json'),
  field('error', 'j.error::text', 'json'),
  field('owner', 'j.owner'),
  field('parentId', 'j.parent_id'),
  field('labels', 's.labels::text', 'json'),
  field('attributes', 'j.attributes::text', 'json'),
  field('links', 'j.links::text', 'json'),
  field('actions', 'to_json(j.actions)::text', 'json'),
  field('freshness', FRESHNESS),
  field('firstSeenAt', 'j.first_seen_at', 'instant'),
  field('lastSeenAt', LAST_SEEN_AT, 'instant', always),
  field('stateChangedAt', 'j.state_changed_at', 'instant'),
  field('changedAt', 'j.changed_at', 'instant'),
  field('version', 'j.version', 'number'),
];

export function selectFields(fields: readonly JobField[]): string {
  return fields.map(({ name, sql }) => `${sql} AS "${name}"`).join(', ');
}

export const SELECT_JOB = selectFields(JOB_FIELDS);

/** JSON text, and the same without what only moves with time: what an ETag is made of. */
export interface TaggedJson {
  json: string;
  stable: string;
}

/**
 * A job as JSON text, written without parsing what the database gave as JSON, and without a Date: measured at half the time of
 * building and stringifying objects.
 *
 * @param fields in the order in which they are shown
 */
export function writeJob(row: SelectedJob, fields: readonly JobField[] = JOB_FIELDS): TaggedJson {
  let json = '';
  let stable = '';
  for (const { name, kind, moving } of fields) {
    const member = `,"${name}":${writeValue(row[name] ?? null, kind)}`;
    json += member;
    if (!moving(row)) stable += member;
  }
  return { json: `{${json.slice(1)}}`, stable };
}

/** One value as JSON text. */
export function writeValue(value: string | number | boolean | null, kind: FieldKind): string {
  if (value === null) return 'null';
  switch (kind) {
    case 'text':
      return JSON.stringify(value);
    case 'instant':
      return `"${isoFromPg(value as string)}"`;
    default:
      return String(value);
  }
}
