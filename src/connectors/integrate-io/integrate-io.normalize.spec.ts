import { RecordError } from '../../domain/errors.js';
import { Job, JobFacts, RecordShape } from '../../domain/job.js';
import { foldJob } from '../../domain/job-change.js';
import { REDACTED } from '../shared/record-reader.js';
import { ATTRIBUTE_KEYS, normalizeIntegrateIo, STATUS_MAP } from './integrate-io.normalize.js';
import { IntegrateIoJob } from './integrate-io.records.js';

const context = { shape: 'list', statusMap: STATUS_MAP, baseUrl: 'https://api.xplenty.com' } as const;

const job: IntegrateIoJob = {
  id: 304,
  status: 'running',
  owner_id: 1,
  progress: 0.5,
  outputs_count: 1,
  outputs: [],
  variables: {},
  dynamic_variables: {},
  started_at: '2026-01-15T08:00:00Z',
  created_at: '2026-01-15T07:59:00Z',
  failed_at: null,
  completed_at: null,
  updated_at: '2026-01-15T08:30:00Z',
  cluster_id: 176,
  package_id: 103,
  errors: null,
  runtime_in_seconds: 1800,
  url: 'https://api.xplenty.com/acme/api/jobs/304',
  html_url: 'https://xplenty.com/acme/jobs/304',
  log_url: null,
  creator: { type: 'User', display_name: 'Ada', id: 27, url: '' },
  package: { id: 103, name: 'Daily orders', url: '' },
  cluster: { id: 176, name: 'prod-1', url: '' },
};

const read = (record: unknown, shape: 'list' | 'detail' = 'list'): JobFacts =>
  normalizeIntegrateIo(record, { ...context, shape });
const at = (text: string): number => Date.parse(text);

describe('state', () => {
  it.each([
    ['idle', 'queued', 'requested', ['cancel']],
    ['pending', 'queued', 'initializing', ['cancel']],
    ['queued', 'queued', 'awaiting_resources', ['cancel']],
    ['running', 'running', null, ['cancel']],
    ['completed', 'succeeded', null, []],
    ['failed', 'failed', null, []],
    ['pending_stoppage', 'stopping', 'stop_requested', []],
    ['stopping', 'stopping', null, []],
    ['stopped', 'cancelled', 'stopped', []],
    ['Running', 'running', null, ['cancel']],
    ['paused', 'unknown', null, []],
  ])('%s', (status, state, reason, actions) => {
    expect(read({ ...job, status })).toMatchObject({
      state,
      reason,
      rawStatus: status,
      actions,
      statusMapped: state !== 'unknown',
    });
  });

  it('follows an override, which changes nothing about what can be stopped', () => {
    const statusMap = STATUS_MAP.with({ running: { state: 'paused', reason: null } });
    const facts = normalizeIntegrateIo(job, { ...context, statusMap });
    expect(facts).toMatchObject({ state: 'paused', actions: ['cancel'] });
  });
});

describe('finishedAt', () => {
  const COMPLETED = '2026-01-15T09:00:00Z';
  const FAILED = '2026-01-15T08:59:00Z';

  it.each<[string, Partial<IntegrateIoJob>, string | null, string | undefined]>([
    ['completed_at', { status: 'completed', completed_at: COMPLETED }, COMPLETED, undefined],
    [
      'completed_at of a failed job before failed_at',
      { status: 'failed', completed_at: COMPLETED, failed_at: FAILED },
      COMPLETED,
      undefined,
    ],
    ['failed_at when failed', { status: 'failed', failed_at: FAILED }, FAILED, undefined],
    [
      'not failed_at when completed (the published sample)',
      { status: 'completed', failed_at: FAILED },
      job.updated_at,
      'inferred',
    ],
    ['updated_at when terminal', { status: 'stopped' }, job.updated_at, 'inferred'],
    ['none while running, whatever is set', { completed_at: COMPLETED, failed_at: FAILED }, null, undefined],
    ['none of a word without a rule', { status: 'archived', completed_at: COMPLETED }, null, undefined],
  ])('is %s', (_, fields, expected, provenance) => {
    const facts = read({ ...job, ...fields });
    expect(facts.finishedAt).toBe(expected === null ? null : at(expected));
    expect(facts.provenance.finishedAt).toBe(provenance);
  });

  it('is redacted where its path is', () => {
    const facts = read({ ...job, status: 'completed', completed_at: REDACTED });
    expect(facts.finishedAt).toBeNull();
    expect(facts.provenance).toEqual({ finishedAt: 'redacted' });
  });

  it('is left as it is stored when the record has no time at all', () => {
    expect(read({ id: 1, status: 'completed' }).finishedAt).toBeUndefined();
  });
});

