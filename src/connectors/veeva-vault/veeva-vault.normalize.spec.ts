import { RecordError } from '../../domain/errors.js';
import { JobFacts, RecordShape } from '../../domain/job.js';
import { REDACTED } from '../shared/record-reader.js';
import { normalizeVeevaVault, STATUS_MAP } from './veeva-vault.normalize.js';
import { optionsSchema } from './veeva-vault.options.js';
import { VaultJobDetail, VaultListedJob } from './veeva-vault.records.js';

const NOW = Date.parse('2026-01-15T10:00:00Z');

const listed: VaultListedJob = {
  job_id: 361402,
  title: 'User Account Activation',
  status: 'SUCCESS',
  created_by: 1,
  created_date: '2026-01-14T07:00:31.000Z',
  modified_by: 2,
  modified_date: '2026-01-15T07:05:06.000Z',
  run_start_date: '2026-01-15T07:00:00.000Z',
  run_end_date: '2026-01-15T07:06:07.000Z',
};
const detail: VaultJobDetail = {
  id: 1201,
  status: 'SUCCESS',
  method: 'POST',
  links: [{ rel: 'self', href: '/api/v25.2/services/jobs/1601', method: 'GET', accept: 'application/json' }],
  created_by: 44533,
  created_date: '2026-01-15T07:00:00.000Z',
  run_start_date: '2026-01-15T07:00:01.000Z',
  run_end_date: '2026-01-15T07:00:02.000Z',
};

function read(record: unknown, options: object = {}, shape: RecordShape = 'list'): JobFacts {
  const context = { shape, statusMap: STATUS_MAP, observedAt: NOW, options: optionsSchema.parse(options) };
  return normalizeVeevaVault(record, { ...context, explains: true });
}
const at = (text: string): number => Date.parse(text);

describe('state', () => {
  it.each([
    ['SCHEDULED', 'scheduled', null],
    ['QUEUED', 'queued', null],
    ['QUEUEING', 'queued', null],
    ['RUNNING', 'running', null],
    ['CANCELLING', 'stopping', null],
    ['SUCCESS', 'succeeded', null],
    ['ERRORS_ENCOUNTERED', 'failed', 'errors_encountered'],
    ['FAILURE', 'failed', null],
    ['FAILED_TO_RUN', 'failed', 'failed_to_run'],
    ['TIMEOUT', 'failed', 'timed_out'],
    ['MISSED_SCHEDULE', 'missed', 'missed_schedule'],
    ['COMPLETED_DUE_TO_INACTIVITY', 'failed', 'inactivity'],
    ['CANCELLED', 'cancelled', null],
    ['success', 'succeeded', null],
    ['PAUSED', 'unknown', null],
  ])('%s', (status, state, reason) => {
    expect(read({ ...listed, status })).toMatchObject({
      state,
      reason,
      rawStatus: status,
      statusMapped: state !== 'unknown',
      error: null,
    });
  });
});

describe('run_start_date', () => {
  const START = at(listed.run_start_date);
  const plan = { scheduledFor: START, startedAt: null };
  const started = { scheduledFor: undefined, startedAt: START };
  const unclear = { scheduledFor: undefined, startedAt: undefined };

  it.each([
    ['SCHEDULED', false, plan],
    ['QUEUED', false, plan],
    ['QUEUEING', false, plan],
    ['RUNNING', false, started],
    ['CANCELLING', false, unclear],
    ['SUCCESS', true, started],
    ['ERRORS_ENCOUNTERED', true, started],
    ['FAILURE', true, started],
    ['TIMEOUT', true, started],
    ['COMPLETED_DUE_TO_INACTIVITY', true, started],
    ['FAILED_TO_RUN', true, plan],
    ['MISSED_SCHEDULE', true, plan],
    ['CANCELLED', true, started],
    ['CANCELLED', false, plan],
    ['PAUSED', false, unclear],
  ])('of %s (ended: %s)', (status, ended, expected) => {
    const { run_end_date, ...open } = listed;
    const facts = read(ended ? { ...open, run_end_date, status } : { ...open, status });
    expect({ scheduledFor: facts.scheduledFor, startedAt: facts.startedAt }).toEqual(expected);
    expect(facts.evidence['run_start_date']).toBe(expected === started ? START : undefined);
  });

  it('keeps its meaning under an override of the state', () => {
    const statusMap = STATUS_MAP.with({ FAILED_TO_RUN: { state: 'failed', reason: 'other' } });
    const facts = normalizeVeevaVault(
      { ...listed, status: 'FAILED_TO_RUN' },
      { shape: 'list', statusMap, observedAt: NOW, options: optionsSchema.parse({}) },
    );
    expect(facts.scheduledFor).toBe(START);
  });
});

