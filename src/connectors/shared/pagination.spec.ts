import { ContractError } from '../../domain/errors.js';
import { Json } from '../../domain/job.js';
import { countOf, OffsetPage, OffsetWalk, walkOffsets, WalkedPage, WalkOptions } from './pagination.js';

interface Item {
  id: string;
  seen?: number;
}

function items(...ids: (string | number)[]): Item[] {
  return ids.map((id) => ({ id: String(id) }));
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

/** A list that may change before each request. */
function listOf(
  initial: Item[],
  changes: Record<number, (list: Item[]) => Item[]> = {},
  claim: (list: Item[]) => Partial<OffsetPage> = () => ({}),
): { asked: [number, number][]; fetch: WalkOptions['fetch'] } {
  let list = initial;
  const asked: [number, number][] = [];
  return {
    asked,
    fetch: (offset, limit) => {
      list = (changes[asked.length] ?? ((same) => same))(list);
      asked.push([offset, limit]);
      const records = list.slice(offset, offset + limit);
      return Promise.resolve({ records, total: null, hasNext: null, ...claim(list) });
    },
  };
}

function walkOver(fetch: WalkOptions['fetch'], options: Partial<WalkOptions> = {}): OffsetWalk {
  const idOf = (record: unknown): string | null => (record as Item).id;
  return walkOffsets({ fetch, idOf, limit: 4, overlap: 1, ends: { shortPage: true }, ...options });
}

async function pagesOf(walk: OffsetWalk): Promise<WalkedPage[]> {
  const pages: WalkedPage[] = [];
  for await (const page of walk) pages.push(page);
  return pages;
}

async function idsOf(walk: OffsetWalk): Promise<string[]> {
  return (await pagesOf(walk)).flatMap(({ records }) => (records as Item[]).map(({ id }) => id));
}

describe('walkOffsets', () => {
  test('overlaps pages, leaves out what the page before showed, and ends on a short page', async () => {
    const list = listOf(items(...range(0, 9)));
    const walk = walkOver(list.fetch);
    expect(await idsOf(walk)).toEqual(range(0, 9).map(String));
    expect(list.asked).toEqual([
      [0, 4],
      [3, 4],
      [6, 4],
    ]);
    expect(walk).toMatchObject({
      complete: true,
      consistent: true,
      movement: 'none',
      truncated: false,
      total: null,
    });
  });

  test('asks once more where a short page proves nothing, and steps by what was really answered', async () => {
    const list = listOf(items(...range(0, 6)));
    const capped: WalkOptions['fetch'] = (offset, limit) => list.fetch(offset, Math.min(limit, 3));
    const walk = walkOver(capped, { ends: {} });
    expect(await idsOf(walk)).toEqual(range(0, 6).map(String));
    expect(list.asked.map(([offset]) => offset)).toEqual([0, 2, 4, 5]);
    expect(walk).toMatchObject({ complete: true, consistent: true });
  });

  test('an empty list is complete', async () => {
    const walk = walkOver(listOf([]).fetch, { ends: {} });
    expect(await pagesOf(walk)).toMatchObject([{ records: [], offset: 0, received: 0 }]);
    expect(walk.consistent).toBe(true);
  });

  test('ends at the claimed total, or where the platform says that nothing follows, when asked to', async () => {
    const total = listOf(items(...range(0, 4)), {}, (list) => ({ total: list.length }));
    const byTotal = walkOver(total.fetch, { ends: { total: true } });
    await pagesOf(byTotal);
    expect(total.asked).toHaveLength(1);
    expect(byTotal).toMatchObject({ consistent: true, total: 4 });

    const next = listOf(items(...range(0, 4)), {}, () => ({ hasNext: false }));
    await pagesOf(walkOver(next.fetch, { ends: { noNext: true } }));
    expect(next.asked).toHaveLength(1);
  });

  test('a short page is not the end where the platform says that more follows', async () => {
    const list = items(...range(0, 6));
    const asked: number[] = [];
    const fetch: WalkOptions['fetch'] = (offset) => {
      asked.push(offset);
      const records = list.slice(offset, offset + 3);
      return Promise.resolve({ records, total: null, hasNext: offset + 3 < list.length ? true : null });
    };
    expect(await idsOf(walkOver(fetch))).toEqual(range(0, 6).map(String));
    expect(asked).toEqual([0, 2, 4]);
  });

  test('a claimed total that the list never reaches is no sign of movement', async () => {
    const walk = walkOver(listOf(items(1, 2), {}, () => ({ total: 3 })).fetch);
    await pagesOf(walk);
    expect(walk).toMatchObject({ consistent: true, total: 3 });
  });

  test('sees records that came in before the place it read', async () => {
    const list = listOf(items(...range(0, 8)), { 1: (all) => [...items('new'), ...all] });
    const walk = walkOver(list.fetch);
    expect(new Set(await idsOf(walk))).toEqual(new Set(range(0, 8).map(String)));
    expect(walk).toMatchObject({ movement: 'inserted', complete: true, consistent: false });
  });

  test('sees records that went away, and does not call the walk consistent again', async () => {
    const list = listOf(items(...range(0, 14)), {
      1: (all) => all.slice(1),
      2: (all) => [...items('new'), ...all],
    });
    const walk = walkOver(list.fetch);
    await pagesOf(walk);
    expect(walk).toMatchObject({ movement: 'unknown', consistent: false });
  });

  test('sees a list that ended short of its own overlap', async () => {
    const walk = walkOver(listOf(items(...range(0, 4)), { 1: () => [] }).fetch);
    await pagesOf(walk);
    expect(walk.movement).toBe('unknown');
  });

  test('sees another order', async () => {
    const list = listOf(items(...range(0, 8)), { 1: (all) => all.toReversed() });
    const walk = walkOver(list.fetch, { overlap: 2 });
    await pagesOf(walk);
    expect(walk.movement).toBe('unknown');
  });

  test('finds its place again when more came in than a page holds, and says so', async () => {
    const list = listOf(items(...range(0, 9)), { 1: (all) => [...items(...'abcdefghij'), ...all] });
    const walk = walkOver(list.fetch);
    // From the offset that it had come to: seven that are new there, then all that it had read and had not.
    expect(new Set(await idsOf(walk))).toEqual(new Set([...'defghij', ...range(0, 9).map(String)]));
    expect(walk).toMatchObject({ movement: 'inserted', complete: true });
  });

  test('does not take a place for found again that another order made', async () => {
    const list = listOf(items(...range(0, 9)), {
      1: (all) => [...items(...'abcdef'), ...all.slice(4), ...all.slice(0, 4).toReversed()],
    });
    const walk = walkOver(list.fetch, { overlap: 2 });
    await pagesOf(walk);
    expect(walk.movement).toBe('unknown');
  });

  test('a page that shrinks ends the list only where the platform claims no more', async () => {
    const shrunk =
      (claim: number): WalkOptions['fetch'] =>
      (offset, limit) => {
        const shown = offset === 0 ? 3 : limit;
        const records = items(...range(0, 8)).slice(offset, offset + shown);
        return Promise.resolve({ records, total: claim, hasNext: null });
      };
    expect(await idsOf(walkOver(shrunk(8)))).toEqual(range(0, 8).map(String));
    expect(await idsOf(walkOver(shrunk(3)))).toEqual(['0', '1', '2']);
  });

  test('a total that shrinks is movement; one that grows only without an overlap', async () => {
    const totals = async (overlap: number, second: number): Promise<string> => {
      let total = 8;
      const list = listOf(items(...range(0, 8)));
      const fetch: WalkOptions['fetch'] = async (offset, limit) => {
        const page = await list.fetch(offset, limit);
        const claimed = { ...page, total };
        total = second;
        return claimed;
      };
      const walk = walkOver(fetch, { overlap });
      await pagesOf(walk);
      return walk.movement;
    };
    expect(await totals(1, 7)).toBe('unknown');
    expect(await totals(1, 9)).toBe('none');
    expect(await totals(0, 9)).toBe('unknown');
    expect(await totals(0, 8)).toBe('none');
  });

  test('shows an overlapping record again when it changed', async () => {
    const list = listOf(items(...range(0, 5)), {
      1: (all) => all.map((item) => (item.id === '3' ? { ...item, seen: 2 } : item)),
    });
    expect(await idsOf(walkOver(list.fetch))).toEqual(['0', '1', '2', '3', '3', '4']);
  });

  test('refuses a platform that answers the same page at every offset', async () => {
    const same: WalkOptions['fetch'] = () =>
      Promise.resolve({ records: items(1, 2, 3, 4), total: null, hasNext: true });
    await expect(pagesOf(walkOver(same))).rejects.toThrow(ContractError);
  });

  test('one repeated page is chance: a whole page of new records came in', async () => {
    const list = listOf(items(...range(0, 7)), { 1: (all) => [...items('a', 'b', 'c'), ...all] });
    const walk = walkOver(list.fetch);
    expect(new Set(await idsOf(walk))).toEqual(new Set(range(0, 7).map(String)));
    expect(walk).toMatchObject({ movement: 'inserted', complete: true });
  });

  test('goes on where the platform says when it counts records that it does not show', async () => {
    const pages: Record<number, Partial<OffsetPage>> = {
      0: { records: items(1), nextOffset: 4 },
      4: { records: [], nextOffset: 8 },
      8: { records: items(9) },
    };
    const fetch: WalkOptions['fetch'] = (offset) =>
      Promise.resolve({ records: [], total: null, hasNext: null, ...pages[offset] });
    const walk = walkOver(fetch);
    expect(await idsOf(walk)).toEqual(['1', '9']);
    expect(walk.complete).toBe(true);
    await expect(
      pagesOf(
        walkOver(() =>
          Promise.resolve({ ...pages[0]!, records: [], total: null, hasNext: null, nextOffset: 0 }),
        ),
      ),
    ).rejects.toThrow(ContractError);
  });

  test('compares what it read, not what the consumer made of it', async () => {
    const list = listOf(items(...range(0, 5)));
    const shown: string[] = [];
    const fetch: WalkOptions['fetch'] = async (...at) => structuredClone(await list.fetch(...at));
    for await (const { records } of walkOver(fetch)) {
      for (const record of records as Item[]) {
        shown.push(record.id);
        record.seen = 1;
      }
    }
    expect(shown).toEqual(['0', '1', '2', '3', '4']);
  });

  test('goes on past a record that is nested without end', async () => {
    const deep = () => JSON.parse(`{"id":"3","a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`) as Item;
    const list = listOf([...items(0, 1, 2), deep(), ...items(4)]);
    expect(await idsOf(walkOver(list.fetch))).toEqual(['0', '1', '2', '3', '3', '4']);
  });

  test('is truncated at the offset past which the platform does not read', async () => {
    const list = listOf(items(...range(0, 20)));
    const walk = walkOver(list.fetch, { maxOffset: 6 });
    expect(await idsOf(walk)).toEqual(range(0, 7).map(String));
    expect(walk).toMatchObject({ truncated: true, complete: false, consistent: false });
  });

  test('leaves a record without an id to the consumer', async () => {
    const records: unknown[] = [{ id: '0' }, 'broken', { id: '2' }, null, { id: '4' }];
    const fetch: WalkOptions['fetch'] = (offset, limit) =>
      Promise.resolve({ records: records.slice(offset, offset + limit), total: null, hasNext: null });
    const idOf = (record: unknown): string | null =>
      typeof record === 'object' && record !== null ? (record as Item).id : null;
    const pages = await pagesOf(walkOver(fetch, { idOf }));
    expect(pages.map((page) => page.records)).toEqual([records.slice(0, 4), [null, { id: '4' }]]);
  });

  describe('resumed', () => {
    async function resumeAfter(pages: number, list: ReturnType<typeof listOf>): Promise<Json> {
      let resume: Json = null;
      let count = 0;
      for await (const page of walkOver(list.fetch)) {
        resume = JSON.parse(JSON.stringify(page.resume)) as Json;
        if (++count === pages) break;
      }
      return resume;
    }

    test('goes on after the last page and still proves the whole', async () => {
      const list = listOf(items(...range(0, 9)));
      const walk = walkOver(list.fetch, { resume: await resumeAfter(1, list) });
      expect((await idsOf(walk)).slice(-5)).toEqual(range(4, 9).map(String));
      expect(list.asked.map(([offset]) => offset)).toEqual([0, 3, 6]);
      expect(walk.consistent).toBe(true);
    });

    test('sees what moved while it was away', async () => {
      const inserted = listOf(items(...range(0, 9)), { 1: (all) => [...items('a', 'b'), ...all] });
      const walk = walkOver(inserted.fetch, { resume: await resumeAfter(1, inserted) });
      await pagesOf(walk);
      expect(walk.movement).toBe('inserted');

      const removed = listOf(items(...range(0, 12)), { 1: (all) => all.slice(2) });
      const broken = walkOver(removed.fetch, { resume: await resumeAfter(1, removed) });
      await pagesOf(broken);
      expect(broken.movement).toBe('unknown');
    });

    test('finds its place pages further on, after a long pause and another one', async () => {
      const list = listOf(items(...range(0, 12)), { 1: (all) => [...items(...'abcdefgh'), ...all] });
      const first = walkOver(list.fetch, { resume: await resumeAfter(1, list) });
      let resume: Json = null;
      for await (const page of first) {
        resume = JSON.parse(JSON.stringify(page.resume)) as Json;
        break;
      }
      expect(first.movement).toBe('unknown');
      const walk = walkOver(list.fetch, { resume });
      expect((await idsOf(walk)).slice(-8)).toEqual(range(4, 12).map(String));
      expect(walk.movement).toBe('inserted');
    });

    test('remembers that it had moved before', async () => {
      const list = listOf(items(...range(0, 12)), { 1: (all) => all.slice(2) });
      const walk = walkOver(list.fetch, { resume: await resumeAfter(2, list) });
      await pagesOf(walk);
      expect(walk.movement).toBe('unknown');
    });

    test.each<[Json]>([[null], ['text'], [[1]], [{ offset: -1 }], [{ offset: 1.5 }], [{ tail: [] }]])(
      'begins anew with %j',
      async (resume) => {
        const list = listOf(items(1, 2));
        await pagesOf(walkOver(list.fetch, { resume }));
        expect(list.asked).toEqual([[0, 4]]);
      },
    );
  });

  test.each([
    [0, 0],
    [4, 4],
    [4, -1],
  ])('refuses limit %d with overlap %d', (limit, overlap) => {
    expect(() => walkOver(listOf([]).fetch, { limit, overlap })).toThrow(RangeError);
  });
});

test.each<[unknown, number | null]>([
  [25, 25],
  ['25', 25],
  [0, 0],
  ['0', 0],
  [-1, null],
  ['-1', null],
  [2.5, null],
  ['2.5', null],
  ['', null],
  [' 25', null],
  ['1e3', null],
  ['1234567890123456', null],
  [2 ** 53, null],
  [true, null],
  [[25], null],
  [null, null],
  [undefined, null],
])('the count %j of a page is %j', (value, expected) => {
  expect(countOf(value)).toBe(expected);
});
