import { EXPECTATION_KINDS, SCOPES } from '../../config/config.js';
import { ERROR_KINDS } from '../../domain/errors.js';
import { JOB_ACTIONS, RECORD_SHAPES } from '../../domain/job.js';
import { JOB_STATES } from '../../domain/job-state.js';
import { ALERT_KINDS, WEBHOOK_FORMATS } from '../../domain/webhook.js';
import { RULED_BY } from '../../explain/field-rule.js';
import { TRAPS } from '../../preview/preview-warnings.js';
import { EVENT_TYPES } from '../../storage/event.log.js';
import { BREACH_STATES } from '../../storage/expectation.query.js';
import { FRESHNESS_VALUES } from '../../storage/job.filter.js';
import { JOB_FIELDS } from '../../storage/job.fields.js';
import { COUNT_KINDS } from '../../storage/job.query.js';
import { DELIVERY_STATES } from '../../storage/webhook-delivery.store.js';
import { PROBLEMS, problemType, ProblemName } from '../http/problem.js';
import { SOURCE_ACTIONS } from '../sources/source-actions.js';
import {
  Schema,
  anything,
  count,
  instant,
  listOf,
  mapOf,
  object,
  oneOf,
  open,
  orNull,
  ref,
  text,
  uuid,
  whole,
  yesOrNo,
} from './openapi.words.js';

const HEALTH = ['healthy', 'degraded', 'failing', 'paused', 'retired'];

const source = text('Key of the source.');
const platform = text('A kind of upstream, such as `vectorcharts`.');
const state = ref('JobState');
const provenance = ref('Provenance');
const progress: Schema = { type: 'number', minimum: 0, maximum: 1 };

const pageOf = (name: string): Schema =>
  object({ data: listOf(ref(name)), page: ref('Page') }, { description: 'One page of a list.' });

const JOB: Record<string, Schema> = {
  id: uuid('UUIDv5 of `<source>/<externalId>`: the same after a rebuild from nothing.'),
  source,
  platform,
  externalId: text("The platform's own id, always as text."),
  type: orNull(text('What ran: the same for every run of the same thing.')),
  name: orNull(text('Title of this run; the type where the platform has no title.')),
  state,
  reason: orNull(text('How it came to its state.')),
  rawStatus: orNull(text("The platform's word, verbatim.")),
  terminal: yesOrNo('The state is final.'),
  progress: orNull({ ...progress, description: 'Null where the platform gives none.' }),
  createdAt: orNull(instant('When the platform took the job.')),
  scheduledFor: orNull(instant('The last planned start.')),
  startedAt: orNull(instant('When it began to work.')),
  finishedAt: orNull(instant('When it came to its final state.')),
  updatedAt: orNull(instant('The latest upstream time known for the job.')),
  durationMs: orNull(count('Up to now while not terminal; null without a start.')),
  provenance: mapOf(provenance, 'Every time that is not plainly reported, and how it came about.'),
  error: orNull(
    object({
      message: text("The platform's words."),
      code: orNull(text("The platform's code, as text.")),
      details: anything('What else the platform says of it.'),
    }),
  ),
  owner: orNull(text('Whose job it is, as the platform says it.')),
  parentId: orNull(uuid("The parent's Rollcall id.")),
  labels: mapOf(text(), "The source's labels."),
  attributes: open("The platform's own facts, by fixed names for each platform."),
  links: object(
    { self: text('The job at the platform.'), html: text('Its page for people.'), log: text('Its log.') },
    { optional: ['self', 'html', 'log'], description: 'Addresses at the platform: https, without a query.' },
  ),
  actions: listOf(oneOf(JOB_ACTIONS), 'What can be done to it now.'),
  freshness: oneOf(FRESHNESS_VALUES, 'Whether what is shown is known to be what the platform says.'),
  firstSeenAt: instant('When Rollcall first stored the job.'),
  lastSeenAt: instant('When it was last known to be what the platform says.'),
  stateChangedAt: instant('When its last transition occurred.'),
  changedAt: instant('When Rollcall recorded the last change.'),
  version: { ...whole('Counts changes from 1.'), minimum: 1 },
};

