const COUNT = new Intl.NumberFormat('en');
const COMPACT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

/** `12,345` */
export function formatCount(count: number): string {
  return COUNT.format(count);
}

/** `12.3K`: where there is little room. */
export function formatCompact(count: number): string {
  return count < 10_000 ? COUNT.format(count) : COMPACT.format(count);
}

/** `1 job`, `2 jobs` */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** The two greatest units of a span: `2h 5m`, `43s`, `850ms`. */
export function formatDuration(ms: number): string {
  if (ms <= 0) return '0';
  if (ms < 1_000) return `${Math.round(ms)}ms`;
  if (ms < 10_000) return `${Math.floor(ms / 100) / 10}s`;
  const place = UNITS.findIndex(([, length]) => ms >= length);
  const [unit, length] = UNITS[place]!;
  const head = `${Math.floor(ms / length)}${unit}`;
  const next = UNITS[place + 1];
  const rest = next === undefined ? 0 : Math.floor((ms % length) / next[1]);
  return rest === 0 ? head : `${head} ${rest}${next![0]}`;
}

/** `45%`; what is not whole is rounded down, so that only what is done reads 100%. */
export function formatProgress(progress: number): string {
  return `${Math.floor(progress * 100 + 1e-9)}%`;
}
