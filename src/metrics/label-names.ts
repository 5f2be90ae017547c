/**
 * A source's own labels as labels of a metric: `label_<name>`, with `_` for what Prometheus does not allow in a name. Of two names that
 * become the same, the one that sorts later gets `_2` (`_3` …) behind it, so that no value is lost.
 */
export function metricLabels(labels: Readonly<Record<string, string>>): Record<string, string> {
  const named = new Map<string, string>();
  const isPlain = (name: string) => !/[^A-Za-z0-9_]/.test(name);
  // names that need no change keep theirs, whatever sorts before them
  const names = Object.keys(labels).sort(
    (a, b) => Number(isPlain(b)) - Number(isPlain(a)) || (a < b ? -1 : 1),
  );
  for (const name of names) {
    const wanted = `label_${name.replaceAll(/[^A-Za-z0-9_]/g, '_')}`;
    let free = wanted;
    for (let count = 2; named.has(free); count++) free = `${wanted}_${count}`;
    named.set(free, labels[name]!);
  }
  return Object.fromEntries([...named].sort(([a], [b]) => (a < b ? -1 : 1)));
}
