import { Instant, JobError, JobFacts } from '../../domain/job.js';
import { isTerminal } from '../../domain/job-state.js';
import { StatusMap } from '../../domain/status-map.js';
import { TimeFormat } from '../../domain/timestamps.js';
import { NormalizeContext } from '../connector.js';
import { attributesOf, countAttribute, jsonAttribute, timeAttribute } from '../shared/attributes.js';
import { asText, identifyBy, RecordReader, valueAt } from '../shared/record-reader.js';

/** OpenAPI `pim.yaml` (2026-05-06); the guides print the words in upper case. */
export const STATUS_MAP = new StatusMap('elastic-path-1', {
  pending: { state: 'queued', reason: null },
  started: { state: 'running', reason: null },
  success: { state: 'succeeded', reason: null },
  failed: { state: 'failed', reason: null },
  cancelled: { state: 'cancelled', reason: null },
});

const ATTRIBUTE_PATHS = {
  requestId: 'meta.x_request_id',
  vendorUpdatedAt: 'attributes.updated_at',
  copiedFrom: 'meta.copied_from',
  hierarchyId: 'meta.hierarchy_id',
  filter: 'meta.filter',
  fileCount: 'meta.file_locations',
} as const;

export const ATTRIBUTE_KEYS: readonly string[] = Object.keys(ATTRIBUTE_PATHS);

/** RFC 3339 in UTC; the schema's own example leaves the zone out. */
export const TIME: TimeFormat = { zone: 'UTC' };

/** Of the joined messages of a failed job, characters. */
const MAX_MESSAGE_LENGTH = 2_000;

export function identify(record: unknown): string {
  return identifyBy('id', record);
}

export function normalize(record: unknown, context: NormalizeContext): JobFacts {
  const reader = new RecordReader(record, context);
  const externalId = identify(record);
  reader.rule('externalId', 'id', 'as text');
  const status = reader.status('attributes.status');
  const createdAt = reader.time('attributes.created_at', TIME);
  const startedAt = reader.time('attributes.started_at', TIME);
  const completedAt = reader.time('attributes.completed_at', TIME);
  const vendorUpdatedAt = reader.time(ATTRIBUTE_PATHS.vendorUpdatedAt, TIME);
  reader.timeFrom('createdAt', 'attributes.created_at', 'as given');
  reader.timeFrom('startedAt', 'attributes.started_at', 'as given');
  const finishedAt = readFinishedAt(reader, status.state, completedAt, context.observedAt);
  reader.rule(
    'updatedAt',
    ['created_at', 'started_at', 'completed_at', 'updated_at'].map((name) => `attributes.${name}`),
    'the latest time of the job: updated_at alone does not move on completion',
  );
  reader.none('progress', 'scheduledFor', 'owner', 'parentExternalId', 'links');
  const type = reader.field('type', 'attributes.type');
  reader.nameIsType();
  reader.rule('attributes', ATTRIBUTE_PATHS, 'as given; times as ISO 8601, files counted');
  reader.rule('actions', 'attributes.status', 'a pending job can be cancelled');
  const error = readError(reader, status.state);
  reader.assertReadable();
  return {
    externalId,
    ...status,
    type,
    name: undefined,
    progress: null,
    createdAt,
    scheduledFor: undefined,
    startedAt,
    finishedAt,
    provenance: reader.provenance,
    evidence: reader.evidence,
    error,
    owner: null,
    parentExternalId: null,
    attributes: attributesOf(context.shape, {
      requestId: reader.text(ATTRIBUTE_PATHS.requestId),
      vendorUpdatedAt: timeAttribute(vendorUpdatedAt),
      copiedFrom: reader.text(ATTRIBUTE_PATHS.copiedFrom),
      hierarchyId: reader.text(ATTRIBUTE_PATHS.hierarchyId),
      filter: jsonAttribute(reader.raw(ATTRIBUTE_PATHS.filter)),
      fileCount: countAttribute(reader.raw(ATTRIBUTE_PATHS.fileCount)),
    }),
    links: {},
    // The platform cancels a job only while it waits (OpenAPI: cancelJob); an override of the map changes nothing about that.
    actions: status.rawStatus?.toLowerCase() === 'pending' ? ['cancel'] : [],
    rules: reader.rules,
  };
}

/** A cancelled job never gets a `completed_at`: that it was seen cancelled is all there is to know. */
function readFinishedAt(
  reader: RecordReader,
  state: JobFacts['state'],
  completedAt: Instant | null | undefined,
  observedAt: Instant,
): Instant | null | undefined {
  const path = 'attributes.completed_at';
  if (!isTerminal(state)) {
    reader.rule('finishedAt', null, 'not finished');
    return null;
  }
  if (state === 'cancelled' && typeof completedAt !== 'number' && !reader.isRedacted(path)) {
    reader.timeFrom('finishedAt', path, 'first seen cancelled: the platform gives no end', 'observed');
    return observedAt;
  }
  reader.timeFrom('finishedAt', path, 'as given');
  return completedAt;
}

/** Messages come with our by-id read only (see `withErrors` in the connector), so a list leaves them as they are stored. */
function readError(reader: RecordReader, state: JobFacts['state']): JobError | null | undefined {
  if (state !== 'failed') {
    reader.rule('error', null, 'none: the job has not failed');
    return null;
  }
  const path = 'rollcall_errors';
  const errors = reader.raw(path);
  reader.rule('error', path, 'the messages of /pcm/jobs/{id}/errors, joined');
  if (reader.isRedacted(path)) return null;
  if (!Array.isArray(errors)) return undefined;
  const messages = errors.flatMap((error) => messageOf(error) ?? []);
  if (messages.length === 0) return null;
  return {
    message: messages.join('; ').slice(0, MAX_MESSAGE_LENGTH).toWellFormed(),
    code: asText(valueAt(errors[0], 'status')) ?? null,
    details: null,
  };
}

function messageOf(error: unknown): string | null {
  const text = (path: string) => asText(valueAt(error, path)) ?? null;
  return text('attributes.message') ?? text('detail') ?? text('title');
}
