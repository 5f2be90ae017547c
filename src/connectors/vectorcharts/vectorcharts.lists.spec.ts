import { jobListOf, stateOf } from './vectorcharts.lists.js';
import { normalize, Options, STATUS_MAP } from './vectorcharts.normalize.js';

const normalized = (record: unknown, variant: Options['variant']) =>
  normalize(record, {
    options: { variant },
    shape: 'list',
    baseUrl: 'https://api.vectorcharts.com',
    statusMap: STATUS_MAP,
    observedAt: 0,
  }).state;

describe('stateOf', () => {
  it.each<[string, object, Options['variant'], string]>([
    ['the own word', { job_state: 'failed' }, 'core', 'failed'],
    ['the own word', { jobState: 'failed' }, 'oem', 'failed'],
    ["the other variant's word", { jobState: 'failed' }, 'core', 'failed'],
    ["the other variant's word", { job_state: 'failed' }, 'oem', 'failed'],
    ['the own of two', { job_state: 'completed', jobState: 'running' }, 'core', 'succeeded'],
    ['the own of two', { job_state: 'completed', jobState: 'running' }, 'oem', 'running'],
    ['the own null beside a word', { job_state: null, jobState: 'running' }, 'core', 'unknown'],
    ['the own null beside a word', { job_state: 'completed', jobState: null }, 'oem', 'unknown'],
    ['nothing', {}, 'core', 'unknown'],
    ['nothing', {}, 'oem', 'unknown'],
  ])('goes by %s, as the normalizer does: %j in %s', (_, fields, variant, expected) => {
    const record = { id: 'a', ...fields };
    expect(stateOf(record, variant)).toBe(expected);
    expect(normalized(record, variant)).toBe(expected);
  });
});

test('a list counts in numbers or in text', () => {
  const pagination = { limit: '25', offset: 0, total: '60' };
  expect(jobListOf({ jobs: [], pagination })).toEqual({ jobs: [], isBare: false, total: 60, limit: 25 });
});
