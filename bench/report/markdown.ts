import { boundText, Goal, isMet, Table, TargetResult } from '../harness/result.js';

type Cell = string | number | null;

/** Figures with what they should have been, of results of any size. */
export function goalTable(goals: readonly { goal: Goal; size: TargetResult['size'] }[]): string {
  return grid(
    ['target', 'figure', 'with', 'asked for', 'measured', 'rounds', ''],
    goals.map(({ goal, size }) => [
      goal.number,
      goal.what,
      withCommas(size),
      boundText(goal),
      shown(goal.value, goal.unit),
      goal.range === undefined ? '' : `${shown(goal.range[0])}–${shown(goal.range[1])}`,
      isMet(goal) ? 'reached' : '**missed**',
    ]),
  );
}

export function tableMarkdown({ title, head, rows }: Table): string {
  return `${title}:\n\n${grid(head, rows)}`;
}

export function withCommas(text: string): string {
  return text.replace(/\d{4,}/g, (digits) => shown(Number(digits)));
}

function grid(head: readonly string[], rows: readonly Cell[][]): string {
  const isNumber = head.map((_, column) => rows.some((row) => typeof row[column] === 'number'));
  const line = (cells: readonly Cell[]) => `| ${cells.map(written).join(' | ')} |`;
  return [line(head), line(isNumber.map((number) => (number ? '---:' : '---'))), ...rows.map(line)].join(
    '\n',
  );
}

function written(cell: Cell): string {
  return typeof cell === 'number' ? shown(cell) : (cell ?? '');
}

function shown(value: number, unit = ''): string {
  return `${value.toLocaleString('en', { maximumSignificantDigits: 21 })}${unit === '' ? '' : ` ${unit}`}`;
}
