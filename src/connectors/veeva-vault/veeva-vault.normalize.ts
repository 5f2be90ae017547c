import { Instant, JobAction, JobFacts, RecordShape } from '../../domain/job.js';
import { isTerminal, JobState } from '../../domain/job-state.js';
import { StatusMap } from '../../domain/status-map.js';
import { TimeFormat } from '../../domain/timestamps.js';
import { NormalizeContext } from '../connector.js';
import { attributesOf, boundedAttributes, jsonAttribute, timeAttribute } from '../shared/attributes.js';
import { identifyBy, RecordReader } from '../shared/record-reader.js';
import { isSince, VaultOptions } from './veeva-vault.options.js';
import { readTaskCounts, shareDone } from './veeva-vault.task-counts.js';

/**
 * The words of the v25.2 status page and of the history filters, `CANCELLING` of 26.1, and `FAILURE`, which the official client's
 * tests expect. `FAILED_TO_RUN`, `TIMEOUT`, `MISSED_SCHEDULE` and `COMPLETED_DUE_TO_INACTIVITY` are mapped by their names: Vault
 * Help 24762, which defines them, could not be read.
 */
export const STATUS_MAP = new StatusMap('veeva-vault/1', {
  SCHEDULED: { state: 'scheduled', reason: null },
  QUEUED: { state: 'queued', reason: null },
  QUEUEING: { state: 'queued', reason: null },
  RUNNING: { state: 'running', reason: null },
  CANCELLING: { state: 'stopping', reason: null },
  SUCCESS: { state: 'succeeded', reason: null },
  ERRORS_ENCOUNTERED: { state: 'failed', reason: 'errors_encountered' },
  FAILURE: { state: 'failed', reason: null },
  FAILED_TO_RUN: { state: 'failed', reason: 'failed_to_run' },
  TIMEOUT: { state: 'failed', reason: 'timed_out' },
  MISSED_SCHEDULE: { state: 'missed', reason: 'missed_schedule' },
  COMPLETED_DUE_TO_INACTIVITY: { state: 'failed', reason: 'inactivity' },
  CANCELLED: { state: 'cancelled', reason: null },
});

const ATTRIBUTE_PATHS = {
  modifiedBy: 'modified_by',
  modifiedAt: 'modified_date',
  taskCounts: 'progress',
} as const;

export const ATTRIBUTE_KEYS: readonly string[] = Object.keys(ATTRIBUTE_PATHS);

/** Where the id is: the two lists name it differently than the detail page. Never taken from `links`. */
export function idPath(shape: RecordShape): string {
  return shape === 'list' ? 'job_id' : 'id';
}

/** How a Vault's times are read. With a zone other than UTC the `Z` that they carry is not true (document, "Response Details"). */
export function timeFormat({ timeZone }: Pick<VaultOptions, 'timeZone'>): TimeFormat {
  return { zone: timeZone, ignoreOffset: timeZone !== 'UTC' };
}

/** @throws RecordError when the record is not an object, has no usable id, or carries an unreadable time */
export function normalizeVeevaVault(
  record: unknown,
  context: Pick<
    NormalizeContext<VaultOptions>,
    'options' | 'shape' | 'statusMap' | 'observedAt' | 'explains'
  >,
): JobFacts {
  const reader = new RecordReader(record, context);
  const path = idPath(context.shape);
  const externalId = identifyBy(path, record);
  reader.rule('externalId', path, 'as text');
  const status = reader.status('status');
  const times = readTimes(reader, status, context);
  const tasks = reader.raw(ATTRIBUTE_PATHS.taskCounts);
  const taskCounts = tasks === undefined ? undefined : readTaskCounts(tasks);
  const progress =
    taskCounts === undefined || taskCounts === null ? taskCounts : shareDone(taskCounts, context.statusMap);
  reader.rule('progress', ATTRIBUTE_PATHS.taskCounts, 'finished tasks of all tasks');
  reader.rule('updatedAt', UPDATE_PATHS, 'the latest time of the job, planned ones left out');
  reader.rule('attributes', ATTRIBUTE_PATHS, 'as given; times as ISO 8601, tasks counted by status');
  reader.rule('error', null, 'no record carries a text of what went wrong');
  // Their links go to further calls of the API, which are no client's.
  reader.none('parentExternalId', 'links');
  const type = reader.field('type', 'title');
  reader.nameIsType();
  const facts: JobFacts = {
    externalId,
    ...status,
    type,
    name: undefined,
    progress,
    ...times,
    provenance: reader.provenance,
    evidence: reader.evidence,
    error: null,
    owner: reader.field('owner', 'created_by', 'as text'),
    parentExternalId: undefined,
    attributes: boundedAttributes({
      ...attributesOf(context.shape, {
        modifiedBy: jsonAttribute(reader.raw(ATTRIBUTE_PATHS.modifiedBy)),
        modifiedAt: timeAttribute(reader.time(ATTRIBUTE_PATHS.modifiedAt, timeFormat(context.options))),
      }),
      // No list carries tasks, so that a list never takes away what the detail page gave.
      ...(taskCounts === undefined ? {} : { taskCounts }),
    }),
    links: undefined,
    actions: allowedActions(status.rawStatus, context.options),
    rules: reader.rules,
  };
  reader.rule('actions', 'status', 'scheduled jobs start now; waiting jobs can be cancelled from v26.1 on');
  reader.assertReadable();
  return facts;
}

