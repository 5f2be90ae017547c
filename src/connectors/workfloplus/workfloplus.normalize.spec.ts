import { RecordError } from '../../domain/errors.js';
import { supersedes } from '../../domain/evidence.js';
import { JobFacts } from '../../domain/job.js';
import { NormalizeContext } from '../connector.js';
import { REDACTED } from '../shared/record-reader.js';
import { normalize, STATUS_MAP } from './workfloplus.normalize.js';

const context: NormalizeContext = {
  options: {},
  shape: 'list',
  baseUrl: 'https://gateway.workfloplus.com',
  statusMap: STATUS_MAP,
  observedAt: Date.parse('2026-01-15T10:00:00Z'),
};

const CREATED = '2020-11-04T12:53:42.266Z';
const UPDATED = '2020-11-04T12:53:46.676Z';
const MODIFIED = '2020-11-04T12:53:47Z';

function record(metadata: object = {}, rest: object = {}): Record<string, unknown> {
  return {
    jobId: '5fa2a458980724000149rq40',
    metadata: {
      clientJobId: 'c1',
      workflowId: 'w1',
      workflowVersionId: 'v1',
      jobTitle: 'Example Workflow Job 1',
      metadata: { ScheduledJobId: 's1', ScheduledTaskId: 't1' },
      created: CREATED,
      updated: UPDATED,
      modified: MODIFIED,
      status: 'Paused',
      userId: 'u1',
      currentStep: {
        singleStep: {
          stepNumber: 1,
          stepTitle: 'Enter Text',
          stepType: 'Text',
          started: '2020-11-04T12:53:42.687Z',
          updated: '2020-11-04T12:53:46.664Z',
        },
        reportStep: null,
      },
      abandonReason: null,
      username: 'api.user1@example.com',
      workflowName: 'Example Workflow',
      ...metadata,
    },
    completedSteps: null,
    team: 'apiteam',
    packetIds: null,
    excluded: false,
    ...rest,
  };
}

const facts = (metadata: object = {}, rest: object = {}, shape: NormalizeContext['shape'] = 'list') =>
  normalize(record(metadata, rest), { ...context, shape });

describe('state', () => {
  it.each<[unknown, JobFacts['state'], string | null, string | null]>([
    ['Active', 'running', null, 'Active'],
    ['InProgress', 'running', null, 'InProgress'],
    ['Started', 'running', null, 'Started'],
    ['Paused', 'paused', null, 'Paused'],
    ['Completed', 'succeeded', null, 'Completed'],
    ['Aborted', 'cancelled', 'aborted', 'Aborted'],
    ['Abandoned', 'cancelled', 'abandoned', 'Abandoned'],
    ['NotStarted', 'queued', 'not_started', 'NotStarted'],
    ['Scheduled', 'scheduled', null, 'Scheduled'],
    ['completed', 'succeeded', null, 'completed'],
    ['Failed', 'unknown', null, 'Failed'],
    [3, 'unknown', null, '3'],
    [null, 'unknown', null, null],
    [undefined, 'unknown', null, null],
  ])('%p is %s', (status, state, reason, rawStatus) => {
    expect(facts({ status })).toMatchObject({ state, reason, rawStatus, statusMapped: state !== 'unknown' });
  });

  it('is never read from the customer’s own map', () => {
    expect(facts({ metadata: { status: 'Completed', jobTitle: 'other' } })).toMatchObject({
      state: 'paused',
      name: 'Example Workflow Job 1',
    });
    expect(facts({ status: undefined, metadata: { status: 'Completed' } }).state).toBe('unknown');
  });

  it('is never failed', () => {
    expect(facts({ status: 'Completed' }).error).toBeNull();
  });
});

