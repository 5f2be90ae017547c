import fc from 'fast-check';
import { ContractError } from '../../domain/errors.js';
import { JsonPiece, SplitLimits, splitJson } from './json-array-splitter.js';

async function* chunked(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (let turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length]!;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function pieces(
  text: string | Uint8Array,
  sizes: readonly number[] = [7],
  limits: Partial<SplitLimits> = {},
): Promise<JsonPiece[]> {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  const found: JsonPiece[] = [];
  for await (const piece of splitJson(chunked(bytes, sizes), limits)) found.push(piece);
  return found;
}

async function elements(
  text: string,
  sizes?: readonly number[],
  limits?: Partial<SplitLimits>,
): Promise<unknown[]> {
  return (await pieces(text, sizes, limits)).flatMap((piece) =>
    'elements' in piece ? piece.elements : [piece],
  );
}

describe('splitJson', () => {
  test('reads what JSON.parse reads, wherever the chunks break', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.jsonValue({ stringUnit: 'binary' }), { maxLength: 12 }),
        fc.boolean(),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
        fc.record({ elements: fc.integer({ min: 1, max: 4 }), bytes: fc.integer({ min: 1, max: 60 }) }),
        async (values, spaced, sizes, limits) => {
          const text = JSON.stringify(values, null, spaced ? 2 : 0);
          expect(await elements(text, sizes, limits)).toEqual(JSON.parse(text));
        },
      ),
      { numRuns: 500 },
    );
  });

  test('reads objects without blanks, whatever looks like the end of one', async () => {
    const text = fc.constantFrom('},{', '"},{"', 'ä', '\\', ']', '');
    const inner = fc.oneof(text, fc.array(fc.record({ a: text }), { maxLength: 3 }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ a: text, b: inner }), { maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 5 }),
        fc.record({ elements: fc.integer({ min: 1, max: 4 }), bytes: fc.integer({ min: 1, max: 200 }) }),
        async (values, sizes, limits) => {
          const found = await pieces(JSON.stringify(values), sizes, limits);
          const lists = found.map((piece) => ('elements' in piece ? piece.elements : []));
          expect(lists.flat()).toEqual(values);
          expect(lists.every(({ length }) => length <= limits.elements)).toBe(true);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test('accepts no array that JSON.parse refuses', async () => {
    const tokens = fc.constantFrom(
      ...['[', ']', '{', '}', ',', ':', '"a"', '"', '1', 'null', ' ', '\\', '"\\""'],
      ...['{},{', '},{', '}][{', '{"a":1}'],
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(tokens, { maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 }),
        async (inner, sizes) => {
          const text = `[${inner.join('')}`;
          let expected: unknown;
          try {
            expected = JSON.parse(text);
          } catch {
            await expect(elements(text, sizes, { elements: 1 })).rejects.toThrow(ContractError);
            return;
          }
          expect(await elements(text, sizes, { elements: 1 })).toEqual(expected);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('breaks pieces by number and by bytes', async () => {
    const sizesOf = async (limits: Partial<SplitLimits>): Promise<number[]> =>
      (await pieces('[1,2,3,4,5]', [64], limits)).map((piece) =>
        'elements' in piece ? piece.elements.length : -1,
      );
    expect(await sizesOf({ elements: 2 })).toEqual([2, 2, 1]);
    expect(await sizesOf({ bytes: 3 })).toEqual([2, 2, 1]);
    expect(await sizesOf({ elements: 5 })).toEqual([5]);
    expect(await sizesOf({})).toEqual([5]);
  });

  test('takes a byte order mark and blanks around the array', async () => {
    expect(await elements('\uFEFF \r\n\t[1, 2]\n ', [1])).toEqual([1, 2]);
    expect(await pieces('[]', [1])).toEqual([{ elements: [] }]);
    expect(await pieces(' [ \n ] ', [1])).toEqual([{ elements: [] }]);
  });

  test('answers an object whole', async () => {
    expect(await pieces('\uFEFF {"jobs":[1],"pagination":{}} ', [3])).toEqual([
      { value: { jobs: [1], pagination: {} } },
    ]);
  });

  test.each([
    ['nothing', ''],
    ['blanks', ' \n'],
    ['HTML', '<!doctype html><html></html>'],
    ['a text', '"jobs"'],
    ['a late byte order mark', ' \uFEFF[]'],
    ['an array without its end', '[{"id":1},{"id":2}'],
    ['an end inside a string', '[{"id":"a'],
    ['an end inside an escape', '[{"id":"a\\'],
    ['text after the end', '[1] 2'],
    ['a second array', '[1][2]'],
    ['another bracket at the end', '[1}'],
    ['a comma too many', '[1,]'],
    ['an element too few', '[1,,2]'],
    ['a comma first', '[,1]'],
    ['an object without its end', '{"jobs":[1]'],
    ['text after an object', '{"jobs":[1]}]'],
  ])('refuses %s', async (_, text) => {
    for (const sizes of [[1], [2], [1_000]])
      for (const limit of [1, 100])
        await expect(pieces(text, sizes, { elements: limit })).rejects.toMatchObject({
          kind: 'malformed-response',
        });
  });

  test('gives the whole pieces before a fault', async () => {
    const found: JsonPiece[] = [];
    const read = async (): Promise<void> => {
      for await (const piece of splitJson(chunked(Buffer.from('[1,2,3,4'), [2]), { elements: 2 }))
        found.push(piece);
    };
    await expect(read()).rejects.toThrow('the answer ends inside its array');
    expect(found).toEqual([{ elements: [1, 2] }]);
  });

  test('refuses a record or an object past its limit, and its message shows nothing of it', async () => {
    const secret = 'x'.repeat(100);
    await expect(pieces(`[1,"${secret}"]`, [8], { elementBytes: 50 })).rejects.toThrow(
      /^a record of the answer is too large$/,
    );
    expect(await elements(`["${secret}","${secret}"]`, [8], { elementBytes: 150 })).toHaveLength(2);
    await expect(pieces(`{"a":"${secret}"}`, [8], { valueBytes: 50 })).rejects.toThrow(ContractError);
    await expect(pieces(`["${secret}" "b"]`)).rejects.toThrow(/^the answer is not valid JSON$/);
  });

  test('passes the fault of the body on', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('[1,');
      throw new Error('the connection broke');
    }
    await expect(splitJson(broken()).next()).rejects.toThrow('the connection broke');
  });
});
