/** One series of a scrape. */
export interface ScrapedSample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

export interface ScrapedFamily {
  type: string;
  help: string;
  samples: ScrapedSample[];
}

const SUFFIXES: Record<string, string[]> = { histogram: ['_bucket', '_sum', '_count'] };
const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/**
 * Reads the Prometheus text format 0.0.4 by its published grammar, knowing nothing of whoever wrote it.
 *
 * @throws Error for whatever Prometheus would refuse or misread: a line that is none, a series outside its family or there twice, a
 *   histogram whose buckets fall or do not end in its count
 */
export function parsePrometheusText(text: string): Map<string, ScrapedFamily> {
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  const families = new Map<string, ScrapedFamily>();
  const seen = new Set<string>();
  let current: string | null = null;
  for (const line of text.slice(0, -1).split('\n')) {
    if (line.trim() === '') continue;
    const comment = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line);
    if (comment !== null) {
      const [, kind, name, rest] = comment as unknown as [string, string, string, string];
      if (!NAME.test(name)) throw new Error(`no name of a metric: ${name}`);
      if (kind === 'HELP') {
        if (families.has(name)) throw new Error(`${name} is there twice`);
        families.set(name, { type: 'untyped', help: unescape(rest), samples: [] });
      } else families.get(name)!.type = rest;
      current = name;
      continue;
    }
    const sample = readSample(line);
    const family = families.get(current ?? '');
    const suffixes = SUFFIXES[family?.type ?? ''] ?? [''];
    if (family === undefined || !suffixes.some((suffix) => sample.name === `${current}${suffix}`))
      throw new Error(`a series outside its family: ${line}`);
    const identity = JSON.stringify([sample.name, Object.entries(sample.labels).sort()]);
    if (seen.has(identity)) throw new Error(`a series that is there twice: ${line}`);
    seen.add(identity);
    family.samples.push(sample);
  }
  for (const [name, family] of families) if (family.type === 'histogram') checkHistogram(name, family);
  return families;
}

/** The value of one series; null when there is no such one. */
export function valueOf(
  families: Map<string, ScrapedFamily>,
  name: string,
  labels: Record<string, string> = {},
): number | null {
  const samples = [...families.values()].flatMap((family) => family.samples);
  const found = samples.find(
    (sample) =>
      sample.name === name &&
      JSON.stringify(Object.entries(sample.labels).sort()) === JSON.stringify(Object.entries(labels).sort()),
  );
  return found?.value ?? null;
}

function readSample(line: string): ScrapedSample {
  const [, name, rest] = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(.*)$/s.exec(line) ?? [];
  if (name === undefined || rest === undefined) throw new Error(`no series: ${line}`);
  const labels: Record<string, string> = {};
  let at = 0;
  if (rest.startsWith('{')) {
    at = 1;
    const label = /([a-zA-Z0-9_]+)="((?:[^"\\]|\\["\\n])*)"(,|\})/y;
    for (let end = rest[at] === '}'; !end;) {
      label.lastIndex = at;
      const found = label.exec(rest);
      if (found === null || !LABEL_NAME.test(found[1]!) || Object.hasOwn(labels, found[1]!))
        throw new Error(`labels that cannot be read: ${line}`);
      labels[found[1]!] = unescape(found[2]!);
      at = label.lastIndex;
      end = found[3] === '}';
    }
  }
  const value = /^ (NaN|[+-]Inf|[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/i.exec(rest.slice(at))?.[1];
  if (value === undefined) throw new Error(`no value: ${line}`);
  return { name, labels, value: Number(value.replace('Inf', 'Infinity')) };
}

function unescape(text: string): string {
  return text.replaceAll(/\\([\\n"])/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
}

function checkHistogram(name: string, { samples }: ScrapedFamily): void {
  const groups = new Map<string, { buckets: [number, number][]; count: number | null; sum: number | null }>();
  for (const { name: part, labels, value } of samples) {
    const { le, ...others } = labels;
    const key = JSON.stringify(Object.entries(others).sort());
    const group = groups.get(key) ?? { buckets: [], count: null, sum: null };
    groups.set(key, group);
    if (part === `${name}_bucket`) group.buckets.push([Number(le!.replace('Inf', 'Infinity')), value]);
    else if (part === `${name}_count`) group.count = value;
    else group.sum = value;
  }
  for (const { buckets, count, sum } of groups.values()) {
    const rises = buckets.every(
      ([bound, value], place) =>
        place === 0 || (bound > buckets[place - 1]![0] && value >= buckets[place - 1]![1]),
    );
    const [lastBound, lastValue] = buckets.at(-1) ?? [];
    if (!rises || lastBound !== Infinity || lastValue !== count || sum === null)
      throw new Error(`${name} is no histogram`);
  }
}
