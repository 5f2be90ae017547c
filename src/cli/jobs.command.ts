import { Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../domain/duration.js';
import { ApiClient, assertPage } from './api-client.js';
import { Cli } from './cli.js';
import { EXIT } from './exit-codes.js';
import { addFilterOptions, toQuery } from './job-filters.js';
import { coverageLines, fieldTable, JobPage, jobTable } from './listed-job.js';
import { printable } from './text.js';
import { watchJobs } from './watch-jobs.js';
import { withApi } from './with-api.js';

interface JobsOptions {
  json?: boolean;
  all?: boolean;
  failIfAny?: boolean;
  watch?: boolean;
  /** Milliseconds. */
  interval: number;
}

/** The most that a page carries: what is streamed needs few of them. */
const STREAM_PAGE = '500';

const DEFAULT_INTERVAL_MS = 5_000;
const MIN_INTERVAL_MS = 200;

export function jobsCommand(cli: Cli): Command {
  const command = new Command('jobs')
    .summary('list jobs')
    .description(
      'Lists jobs, by the API of ROLLCALL_URL when it is set, else from the database. The filters are the parameters of GET /api/v1/jobs.',
    );
  return addFilterOptions(command)
    .option('--all', 'follow the list to its end')
    .option('--json', 'one job a line, as JSON; without --limit, all of them')
    .option('--fail-if-any', 'exit 1 when at least one job is listed')
    .addOption(
      new Option('--watch', 'show the list again whenever it changes, until Ctrl-C').conflicts([
        'all',
        'failIfAny',
        'cursor',
        'offset',
        'fields',
      ]),
    )
    .addOption(
      new Option('--interval <duration>', 'how often --watch asks')
        .argParser(parseInterval)
        .default(DEFAULT_INTERVAL_MS, '5s'),
    )
    .action((options: JobsOptions & Record<string, unknown>, command: Command) =>
      withApi(cli, command, (api) => {
        const query = toQuery(options);
        const { json = false, interval: intervalMs } = options;
        return options.watch === true
          ? watchJobs(cli, api, query, { json, intervalMs })
          : list(cli, api, query, options);
      }),
    );
}

async function list(cli: Cli, api: ApiClient, query: URLSearchParams, options: JobsOptions): Promise<void> {
  const isStream = options.json === true && !query.has('limit');
  if (isStream) query.set('limit', STREAM_PAGE);
  let page: JobPage;
  let listed = 0;
  do {
    page = assertPage(await api.get<JobPage>('/jobs', query));
    listed += page.data.length;
    if (options.json === true) for (const job of page.data) cli.printJson(job);
    else if (page.data.length > 0)
      cli.print(query.has('fields') ? fieldTable(cli, page.data) : jobTable(cli, page.data));
    if (page.page.next !== null) query.set('cursor', page.page.next);
    query.delete('offset');
  } while ((options.all === true || isStream) && page.page.next !== null && !cli.outputClosed);
  if (options.json !== true) notes(cli, page, listed);
  if (options.failIfAny === true && listed > 0) cli.exitCode = EXIT.failed;
}

/** What the list does not show by itself: its end, its gaps. */
function notes(cli: Cli, page: JobPage, listed: number): void {
  const { total, totalKind, next } = page.page;
  if (listed === 0) cli.note('No job matches.');
  if (total !== null) cli.note(`${totalKind === 'exact' ? '' : 'about '}${total} jobs in all`);
  if (next !== null) cli.note(`More follow: --all, or --cursor ${printable(next)}`);
  for (const line of coverageLines(page)) cli.note(line);
}

function parseInterval(text: string): number {
  const ms = parseDuration(text);
  if (ms === null || ms < MIN_INTERVAL_MS)
    throw new InvalidArgumentError('Expected a duration of at least 200ms, such as 5s.');
  return ms;
}
