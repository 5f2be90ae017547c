import { setImmediate as turn } from 'node:timers/promises';

/** How long the work on one page holds the event loop before all others have their turn, milliseconds. */
const LONGEST_HOLD_MS = 10;

/** Work that goes on record by record, and lets others in between: a page has any number of them, and each may cost its whole allowance. */
export class Turns {
  private began = performance.now();

  /** Others have waited long enough. */
  get isOver(): boolean {
    return performance.now() - this.began >= LONGEST_HOLD_MS;
  }

  async pass(): Promise<void> {
    await turn();
    this.began = performance.now();
  }
}

/** `items.map(work)`, with turns for others in between. */
export async function mapInTurns<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Result,
): Promise<Result[]> {
  const turns = new Turns();
  const results: Result[] = [];
  for (const item of items) {
    if (turns.isOver) await turns.pass();
    results.push(work(item));
  }
  return results;
}