describe('times', () => {
  const created = Date.parse(CREATED);
  const updated = Date.parse(UPDATED);

  it.each<[string, Partial<JobFacts>]>([
    ['Active', { startedAt: created, finishedAt: null, provenance: { startedAt: 'inferred' } }],
    ['Paused', { startedAt: created, finishedAt: null, provenance: { startedAt: 'inferred' } }],
    [
      'Completed',
      {
        startedAt: created,
        finishedAt: updated,
        provenance: { startedAt: 'inferred', finishedAt: 'inferred' },
      },
    ],
    [
      'Aborted',
      {
        startedAt: created,
        finishedAt: updated,
        provenance: { startedAt: 'inferred', finishedAt: 'inferred' },
      },
    ],
    ['NotStarted', { startedAt: null, finishedAt: null, provenance: {} }],
    ['Scheduled', { startedAt: null, finishedAt: null, provenance: {} }],
    ['Resting', { startedAt: undefined, finishedAt: null, provenance: {} }],
  ])('of a job that is %s', (status, expected) => {
    expect(facts({ status })).toMatchObject({ createdAt: created, ...expected });
  });

  it('are redacted where their path is', () => {
    expect(facts({ status: 'Completed', created: REDACTED, updated: REDACTED })).toMatchObject({
      createdAt: null,
      startedAt: null,
      finishedAt: null,
      provenance: { createdAt: 'redacted', startedAt: 'redacted', finishedAt: 'redacted' },
    });
  });

  it('infer nothing from what is not given', () => {
    expect(facts({ status: 'Completed', created: null, updated: null })).toMatchObject({
      startedAt: null,
      finishedAt: null,
      provenance: {},
    });
    const absent = facts({ status: 'Completed', created: undefined, updated: undefined });
    expect(absent.startedAt).toBeUndefined();
    expect(absent.finishedAt).toBeUndefined();
    expect(absent.provenance).toEqual({});
  });

  it.each([
    ['whole seconds', '2021-10-01T12:48:47Z', '2021-10-01T12:48:47.000Z'],
    ['one digit', '2021-10-01T12:48:13.8Z', '2021-10-01T12:48:13.800Z'],
    ['six digits', '2021-10-01T12:48:19.342407Z', '2021-10-01T12:48:19.342Z'],
    ['no zone', '2021-10-06T07:24:52.44', '2021-10-06T07:24:52.440Z'],
  ])('with %s', (_, text, iso) => {
    expect(facts({ created: text }).createdAt).toBe(Date.parse(iso));
  });

  it('of the job are evidence, those of its step are not', () => {
    expect(facts().evidence).toEqual({
      'metadata.created': created,
      'metadata.updated': updated,
      'metadata.modified': Date.parse(MODIFIED),
    });
  });

  it.each<[string, object, object]>([
    [
      'an end after a clock was put back',
      { status: 'Active', updated: '2020-11-04T13:53:46Z' },
      { status: 'Completed', updated: '2020-11-04T13:10:00Z', modified: '2020-11-04T13:10:00Z' },
    ],
    [
      'a restart after an end',
      { status: 'Completed' },
      { status: 'Active', updated: '2020-11-04T13:10:00Z', modified: '2020-11-04T13:10:00Z' },
    ],
  ])('let %s supersede what came before', (_, before, after) => {
    const dated = (metadata: object, readAt: number) => ({ ...facts(metadata), readAt });
    expect(supersedes(dated(after, 2), dated(before, 1))).toBe(true);
    expect(supersedes(dated(before, 1), dated(after, 2))).toBe(false);
  });
});

