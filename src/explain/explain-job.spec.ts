import { SourceConfig } from '../config/config.js';
import { connectorFor } from '../connectors/index.js';
import { Job, RecordShape } from '../domain/job.js';
import { foldJob } from '../domain/job-change.js';
import { ExplainableJob, JobHistory } from '../storage/explanation.query.js';
import { JOB_FIELDS, JobMembers } from '../storage/job.fields.js';
import { explainJob } from './explain-job.js';
import { RulesBySource } from './source-rules.js';

const LIST_READ_AT = Date.UTC(2026, 0, 15, 10, 0, 0);
const DETAIL_READ_AT = LIST_READ_AT + 1_000;

const source = {
  key: 'etl',
  platform: 'integrate-io',
  baseUrl: 'https://api.xplenty.com',
  options: connectorFor('integrate-io')!.options.parse({ accountId: 'acme' }),
  statusOverrides: {},
  redact: [],
} as unknown as SourceConfig;
const known = new RulesBySource({ sources: [source] }).get('etl')!;

const LISTED = {
  id: 304,
  status: 'running',
  progress: 0.5,
  created_at: '2026-01-15T07:59:00Z',
  started_at: '2026-01-15T08:00:00Z',
  updated_at: '2026-01-15T08:30:00Z',
  package_id: 103,
  cluster_id: 176,
  owner_id: 1,
  variables: {},
  outputs: [],
  package: { id: 103, name: 'Daily orders' },
  creator: { id: 27, type: 'User', display_name: 'Ada' },
};
/** What the platform's own page of the job says: fewer fields, later. */
const OWN_PAGE = {
  id: 304,
  status: 'completed',
  progress: 1.2,
  created_at: '2026-01-15T07:59:00Z',
  completed_at: '2026-01-15T08:40:00Z',
  updated_at: '2026-01-15T08:40:00Z',
  outputs: [{ id: 1, name: 'orders', records_count: 7 }],
};

const HISTORY: JobHistory = {
  discovery: { pollId: 1 },
  transition: { pollId: 2, provenance: null },
  oldestSequence: 1,
  last: { pollId: 2 },
  vanished: null,
  changed: new Map([['progress', { pollId: 2 }]]),
};

/** As the database would show a job of which nothing is known. */
const ONLY_FRESH = [...JOB_FIELDS]
  .sort((a, b) => a.place - b.place)
  .map(({ name }) => (name === 'freshness' ? 'fresh' : ''))
  .join('\x1f');

/** A job as the records made it, one after the other, and as it is stored then. */
function stored(...records: [RecordShape, Record<string, unknown>][]): ExplainableJob {
  const { connector, rules } = known;
  let job: Job | null = null;
  const kept = records.map(([shape, record], place) => {
    const readAt = shape === 'list' ? LIST_READ_AT + place : DETAIL_READ_AT + place;
    const facts = connector.normalize(record, { ...rules.context, shape, observedAt: readAt });
    const fold = foldJob(
      job,
      { facts, readAt, mapping: rules.mapping },
      {
        source: 'etl',
        platform: 'integrate-io',
        attributeKeys: connector.attributeKeys(source.options),
        volatileAttributes: connector.volatileAttributes,
        now: readAt,
      },
    );
    if (fold.kind === 'older') throw new Error('a record of this test is older than the one before it');
    job = fold.job;
    return { shape, record: JSON.stringify(record), mapping: rules.mapping, readAt, pollId: place + 1 };
  });
  return {
    row: new JobMembers({ line: ONLY_FRESH }),
    job: job!,
    sourceRetired: false,
    records: kept,
    removed: [],
    history: HISTORY,
    polls: new Map(),
  };
}

test('every field that a job shows has an explanation', () => {
  const { fields } = explainJob(stored(['list', LISTED]), known);
  expect([...fields.keys()].sort()).toEqual(JOB_FIELDS.map(({ name }) => name).sort());
});

