import { OpenAPIObject } from '@nestjs/swagger';
import { ERROR_KINDS } from '../domain/errors.js';
import { JOB_ACTIONS } from '../domain/job.js';
import { JOB_STATES } from '../domain/job-state.js';
import { FRESHNESS_VALUES } from '../storage/job.filter.js';
import { COUNT_KINDS } from '../storage/job.query.js';
import { PROBLEMS, problemType, ProblemName } from './problem.js';

type AnySchema = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];
type SchemaObject = Exclude<AnySchema, { $ref: string }>;
type Properties = Record<string, SchemaObject | { $ref: string }>;

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const text = (description?: string): SchemaObject => ({
  type: 'string',
  ...(description ? { description } : {}),
});
const orNull = (schema: SchemaObject): SchemaObject => ({ ...schema, nullable: true });
const instant = (description?: string): SchemaObject => ({ ...text(description), format: 'date-time' });
const whole = (description?: string): SchemaObject => ({
  type: 'integer',
  ...(description ? { description } : {}),
});
const listOf = (items: SchemaObject | { $ref: string }): SchemaObject => ({ type: 'array', items });
const oneOf = (values: readonly string[]): SchemaObject => ({ type: 'string', enum: [...values] });
const object = (properties: Properties, optional: string[] = []): SchemaObject => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
});
const open = (description?: string): SchemaObject => ({
  type: 'object',
  additionalProperties: true,
  ...(description ? { description } : {}),
});

const HEALTH = ['healthy', 'degraded', 'failing', 'paused', 'retired'];

const state = oneOf(JOB_STATES);

const pageOf = (name: string, rest: Properties = {}): SchemaObject =>
  object({ data: listOf(ref(name)), page: ref('Page'), ...rest });

