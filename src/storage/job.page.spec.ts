import { JobFilter } from './job.filter.js';
import { JobPageAsked, SortField, startOf } from './job.page.js';
import { PageKey } from './page-cursor.js';

const NOW = Date.parse('2025-06-01T00:00:00.000Z');
const day = (of: number) => ({ at: Date.UTC(2025, 0, of) });
const ID = '0007a120-0000-0000-0000-000000000000';

function begun(filter: JobFilter, key: PageKey, field: SortField = 'updatedAt', descending = true) {
  const asked: JobPageAsked = {
    filter,
    sources: null,
    sort: { field, descending },
    limit: 50,
    offset: 0,
    position: { key, backward: false, inclusive: false, now: NOW },
  };
  const [{ filter: left }, segment] = startOf(asked, { nulls: false, key });
  return { left, key: segment.key };
}

describe('startOf', () => {
  const third: PageKey = ['2025-01-03 00:00:00+00', ID];

  it.each([
    ['within the range', 9, true, { since: day(1) }, third],
    ['behind its end', 2, true, { since: day(1), until: day(2) }, null],
    ['at its end, which is not in it', 3, true, { since: day(1), until: day(3) }, null],
    ['within it, oldest first', 9, false, { until: day(9) }, third],
  ])('keeps one beginning of a page from a position %s', (_name, until, descending, times, key) => {
    const filter = { times: { updated: { since: day(1), until: day(until) }, created: { until: day(1) } } };
    const found = begun(filter, third, 'updatedAt', descending);
    expect(found.key).toEqual(key);
    expect(JSON.parse(JSON.stringify(found.left.times))).toEqual({
      updated: times,
      created: { until: day(1) },
    });
  });

  it('begins at the range when the position is before it, oldest first', () => {
    const filter = { times: { updated: { since: { agoMs: 86_400_000 } } } };
    expect(begun(filter, third, 'updatedAt', false)).toEqual({ left: filter, key: null });
  });

  it('keeps one beginning of durations, which are in their range on both sides', () => {
    const filter = { durationMs: { min: 10, max: 20 } };
    const at = (ms: number, descending: boolean) => {
      const { left, key } = begun(filter, [ms, ID], 'durationMs', descending);
      return [left.durationMs, key?.[0]];
    };
    expect(at(20, true)).toEqual([{ min: 10 }, 20]);
    expect(at(21, true)).toEqual([{ min: 10, max: 20 }, undefined]);
    expect(at(10, false)).toEqual([{ max: 20 }, 10]);
    expect(at(9, false)).toEqual([{ min: 10, max: 20 }, undefined]);
  });

  it('leaves a list without such a range as it is', () => {
    const filter = { times: { created: { until: day(1) } } };
    expect(begun(filter, third)).toEqual({ left: filter, key: third });
    expect(begun({}, [5, ID], 'durationMs')).toEqual({ left: {}, key: [5, ID] });
    expect(begun(filter, [null, ID])).toEqual({ left: filter, key: [null, ID] });
  });
});