test('each field comes from the record that decided it, its attributes part by part', () => {
  const { fields } = explainJob(stored(['list', LISTED], ['detail', OWN_PAGE]), known);
  const field = (name: string) => fields.get(name)!;
  expect(field('state')).toMatchObject({ shape: 'detail', raw: 'completed' });
  expect(field('progress')).toMatchObject({
    shape: 'detail',
    raw: 1.2,
    note: 'clamped: 1.2 is above 1; set by poll 2, which is no longer kept',
  });
  expect(field('finishedAt')).toMatchObject({ shape: 'detail', path: 'completed_at', rule: 'as given' });
  expect(field('startedAt')).toMatchObject({ shape: 'list', raw: '2026-01-15T08:00:00Z' });
  expect(field('type')).toMatchObject({ shape: 'list', raw: 'Daily orders', path: 'package.name' });
  expect(field('name')).toMatchObject({ shape: 'list', raw: 'Daily orders' });
  expect(field('owner')).toMatchObject({ shape: 'list', raw: 'Ada' });
  expect(field('updatedAt')).toMatchObject({ shape: 'detail', path: 'updated_at' });
  expect(field('attributes')).toMatchObject({
    shape: null,
    path: { packageId: 'package_id', outputs: 'outputs', variableNames: ['variables', 'dynamic_variables'] },
    raw: { packageId: 103, outputs: OWN_PAGE.outputs, variableNames: [{}, null] },
    note: 'from the detail record: recordsCount, outputs; set by poll 1, which is no longer kept',
  });
});

test('an attribute that is null for want of room says so', () => {
  const outputs = Array.from({ length: 20 }, (_, id) => ({ id, name: 'x'.repeat(1_000) }));
  const { fields } = explainJob(stored(['list', { ...LISTED, outputs }]), known);
  expect(fields.get('attributes')!.note).toContain('null because it is of another kind, or past 8 KiB:');
  expect(fields.get('attributes')!.note).toMatch(/past 8 KiB: (?:recordsCount, )?outputs/);
  expect(fields.get('attributes')!.raw).toMatchObject({ outputs });
});

test('what is known only by an earlier record is said to be kept', () => {
  const finished = { ...LISTED, status: 'completed', completed_at: '2026-01-15T08:40:00Z' };
  const job = stored(['list', finished]);
  job.records[0]!.record = JSON.stringify({ ...finished, completed_at: null });
  const { fields } = explainJob(job, known);
  expect(fields.get('finishedAt')).toMatchObject({
    path: 'updated_at',
    raw: '2026-01-15T08:30:00Z',
    provenance: null,
    note: expect.stringContaining('the value is kept from an earlier record') as string,
  });
  expect(fields.get('updatedAt')).toMatchObject({ path: null, raw: null });
});

test('the history that is kept bounds what is said of polls', () => {
  const job = stored(['list', LISTED]);
  const polls = new Map([
    [1, { id: 1, kind: 'sweep' as const, beganAt: 1 }],
    [2, { id: 2, kind: 'incremental' as const, beganAt: 2 }],
  ]);
  const pollOf = (
    field: string,
    version: number,
    oldestSequence: number | null,
    over: Partial<JobHistory> = {},
  ) => {
    const history = { ...HISTORY, changed: new Map(), oldestSequence, ...over };
    const { fields } = explainJob({ ...job, job: { ...job.job, version }, history, polls }, known);
    return fields.get(field)!.poll?.id ?? null;
  };
  expect(pollOf('type', 1, null)).toBe(1);
  expect(pollOf('type', 3, 1)).toBe(1);
  expect(pollOf('type', 3, 2)).toBe(1);
  expect(pollOf('type', 3, 3)).toBeNull();
  expect(pollOf('type', 3, null)).toBeNull();
  expect(pollOf('type', 3, 3, { changed: new Map([['type', { pollId: 2 }]]) })).toBe(2);
  expect(pollOf('state', 3, null)).toBe(2);
  expect(pollOf('version', 3, null, { last: null })).toBeNull();
});