const UPDATE_PATHS = ['created_date', 'modified_date', 'run_start_date', 'run_end_date'];

type Status = Pick<JobFacts, 'state' | 'rawStatus'>;
type Times = Pick<JobFacts, 'createdAt' | 'scheduledFor' | 'startedAt' | 'finishedAt'>;

function readTimes(
  reader: RecordReader,
  status: Status,
  { options, observedAt }: Pick<NormalizeContext<VaultOptions>, 'options' | 'observedAt'>,
): Times {
  const format = timeFormat(options);
  const past = (instant: Instant | null | undefined): string =>
    typeof instant === 'number' && instant > observedAt
      ? 'as given; it lies in the future: is options.timeZone right?'
      : 'as given';

  const createdAt = reader.time('created_date', format);
  reader.timeFrom('createdAt', 'created_date', past(createdAt));
  const ended = reader.time('run_end_date', format);
  const finishedAt = isTerminal(status.state) ? ended : null;
  if (finishedAt === null && !isTerminal(status.state)) reader.rule('finishedAt', 'status', 'not finished');
  else reader.timeFrom('finishedAt', 'run_end_date', past(ended));

  const ran = typeof ended === 'number' || reader.isRedacted('run_end_date');
  const meaning = startMeaning(status, ran);
  reader.rule('scheduledFor', null, 'no plan in this record; the last one that was seen is kept');
  const start = reader.time('run_start_date', format, meaning === 'start' ? 'fact' : 'plan');
  if (meaning === 'start') {
    reader.timeFrom('startedAt', 'run_start_date', past(start));
    return { createdAt, scheduledFor: undefined, startedAt: start, finishedAt };
  }
  if (meaning === 'unclear') {
    reader.rule('startedAt', 'status', 'it does not say whether run_start_date is a plan or a start');
    return { createdAt, scheduledFor: undefined, startedAt: undefined, finishedAt };
  }
  reader.timeFrom('scheduledFor', 'run_start_date', 'the planned start of a job that has not run');
  reader.rule('startedAt', 'status', 'it has not run');
  return { createdAt, scheduledFor: start ?? undefined, startedAt: null, finishedAt };
}

/** Words of jobs that have not run, whatever state an override gives them. */
const NEVER_RAN = new Set(['scheduled', 'queued', 'queueing', 'missed_schedule', 'failed_to_run']);
const NOT_RUN_STATES: ReadonlySet<JobState> = new Set(['scheduled', 'queued', 'skipped', 'missed']);

/** What `run_start_date` is: the platform plans with it and reports with it. */
function startMeaning({ state, rawStatus }: Status, ran: boolean): 'plan' | 'start' | 'unclear' {
  const word = rawStatus?.toLowerCase() ?? '';
  if (word === 'cancelled' || state === 'cancelled') return ran ? 'start' : 'plan';
  if (NEVER_RAN.has(word) || NOT_RUN_STATES.has(state)) return 'plan';
  return state === 'stopping' || state === 'unknown' ? 'unclear' : 'start';
}

const WAITING = new Set(['scheduled', 'queued', 'queueing']);

/** `actions/cancel` stands in the references of 26.1 and 26.2, not in the document of 25.2. */
function allowedActions(rawStatus: string | null, { apiVersion }: VaultOptions): JobAction[] {
  const word = rawStatus?.toLowerCase() ?? '';
  const actions: JobAction[] = [];
  if (WAITING.has(word) && isSince(apiVersion, [26, 1])) actions.push('cancel');
  if (word === 'scheduled') actions.push('start');
  return actions;
}
