import { Command } from 'commander';
import { ApiClient } from './api-client.js';
import { Cli } from './cli.js';
import { EXIT } from './exit-codes.js';
import { addFilterOptions, toQuery } from './job-filters.js';
import { Cell, formatTable, stateCell } from './table.js';
import { durationText, printable, progressText, timeText } from './text.js';
import { withApi } from './with-api.js';

interface ListedJob {
  id: string;
  source: string;
  type: string | null;
  name: string | null;
  state: string;
  reason: string | null;
  progress: number | null;
  updatedAt: string | null;
  durationMs: number | null;
  freshness: string;
  error: { message: string } | null;
}

interface JobPage {
  data: ListedJob[];
  page: { next: string | null; total: number | null; totalKind: string };
  coverage: {
    completeThrough: string | null;
    degraded: { source: string; health: string; reason: string | null }[];
  };
}

interface JobsOptions {
  json?: boolean;
  all?: boolean;
  failIfAny?: boolean;
}

export function jobsCommand(cli: Cli): Command {
  const command = new Command('jobs')
    .summary('list jobs')
    .description(
      'Lists jobs, by the API of ROLLCALL_URL when it is set, else from the database. The filters are the parameters of GET /api/v1/jobs.',
    );
  return addFilterOptions(command)
    .option('--all', 'follow the list to its end')
    .option('--json', 'one job a line, as JSON')
    .option('--fail-if-any', 'exit 1 when at least one job is listed')
    .action((options: JobsOptions & Record<string, unknown>, command: Command) =>
      withApi(cli, command, (api) => list(cli, api, toQuery(options), options)),
    );
}

async function list(cli: Cli, api: ApiClient, query: URLSearchParams, options: JobsOptions): Promise<void> {
  let page: JobPage;
  let listed = 0;
  do {
    page = await api.get<JobPage>('/jobs', query);
    listed += page.data.length;
    if (options.json === true) for (const job of page.data) cli.printJson(job);
    else if (page.data.length > 0)
      cli.print(query.has('fields') ? fieldTable(cli, page.data) : table(cli, page.data));
    if (page.page.next !== null) query.set('cursor', page.page.next);
    query.delete('offset');
  } while (options.all === true && page.page.next !== null && !cli.outputClosed);
  if (options.json !== true) notes(cli, page, listed);
  if (options.failIfAny === true && listed > 0) cli.exitCode = EXIT.failed;
}

function table(cli: Cli, jobs: readonly ListedJob[]): string {
  const head = ['STATE', 'SOURCE', 'TYPE', 'NAME', 'PROGRESS', 'UPDATED (UTC)', 'DURATION', 'WHY', 'ID'];
  const rows = jobs.map((job) => [
    stateCell(cli.colors, job.state),
    job.source,
    job.type ?? '',
    job.name === job.type ? '' : (job.name ?? ''),
    progressText(job.progress),
    timeText(job.updatedAt),
    durationText(job.durationMs),
    [job.freshness === 'fresh' ? null : job.freshness, job.error?.message ?? job.reason]
      .filter(Boolean)
      .join(', '),
    { text: job.id, whole: true },
  ]);
  return formatTable(cli.colors, head, rows);
}

/** The fields that were asked for, as they are. */
function fieldTable(cli: Cli, jobs: readonly object[]): string {
  const names = [...new Set(jobs.flatMap((job) => Object.keys(job)))];
  const rows = jobs.map((job) =>
    names.map((name) => fieldCell(name, (job as Record<string, unknown>)[name])),
  );
  return formatTable(cli.colors, names, rows);
}

function fieldCell(name: string, value: unknown): Cell {
  const text =
    typeof value === 'string' ? value : value === null || value === undefined ? '' : JSON.stringify(value);
  return { text, whole: name === 'id' };
}

/** What the list does not show by itself: its end, its gaps. */
function notes(cli: Cli, { page, coverage }: JobPage, listed: number): void {
  if (listed === 0) cli.note('No job matches.');
  if (page.total !== null) cli.note(`${page.totalKind === 'exact' ? '' : 'about '}${page.total} jobs in all`);
  if (page.next !== null) cli.note(`More follow: --all, or --cursor ${printable(page.next)}`);
  for (const { source, health, reason } of coverage.degraded)
    cli.note(
      `Not certain for ${printable(source)}: ${health}${reason === null ? '' : ` (${printable(reason)})`}`,
    );
}
