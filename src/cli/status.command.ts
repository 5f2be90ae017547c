import { Command } from 'commander';
import { ADVICE } from './advice.js';
import { AnswerPage, ApiClient, assertPage } from './api-client.js';
import { Cli } from './cli.js';
import { Cell, formatTable } from './table.js';
import { countText, printable, shorten, timeText } from './text.js';
import { withApi } from './with-api.js';

/** Of what went wrong with a source, characters. */
const MAX_MESSAGE = 500;

interface ListedSource {
  key: string;
  platform: string;
  health: string;
  reason: string | null;
  lastSuccessAt: string | null;
  nextPollAt: string | null;
  completeThrough: string | null;
  lastError: { kind: string; message: string; at: string } | null;
  jobs: Record<string, number>;
  rejects: number;
}

export function statusCommand(cli: Cli): Command {
  return new Command('status')
    .summary('show each source with its health')
    .description(
      'Shows each source with its health, by the API of ROLLCALL_URL when it is set, else from the database.',
    )
    .option('--json', 'one source a line, as JSON')
    .action((options: { json?: boolean }, command: Command) =>
      withApi(cli, command, (api) => status(cli, api, options.json === true)),
    );
}

async function status(cli: Cli, api: ApiClient, json: boolean): Promise<void> {
  const sources = await allSources(api);
  if (json) for (const source of sources) cli.printJson(source);
  else if (sources.length === 0)
    cli.note('There is no source yet. `rollcall serve` takes them from the configuration.');
  else {
    cli.print(table(cli, sources));
    for (const source of sources) explainFault(cli, source);
  }
}

/** Below the table, since its columns have no room for what a platform said. */
function explainFault(cli: Cli, { key, health, reason, lastError }: ListedSource): void {
  // an error that a later poll has overcome is history
  if (lastError === null || lastError.kind !== reason || health === 'paused') return;
  cli.note(`${key}: ${shorten(printable(lastError.message), MAX_MESSAGE)} (${timeText(lastError.at)} UTC)`);
  // a service of a newer release may know more kinds
  const advice = (ADVICE as Partial<Record<string, string>>)[lastError.kind];
  if (advice !== undefined) cli.note(`  What to do: ${advice}.`);
}

async function allSources(api: ApiClient): Promise<ListedSource[]> {
  const sources: ListedSource[] = [];
  const query = new URLSearchParams();
  for (;;) {
    const { data, page } = assertPage(await api.get<AnswerPage<ListedSource>>('/sources', query));
    sources.push(...data);
    if (page.next === null) return sources;
    query.set('cursor', page.next);
  }
}

function table(cli: Cli, sources: readonly ListedSource[]): string {
  const head = [
    'SOURCE',
    'PLATFORM',
    'HEALTH',
    'WHY',
    'LAST SUCCESS (UTC)',
    'NEXT POLL (UTC)',
    'COMPLETE THROUGH (UTC)',
    'JOBS',
    'FAILED',
    'REJECTS',
  ];
  const rows = sources.map((source) => [
    source.key,
    source.platform,
    healthCell(cli, source.health),
    source.reason ?? '',
    timeText(source.lastSuccessAt),
    timeText(source.nextPollAt),
    timeText(source.completeThrough),
    countText(Object.values(source.jobs).reduce((sum, count) => sum + count, 0)),
    countText(source.jobs['failed'] ?? 0),
    countText(source.rejects),
  ]);
  return formatTable(cli.colors, head, rows);
}

function healthCell({ colors }: Cli, health: string): Cell {
  const paint: Record<string, (text: string) => string> = {
    healthy: colors.green,
    degraded: colors.yellow,
    failing: colors.red,
    paused: colors.dim,
    retired: colors.dim,
  };
  const colour = paint[health];
  return colour === undefined ? health : { text: health, paint: colour };
}