it('reads offsets and counts every time of the job as evidence', () => {
  const facts = read({ ...job, updated_at: '2026-01-15T11:30:00+03:00' });
  expect(facts.evidence).toEqual({
    created_at: at(job.created_at),
    started_at: at(job.started_at!),
    updated_at: at(job.updated_at),
  });
});

describe('type', () => {
  const { package: _package, ...unpacked } = job;

  it.each<[string, unknown, 'list' | 'detail', string | null | undefined]>([
    ['the name of the package', job, 'list', 'Daily orders'],
    ['the id where a list names no package', unpacked, 'list', 'package-103'],
    ['the id where the package has no name', { ...job, package: { id: 5 } }, 'list', 'package-103'],
    ['left where a detail record has no package', unpacked, 'detail', undefined],
    ['left where it is null there', { ...job, package: null }, 'detail', undefined],
    ['left where it has no name there', { ...job, package: { id: 5 } }, 'detail', undefined],
    ['null where nothing is said', { id: 1, status: 'running' }, 'list', null],
  ])('is %s', (_, record, shape, expected) => {
    expect(read(record, shape).type).toBe(expected);
    expect(read(record, shape).name).toBeUndefined();
  });
});

describe('owner', () => {
  const { creator: _creator, ...orphan } = job;

  it.each<[string, unknown, 'list' | 'detail', string | null | undefined]>([
    ['the name of the creator', job, 'list', 'Ada'],
    ['the id of the owner where the creator has no name', { ...job, creator: { id: 3 } }, 'list', '1'],
    ['the id of the owner where a list names no creator', orphan, 'list', '1'],
    ['left where a detail record has no creator', orphan, 'detail', undefined],
    ['left where it is null there', { ...job, creator: null }, 'detail', undefined],
    ['left where it has no name there', { ...job, creator: { id: 3 } }, 'detail', undefined],
    [
      'null, not the id, where the name is redacted',
      { ...job, creator: { display_name: REDACTED } },
      'list',
      null,
    ],
    ['null where the creator is redacted', { ...job, creator: REDACTED }, 'detail', null],
  ])('is %s', (_, record, shape, expected) => {
    expect(read(record, shape).owner).toBe(expected);
  });
});

describe('error', () => {
  it.each<[unknown, string | null | undefined]>([
    ['Package failed to execute.', 'Package failed to execute.'],
    ['', null],
    [' \n', null],
    [null, null],
    [undefined, undefined],
    [{ message: 'x' }, null],
    ['a\0b\uD800', 'a\uFFFDb\uFFFD'],
  ])('of %j', (errors, message) => {
    const { error } = read({ ...job, errors });
    expect(error?.message).toBe(message ?? undefined);
    expect(error === undefined).toBe(message === undefined);
  });
});

describe('progress', () => {
  it.each<[unknown, number | null | undefined]>([
    [0.45, 0.45],
    ['0.45', 0.45],
    [1, 1],
    [1.5, 1],
    [-1, 0],
    [null, null],
    ['half', null],
    [undefined, undefined],
  ])('of %j', (progress, expected) => {
    expect(read({ ...job, progress }).progress).toBe(expected);
  });
});

describe('attributes', () => {
  it('have every key on a list', () => {
    expect(Object.keys(read({ id: 1 }).attributes)).toEqual(ATTRIBUTE_KEYS);
  });

  it('leave out on a detail record what it does not carry', () => {
    const { cluster: _cluster, package: _package, ...detail } = job;
    const { attributes } = read(detail, 'detail');
    expect(attributes).not.toHaveProperty('clusterName');
    expect(attributes).toMatchObject({ packageId: 103, runtimeSeconds: 1800 });
  });

  it('show the first twenty outputs and count the records of all', () => {
    const outputs = Array.from({ length: 25 }, (_, id) => ({
      id,
      name: `out-${id}`,
      records_count: 2,
      component: { name: 'destination7', type: 'cloud_storage_destination_component', fields: ['secret'] },
    }));
    const { attributes } = read({ ...job, outputs });
    expect(attributes['outputs']).toHaveLength(20);
    expect(attributes['recordsCount']).toBe(50);
    expect((attributes['outputs'] as unknown[])[0]).toEqual({
      id: 0,
      name: 'out-0',
      recordsCount: 2,
      componentName: 'destination7',
      componentType: 'cloud_storage_destination_component',
    });
  });

  it.each<[string, unknown, unknown]>([
    ['nothing of no outputs', [], 0],
    ['null when an output has no count', [{ records_count: 1 }, { records_count: null }], null],
    ['null of what is no list', 'many', null],
  ])('count %s', (_, outputs, expected) => {
    expect(read({ ...job, outputs }).attributes['recordsCount']).toBe(expected);
  });

  it('name variables, each once, and never show a value', () => {
    const record = { ...job, variables: { b: REDACTED, a: REDACTED }, dynamic_variables: { b: REDACTED } };
    expect(read(record).attributes['variableNames']).toEqual(['a', 'b']);
    expect(
      read({ ...job, variables: REDACTED, dynamic_variables: REDACTED }).attributes['variableNames'],
    ).toBeNull();
  });
});

