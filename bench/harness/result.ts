/** What one target came to. */
export interface TargetResult {
  target: TargetName;
  /** Jobs, sources or streams that it was measured with: a result replaces one of the same size. */
  size: string;
  goals: Goal[];
  tables: Table[];
  /** What the plots show. */
  series: Series[];
  /** What a reader of the figures has to know: how it was measured, and what was not. */
  notes: string[];
}

export const TARGETS = [
  'sync',
  'reread',
  'array',
  'list',
  'feed',
  'sources',
  'quiet',
  'processes',
  'growth',
] as const;
export type TargetName = (typeof TARGETS)[number];

/** A figure that performance.md asks for. */
export interface Goal {
  /** Its number there. */
  number: number;
  what: string;
  unit: string;
  value: number;
  /** Over the rounds; left out of a figure of one round, and of one that is the same in every round. */
  range?: [least: number, most: number];
  /** What it must reach, or may not exceed. */
  bound: { atLeast: number } | { atMost: number } | { below: number };
}

export interface Table {
  title: string;
  head: string[];
  rows: (string | number | null)[][];
}

export interface Series {
  /** Of the plot that it belongs to. */
  plot: string;
  name: string;
  x: string;
  y: string;
  points: [x: number, y: number][];
}

export function isMet({ value, bound }: Goal): boolean {
  if ('atLeast' in bound) return value >= bound.atLeast;
  return 'atMost' in bound ? value <= bound.atMost : value < bound.below;
}

/** `≥ 0.5` */
export function boundText({ bound, unit }: Goal): string {
  const [[word, limit]] = Object.entries(bound) as [[string, number]];
  const sign = { atLeast: '≥', atMost: '≤', below: '<' }[word];
  return `${sign} ${limit.toLocaleString('en')}${unit === '' ? '' : ` ${unit}`}`;
}
