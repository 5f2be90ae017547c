import { Command, InvalidArgumentError } from 'commander';
import { ApiClient } from './api-client.js';
import { Cli } from './cli.js';
import { CommandError } from './exit-codes.js';
import { Cell, formatTable, stateCell } from './table.js';
import { printable, timeText } from './text.js';
import { withApi } from './with-api.js';

interface Poll {
  id: number;
  kind: string;
  beganAt: string;
}

type Path = string | readonly string[] | null;
type Parts<T> = Record<string, T>;

interface ExplainedField {
  value: unknown;
  raw: unknown;
  path: Path | Parts<Path>;
  shape: string | null;
  rule: string | null;
  provenance: string | null;
  poll: Poll | null;
  note: string | null;
}

interface Explanation {
  id: string;
  source: string;
  platform: string;
  externalId: string;
  notes: string[];
  records: Record<string, { readAt: string; poll: Poll | null } | null>;
  fields: Record<string, ExplainedField>;
}

export function explainCommand(cli: Cli): Command {
  return new Command('explain')
    .summary('show why a job is what it is')
    .description(
      "Shows for each field of a job what the platform's record says, the rule, and the poll that set it, by the API of ROLLCALL_URL when it is set, else from the database.",
    )
    .argument('<job-id>', 'the Rollcall id, as `rollcall jobs` shows it', parseId)
    .option('--json', 'the whole explanation as one line of JSON')
    .action((id: string, { json }: { json?: boolean }, command: Command) =>
      withApi(cli, command, (api) => explain(cli, api, id, json === true)),
    );
}

function parseId(text: string): string {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text))
    throw new InvalidArgumentError('Expected a Rollcall id (a UUID), as `rollcall jobs` shows it.');
  return text;
}

async function explain(cli: Cli, api: ApiClient, id: string, json: boolean): Promise<void> {
  const explanation = await api.get<Explanation>(`/jobs/${id}/explain`);
  if (typeof explanation.fields !== 'object' || explanation.fields === null)
    throw new CommandError('the answer is no explanation; is ROLLCALL_URL the address of a newer Rollcall?');
  if (json) return cli.printJson(explanation);
  const { fields, source, platform, externalId, notes } = explanation;
  cli.print(printable(`${explanation.id}  ${source} (${platform})  their id ${externalId}`));
  for (const [shape, record] of Object.entries(explanation.records))
    if (record !== null)
      cli.print(printable(`${shape} record read ${timeText(record.readAt)} UTC${pollPhrase(record.poll)}`));
  cli.print();
  cli.print(table(cli, fields));
  const fieldNotes = Object.entries(fields).flatMap(([name, { note }]) =>
    note === null ? [] : [`${name}: ${note}`],
  );
  if (fieldNotes.length + notes.length > 0) cli.print();
  for (const note of [...notes, ...fieldNotes]) cli.print(printable(note));
}

function table(cli: Cli, fields: Explanation['fields']): string {
  const head = ['FIELD', 'VALUE', 'THEY SAY', 'RULE', 'PROVENANCE', 'POLL', 'BEGAN (UTC)'];
  return formatTable(
    cli.colors,
    head,
    Object.entries(fields).flatMap(([name, field]) => rows(cli, name, field)),
  );
}

/** One row; for a field with parts one for each, and the rule once. */
function rows(cli: Cli, name: string, field: ExplainedField): Cell[][] {
  const { value, raw, path, rule, provenance, poll } = field;
  const tail = [
    { text: rule ?? '', whole: true },
    provenance ?? '',
    poll === null ? '' : `${poll.id} ${poll.kind}`,
    timeText(poll?.beganAt),
  ];
  if (!isParts(path) || Object.keys(path).length === 0) {
    const shown = name === 'state' ? stateCell(cli.colors, String(value)) : valueText(value);
    return [[name, shown, said(path as Path, raw), ...tail]];
  }
  const values = (value ?? {}) as Parts<unknown>;
  const raws = (raw ?? {}) as Parts<unknown>;
  return Object.entries(path).map(([part, place], row) => [
    `${name}.${part}`,
    valueText(values[part]),
    said(place, raws[part]),
    ...(row === 0 ? tail : tail.map(() => '')),
  ]);
}

function said(path: Path, raw: unknown): string {
  if (path === null) return '';
  return `${[path].flat().join(', ')}: ${JSON.stringify(raw ?? null)}`;
}

function valueText(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === null || value === undefined ? '' : JSON.stringify(value);
}

function pollPhrase(poll: Poll | null): string {
  return poll === null ? '' : ` by poll ${poll.id} (${poll.kind})`;
}

function isParts(path: ExplainedField['path']): path is Parts<Path> {
  return typeof path === 'object' && path !== null && !Array.isArray(path);
}
