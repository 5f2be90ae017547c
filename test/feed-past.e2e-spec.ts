import { eventSelection } from '../src/feed/event-selection.js';
import { BLOCK, FeedPast } from '../src/feed/feed-past.js';
import { EventCursors } from '../src/storage/event-cursor.js';
import { EventFeed, EventsGoneError } from '../src/storage/event.feed.js';
import { SettingStore } from '../src/storage/setting.store.js';
import { append } from './support/events.js';
import { insertSource } from './support/jobs.js';
import { createTestDatabase, TestDatabase } from './support/postgres.js';

// What readers of the past share: blocks are read once and written once for each question, and never fill the memory.

const BLOCKS = 6;
const MOST_BYTES = 200_000;
const NOW = Date.parse('2026-01-15T10:00:00.000Z');

let test: TestDatabase;
let past: FeedPast;
let reads: number;

class CountedFeed extends EventFeed {
  override between(after: number, through: number) {
    reads++;
    return super.between(after, through);
  }
}

beforeAll(async () => {
  test = await createTestDatabase();
  await insertSource(test.database, { key: 'charts' });
  const sequences = Array.from({ length: BLOCKS * BLOCK }, (_, index) => index + 1);
  await append(test.database, ...sequences.map((sequence) => ({ sequence })));
});
afterAll(() => test?.drop());
beforeEach(() => {
  reads = 0;
  const cursors = new EventCursors(new SettingStore(test.database));
  past = new FeedPast(new CountedFeed(test.database), cursors, MOST_BYTES);
});

const asking = (q: string[]) => eventSelection({ filter: { q }, sources: null });
const everything = eventSelection({ filter: {}, sources: null });

async function sequences(position: number, selection = everything, now = NOW): Promise<number[]> {
  const bytes = (await past.read(position, selection, now)).text.after(position);
  return [...String(bytes).matchAll(/"sequence":(\d+)/g)].map(([, sequence]) => Number(sequence));
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

it('reads a block once and writes it once for however many readers, wherever in it they are', async () => {
  const pages = await Promise.all(range(0, 30).map((position) => past.read(position, everything, NOW)));
  expect(new Set(pages).size).toBe(1);
  expect(reads).toBe(1);
  expect(await sequences(0)).toEqual(range(1, BLOCK));
  expect(await sequences(30)).toEqual(range(31, BLOCK));
  expect(await sequences(BLOCK)).toEqual(range(BLOCK + 1, 2 * BLOCK));
  expect(reads).toBe(2);
});

it('keeps no more text than it may, whatever is asked, and goes on answering right', async () => {
  for (let round = 0; round < 3; round++)
    for (let block = 0; block < BLOCKS; block++)
      for (const question of [everything, asking(['import']), asking(['port']), asking(['nothing'])]) {
        const expected = question.key === asking(['nothing']).key ? [] : range(1, BLOCK);
        expect(await sequences(block * BLOCK, question)).toEqual(
          expected.map((sequence) => sequence + block * BLOCK),
        );
        expect(past.bytes).toBeLessThanOrEqual(MOST_BYTES);
      }
  expect(past.bytes).toBeGreaterThan(0);
  // another question finds the block in memory
  expect(reads).toBe(BLOCKS);
});

it('counts what nothing answers too: questions may be many, and the past long', async () => {
  for (let question = 0; question < 1_000; question++)
    expect(await sequences(0, asking([`nothing-${question}`]))).toEqual([]);
  expect(past.bytes).toBeGreaterThan(MOST_BYTES / 2);
  expect(past.bytes).toBeLessThanOrEqual(MOST_BYTES);
});

it('writes a text anew after a minute, since relative times have moved, and lets go of it when nobody comes', async () => {
  const first = await past.read(0, everything, NOW);
  expect(await past.read(0, everything, NOW + 59_999)).toBe(first);
  expect(await past.read(0, everything, NOW + 60_000)).not.toBe(first);
  past.tidy(NOW + 119_999);
  expect(past.bytes).toBeGreaterThan(first.text.byteLength);
  past.tidy(NOW + 120_000);
  expect(past.bytes).toBe(0);
  expect(await sequences(0)).toEqual(range(1, BLOCK));
  expect(reads).toBe(2);
});

it('says that events are gone to whoever lacks them, and to nobody else', async () => {
  await test.database.query('DELETE FROM rollcall.event WHERE position <= 40');
  await expect(past.read(39, everything, NOW)).rejects.toBeInstanceOf(EventsGoneError);
  expect(await sequences(40)).toEqual(range(41, BLOCK));
});

it('steps over the places between two histories at once', async () => {
  await test.database.query("UPDATE rollcall.event_history SET server_started_at = '-infinity'");
  const end = BLOCKS * BLOCK;
  await append(test.database, { sequence: end + 1 });
  const [row] = await test.database.query<{ position: number }>(
    'SELECT max(position) AS position FROM rollcall.event',
  );
  expect(row!.position).toBeGreaterThan(end + 2 ** 30);
  expect((await past.read(end, everything, NOW)).through).toBe(row!.position - 1);
  expect(await sequences(row!.position - 1)).toEqual([end + 1]);
});