describe('finishedAt', () => {
  it('is run_end_date of what has ended', () => {
    expect(read(listed).finishedAt).toBe(at(listed.run_end_date!));
  });

  it('is null of what has not, whatever is set', () => {
    expect(read({ ...listed, status: 'RUNNING' }).finishedAt).toBeNull();
    expect(read({ ...listed, status: 'PAUSED' }).finishedAt).toBeNull();
  });

  it('is left where an ended job has none', () => {
    const { run_end_date: _end, ...open } = listed;
    expect(read({ ...open, status: 'MISSED_SCHEDULE' }).finishedAt).toBeUndefined();
  });

  it('is redacted where its path is, and the job still counts as run', () => {
    const facts = read({ ...listed, status: 'CANCELLED', run_end_date: REDACTED });
    expect(facts).toMatchObject({ finishedAt: null, provenance: { finishedAt: 'redacted' } });
    expect(facts.startedAt).toBe(at(listed.run_start_date));
  });
});

describe('timeZone', () => {
  it('UTC takes times as they are', () => {
    expect(read({ ...listed, created_date: '2026-01-15T09:00:00+02:00' }).createdAt).toBe(
      at('2026-01-15T07:00:00Z'),
    );
  });

  it('another takes every time as its clock, despite the Z', () => {
    const facts = read(listed, { timeZone: 'America/New_York' });
    expect(facts).toMatchObject({
      createdAt: at('2026-01-14T12:00:31Z'),
      startedAt: at('2026-01-15T12:00:00Z'),
      finishedAt: at('2026-01-15T12:06:07Z'),
      attributes: { modifiedAt: '2026-01-15T12:05:06.000Z' },
    });
    expect(facts.evidence).toMatchObject({ modified_date: at('2026-01-15T12:05:06Z') });
  });

  it.each(['2026-03-08T02:30:00.000Z', '2026-11-01T01:30:00.000Z'])(
    'rejects %s, which its clock skips or repeats',
    (created_date) => {
      expect(() => read({ ...listed, created_date }, { timeZone: 'America/New_York' })).toThrow(RecordError);
    },
  );

  it('is doubted where a past event lies in the future', () => {
    const facts = read({ ...listed, run_end_date: '2026-01-15T15:06:07.000Z' });
    expect(facts.rules.finishedAt?.rule).toContain('options.timeZone');
    expect(facts.rules.startedAt?.rule).toBe('as given');
  });
});

describe('a detail record', () => {
  const facts = read(detail, {}, 'detail');

  it('has its id at `id`, never from links', () => {
    expect(facts.externalId).toBe('1201');
    expect(facts.links).toBeUndefined();
  });

  it('leaves what only lists carry', () => {
    expect(facts.type).toBeUndefined();
    expect(facts.name).toBeUndefined();
    expect(facts.attributes).toEqual({});
    expect(facts.evidence).not.toHaveProperty('modified_date');
  });

  it('may carry counts of tasks', () => {
    const progress = [{ size: 4, SUCCESS: 1, RUNNING: 3 }];
    const counted = read({ ...detail, status: 'RUNNING', progress }, {}, 'detail');
    expect(counted).toMatchObject({
      progress: 0.25,
      attributes: { taskCounts: { size: 4, SUCCESS: 1, RUNNING: 3 } },
    });
  });

  it('says that there are none where they cannot be read', () => {
    const counted = read({ ...detail, progress: 'half' }, {}, 'detail');
    expect(counted).toMatchObject({ progress: null, attributes: { taskCounts: null } });
  });
});

it('takes nothing from a list that only the detail page carries', () => {
  const facts = read(listed);
  expect(facts.progress).toBeUndefined();
  expect(facts.attributes).toEqual({ modifiedBy: 2, modifiedAt: '2026-01-15T07:05:06.000Z' });
  expect(facts).toMatchObject({ type: 'User Account Activation', owner: '1' });
});

describe('actions', () => {
  it.each([
    ['SCHEDULED', 'v25.2', ['start']],
    ['SCHEDULED', 'v26.1', ['cancel', 'start']],
    ['QUEUED', 'v25.3', []],
    ['QUEUED', 'v26.2', ['cancel']],
    ['QUEUEING', 'v27.1', ['cancel']],
    ['RUNNING', 'v26.1', []],
    ['SUCCESS', 'v26.1', []],
  ])('of %s with %s', (status, apiVersion, expected) => {
    expect(read({ ...listed, status }, { apiVersion }).actions).toEqual(expected);
  });
});

it('names every fault of a record at once', () => {
  expect(() => read({ ...listed, created_date: 'soon', modified_date: {} })).toThrow(
    new RecordError(['created_date: not a time: "soon"', 'modified_date: a time cannot be a object']),
  );
});

describe('options', () => {
  it('have defaults', () => {
    expect(optionsSchema.parse({})).toEqual({ apiVersion: 'v25.2', timeZone: 'UTC', clientId: 'rollcall' });
  });

  it.each([1001, '1001'])('take the Vault %j as text', (vaultId) => {
    expect(optionsSchema.parse({ vaultId }).vaultId).toBe('1001');
  });

  it.each([
    { apiVersion: '25.2' },
    { apiVersion: 'v25.2/../..' },
    { timeZone: 'Mars/Olympus' },
    { vaultId: 'QualityDocs' },
    { vaultId: 0 },
    { clientId: 'with space' },
    { dns: 'myvault.veevavault.com' },
  ])('refuse %j', (options) => {
    expect(optionsSchema.safeParse(options).success).toBe(false);
  });
});
