import { PoolClient } from 'pg';

/** What an `INSERT` of counters does to those that are there. */
export const ADDED_TO_COUNTER =
  'ON CONFLICT (source_key, name, label) DO UPDATE SET value = metric_counter.value + excluded.value';

/** Adds to a counter of a source, by label; in the order of labels, so that two writers wait for each other and never deadlock. */
export async function addToCounter(
  client: PoolClient,
  source: string,
  name: 'transitions' | 'requests',
  deltas: ReadonlyMap<string, number>,
): Promise<void> {
  if (deltas.size === 0) return;
  const labels = [...deltas.keys()].sort();
  await client.query({
    name: 'metric-counter-add',
    text: `INSERT INTO rollcall.metric_counter (source_key, name, label, value)
     SELECT $1, $2, label, value FROM unnest($3::text[], $4::bigint[]) WITH ORDINALITY AS delta(label, value, place)
     ORDER BY place
     ${ADDED_TO_COUNTER}`,
    values: [source, name, labels, labels.map((label) => deltas.get(label)!)],
  });
}