describe('the names of variables on a detail record', () => {
  const { variables: _variables, dynamic_variables: _dynamic, ...bare } = job;

  it.each<[string, object, string[] | undefined]>([
    [
      'are those of both maps',
      { variables: { a: REDACTED }, dynamic_variables: { b: REDACTED } },
      ['a', 'b'],
    ],
    ['are none where both are empty', { variables: {}, dynamic_variables: {} }, []],
    ['are left with `variables` alone', { variables: { a: REDACTED } }, undefined],
    ['are left with `dynamic_variables` alone', { dynamic_variables: { b: REDACTED } }, undefined],
    ['are left without either', {}, undefined],
  ])('%s', (_, maps, expected) => {
    expect(read({ ...bare, ...maps }, 'detail').attributes['variableNames']).toEqual(expected);
  });
});

describe('the attempt', () => {
  it('is the list’s, which would take away what a detail record gave', () => {
    expect(read({ ...job, attempts: 2 }).attributes['attempt']).toBe(2);
    expect(read({ ...job, attempts: 2 }, 'detail').attributes).not.toHaveProperty('attempt');
  });
});

it('a detail record with less than the list is no change of the job, nor is the next list', () => {
  const listed = { ...job, variables: { a: REDACTED }, dynamic_variables: { b: REDACTED } };
  const { dynamic_variables: _dynamic, html_url: _html, cluster: _cluster, ...rest } = listed;
  const detail = { ...rest, package: null, creator: null, attempts: 2 };
  const context = {
    ...{ source: 'etl', platform: 'integrate-io', attributeKeys: ATTRIBUTE_KEYS },
    ...{ volatileAttributes: [], now: 0 },
  };
  const fold = (stored: Job | null, record: unknown, shape: RecordShape) => {
    const folded = foldJob(stored, { facts: read(record, shape), readAt: 0, mapping: 'm' }, context);
    if (folded.kind === 'older') throw new Error('none of these is older');
    return folded;
  };
  const first = fold(null, listed, 'list');
  const second = fold(first.job, detail, 'detail');
  expect(second.kind).toBe('unchanged');
  expect(fold(second.job, listed, 'list').kind).toBe('unchanged');
});

describe('links', () => {
  it('are bounded to known hosts and lose their query', () => {
    const record = { ...job, log_url: 'https://api.xplenty.com/acme/api/jobs/304/log?key=secret' };
    expect(read(record).links).toEqual({
      self: 'https://api.xplenty.com/acme/api/jobs/304',
      html: 'https://xplenty.com/acme/jobs/304',
      log: 'https://api.xplenty.com/acme/api/jobs/304/log',
    });
    expect(read({ ...job, url: 'https://evil.example.com', html_url: '<string>' }).links).toEqual({});
  });

  it('are left as they are stored when the record has none', () => {
    expect(read({ id: 1, status: 'running' }).links).toBeUndefined();
  });

  it('are left as they are stored when a detail record lacks one of them', () => {
    const { log_url: _log, ...record } = job;
    expect(read(record, 'detail').links).toBeUndefined();
    expect(Object.keys(read(record).links!)).toEqual(['self', 'html']);
    expect(Object.keys(read(job, 'detail').links!)).toEqual(['self', 'html']);
  });
});

it('names every fault of a record at once', () => {
  expect(() => read({ ...job, created_at: 'soon', updated_at: 5 })).toThrow(
    new RecordError(['created_at: not a time: "soon"', 'updated_at: a number without a known unit: 5']),
  );
});
