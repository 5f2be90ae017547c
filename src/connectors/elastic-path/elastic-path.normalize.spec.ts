import { RecordError } from '../../domain/errors.js';
import { JobFacts } from '../../domain/job.js';
import { NormalizeContext } from '../connector.js';
import { REDACTED } from '../shared/record-reader.js';
import { normalize, STATUS_MAP } from './elastic-path.normalize.js';

const observedAt = Date.parse('2024-03-01T00:00:00Z');
const context: NormalizeContext = {
  options: {},
  shape: 'list',
  baseUrl: 'https://useast.api.elasticpath.com',
  statusMap: STATUS_MAP,
  observedAt,
};

const CREATED = '2024-02-20T22:13:41.844Z';
const STARTED = '2024-02-20T22:13:41.903Z';
const COMPLETED = '2024-02-20T22:13:41.99Z';

function record(attributes: object = {}, rest: object = {}): Record<string, unknown> {
  return {
    type: 'pim-job',
    id: 'j1',
    attributes: {
      status: 'success',
      type: 'child-products',
      created_at: CREATED,
      started_at: STARTED,
      completed_at: COMPLETED,
      updated_at: STARTED,
      ...attributes,
    },
    meta: { x_request_id: 'r1' },
    ...rest,
  };
}

const facts = (attributes: object = {}, rest: object = {}, shape: NormalizeContext['shape'] = 'list') =>
  normalize(record(attributes, rest), { ...context, shape });

describe('state', () => {
  it.each<[unknown, JobFacts['state'], string | null, boolean]>([
    ['pending', 'queued', 'pending', true],
    ['started', 'running', 'started', true],
    ['success', 'succeeded', 'success', true],
    ['failed', 'failed', 'failed', true],
    ['cancelled', 'cancelled', 'cancelled', true],
    ['SUCCESS', 'succeeded', 'SUCCESS', true],
    ['complete', 'unknown', 'complete', false],
    ['cancelling', 'unknown', 'cancelling', false],
    ['', 'unknown', null, false],
    [null, 'unknown', null, false],
    [undefined, 'unknown', null, false],
    [7, 'unknown', '7', false],
    ['__proto__', 'unknown', '__proto__', false],
  ])('%p is %s', (status, state, rawStatus, statusMapped) => {
    expect(facts({ status })).toMatchObject({ state, rawStatus, statusMapped, reason: null });
  });

  it('obeys an override', () => {
    const statusMap = STATUS_MAP.with({ PARKED: { state: 'paused', reason: 'parked' } });
    expect(normalize(record({ status: 'parked' }), { ...context, statusMap })).toMatchObject({
      state: 'paused',
      reason: 'parked',
    });
  });
});

describe('times', () => {
  it.each<[string, object, Partial<JobFacts>]>([
    [
      'are the record’s own',
      {},
      {
        createdAt: Date.parse(CREATED),
        startedAt: Date.parse(STARTED),
        finishedAt: Date.parse(COMPLETED),
        provenance: {},
      },
    ],
    ['keep a null start', { status: 'started', started_at: null }, { startedAt: null, finishedAt: null }],
    ['keep an absent start open', { status: 'started', started_at: undefined }, { startedAt: undefined }],
    ['end no open job, whatever it says', { status: 'started' }, { finishedAt: null, provenance: {} }],
    ['end no job of an unknown word', { status: 'archived' }, { finishedAt: null, provenance: {} }],
    ['keep the end of a finished job unknown', { completed_at: null }, { finishedAt: null, provenance: {} }],
    [
      'keep an absent end open',
      { status: 'failed', completed_at: undefined },
      { finishedAt: undefined, provenance: {} },
    ],
    [
      'end a cancelled job when it was seen',
      { status: 'cancelled', completed_at: null },
      { finishedAt: observedAt, provenance: { finishedAt: 'observed' } },
    ],
    [
      'end a cancelled job by its own word where it has one',
      { status: 'cancelled' },
      { finishedAt: Date.parse(COMPLETED), provenance: {} },
    ],
    [
      'are redacted where their path is',
      { status: 'cancelled', completed_at: REDACTED, created_at: REDACTED },
      { createdAt: null, finishedAt: null, provenance: { createdAt: 'redacted', finishedAt: 'redacted' } },
    ],
    [
      'may be Go’s default text',
      { created_at: '2023-11-27 12:32:50.036 +0000 UTC' },
      { createdAt: Date.parse('2023-11-27T12:32:50.036Z') },
    ],
    [
      'without a zone are UTC',
      { created_at: '2020-09-22T09:00:00' },
      { createdAt: Date.parse('2020-09-22T09:00:00Z') },
    ],
  ])('%s', (_, attributes, expected) => {
    expect(facts(attributes)).toMatchObject(expected);
  });

  it('are all evidence, and never our own observation', () => {
    const { evidence } = facts({ status: 'cancelled', completed_at: null });
    expect(evidence).toEqual({
      'attributes.created_at': Date.parse(CREATED),
      'attributes.started_at': Date.parse(STARTED),
      'attributes.updated_at': Date.parse(STARTED),
    });
    expect(facts().evidence).toHaveProperty(['attributes.completed_at'], Date.parse(COMPLETED));
  });
});

