import { mapInTurns, Turns } from './turns.js';

afterEach(() => jest.restoreAllMocks());

/** Counts the turns of the event loop until told to stop. */
function countTurns(): () => number {
  let turns = 0;
  let handle = setImmediate(function count() {
    turns++;
    handle = setImmediate(count);
  });
  return () => {
    clearImmediate(handle);
    return turns;
  };
}

test('long work lets others have their turn between any two items', async () => {
  let now = 0;
  jest.spyOn(performance, 'now').mockImplementation(() => now);
  const stop = countTurns();
  const results = await mapInTurns([1, 2, 3, 4, 5], (item) => {
    now += 10;
    return item * 2;
  });
  expect(results).toEqual([2, 4, 6, 8, 10]);
  expect(stop()).toBe(4);
});

test('short work is done in one go', async () => {
  jest.spyOn(performance, 'now').mockReturnValue(0);
  const stop = countTurns();
  expect(await mapInTurns(Array.from({ length: 1_000 }), () => 1)).toHaveLength(1_000);
  expect(stop()).toBe(0);
});

test('a turn that was passed begins anew', async () => {
  const now = jest.spyOn(performance, 'now').mockReturnValue(0);
  const turns = new Turns();
  now.mockReturnValue(10);
  expect(turns.isOver).toBe(true);
  await turns.pass();
  expect(turns.isOver).toBe(false);
});
