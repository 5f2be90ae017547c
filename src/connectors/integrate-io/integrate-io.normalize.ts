import { Instant, JobError, JobFacts, JobLinks, Json, RecordShape } from '../../domain/job.js';
import { isTerminal, JobState } from '../../domain/job-state.js';
import { StatusMap } from '../../domain/status-map.js';
import { NormalizeContext } from '../connector.js';
import { attributesOf } from '../shared/attributes.js';
import { safeLink } from '../shared/links.js';
import { asText, cleanText, identifyBy, RecordReader, REDACTED, valueAt } from '../shared/record-reader.js';

/** Meanings: xplenty-api-doc-v2 `resources/job.md` (dab7409); `queued` was added in February 2024, expect the list to grow. */
export const STATUS_MAP = new StatusMap('integrate-io/1', {
  idle: { state: 'queued', reason: 'requested' },
  pending: { state: 'queued', reason: 'initializing' },
  queued: { state: 'queued', reason: 'awaiting_resources' },
  running: { state: 'running', reason: null },
  completed: { state: 'succeeded', reason: null },
  failed: { state: 'failed', reason: null },
  pending_stoppage: { state: 'stopping', reason: 'stop_requested' },
  stopping: { state: 'stopping', reason: null },
  stopped: { state: 'cancelled', reason: 'stopped' },
});

const ATTRIBUTE_PATHS = {
  packageId: 'package_id',
  clusterId: 'cluster_id',
  clusterName: 'cluster.name',
  ownerId: 'owner_id',
  creatorId: 'creator.id',
  creatorType: 'creator.type',
  attempt: 'attempts',
  runtimeSeconds: 'runtime_in_seconds',
  outputsCount: 'outputs_count',
  recordsCount: 'outputs',
  outputs: 'outputs',
  variableNames: ['variables', 'dynamic_variables'],
} as const;

export const ATTRIBUTE_KEYS: readonly string[] = Object.keys(ATTRIBUTE_PATHS);

/** Where the web pages of jobs are (`html_url` of the vendor's samples). */
const LINK_HOSTS = ['xplenty.com'];

/** More are left out of the attributes; `payload` has them all. */
const MAX_OUTPUTS = 20;

/** A stop may be asked for before the start, and only once. */
const STOPPABLE = new Set(['idle', 'pending', 'queued', 'running']);

/** ISO 8601 in UTC to the second, with an offset in one sample; zoneless text would be a guess and is refused. */
const TIME = {};

/** @throws RecordError when the record is not an object, has no usable id, or carries an unreadable time */
export function normalizeIntegrateIo(
  record: unknown,
  context: Pick<NormalizeContext, 'shape' | 'statusMap' | 'baseUrl' | 'explains'>,
): JobFacts {
  const reader = new RecordReader(record, context);
  const status = reader.status('status');
  const times = readTimes(reader);
  reader.none('scheduledFor', 'parentExternalId');
  const facts: JobFacts = {
    externalId: identifyBy('id', record),
    ...status,
    type: readType(reader, context.shape),
    name: undefined,
    progress: reader.progress('progress', 'fraction'),
    createdAt: times.created_at,
    scheduledFor: undefined,
    startedAt: times.started_at,
    finishedAt: readFinish(reader, status.state, times),
    provenance: reader.provenance,
    evidence: reader.evidence,
    error: readError(reader),
    owner: readOwner(reader, context.shape),
    parentExternalId: undefined,
    attributes: readAttributes(reader, context.shape),
    links: readLinks(reader, context),
    actions: STOPPABLE.has(status.rawStatus?.toLowerCase() ?? '') ? ['cancel'] : [],
    rules: reader.rules,
  };
  reader.rule('externalId', 'id', 'as text');
  reader.rule('actions', 'status', 'a job that has neither ended nor been asked to stop can be stopped');
  reader.assertReadable();
  return facts;
}

const TIME_PATHS = ['created_at', 'started_at', 'completed_at', 'failed_at', 'updated_at'] as const;
type Times = Record<(typeof TIME_PATHS)[number], Instant | null | undefined>;

function readTimes(reader: RecordReader): Times {
  const times = Object.fromEntries(TIME_PATHS.map((path) => [path, reader.time(path, TIME)])) as Times;
  reader.timeFrom('createdAt', 'created_at', 'as given');
  reader.timeFrom('startedAt', 'started_at', 'as given');
  reader.timeFrom('updatedAt', 'updated_at', 'the latest time of the job');
  return times;
}

/** The status decides whether there is an end, never the presence of a time: the published sample of a completed job has a `failed_at`. */
function readFinish(reader: RecordReader, state: JobState, times: Times): Instant | null | undefined {
  if (!isTerminal(state)) {
    reader.rule('finishedAt', 'status', 'not finished');
    return null;
  }
  const plain = state === 'failed' ? (['completed_at', 'failed_at'] as const) : (['completed_at'] as const);
  const given = plain.find((path) => reader.isRedacted(path) || typeof times[path] === 'number');
  if (given !== undefined) {
    reader.timeFrom('finishedAt', given, 'as given');
    return times[given];
  }
  const updatedAt = times.updated_at;
  const rule = 'the last update of a job that has ended: no end is given';
  reader.timeFrom('finishedAt', 'updated_at', rule, typeof updatedAt === 'number' ? 'inferred' : undefined);
  return updatedAt;
}