/** Every shape that the API answers with. */
export const SCHEMAS: Record<string, SchemaObject> = {
  Job: object(
    {
      id: {
        ...text('UUIDv5 of `<source>/<externalId>`: the same after a rebuild from nothing.'),
        format: 'uuid',
      },
      source: text('Key of the source.'),
      platform: text(),
      externalId: text("The platform's own id, always as text."),
      type: orNull(text('What ran: the same for every run of the same thing.')),
      name: orNull(text('Title of this run; the type where the platform has no title.')),
      state,
      reason: orNull(text('How it came to its state.')),
      rawStatus: orNull(text("The platform's word, verbatim.")),
      terminal: { type: 'boolean', description: 'The state is final.' },
      progress: orNull({
        type: 'number',
        minimum: 0,
        maximum: 1,
        description: 'Null where the platform gives none.',
      }),
      createdAt: orNull(instant()),
      scheduledFor: orNull(instant('The last planned start.')),
      startedAt: orNull(instant()),
      finishedAt: orNull(instant()),
      updatedAt: orNull(instant('The latest upstream time known for the job.')),
      durationMs: orNull({ ...whole('Up to now while not terminal; null without a start.'), minimum: 0 }),
      provenance: {
        type: 'object',
        additionalProperties: oneOf(['inferred', 'observed', 'unknown', 'redacted']),
        description: 'Every time that is not plainly reported, and how it came about.',
      },
      error: orNull(object({ message: text(), code: orNull(text()), details: { nullable: true } })),
      owner: orNull(text()),
      parentId: orNull({ ...text("The parent's Rollcall id."), format: 'uuid' }),
      labels: { type: 'object', additionalProperties: text(), description: "The source's labels." },
      attributes: open("The platform's own facts, by fixed names for each platform."),
      links: object({ self: text(), html: text(), log: text() }, ['self', 'html', 'log']),
      actions: { ...listOf(oneOf(JOB_ACTIONS)), description: 'Allowed now.' },
      freshness: oneOf(FRESHNESS_VALUES),
      firstSeenAt: instant('When Rollcall first stored the job.'),
      lastSeenAt: instant('When it was last known to be what the platform says.'),
      stateChangedAt: instant(),
      changedAt: instant('When Rollcall recorded the last change.'),
      version: { ...whole('Counts changes from 1.'), minimum: 1 },
      payload: {
        ...object({ list: orNull(open()), detail: orNull(open()) }),
        description: 'With `include=payload`: the last upstream record of each shape, redacted.',
      },
    },
    ['payload'],
  ),
  JobPage: {
    ...object({
      data: { ...listOf(ref('Job')), description: 'With `fields`: only those fields, and `id`.' },
      page: ref('Page'),
      coverage: ref('Coverage'),
    }),
  },
  Page: object(
    {
      limit: whole(),
      next: orNull(text('The cursor of the next page; null on the last one.')),
      prev: orNull(text('The cursor of the previous page; null on the first one.')),
      total: orNull(whole('With `count`.')),
      totalKind: oneOf(COUNT_KINDS),
      feed: text(
        'On a first page of jobs: an event cursor from before the read. Walk the pages, then follow the events after it.',
      ),
    },
    ['feed'],
  ),
  Coverage: object({
    sources: whole('Sources that the filter and the token cover.'),
    healthy: whole(),
    completeThrough: orNull(instant('Every upstream change before it is in this answer.')),
    changedThrough: instant(
      'Every change recorded by Rollcall before it is in this answer; the next `changedSince`.',
    ),
    degraded: listOf(
      object({ source: text(), health: oneOf(HEALTH), since: instant(), reason: orNull(text()) }),
    ),
  }),
  Transition: object({
    sequence: { ...whole(), minimum: 1 },
    from: orNull(state),
    to: state,
    reason: orNull(text()),
    rawStatus: orNull(text()),
    occurredAt: instant(),
    observedAt: instant(),
    provenance: orNull(text('How `occurredAt` came about, where it is not plainly reported.')),
  }),
  TransitionPage: pageOf('Transition'),
  Task: object({
    externalId: orNull(text("The platform's own id of this part of the job.")),
    name: orNull(text()),
    state,
    rawStatus: orNull(text("The platform's word, verbatim; null where it gives a part none.")),
    progress: orNull({ type: 'number', minimum: 0, maximum: 1 }),
    startedAt: orNull(instant()),
    finishedAt: orNull(instant()),
    attributes: open("The platform's own facts."),
  }),
  TaskPage: pageOf('Task'),
  Source: object({
    key: text(),
    platform: text(),
    label: orNull(text()),
    labels: { type: 'object', additionalProperties: text() },
    enabled: { type: 'boolean' },
    health: oneOf(HEALTH),
    reason: orNull(text()),
    since: instant(),
    lastPollAt: orNull(instant()),
    lastSuccessAt: orNull(instant()),
    nextPollAt: orNull(instant()),
    consecutiveFailures: whole(),
    lastError: orNull(object({ kind: oneOf(ERROR_KINDS), message: text(), at: instant() })),
    completeThrough: orNull(instant("By the platform's clock.")),
    lagMs: orNull(whole('Now less the beginning of the poll that proved `completeThrough`.')),
    requestsLastHour: whole(),
    jobs: { type: 'object', additionalProperties: whole(), description: 'Jobs by state.' },
    rejects: whole(),
    skippedOld: whole(),
    clockSkewMs: orNull(whole("The platform's clock less ours.")),
    upstreamTotal: orNull(object({ value: whole(), at: orNull(instant()) })),
    unmappedStatuses: listOf(object({ status: orNull(text()), count: whole('Distinct jobs.') })),
  }),
  SourcePage: pageOf('Source'),
  PollRequested: object({ source: text(), poll: oneOf(['incremental', 'sweep']) }),
  Reject: object({
    id: { ...text(), format: 'uuid' },
    source: text(),
    externalId: orNull(text()),
    reasons: listOf(text()),
    firstSeenAt: instant(),
    lastSeenAt: instant(),
    count: whole(),
    payload: { nullable: true, description: 'The redacted record; text when its size limit cut it.' },
  }),
  RejectPage: pageOf('Reject'),
  Status: object({ status: text() }),
  Problem: object(
    {
      type: oneOf((Object.keys(PROBLEMS) as ProblemName[]).map(problemType)),
      title: text(),
      status: whole(),
      detail: text(),
      instance: text('The path that was asked for.'),
      errors: listOf(
        object(
          {
            parameter: text('Of the path or the query.'),
            pointer: text('JSON pointer into the body, as a URI fragment.'),
            detail: text(),
          },
          ['parameter', 'pointer'],
        ),
      ),
      kind: { ...oneOf(ERROR_KINDS), description: 'Where a platform is the reason.' },
      requestId: text('Of a 5xx: what to look for in the log.'),
    },
    ['errors', 'kind', 'requestId'],
  ),
};