const FIELD_PATH: Schema = {
  anyOf: [text(), listOf(text()), mapOf(ref('RecordPath')), { type: 'null' }],
  description:
    'Where in the upstream record: a dotted path, several, or one for each part; null where none decides.',
};

/** What of a job its record alone can say. */
const PREVIEWED = [
  ...['id', 'source', 'platform', 'externalId', 'type', 'name', 'state', 'reason', 'rawStatus', 'terminal'],
  ...['progress', 'createdAt', 'scheduledFor', 'startedAt', 'finishedAt', 'updatedAt', 'provenance', 'error'],
  ...['owner', 'parentId', 'attributes', 'links', 'actions'],
];

const BREACH: Record<string, Schema> = {
  type: orNull(text('What ran; null where several types are meant.')),
  since: instant('Since when the expectation is broken.'),
  value: {
    type: 'number',
    description:
      'What was measured when it fired: milliseconds; of `queue` jobs, of `success-rate` a part of 1.',
  },
  limit: { type: 'number', description: 'What is expected, in the same unit.' },
};

const WEBHOOK: Record<string, Schema> = {
  id: uuid('Of this endpoint.'),
  name: text('No two alike.'),
  url: text(
    'Where messages are posted. What may be a secret stands there as `…`: the path of `slack`, any query.',
  ),
  format: oneOf(WEBHOOK_FORMATS),
  types: orNull(listOf(oneOf(EVENT_TYPES), 'Null: every type but `job.changed`.')),
  filter: mapOf(listOf(text()), 'Parameters of the list of jobs, each with its values; none: every job.'),
  includeBackfill: yesOrNo('Whether it is told of history too.'),
  options: open('Of the format; secret ones as `***`.'),
  resolveAfter: text('How long an alert goes on without any later run of its type.'),
  sources: orNull(listOf(text(), 'Those of the token that made it; null: every source.')),
  origin: oneOf(['api', 'config'], '`config`: declared in the configuration, and changed there.'),
  enabled: yesOrNo('Whether it is told of anything.'),
  disabledReason: orNull(text('Why it is told of nothing, in one word.')),
  disabledAt: orNull(instant('Since when.')),
  failingSince: orNull(
    instant('The first try since the last one that succeeded; null: that was the last one.'),
  ),
  consecutiveFailures: count('Tries that failed since then.'),
  lastSuccessAt: orNull(instant('When it last took a message.')),
  nextAttemptAt: orNull(instant('Nothing is sent before; null: nothing holds it back.')),
  missedEvents: count('Events that were too old to be kept before they could be delivered, at most.'),
  missedAt: orNull(instant('When that was found, the last time.')),
  replaying: yesOrNo('A range is being delivered once more.'),
  previousSecretUntil: orNull(instant('Until when the secret before the last rotation signs too.')),
  createdAt: instant('When it was made.'),
  updatedAt: instant('When it was changed.'),
};

const attemptError: Schema = {
  ...orNull(
    object({
      kind: oneOf(['address', 'network', 'timeout', 'status', 'redirect', 'request']),
      message: text('In words.'),
    }),
  ),
  description: 'Null: it was taken.',
};

const DELIVERY: Record<string, Schema> = {
  id: text('The `webhook-id` of its requests: the same with every try.'),
  type: text("The event's type, or `webhook.test`."),
  state: oneOf(DELIVERY_STATES, '`failed`: for good. `skipped`: there was nothing to deliver any more.'),
  eventId: orNull(text("The event's cursor; null of a try.")),
  jobId: orNull(uuid('Of the job that it tells of.')),
  alert: { ...orNull(ref('WebhookAlert')), description: 'Null: it is no matter of an alert.' },
  replay: yesOrNo('It was asked for once more.'),
  replayOf: orNull(text('The delivery that it repeats.')),
  attempts: count('Tries so far.'),
  nextAttemptAt: orNull(instant('When it is tried at the earliest; null: no more.')),
  createdAt: instant('When it was made.'),
  finishedAt: orNull(instant('When it was delivered, or given up.')),
  lastAttempt: {
    ...orNull(
      object({
        number: { ...whole('From 1.'), minimum: 1 },
        at: instant('When it began.'),
        durationMs: count('Until its answer was there, or none came.'),
        status: orNull(whole('Of the answer; null: none came.')),
        error: attemptError,
      }),
    ),
    description: 'Null before the first.',
  },
};

