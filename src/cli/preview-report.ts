import { FieldRule, Json } from '../domain/job.js';
import { Exchange, requestText } from '../preview/exchange-log.js';
import { chosenRecords } from '../preview/preview-json.js';
import { PreviewWarning } from '../preview/preview-warnings.js';
import { Preview, PreviewField } from '../preview/source-preview.js';
import { Cli } from './cli.js';
import { Cell, formatTable, stateCell } from './table.js';
import { printable, shorten } from './text.js';

/** The most of a raw record that is printed, characters; `--json` has it whole. */
const MAX_RECORD = 4_000;

export function printPreview(cli: Cli, preview: Preview, warnings: readonly PreviewWarning[]): void {
  cli.print(formatTable(cli.colors, ['REQUEST', 'STATUS', 'TIME'], preview.exchanges.map(requestRow)));
  const records = chosenRecords(preview);
  records.forEach(({ record, fields, job }, index) => {
    cli.print();
    cli.print(cli.colors.bold(printable(`RECORD ${index + 1} OF ${records.length}: ${job.externalId}`)));
    for (const line of recordLines(record)) cli.print(printable(line));
    cli.print();
    const rows = Object.entries(fields).flatMap(([name, field]) => fieldRows(cli, name, field));
    cli.print(formatTable(cli.colors, ['FIELD', 'VALUE', 'THEY SAY', 'RULE'], rows));
    for (const [name, { note }] of Object.entries(fields))
      if (note !== null) cli.print(printable(`${name}: ${note}`));
  });
  cli.print();
  if (preview.error !== null) return;
  cli.print(cli.colors.bold(warnings.length === 0 ? 'NO WARNING' : 'WARNINGS'));
  for (const { trap, message } of warnings) cli.print(printable(`  ${trap}: ${message}`));
}

function requestRow(exchange: Exchange): Cell[] {
  const { status, ms } = exchange;
  return [
    { text: requestText(exchange), whole: true },
    status === null ? 'no answer' : String(status),
    ms === null ? '' : `${ms} ms`,
  ];
}

function recordLines(record: unknown): string[] {
  return shorten(JSON.stringify(record, null, 2), MAX_RECORD).split('\n');
}

/** One row; for a field with parts one for each, and the rule once. A field that nothing is said of has none. */
function fieldRows(cli: Cli, name: string, { value, raw, path, rule }: PreviewField): Cell[][] {
  if (rule === null && path === null && isNothing(value)) return [];
  const why = { text: rule ?? '', whole: true };
  if (!isParts(path)) {
    const shown = name === 'state' ? stateCell(cli.colors, String(value)) : valueText(name, value);
    return [[name, shown, said(path, raw), why]];
  }
  const values = (value ?? {}) as Record<string, Json>;
  const raws = (raw ?? {}) as Record<string, Json>;
  return Object.entries(path).map(([part, place], row) => [
    `${name}.${part}`,
    valueText(part, values[part] ?? null),
    said(place, raws[part] ?? null),
    row === 0 ? why : '',
  ]);
}

function isNothing(value: Json): boolean {
  return value === null || value === undefined || Object.keys(Object(value) as object).length === 0;
}

function said(path: Exclude<FieldRule['from'], Readonly<Record<string, unknown>>>, raw: Json): string {
  return path === null ? '' : `${[path].flat().join(', ')}: ${JSON.stringify(raw)}`;
}

function valueText(name: string, value: Json): string {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return '';
  const isInstant = typeof value === 'number' && /At$|^scheduledFor$/.test(name);
  return isInstant ? new Date(value).toISOString() : JSON.stringify(value);
}

function isParts(
  path: FieldRule['from'],
): path is Readonly<Record<string, string | readonly string[] | null>> {
  return typeof path === 'object' && path !== null && !Array.isArray(path);
}
