import { selectRows } from '../src/storage/sql-values.js';
import { createTestDatabase, TestDatabase } from './support/postgres.js';

interface Row {
  text: string | null;
  json: string | null;
  number: number | null;
  bytes: Buffer | null;
  list: (string | null)[] | null;
}

const COLUMNS = [
  { name: 'text', type: 'text', value: ({ text }: Row) => text },
  { name: 'json', type: 'jsonb', value: ({ json }: Row) => json },
  { name: 'number', type: 'float8', value: ({ number }: Row) => number },
  { name: 'bytes', type: 'bytea', value: ({ bytes }: Row) => bytes },
  { name: 'list', type: 'text[]', value: ({ list }: Row) => list },
];

const TEXTS = [
  'plain',
  '',
  'NULL',
  'null',
  '{"a": "b\\"c\\\\d"}',
  '{a,b}',
  "it's",
  'tab\tnewline\nreturn\rend',
  '\u0001\u001f\u007f\u0085',
  '\\N \\\\ \\n \\u0041',
  'naïve 日本 \u{1f680}',
  ' spaces ',
  '\u2028',
];

let test: TestDatabase;

beforeAll(async () => {
  test = await createTestDatabase();
});

afterAll(() => test.drop());

async function stored(rows: readonly Row[]): Promise<Row[]> {
  const { text, values } = selectRows(COLUMNS, rows);
  return test.database.query<Row>(
    `SELECT text, json::text, number, bytes, list FROM (${text}) AS v(text, json, number, bytes, list)`,
    values,
  );
}

const rowOf = (text: string | null): Row => ({
  text,
  json: text === null ? null : JSON.stringify(text),
  number: text === null ? null : text.length / 3,
  bytes: text === null ? null : Buffer.from(text),
  list: text === null ? null : [text, null, 'b'],
});

it('every value arrives as it was given, in the order of the rows', async () => {
  const rows = [null, ...TEXTS].map(rowOf);
  expect(await stored(rows)).toEqual(rows);
});

it.each([null, ...TEXTS].map((text) => [text]))('also where all rows are the same: %j', async (text) => {
  expect(await stored([rowOf(text)])).toEqual([rowOf(text)]);
  expect(await stored([rowOf(text), rowOf(text), rowOf(text)])).toEqual(Array(3).fill(rowOf(text)));
});

it('half a pair becomes the replacement character, and takes nothing with it', async () => {
  const rows = ['a\ud800"b\\', '\udc00', 'other'].map((text) => ({ ...rowOf(null), text }));
  expect((await stored(rows)).map(({ text }) => text)).toEqual(['a\ufffd"b\\', '\ufffd', 'other']);
});

it('lists of different lengths stand beside each other', async () => {
  const rows = [[], ['a'], ['a', 'b', 'c'], null].map((list) => ({ ...rowOf('x'), list }));
  expect((await stored(rows)).map(({ list }) => list)).toEqual([[], ['a'], ['a', 'b', 'c'], null]);
});
