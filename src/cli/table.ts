import Table from 'cli-table3';
import { Colors } from 'picocolors/types.js';
import { JobState } from '../domain/job-state.js';
import { printable, shorten } from './text.js';

const MAX_CELL = 44;

/** A table without lines, as `docker ps` and `kubectl get` show theirs. Cells are made safe; colour is laid on afterwards. */
export function formatTable(
  colors: Colors,
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
): string {
  const table = new Table({
    head: head.map((name) => colors.bold(name)),
    chars: NO_LINES,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
  });
  for (const row of rows) table.push(row.map(cellText));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

export type Cell = string | { text: string; paint?: (text: string) => string; whole?: boolean };

function cellText(cell: Cell): string {
  const { text, paint, whole } =
    typeof cell === 'string' ? { text: cell, paint: undefined, whole: false } : cell;
  const shown = whole === true ? printable(text) : shorten(printable(text), MAX_CELL);
  return paint === undefined ? shown : paint(shown);
}

/** A state as a cell; the colour only repeats what the word says. */
export function stateCell(colors: Colors, state: string): Cell {
  const paint: Partial<Record<string, (text: string) => string>> = {
    succeeded: colors.green,
    failed: colors.red,
    missed: colors.red,
    running: colors.cyan,
    stopping: colors.cyan,
    paused: colors.yellow,
    unknown: colors.magenta,
    cancelled: colors.dim,
    skipped: colors.dim,
  } satisfies Partial<Record<JobState, (text: string) => string>>;
  const colour = paint[state];
  return colour === undefined ? state : { text: state, paint: colour };
}

const NO_LINES = Object.fromEntries(
  [
    'top',
    'top-mid',
    'top-left',
    'top-right',
    'bottom',
    'bottom-mid',
    'bottom-left',
    'bottom-right',
    'left',
    'left-mid',
    'mid',
    'mid-mid',
    'right',
    'right-mid',
    'middle',
  ].map((name) => [name, '']),
);
