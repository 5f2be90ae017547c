import { BoundStatement } from './in-turn.js';
import { statement } from './statement.js';

/** One column of a bulk statement: its name, its PostgreSQL type, and how a row gives its value. */
export interface Column<Row> {
  name: string;
  type: string;
  value: (row: Row) => unknown;
}

/**
 * Many rows as a SELECT, for an `INSERT` or a `FROM (…)`. What is the same in every row is one parameter; the other columns are an array
 * each. Measured as cheap for the server as COPY, which a stopped process would leave open with its locks, and a quarter of the cost of a
 * VALUES list with a parameter for every cell (docs/decisions/0019).
 *
 * @param rows at least one
 */
export function selectRows<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  firstParameter = 1,
): BoundStatement {
  const values: unknown[] = [];
  const shown: string[] = [];
  const arrays: string[] = [];
  const names: string[] = [];
  const add = (value: unknown): string => `$${firstParameter + values.push(value) - 1}`;
  for (const { name, type, value } of columns) {
    const isArray = type.endsWith('[]');
    const cells = rows.map((row) => (isArray ? textOfArray(value(row)) : value(row)));
    if (cells.every((cell) => cell === cells[0])) {
      shown.push(`${add(cells[0])}::${type}`);
      continue;
    }
    // an array of arrays would be one of more dimensions, which unnest takes apart: its elements travel as text
    arrays.push(`${add(arrayText(cells))}::${isArray ? 'text' : type}[]`);
    names.push(name);
    shown.push(isArray ? `r.${name}::${type}` : `r.${name}`);
  }
  const from =
    names.length === 0
      ? `generate_series(1, ${rows.length})`
      : `unnest(${arrays.join(', ')}) AS r(${names.join(', ')})`;
  return { text: `SELECT ${shown.join(', ')} FROM ${from}`, values };
}

/**
 * A statement over {@link selectRows}. Most are about one row, and then always of the same shape: that one is prepared. Planned anew each
 * time, they were a fifth of what the server does for a poll that brings a change (docs/decisions/0020).
 */
export function overRows(rows: readonly unknown[], text: string, values: unknown[]): BoundStatement {
  return rows.length === 1 ? { ...statement(text), values } : { text, values };
}

export function columnNames(columns: readonly Column<never>[]): string {
  return columns.map((column) => column.name).join(', ');
}

/** PostgreSQL's text of an array of one dimension. The driver writes the same, at four times the cost where texts are JSON. */
function arrayText(elements: readonly unknown[]): string {
  return `{${elements.map(elementText).join(',')}}`;
}

function textOfArray(value: unknown): string | null {
  return value === null ? null : arrayText(value as readonly unknown[]);
}

/** Where JSON has escapes that an array's text has not: control characters, and halves of a pair. */
const OTHERWISE_ESCAPED = /[\p{Cc}\p{Cs}]/u;

function elementText(element: unknown): string {
  if (element === null) return 'NULL';
  if (Buffer.isBuffer(element)) return `"\\\\x${element.toString('hex')}"`;
  if (typeof element !== 'string') return String(element);
  if (OTHERWISE_ESCAPED.test(element)) return `"${element.replace(/["\\]/g, '\\$&')}"`;
  return JSON.stringify(element);
}
