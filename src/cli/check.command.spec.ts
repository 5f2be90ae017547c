import { estimateText, overrideLines } from './check.command.js';
import { estimateRequests } from './request-estimate.js';

const POLL = {
  everyMs: 60_000,
  idleEveryMs: 60_000,
  sweepEveryMs: 3_600_000,
  overlapMs: 600_000,
  staleAfterMs: 300_000,
  timeoutMs: 30_000,
  pageSize: 100,
  maxRequestsPerHour: 3000,
  concurrency: 1,
  historyMs: null,
};

test('the requests a day follow from the pace', () => {
  expect(estimateRequests(POLL)).toEqual({
    polls: { busy: 1440, quiet: 1440 },
    sweeps: 24,
    jobsPerRequest: 100,
    most: 72_000,
  });
  expect(estimateText(estimateRequests(POLL))).toBe(
    'Requests a day: 1,440 polls of one list request or more, 24 sweeps of one request for 100 jobs, ' +
      'and by-id reads of open jobs; never more than 72,000.',
  );
  expect(estimateText(estimateRequests({ ...POLL, everyMs: 7000, idleEveryMs: 3_600_000 }))).toContain(
    '24 to 12,343 polls',
  );
});

test('words without a rule come as one line to paste', () => {
  expect(overrideLines([])).toEqual([]);
  expect(
    overrideLines([
      { status: 'ODD WORD', count: 2 },
      { status: 'quoted "x"', count: 1 },
      { status: null, count: 3 },
    ]),
  ).toEqual([
    'words without a rule, choose their states: statusOverrides: { "ODD WORD": { state: succeeded }, "quoted \\"x\\"": { state: succeeded } }',
    '3 records without a status',
  ]);
});