describe('attributes', () => {
  it('are those of the contract', () => {
    expect(facts().attributes).toEqual({
      clientJobId: 'c1',
      workflowId: 'w1',
      workflowVersionId: 'v1',
      userId: 'u1',
      team: 'apiteam',
      abandonReason: null,
      excluded: false,
      packetIds: null,
      modifiedAt: '2020-11-04T12:53:47.000Z',
      scheduledJobId: 's1',
      scheduledTaskId: 't1',
      metadata: { ScheduledJobId: 's1', ScheduledTaskId: 't1' },
      currentStep: {
        number: 1,
        title: 'Enter Text',
        type: 'Text',
        startedAt: '2020-11-04T12:53:42.687Z',
        updatedAt: '2020-11-04T12:53:46.664Z',
      },
      completedStepCount: null,
    });
  });

  it('are null on a list and left out on a detail read when absent', () => {
    const bare = { jobId: 'j1', metadata: { status: 'Active' } };
    const list = normalize(bare, context).attributes;
    expect(Object.keys(list)).toHaveLength(14);
    expect(Object.values(list).every((value) => value === null)).toBe(true);
    expect(normalize(bare, { ...context, shape: 'detail' }).attributes).toEqual({});
  });

  it.each<[string, object, object, object]>([
    ['steps are counted', {}, { completedSteps: [{}, {}, {}] }, { completedStepCount: 3 }],
    ['no steps are none', {}, { completedSteps: [] }, { completedStepCount: 0 }],
    ['steps of another shape are not counted', {}, { completedSteps: 'many' }, { completedStepCount: null }],
    ['there is no current step', { currentStep: null }, {}, { currentStep: null }],
    [
      'a step of a report has no single step',
      { currentStep: { singleStep: null, reportStep: REDACTED } },
      {},
      { currentStep: null },
    ],
    [
      'a number as text is a number',
      { currentStep: { singleStep: { stepNumber: '7' } } },
      {},
      { currentStep: { number: 7, title: null, type: null, startedAt: null, updatedAt: null } },
    ],
    [
      'an unreadable number is none',
      { currentStep: { singleStep: { stepNumber: 'seven' } } },
      {},
      { currentStep: { number: null, title: null, type: null, startedAt: null, updatedAt: null } },
    ],
    ['an excluded job carries a flag', {}, { excluded: true }, { excluded: true }],
    ['packets stay as given', {}, { packetIds: ['p1'] }, { packetIds: ['p1'] }],
    [
      'the customer’s map is never merged, and its text is cleaned',
      { metadata: { status: 'x\0', jobId: 1 } },
      {},
      { metadata: { status: 'x\uFFFD', jobId: 1 }, scheduledJobId: null },
    ],
    ['a redacted map is none', { metadata: REDACTED }, {}, { metadata: null, scheduledJobId: null }],
    [
      'a map past the limit is null as a whole',
      { metadata: { note: 'x'.repeat(9_000) } },
      {},
      { metadata: null, clientJobId: 'c1' },
    ],
  ])('%s', (_, metadata, rest, expected) => {
    expect(facts(metadata, rest).attributes).toMatchObject(expected);
  });
});

describe('actions', () => {
  it.each<[unknown, unknown, string[]]>([
    ['Active', 'c1', ['cancel']],
    ['Paused', 'c1', ['cancel']],
    ['NotStarted', 'c1', ['cancel']],
    ['Scheduled', 'c1', ['cancel']],
    ['Completed', 'c1', []],
    ['Aborted', 'c1', []],
    ['Abandoned', 'c1', []],
    ['Resting', 'c1', []],
    ['Active', '', []],
    ['Active', ' ', []],
    ['Active', '..', []],
    ['Active', 'c1/abort', []],
    ['Active', 'c'.repeat(201), []],
    ['Active', null, []],
    ['Active', undefined, []],
    ['Active', REDACTED, []],
  ])('of a job that is %p with client id %p are %p', (status, clientJobId, actions) => {
    expect(facts({ status, clientJobId }).actions).toEqual(actions);
  });
});

it('names what ran, this run and who runs it', () => {
  expect(facts()).toMatchObject({
    externalId: '5fa2a458980724000149rq40',
    type: 'Example Workflow',
    name: 'Example Workflow Job 1',
    owner: 'api.user1@example.com',
    progress: null,
    links: {},
    parentExternalId: null,
  });
});

describe('rejects', () => {
  it.each<[string, unknown, string[]]>([
    ['null', null, ['not an object but null']],
    ['an array', [record()], ['not an object but an array']],
    ['no id', { metadata: {} }, ['no usable id at jobId']],
    ['only a client id', record({}, { jobId: '' }), ['no usable id at jobId']],
    [
      'every unreadable time at once, those of the step included',
      record({
        created: '2020-13-04T12:53:42Z',
        currentStep: { singleStep: { started: 'soon' } },
      }),
      [
        'metadata.created: not a time: "2020-13-04T12:53:42Z"',
        'metadata.currentStep.singleStep.started: not a time: "soon"',
      ],
    ],
  ])('%s', (_, bad, reasons) => {
    const run = () => normalize(bad, context);
    expect(run).toThrow(RecordError);
    expect(run).toThrow(new RecordError(reasons));
  });

  it.each([{ jobId: 'j1' }, { jobId: 'j1', metadata: null }, { jobId: 'j1', metadata: 'text' }])(
    'nothing else: %p is an unknown job',
    (bare) => {
      expect(normalize(bare, context)).toMatchObject({ externalId: 'j1', state: 'unknown', evidence: {} });
    },
  );
});