function readType(reader: RecordReader, shape: RecordShape): string | null | undefined {
  const type = readPackage(reader, shape);
  reader.nameIsType();
  return type;
}

/** A detail record that does not name its package says nothing of the type, so that what the list gave stays. */
function readPackage(reader: RecordReader, shape: RecordShape): string | null | undefined {
  const name = reader.field('type', 'package.name');
  if (typeof name === 'string') return name;
  if (shape === 'detail') return undefined;
  const packageId = reader.field('type', 'package_id', '`package-` and the id: the package has no name here');
  return typeof packageId === 'string' ? `package-${packageId}` : null;
}

/** A detail record that does not name its creator says nothing of the owner, so that it does not turn a name into a number. */
function readOwner(reader: RecordReader, shape: RecordShape): string | null | undefined {
  const creator = reader.field('owner', 'creator.display_name');
  if (typeof creator === 'string' || reader.isRedacted('creator.display_name')) return creator;
  if (shape === 'detail') return undefined;
  return reader.field('owner', 'owner_id', 'the id: the creator has no name here');
}

/** May be set on a stopped job as well: stored as the platform says it. */
function readError(reader: RecordReader): JobError | null | undefined {
  const message = reader.field('error', 'errors', 'as given; empty text is none');
  if (message === undefined) return undefined;
  return message === null || message.trim() === '' ? null : { message, code: null, details: null };
}

/** All of them or none: facts carry links as a whole, and a detail record must not drop those that the list gave. */
function readLinks(
  reader: RecordReader,
  { shape, baseUrl }: Pick<NormalizeContext, 'shape' | 'baseUrl'>,
): JobLinks | undefined {
  const paths = { self: 'url', html: 'html_url', log: 'log_url' } as const;
  reader.rule('links', paths, "https on the source's host or xplenty.com, without query");
  const all = Object.entries(paths);
  const given = all.filter(([, path]) => reader.raw(path) !== undefined);
  if (given.length < (shape === 'detail' ? all.length : 1)) return undefined;
  return Object.fromEntries(
    given.flatMap(([name, path]) => {
      const link = safeLink(reader.raw(path), { baseUrl, hosts: LINK_HOSTS });
      return link === undefined ? [] : [[name, link]];
    }),
  );
}

function readAttributes(reader: RecordReader, shape: RecordShape): JobFacts['attributes'] {
  reader.rule('attributes', ATTRIBUTE_PATHS, 'as given; records counted over the outputs, variables by name');
  const outputs = reader.raw(ATTRIBUTE_PATHS.outputs);
  const scalar = (key: Exclude<keyof typeof ATTRIBUTE_PATHS, 'variableNames'>) =>
    scalarOf(reader.raw(ATTRIBUTE_PATHS[key]));
  const values: Record<keyof typeof ATTRIBUTE_PATHS, Json | undefined> = {
    packageId: scalar('packageId'),
    clusterId: scalar('clusterId'),
    clusterName: scalar('clusterName'),
    ownerId: scalar('ownerId'),
    creatorId: scalar('creatorId'),
    creatorType: scalar('creatorType'),
    // Lists of the published shape have none: they would take away again what a detail record gave.
    attempt: shape === 'list' ? scalar('attempt') : undefined,
    runtimeSeconds: scalar('runtimeSeconds'),
    outputsCount: scalar('outputsCount'),
    recordsCount: countRecords(outputs),
    outputs: readOutputs(outputs),
    variableNames: readVariableNames(reader, shape),
  };
  return attributesOf(shape, values);
}

/** The sum over the outputs that the record lists; null when one of them has no count. */
function countRecords(outputs: unknown): number | null | undefined {
  if (!Array.isArray(outputs)) return outputs === undefined ? undefined : null;
  let sum = 0;
  for (const output of outputs) {
    const count = scalarOf(valueAt(output, 'records_count'));
    if (typeof count !== 'number') return null;
    sum += count;
  }
  return Number.isFinite(sum) ? sum : null;
}

function readOutputs(outputs: unknown): Json | undefined {
  if (!Array.isArray(outputs)) return outputs === undefined ? undefined : null;
  return outputs.slice(0, MAX_OUTPUTS).map((output: unknown) => {
    const value = (path: string): Json => scalarOf(valueAt(output, path)) ?? null;
    return {
      id: value('id'),
      name: value('name'),
      recordsCount: value('records_count'),
      componentName: value('component.name'),
      componentType: value('component.type'),
    };
  });
}

/**
 * Names only: values may hold credentials and are redacted before a record comes here. Sorted, so that order alone is no change. A
 * detail record with one of the two maps, as in the vendor's sample, says nothing of the names in the other one.
 */
function readVariableNames(reader: RecordReader, shape: RecordShape): string[] | null | undefined {
  const maps = ATTRIBUTE_PATHS.variableNames.map((path) => reader.raw(path));
  const absent = maps.filter((map) => map === undefined).length;
  if (absent === maps.length || (shape === 'detail' && absent > 0)) return undefined;
  const objects = maps.filter((map) => typeof map === 'object' && map !== null && !Array.isArray(map));
  if (objects.length === 0) return null;
  return [...new Set(objects.flatMap((map) => Object.keys(map as object).map(cleanText)))].sort();
}

/** A number stays a number; what is no scalar (redacted values included) is null; absent stays absent. */
function scalarOf(value: unknown): number | string | null | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  return value === REDACTED ? null : asText(value);
}
