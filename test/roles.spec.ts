import { lookAgainMs } from '../src/polling/scheduler.service.js';
import { mix, Random } from '../src/simulators/random.js';

// Pollers share what is due by who looks first, and whoever begins a moment after another must not always be late.

/** How many of the sources, due one after the other, each of the pollers is the first to find. */
function shares(begins: readonly number[], sources: number, everyMs: number): number[] {
  const pollers = begins.map((looksAt, place) => ({
    looksAt,
    random: new Random(mix(1, place)),
    found: 0,
  }));
  for (let source = 1; source <= sources; source++) {
    const dueAt = source * everyMs;
    for (const poller of pollers)
      while (poller.looksAt < dueAt) poller.looksAt += lookAgainMs(poller.random.unit());
    pollers.toSorted((a, b) => a.looksAt - b.looksAt)[0]!.found++;
  }
  return pollers.map(({ found }) => found);
}

it.each([
  ['two that began together', [0, 5]],
  ['three, one behind the other', [0, 5, 10]],
  ['one that joined later', [0, 30_003]],
])('%s find about as many sources due as each other', (_, begins) => {
  // one every 97 ms for a quarter of an hour, of which the last joined half a minute late
  const found = shares(begins, 9_000, 97);
  const even = 9_000 / begins.length;
  for (const share of found) {
    expect(share).toBeGreaterThan(0.9 * even);
    expect(share).toBeLessThan(1.1 * even);
  }
});

it('looks twice a second in the mean, and never more than three quarters of a second apart', () => {
  expect([lookAgainMs(0), lookAgainMs(0.5), lookAgainMs(1)]).toEqual([250, 500, 750]);
});
