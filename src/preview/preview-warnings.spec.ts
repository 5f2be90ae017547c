import { parseManifest } from '../config/manifest-file.js';
import { connectorOf } from '../connectors/index.js';
import { foldContextOf } from '../connectors/record-rules.js';
import { RecordError } from '../domain/errors.js';
import { jobOf } from '../domain/job-change.js';
import { previewWarnings } from './preview-warnings.js';
import { fieldsOf, PreviewJob, PreviewPage, PreviewReject } from './source-preview.js';

const { manifest } = parseManifest(
  `
manifest: 1
name: acme
auth: { type: none }
lists:
  - name: jobs
    request: { path: /jobs, query: { page: '{{page}}' } }
    records: jobs
    pagination: { type: page }
  - name: offsets
    request: { path: /more, query: { offset: '{{offset}}' } }
    records: jobs
    pagination: { type: offset }
record:
  id: id
  type: kind
  status: state
  states: { on: running, ok: succeeded }
  times: { epoch: s, createdAt: born, startedAt: began, finishedAt: ended, updatedAt: touched }
  progress: { from: part, scale: percent }
  owner: by.name
  attributes: { region: region }
`,
  'acme.yaml',
);
const source = { key: 'preview', platform: 'http', manifest: manifest!, options: {} };
const connector = connectorOf(source);

const NOW = Date.UTC(2026, 0, 15, 10, 0, 0);
const SECONDS = NOW / 1000;
const GOOD = {
  id: 'a',
  kind: 'tiles',
  state: 'on',
  born: SECONDS - 100,
  began: SECONDS - 90,
  touched: SECONDS - 50,
  part: 40,
  by: { name: 'Ada' },
  region: 'eu',
};

function pageOf(records: object[], list = 'jobs'): PreviewPage {
  const jobs: PreviewJob[] = [];
  const rejects: PreviewReject[] = [];
  for (const record of records) {
    const { statusMap } = connector;
    const context = { options: {}, baseUrl: 'http://x', statusMap, shape: 'list' as const, observedAt: NOW };
    try {
      const facts = connector.normalize(record, { ...context, explains: true });
      const job = jobOf({ facts, readAt: NOW, mapping: 'm' }, foldContextOf(source, connector));
      jobs.push({ facts, job, record, fields: fieldsOf(facts, job, record, NOW) });
    } catch (error) {
      if (!(error instanceof RecordError)) throw error;
      const externalId = 'id' in record ? String(record.id) : null;
      rejects.push({ externalId, reasons: error.reasons, payload: JSON.stringify(record) });
    }
  }
  return { list, jobs, rejects };
}

function warningsOf(pages: PreviewPage[], upstreamTotal: number | null = null, pageSize = 100): string[] {
  const result = { whole: true, provesChanges: true, bookmark: null, truncated: false, upstreamTotal };
  return previewWarnings({ pages, result, readAt: NOW }, manifest!, { pageSize }).map(
    ({ trap, message }) => `${trap}: ${message}`,
  );
}

const b = { ...GOOD, id: 'b' };
const { id: _, ...nameless } = b;

test('records that are right have no warning', () => {
  expect(warningsOf([pageOf([GOOD, b])], 2)).toEqual([]);
  const ended = { ...GOOD, state: 'ok', ended: SECONDS - 10 };
  expect(warningsOf([pageOf([ended])], 1)).toEqual([]);
});

