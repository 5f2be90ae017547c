import { setTimeout as delay } from 'node:timers/promises';
import { Database } from '../../src/storage/database.js';
import { append } from '../../test/support/events.js';
import { Commits, ReadersTask, ReadersWord } from '../programs/stream-readers.js';
import { closing } from './closing.js';
import { Latency } from './figures.js';
import { HEADERS, Product } from './product.js';
import { monotonicMs, Program } from './program.js';

export interface FeedLoad {
  streams: number;
  changes: number;
  /** Between two changes, milliseconds. */
  everyMs: number;
}

/** How long it takes from the commit of a change until a stream has its event, over all changes and streams. @param source of the changes */
export function feedLatency(
  database: Database,
  product: Product,
  source: string,
  { streams, changes, everyMs }: FeedLoad,
): Promise<Latency> {
  return closing(async (later) => {
    const url = `${product.url}/api/v1/events/stream`;
    const readers = Program.start<ReadersWord>('stream-readers', {
      url,
      headers: HEADERS,
      streams,
    } satisfies ReadersTask);
    later(() => readers.end());
    await readers.next();
    const commits: Commits = {};
    const began = performance.now();
    for (let change = 0; change < changes; change++) {
      await delay(Math.max(0, began + change * everyMs - performance.now()));
      await append(database, { source, job: { externalId: String(change) } });
      commits[change] = monotonicMs();
    }
    readers.tell(commits);
    return (await readers.next()).latency!;
  });
}