describe('attributes', () => {
  it('are null on a list and left out on a detail read when absent', () => {
    const empty = {
      requestId: null,
      vendorUpdatedAt: null,
      copiedFrom: null,
      hierarchyId: null,
      filter: null,
      fileCount: null,
    };
    const bare = { updated_at: undefined };
    expect(facts(bare, { meta: undefined }).attributes).toEqual(empty);
    expect(Object.keys(facts(bare, { meta: undefined }, 'detail').attributes)).toEqual([]);
    expect(facts({ updated_at: null }, { meta: undefined }, 'detail').attributes).toEqual({
      vendorUpdatedAt: null,
    });
  });

  it('come from meta', () => {
    const meta = {
      x_request_id: 'r1',
      copied_from: 'h0',
      hierarchy_id: 'h1',
      filter: 'eq(sku,a)',
      file_locations: [REDACTED, REDACTED],
    };
    expect(facts({}, { meta }).attributes).toEqual({
      requestId: 'r1',
      vendorUpdatedAt: '2024-02-20T22:13:41.903Z',
      copiedFrom: 'h0',
      hierarchyId: 'h1',
      filter: 'eq(sku,a)',
      fileCount: 2,
    });
  });

  it.each([
    ['no list', null, null],
    ['an empty list', [], 0],
    ['a redacted list', REDACTED, null],
    ['one bare link', 'https://files.example.com/a.csv', null],
  ])('count files: %s', (_, file_locations, fileCount) => {
    expect(facts({}, { meta: { file_locations } }).attributes).toMatchObject({ fileCount });
  });

  it('are bounded', () => {
    const { attributes } = facts({}, { meta: { x_request_id: 'r1', filter: 'x'.repeat(9_000) } });
    expect(attributes).toMatchObject({ requestId: 'r1', filter: null });
  });
});

describe('error', () => {
  const failed = (errors: unknown, shape: NormalizeContext['shape'] = 'detail') =>
    facts({ status: 'failed' }, errors === undefined ? {} : { rollcall_errors: errors }, shape).error;

  it.each<[string, unknown, JobFacts['error']]>([
    ['is not said by a record without messages', undefined, undefined],
    ['is none where the platform lists none', [], null],
    ['is none where nothing listed can be read', [null, 5, {}], null],
    [
      'is the documented message',
      [
        {
          type: 'pim-job-error',
          id: 'e1',
          attributes: { message: 'data.attributes.sku: Must be unique amongst products.' },
        },
      ],
      { message: 'data.attributes.sku: Must be unique amongst products.', code: null, details: null },
    ],
    [
      'is the detail of the second documented shape',
      [{ status: '422', title: 'Failed Validation', detail: 'missing required csv header: name' }],
      { message: 'missing required csv header: name', code: '422', details: null },
    ],
    [
      'is the title where there is no detail',
      [{ status: 500, title: 'Oops' }],
      { message: 'Oops', code: '500', details: null },
    ],
    [
      'joins several messages',
      [{ attributes: { message: 'a' } }, { attributes: { message: 'b' } }],
      { message: 'a; b', code: null, details: null },
    ],
    ['is redacted with its path', REDACTED, null],
  ])('%s', (_, errors, expected) => {
    expect(failed(errors)).toEqual(expected);
  });

  it('is bounded in length and stays well-formed', () => {
    const wide = '\u{1F600}'.repeat(5_000);
    expect(failed([{ attributes: { message: wide } }])?.message).toHaveLength(2_000);
    expect(failed([{ attributes: { message: `a${wide}` } }])?.message.isWellFormed()).toBe(true);
  });

  it('is none for a job that has not failed', () => {
    expect(facts().error).toBeNull();
    expect(facts({ status: 'started' }, {}, 'detail').error).toBeNull();
  });
});

describe('actions', () => {
  it.each([
    ['pending', ['cancel']],
    ['PENDING', ['cancel']],
    ['started', []],
    ['success', []],
    ['failed', []],
    ['cancelled', []],
    ['parked', []],
    [null, []],
  ])('of %p are %p', (status, actions) => {
    expect(facts({ status }).actions).toEqual(actions);
  });
});

it('takes the type as it is and leaves the name to it', () => {
  expect(facts()).toMatchObject({ type: 'child-products', progress: null, owner: null, links: {} });
  expect(facts().name).toBeUndefined();
  expect(facts({ type: undefined }).type).toBeUndefined();
});

describe('rejects', () => {
  it.each<[string, unknown, string[]]>([
    ['null', null, ['not an object but null']],
    ['an array', [], ['not an object but an array']],
    ['text', 'job', ['not an object but a string']],
    ['no id', record({}, { id: undefined }), ['no usable id at id']],
    ['a blank id', record({}, { id: ' ' }), ['no usable id at id']],
    ['an object as id', record({}, { id: {} }), ['no usable id at id']],
    ['a rounded number as id', record({}, { id: 2 ** 53 }), ['no usable id at id']],
    [
      'every unreadable time at once',
      record({ created_at: 'yesterday', completed_at: 5 }),
      [
        'attributes.created_at: not a time: "yesterday"',
        'attributes.completed_at: a number without a known unit: 5',
      ],
    ],
  ])('%s', (_, bad, reasons) => {
    const run = () => normalize(bad, context);
    expect(run).toThrow(RecordError);
    expect(run).toThrow(new RecordError(reasons));
  });

  it('nothing else: absent attributes give an unknown job', () => {
    expect(normalize({ id: 'j1' }, context)).toMatchObject({
      externalId: 'j1',
      state: 'unknown',
      rawStatus: null,
      finishedAt: null,
      evidence: {},
      actions: [],
    });
  });
});
