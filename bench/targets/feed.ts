import { insertSource } from '../../test/support/jobs.js';
import { createTestDatabase } from '../../test/support/postgres.js';
import { closing } from '../harness/closing.js';
import { feedLatency, FeedLoad } from '../harness/feed-latency.js';
import { Latency, spreadOf } from '../harness/figures.js';
import { Product } from '../harness/product.js';
import { TargetResult } from '../harness/result.js';

export interface FeedOptions extends FeedLoad {
  rounds: number;
}

const SOURCE = 'charts';

/** Target 5: from the commit of a change to its event on every one of many open streams. */
export async function measureFeed({ rounds, ...load }: FeedOptions): Promise<TargetResult> {
  return closing(async (later) => {
    const test = await createTestDatabase();
    later(() => test.drop());
    await insertSource(test.database, { key: SOURCE });
    const product = await Product.start({ databaseUrl: test.url, roles: ['api'] });
    later(() => product.stop());
    const found: Latency[] = [];
    for (let round = 0; round < rounds; round++)
      found.push(await feedLatency(test.database, product, SOURCE, load));
    return resultOf(load, found);
  });
}

function resultOf({ streams, everyMs }: FeedLoad, found: readonly Latency[]): TargetResult {
  const { median, least, most } = spreadOf(found.map(({ p99 }) => p99));
  return {
    target: 'feed',
    size: `${streams} streams`,
    goals: [
      {
        number: 5,
        what: `commit to event on ${streams} streams, p99`,
        unit: 'ms',
        value: median,
        range: [least, most],
        bound: { below: 50 },
      },
    ],
    tables: [
      {
        title: 'From the commit of a change to its event on a stream, each round',
        head: ['arrivals', 'p50 ms', 'p99 ms', 'max ms'],
        rows: found.map(({ samples, p50, p99, max }) => [samples, p50, p99, max]),
      },
    ],
    series: [],
    notes: [
      `A change every ${everyMs} ms, each on every stream. One process holds all the streams and reads them one after the other, which is part of what is measured.`,
    ],
  };
}