test.each<[string, PreviewPage[], string[]]>([
  [
    'no record at all',
    [pageOf([])],
    ['nothing-listed: no list has a record: nothing can be said of the mapping'],
  ],
  [
    'a word without a state',
    [pageOf([GOOD, { ...b, state: 'odd' }])],
    [
      'status-unmapped: "odd" has no state (1 record): unknown; add it to record.states, or to the source\'s statusOverrides',
    ],
  ],
  [
    'no status',
    [pageOf([GOOD, { ...b, state: null }])],
    ['status-unmapped: 1 record without a status: unknown; look at record.status'],
  ],
  [
    'no id',
    [pageOf([GOOD, nameless])],
    [expect.stringMatching(/^id-missing: 1 record without a usable id, rejected: /) as string],
  ],
  [
    'a time that cannot be read',
    [pageOf([GOOD, { ...b, born: 'soon' }])],
    [expect.stringMatching(/^record-rejected: b: rejected: .*born/) as string],
  ],
  [
    'one id twice on a page',
    [pageOf([GOOD, GOOD])],
    ['id-repeats: a: stands for more than one record; record.id may need parts'],
  ],
  [
    'one id of two jobs on two pages',
    [pageOf([GOOD]), pageOf([{ ...GOOD, born: SECONDS - 500 }])],
    ['id-repeats: a: stands for more than one record; record.id may need parts'],
  ],
  [
    'a time in the future',
    [pageOf([{ ...GOOD, touched: SECONDS + 3_600 }])],
    [
      expect.stringMatching(
        /^time-in-future: a: updatedAt is in the future \(2026-01-15T11:00:00.000Z\)/,
      ) as string,
    ],
  ],
  [
    'a zero for no time',
    [pageOf([{ ...GOOD, began: 0 }])],
    [expect.stringMatching(/^time-unset: a: startedAt is 1970-01-01T00:00:00.000Z; `unset` names/) as string],
  ],
  [
    'an end without a time',
    [pageOf([GOOD, { ...b, state: 'ok' }])],
    ['end-without-time: b: ended, and no time says when; look at record.times.finishedAt'],
  ],
  [
    'progress past its scale',
    [pageOf([{ ...GOOD, part: 140 }])],
    ['progress-out-of-range: a: progress: clamped: 140 is above 100; look at its scale'],
  ],
  [
    'places that lead nowhere',
    [pageOf([{ ...GOOD, by: {}, region: undefined }])],
    [
      'path-finds-nothing: owner: by.name leads nowhere in 1 record',
      'path-finds-nothing: attributes.region: region leads nowhere in 1 record',
    ],
  ],
  [
    'records in no order',
    [pageOf([GOOD, { ...b, touched: SECONDS - 20 }, { ...GOOD, id: 'c', touched: SECONDS - 40 }])],
    [
      "unordered: jobs is not in the order of its records' last changes: it cannot be read `by: newest` of them",
    ],
  ],
])('%s is told', (_what, pages, expected) => {
  const sizes = pages.map(({ jobs, rejects }) => jobs.length + rejects.length);
  expect(warningsOf(pages, null, Math.max(1, ...sizes))).toEqual(expected);
});

test('pages of another size, and totals, are told', () => {
  const c = { ...GOOD, id: 'c' };
  expect(warningsOf([pageOf([GOOD]), pageOf([b, c])], null, 2)).toEqual([
    'page-short: jobs: asked for 2 records, answered 1, and more followed: a short page is not the end',
  ]);
  expect(warningsOf([pageOf([GOOD, b, c])], null, 2)).toEqual([
    'page-too-long: jobs: asked for 2 records, answered 3',
  ]);
  // What overlapping pages share is shown once, so that later ones are short.
  expect(warningsOf([pageOf([GOOD, b], 'offsets'), pageOf([c], 'offsets')], null, 2)).toEqual([]);
  expect(warningsOf([pageOf([GOOD])], 7)).toEqual(['total-differs: the lists claim 7 records and show 1']);
});

test('a platform with a connector of its own is not told of manifests', () => {
  const result = {
    whole: false,
    provesChanges: false,
    bookmark: null,
    truncated: false,
    upstreamTotal: null,
  };
  const records = [
    { ...GOOD, state: 'odd', by: {} },
    { ...b, state: 'ok', began: 0, part: 140 },
    { ...b, id: 'c', touched: SECONDS - 60 },
  ];
  const told = previewWarnings({ pages: [pageOf(records)], result, readAt: NOW }, null, { pageSize: 2 });
  expect(told.map(({ trap, message }) => `${trap}: ${message}`)).toEqual([
    `status-unmapped: "odd" has no state (1 record): unknown; add it to the source's statusOverrides`,
    'time-unset: b: startedAt is 1970-01-01T00:00:00.000Z',
    'end-without-time: b: ended, and no time says when',
    expect.stringMatching(/^progress-out-of-range: b: progress: .*140.*[^;]$/),
  ]);
});

test('an end that nobody saw is not taken for one', () => {
  const seen = { pages: [pageOf([])], result: null, readAt: NOW };
  expect(previewWarnings(seen, null, { pageSize: 2 })).toEqual([
    { trap: 'nothing-listed', message: 'the first pages have no record: nothing can be said of the mapping' },
  ]);
});
