import { JobFilter, canonicalFilter, filterConditions, visibleSources } from './job.filter.js';
import { Parameters } from './parameters.js';

const same = (a: JobFilter, b: JobFilter) =>
  JSON.stringify(canonicalFilter(a)) === JSON.stringify(canonicalFilter(b));

describe('canonicalFilter', () => {
  it('is equal for equal questions', () => {
    expect(same({ source: ['a', 'b'], state: undefined }, { source: ['b', 'a', 'a'] })).toBe(true);
    expect(
      same(
        { times: { created: { since: { agoMs: 1 }, until: undefined } } },
        { times: { created: { since: { agoMs: 1 } } } },
      ),
    ).toBe(true);
  });

  it('is another for another question', () => {
    const filters: JobFilter[] = [
      {},
      { source: ['a'] },
      { platform: ['a'] },
      { source: ['a,b'] },
      { source: ['a', 'b'] },
      { label: [{ key: 'a', value: 'b:c' }] },
      { label: [{ key: 'a:b', value: 'c' }] },
      { times: { created: { since: { agoMs: 1 } } } },
      { times: { created: { since: { at: 1 } } } },
      { times: { created: { until: { agoMs: 1 } } } },
      { durationMs: { min: 1 } },
      { durationMs: { max: 1 } },
    ];
    expect(new Set(filters.map((filter) => JSON.stringify(canonicalFilter(filter)))).size).toBe(
      filters.length,
    );
  });
});

describe('visibleSources', () => {
  it('is what both the filter and the caller name', () => {
    expect(visibleSources({}, null)).toBeNull();
    expect(visibleSources({}, ['a'])).toEqual(['a']);
    expect(visibleSources({ source: ['a', 'b'] }, null)).toEqual(['a', 'b']);
    expect(visibleSources({ source: ['a', 'b'] }, ['b', 'c'])).toEqual(['b']);
    expect(visibleSources({ source: ['a'] }, [])).toEqual([]);
  });
});

describe('filterConditions', () => {
  it('asks nothing of durations that have no limit', () => {
    const asked = (durationMs: JobFilter['durationMs']) =>
      filterConditions({ durationMs }, null, 0, new Parameters()).clauses.length;
    expect([asked({}), asked({ min: undefined }), asked({ min: 0 }), asked({ max: 1 })]).toEqual([
      0, 0, 1, 1,
    ]);
  });

  it('never puts a value into the text', () => {
    const evil = "'; DROP TABLE rollcall.job; --";
    const parameters = new Parameters();
    const pair = { key: evil, value: evil };
    const { clauses } = filterConditions(
      { source: [evil], type: [evil, 'x'], owner: [evil], q: [evil], label: [pair], attribute: [pair] },
      [evil],
      0,
      parameters,
    );
    expect(clauses.join(' ')).not.toContain('DROP');
    expect(JSON.stringify(parameters.values)).toContain('DROP');
  });
});
