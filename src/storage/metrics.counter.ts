import { PoolClient } from 'pg';

/** Adds to a counter of a source, by label; in the order of labels, so that two writers wait for each other and never deadlock. */
export async function addToCounter(
  client: PoolClient,
  source: string,
  name: 'transitions' | 'requests',
  deltas: ReadonlyMap<string, number>,
): Promise<void> {
  if (deltas.size === 0) return;
  const labels = [...deltas.keys()].sort();
  await client.query(
    `INSERT INTO rollcall.metric_counter (source_key, name, label, value)
     SELECT $1, $2, label, value FROM unnest($3::text[], $4::bigint[]) WITH ORDINALITY AS delta(label, value, place)
     ORDER BY place
     ON CONFLICT (source_key, name, label) DO UPDATE SET value = metric_counter.value + excluded.value`,
    [source, name, labels, labels.map((label) => deltas.get(label)!)],
  );
}