/** Every shape that the API answers with. What is ours is closed: a member that is not named here is never sent. */
export const SCHEMAS: Record<string, Schema> = {
  JobState: oneOf(JOB_STATES, '`unknown`: the platform said something that no rule reads.'),
  Provenance: oneOf(
    ['inferred', 'observed', 'unknown', 'redacted'],
    'How a value came about that the platform does not plainly report.',
  ),
  Job: object(
    {
      ...JOB,
      payload: object(
        { list: orNull(open('An item of a list.')), detail: orNull(open("The job's own page.")) },
        { description: 'With `include=payload`: the last upstream record of each shape, redacted.' },
      ),
    },
    { optional: ['payload'] },
  ),
  SelectedJob: object(JOB, {
    optional: Object.keys(JOB).filter((name) => name !== 'id'),
    description: 'A job with those members that `fields` names, and `id`.',
  }),
  JobPage: object({
    data: listOf({ anyOf: [ref('Job'), ref('SelectedJob')] }, 'Whole jobs, unless `fields` was given.'),
    page: ref('JobPageMembers'),
    coverage: ref('Coverage'),
  }),
  JobSummary: object({
    data: listOf(
      object(
        {
          source,
          state,
          type: orNull(text('What ran.')),
          platform,
          bucket: orNull(instant('When the bucket begins; null: of jobs that lack the time.')),
          count: { ...whole('Jobs of this row.'), minimum: 1 },
          durationMs: object(
            { p50: orNull(count()), p95: orNull(count()), max: orNull(count()) },
            { description: 'With `stats=duration`; null where no job of the row has one.' },
          ),
        },
        { optional: ['source', 'state', 'type', 'platform', 'bucket', 'durationMs'] },
      ),
      'The members that `groupBy` names, and the count.',
    ),
    total: count('Jobs in all rows together.'),
    coverage: ref('Coverage'),
  }),
  Page: object(pageMembers(), { description: 'Where a page stands in its list.' }),
  JobPageMembers: object(
    {
      ...pageMembers(),
      feed: text(
        'On a first page: an event cursor from before the read. Walk the pages, then follow the events after it.',
      ),
    },
    { optional: ['feed'], description: 'Where a page stands in a list of jobs.' },
  ),
  Coverage: object(
    {
      sources: count('Sources that the filter and the token cover.'),
      healthy: count('Those of them that are healthy.'),
      completeThrough: orNull(instant('Every upstream change before it is in this answer.')),
      changedThrough: instant(
        'Every change recorded by Rollcall before it is in this answer; the next `changedSince`.',
      ),
      degraded: listOf(
        object({
          source,
          health: ref('Health'),
          since: instant('Since when.'),
          reason: orNull(text('Why, in one word.')),
        }),
        'Those of them that are not healthy.',
      ),
    },
    { description: 'How complete an answer is.' },
  ),
  Transition: object({
    sequence: { ...whole("Of the job's event that tells of it."), minimum: 1 },
    from: { anyOf: [state, { type: 'null' }], description: 'Null in the first: the discovery.' },
    to: state,
    reason: orNull(text('How it came to this state.')),
    rawStatus: orNull(text("The platform's word, verbatim.")),
    occurredAt: instant('When it occurred, as far as the platform tells.'),
    observedAt: instant('When Rollcall saw it.'),
    provenance: {
      ...orNull(provenance),
      description: 'How `occurredAt` came about, where it is not plainly reported.',
    },
  }),
  TransitionPage: pageOf('Transition'),
  Poll: object({
    id: whole('Counts the polls of this installation.'),
    kind: oneOf(['incremental', 'sweep', 'refresh']),
    beganAt: instant('By the database.'),
  }),
  FieldExplanation: object({
    value: anything('As the job shows it.'),
    raw: anything('What the stored record says at `path`, redacted, in the same form as `path`.'),
    path: FIELD_PATH,
    shape: orNull(oneOf(RECORD_SHAPES)),
    rule: orNull(text('How the value follows; null when nothing that is stored can tell.')),
    provenance: {
      ...orNull(provenance),
      description: "Null where the platform plainly reports it, or it is Rollcall's own.",
    },
    poll: {
      ...orNull(ref('Poll')),
      description: 'The poll that set the value; where it is null, `note` says why.',
    },
    note: orNull(text('What else there is to know: clamped, unreadable, kept, set by a refresh.')),
  }),
  RecordPath: {
    anyOf: [text(), listOf(text()), { type: 'null' }],
    description: 'A dotted path into the upstream record, several, or none.',
  },
  JobExplanation: object({
    id: uuid("The job's id."),
    source,
    platform,
    externalId: text("The platform's own id."),
    notes: listOf(text(), 'What limits this explanation as a whole.'),
    records: object(Object.fromEntries(RECORD_SHAPES.map((shape) => [shape, orNull(ref('StoredRecord'))])), {
      description: 'The last upstream record of each shape, where it is stored.',
    }),
    fields: object(Object.fromEntries(JOB_FIELDS.map(({ name }) => [name, ref('FieldExplanation')])), {
      description: 'Every field of the job, in its order.',
    }),
  }),
  StoredRecord: object({
    readAt: instant('When its read began, by the database.'),
    poll: orNull(ref('Poll')),
    sameRules: orNull(
      yesOrNo(
        'Whether it was stored under the present rules; null when they do not read it, or are not known.',
      ),
    ),
  }),
  Task: object({
    externalId: orNull(text("The platform's own id of this part of the job.")),
    name: orNull(text("The platform's name of it.")),
    state,
    rawStatus: orNull(text("The platform's word, verbatim; null where it gives a part none.")),
    progress: orNull(progress),
    startedAt: orNull(instant('When it began.')),
    finishedAt: orNull(instant('When it ended.')),
    attributes: open("The platform's own facts."),
  }),
  TaskPage: pageOf('Task'),
  Health: oneOf(HEALTH),
  Source: object({
    key: text('Its name in the configuration.'),
    platform,
    label: orNull(text('Its title for people.')),
    labels: mapOf(text(), 'Shown on its jobs.'),
    enabled: yesOrNo('Whether the configuration has it polled.'),
    health: ref('Health'),
    reason: orNull(text('Why it is not healthy, in one word.')),
    since: instant('Since when its health is this.'),
    lastPollAt: orNull(instant('When its last poll began.')),
    lastSuccessAt: orNull(instant('When its last poll that went well ended.')),
    nextPollAt: orNull(instant('When it is due.')),
    consecutiveFailures: count('Polls that failed since the last one that went well.'),
    lastError: orNull(
      object({ kind: oneOf(ERROR_KINDS), message: text('In words, without secrets.'), at: instant('When.') }),
    ),
    completeThrough: orNull(instant("By the platform's clock.")),
    lagMs: orNull(count('Now less the beginning of the poll that proved `completeThrough`.')),
    requestsLastHour: count('Requests to the platform.'),
    jobs: object(Object.fromEntries(JOB_STATES.map((one) => [one, count()])), {
      description: 'Jobs by state.',
    }),
    rejects: count('Records that could not be normalized.'),
    skippedOld: count('Records that `poll.history` leaves out.'),
    clockSkewMs: orNull(whole("The platform's clock less ours.")),
    upstreamTotal: orNull(
      object(
        { value: count('Jobs.'), at: orNull(instant('When it said so.')) },
        { description: 'What the platform says it has.' },
      ),
    ),
    unmappedStatuses: listOf(
      object({
        status: orNull(text("The platform's word; null: none at all.")),
        count: count('Distinct jobs.'),
      }),
      'Words that no rule reads, the most frequent first.',
    ),
    maxRequestsPerHour: orNull(
      count('Its budget; null when no service has read the configuration since it is kept.'),
    ),
    actions: listOf(oneOf(SOURCE_ACTIONS), 'What whoever asks may ask of it now.'),
  }),
  SourcePage: pageOf('Source'),
  PollReport: object({
    id: whole('Counts the polls of this installation.'),
    kind: oneOf(['incremental', 'sweep', 'refresh']),
    beganAt: instant('By the database.'),
    endedAt: instant('By the database.'),
    result: oneOf(['ok', ...ERROR_KINDS]),
    error: orNull(object({ kind: oneOf(ERROR_KINDS), message: text('In words, without secrets.') })),
    requests: count('To the platform, repeated ones and logins included.'),
    records: count('That were read.'),
    discovered: count('Jobs that were new.'),
    changed: count('Jobs that had changed.'),
    rejected: count('Records that could not be normalized.'),
  }),
  PollReportPage: pageOf('PollReport'),
  SourcePreview: object({
    source,
    platform,
    readAt: instant('When the read began, by the database.'),
    requests: listOf(
      ref('UpstreamRequest'),
      'In the order of their answers; a login is there when one was needed.',
    ),
    pages: listOf(
      object({
        list: orNull(text('The list of the manifest that it is of; null where there are no several.')),
        records: count('On it.'),
      }),
      'Up to the first that has records: five at most.',
    ),
    records: count('That were read.'),
    jobs: listOf(ref('PreviewedRecord'), 'Five at most, one of each word of the platform first.'),
    rejected: count('Records that are no job here.'),
    rejects: listOf(
      object({
        externalId: orNull(text("The platform's own id, where the record has a usable one.")),
        reasons: listOf(text(), 'Everything that is wrong with it.'),
        record: anything('Redacted; text when its size limit cut it.'),
      }),
      'The first five.',
    ),
    unmappedStatuses: listOf(
      object({
        status: orNull(text("The platform's word; null: none at all.")),
        count: count('Records.'),
      }),
      'Words that no rule reads.',
    ),
    warnings: listOf(
      object({ trap: oneOf(TRAPS), message: text('What was seen, and what to do.') }),
      'What in these records would trip a poller.',
    ),
  }),
  UpstreamRequest: object({
    method: text('Of HTTP.'),
    path: text('At the platform; `***` where it holds a secret.'),
    query: listOf(
      object({ name: text('Of the parameter.'), value: text('`***` where it holds a secret.') }),
      'In its order.',
    ),
    status: orNull(whole('Of the answer; null when there was none.')),
    ms: orNull(count("From its sending to the end of the answer's head; null without an answer.")),
  }),
  PreviewedRecord: object({
    record: anything('As the platform sent it, redacted; text when its size limit cut it.'),
    job: object(Object.fromEntries(PREVIEWED.map((field) => [field, JOB[field]!])), {
      description: 'As it would be if it were new.',
    }),
    fields: object(Object.fromEntries(Object.keys(RULED_BY).map((name) => [name, ref('PreviewedField')])), {
      description: 'Every field that records decide.',
    }),
  }),
  PreviewedField: object({
    value: anything('As the job shows it.'),
    raw: anything('What the record says at `path`, redacted, in the same form as `path`.'),
    path: FIELD_PATH,
    rule: orNull(text('How the value follows; null where the record says nothing of it.')),
    provenance: {
      ...orNull(provenance),
      description: 'Null where the platform plainly reports it.',
    },
    note: orNull(text('What else there is to know: clamped, unreadable.')),
  }),
  PollRequested: object({ source, poll: oneOf(['incremental', 'sweep']) }),
  Reject: object({
    id: uuid('Of this distinct record.'),
    source,
    externalId: orNull(text("The platform's own id, where the record has a usable one.")),
    reasons: listOf(text(), 'Everything that is wrong with it.'),
    firstSeenAt: instant('When it was first polled.'),
    lastSeenAt: instant('When it was last polled.'),
    count: { ...whole('How often it was polled.'), minimum: 1 },
    payload: anything('The redacted record; text when its size limit cut it.'),
  }),
  RejectPage: pageOf('Reject'),
  Event: object(
    {
      id: text('Its cursor: what follows it is asked for by `after`.'),
      type: oneOf(EVENT_TYPES),
      at: instant('When Rollcall recorded the change.'),
      source: { ...orNull(source), description: 'Key of the source; null for `webhook.disabled`.' },
      sequence: {
        ...orNull(whole('Counts the events of its job from 1; null for a source.')),
        minimum: 1,
      },
      job: { ...orNull(ref('Job')), description: 'The job as it was just after the change.' },
      from: { anyOf: [state, { type: 'null' }], description: 'Null for a discovery, and for a source.' },
      to: { anyOf: [state, { type: 'null' }], description: 'Null for a source.' },
      backfill: yesOrNo(
        "History, which should page nobody: of a source's first complete read, or `replayed`.",
      ),
      replayed: yesOrNo(
        'Only where it is true: a stored record was read again under other rules, and the platform said nothing new.',
      ),
      changed: listOf(text(), 'Fields of the job that changed.'),
      health: { ...ref('Health'), description: 'Of `source.health` only.' },
      previousHealth: { ...ref('Health'), description: 'Of `source.health` only.' },
      reason: orNull(text('Of `source.health` and `webhook.disabled` only: why, in one word.')),
      webhook: object(
        { id: uuid('Of the endpoint.'), name: text('Of the endpoint.') },
        { description: 'Of `webhook.disabled` only: an endpoint that is told of nothing any more.' },
      ),
      alert: object(
        {
          name: text('Of the expectation.'),
          kind: oneOf(EXPECTATION_KINDS),
          ...BREACH,
          message: text('What is wrong, or how it ended, for people.'),
        },
        { description: 'Of `alert.firing` and `alert.resolved` only.' },
      ),
    },
    {
      optional: ['replayed', 'health', 'previousHealth', 'reason', 'webhook', 'alert'],
      description: 'An entry of the change feed.',
    },
  ),
  EventPage: pageOf('Event'),
  Alert: object({
    id: uuid('Of this breach.'),
    name: text('Of the expectation that is broken.'),
    kind: oneOf(EXPECTATION_KINDS),
    state: oneOf(BREACH_STATES),
    source,
    jobId: orNull(uuid('Of the job that breaks it; null where no single job does.')),
    ...BREACH,
    firedAt: instant('When it was noticed.'),
    resolvedAt: orNull(instant('When it ended.')),
    message: text('What was wrong when it fired, for people.'),
    suspended: orNull(
      text('While it fires: why nobody can say now whether it goes on, such as `failing` or `paused`.'),
    ),
  }),
  AlertPage: pageOf('Alert'),
  Webhook: object(WEBHOOK, {
    description: 'An endpoint. Its secret, and those of its options, are never shown.',
  }),
  WebhookPage: pageOf('Webhook'),
  MadeWebhook: object({ ...WEBHOOK, secret: text('`whsec_…`: shown here only.') }),
  WebhookSecret: object({
    id: uuid('Of the endpoint.'),
    secret: text('`whsec_…`: shown here only.'),
    previousSecretUntil: instant('Until when the secret before it signs too.'),
  }),
  WebhookAccepted: object({
    delivery: {
      ...orNull(ref('Delivery')),
      description: 'What will be sent; null of a range, whose deliveries are made one after the other.',
    },
    through: orNull(
      text(
        'Of a range: the cursor of the last event that it may tell of. How many of them the endpoint wants is known when they were looked at: `replaying` is false then.',
      ),
    ),
  }),
  WebhookAlert: object(
    {
      key: text(
        'One for each source and type; an outage of a source and a broken expectation have their own.',
      ),
      action: oneOf(['trigger', 'resolve']),
      kind: oneOf(ALERT_KINDS),
      source,
      type: orNull(text('What ran, or was to run; null of an outage, and of several types.')),
      rule: orNull(text('The name of the expectation; null of the other kinds.')),
      jobId: orNull(text('The one job that an expectation speaks of.')),
      firedAt: instant('When it fired first.'),
      resolveAt: orNull(instant('When it resolves by itself.')),
      because: orNull(oneOf(['succeeded', 'recovered', 'kept', 'expired'])),
    },
    { description: 'What a delivery does to an alert.' },
  ),
  Delivery: object(DELIVERY),
  DeliveryPage: pageOf('Delivery'),
  DeliveryDetail: object({
    ...DELIVERY,
    event: anything('The event that it tells of, as the feed shows it; null: it is not kept any more.'),
    tries: listOf(
      object({
        number: { ...whole('From 1.'), minimum: 1 },
        at: instant('When it began.'),
        durationMs: count('Until its answer was there, or none came.'),
        error: attemptError,
        request: object({
          headers: mapOf(text(), 'Of the request.'),
          bytes: count('Of its body.'),
        }),
        response: orNull(
          object({
            status: whole('Its status.'),
            headers: mapOf(text(), 'Of the answer.'),
            body: orNull(text('Its beginning, as text.')),
          }),
        ),
      }),
      'The newest first, at most 100.',
    ),
  }),
  Scope: oneOf(SCOPES, 'What a token may do.'),
  Token: object({
    name: text('What it is for.'),
    scopes: listOf(ref('Scope')),
    sources: orNull(listOf(text(), 'Keys of the sources that exist for it; null: every source.')),
    createdAt: instant('When it was made.'),
    expiresAt: orNull(instant('Null: it does not expire.')),
    lastUsedAt: orNull(instant('To the minute; null before its first use.')),
    revokedAt: orNull(instant('Null: it is not revoked.')),
  }),
  TokenPage: pageOf('Token'),
  MadeToken: object({
    name: text('What it is for.'),
    token: text('Shown here only.'),
    scopes: listOf(ref('Scope')),
    sources: orNull(listOf(text(), 'Keys of the sources that exist for it; null: every source.')),
    expiresAt: orNull(instant('Null: it does not expire.')),
  }),
  AuditEntry: object({
    id: uuid('Of this entry.'),
    kind: oneOf(['act', 'refusal'], 'A refusal stands for all that are alike within seconds.'),
    at: instant('Of the act, or of the first refusal.'),
    lastAt: orNull(instant('Of the last refusal.')),
    count: { ...whole('Refusals that this stands for.'), minimum: 1 },
    actor: orNull(text("The token's name; null when no valid one was sent.")),
    address: orNull(text('Of the client, as far as its proxies are believed.')),
    method: text('`CLI` for a command.'),
    path: text("An act's path; of a refusal the route's pattern."),
    status: orNull(whole('Null: not answered, because it is under way or the process ended.')),
    details: anything('What the path does not say.'),
    requestId: orNull(text('Of the first of them; `X-Request-Id` of its answer.')),
  }),
  AuditPage: pageOf('AuditEntry'),
  Status: object({ status: oneOf(['ok']) }),
  Metrics: text('One line for each series: its name, its labels and its value.'),
  Problem: object(
    {
      type: oneOf(
        (Object.keys(PROBLEMS) as ProblemName[]).map(problemType),
        'The kind of problem: never changes.',
      ),
      title: text('The kind in words.'),
      status: whole('The status of the answer.'),
      detail: text('This very case in words.'),
      instance: text('The path that was asked for.'),
      errors: listOf(ref('RequestFault'), 'Every fault of the request.'),
      kind: oneOf(ERROR_KINDS, 'Where a platform is the reason: of its fault.'),
      requests: listOf(ref('UpstreamRequest'), 'Of a preview: what was asked of the platform until then.'),
      requestId: uuid('Of a 5xx: what to look for in the log.'),
    },
    { optional: ['errors', 'kind', 'requests', 'requestId'], description: 'RFC 9457.' },
  ),
  RequestFault: {
    oneOf: [
      object({ parameter: text('Of the path or the query.'), detail: text('What is wrong with it.') }),
      object({
        pointer: text('JSON pointer into the body, as a URI fragment.'),
        detail: text('What is wrong there.'),
      }),
    ],
  },
};

function pageMembers(): Record<string, Schema> {
  return {
    limit: { ...whole('Rows at most.'), minimum: 1 },
    next: orNull(text('The cursor of the next page; null on the last one.')),
    prev: orNull(text('The cursor of the previous page; null on the first one.')),
    total: orNull(count('With `count`.')),
    totalKind: oneOf(COUNT_KINDS),
  };
}
