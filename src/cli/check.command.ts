import { Command } from 'commander';
import { Config, SourceConfig } from '../config/config.js';
import { nearest } from '../config/schema-faults.js';
import { connectorFor } from '../connectors/index.js';
import { SourceError } from '../domain/errors.js';
import { USER_AGENT } from '../version.js';
import { ADVICE } from './advice.js';
import { Cli } from './cli.js';
import { CommandError, EXIT } from './exit-codes.js';
import { jobJson } from './job-json.js';
import { createProgress } from './progress.js';
import { estimateRequests, RequestEstimate } from './request-estimate.js';
import { checkSource, SourceCheck } from './source-check.js';
import { formatTable, stateCell } from './table.js';
import { countOf, countText, printable, progressText, timeText } from './text.js';

/** How many jobs of a source are shown. */
const SHOWN = 5;

export function checkCommand(cli: Cli): Command {
  return new Command('check')
    .summary('try the configuration and each source, store nothing')
    .description(
      'Reads the configuration, logs in to each source, reads one page and shows five normalized jobs of it. Needs no database.',
    )
    .argument('[key...]', 'keys of sources; all of them when left out')
    .option('--json', 'one source a line, as JSON')
    .action(async (keys: string[], { json }: { json?: boolean }, command: Command) => {
      const sources = chosenSources(cli.loadConfig(command), keys);
      if (sources.length === 0) cli.note('The configuration is good; it names no source.');
      for (const source of sources) await visit(cli, source, json === true);
    });
}

function chosenSources({ sources }: Config, keys: readonly string[]): SourceConfig[] {
  const known = sources.map(({ key }) => key);
  const unknown = keys.find((key) => !known.includes(key));
  if (unknown !== undefined)
    throw new CommandError(`no source has the key ${unknown}; ${nearest(unknown, known)}`, EXIT.usage);
  return keys.length === 0 ? sources : sources.filter(({ key }) => keys.includes(key));
}

async function visit(cli: Cli, source: SourceConfig, json: boolean): Promise<void> {
  const progress = createProgress(cli);
  const title = `${source.key} (${source.platform}, ${source.baseUrl})`;
  const estimate = estimateRequests(source.poll);
  let requests = 0;
  progress.step(`${title}: connecting`);
  try {
    const check = await checkSource(source, connectorFor(source.platform)!, USER_AGENT, () => {
      if (requests++ > 0) progress.step(`${title}: request ${requests}`);
    });
    progress.done(
      `${title}: ${countOf(check.records, 'record')} on the first page, ${countOf(requests, 'request')}`,
    );
    if (json) cli.printJson(toJson(source, check, requests, estimate));
    else printCheck(cli, check, estimate);
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    cli.exitCode = EXIT.failed;
    progress.failed(`${title}: ${error.kind}: ${error.message}`);
    cli.note(`  What to do: ${ADVICE[error.kind]}.`);
    if (json)
      cli.printJson({
        source: source.key,
        platform: source.platform,
        ok: false,
        error: { kind: error.kind, message: error.message },
      });
  }
}

function printCheck(cli: Cli, check: SourceCheck, estimate: RequestEstimate): void {
  const rows = check.jobs
    .slice(0, SHOWN)
    .map((job) => [
      stateCell(cli.colors, job.state),
      job.type ?? '',
      job.name ?? '',
      progressText(job.progress),
      timeText(job.updatedAt),
      job.rawStatus ?? '',
      job.externalId,
    ]);
  if (rows.length > 0) {
    const head = ['STATE', 'TYPE', 'NAME', 'PROGRESS', 'UPDATED (UTC)', 'THEIR STATUS', 'THEIR ID'];
    cli.print(formatTable(cli.colors, head, rows));
  }
  for (const { externalId, reasons } of check.rejects)
    cli.print(`  rejected ${printable(externalId ?? '(no id)')}: ${printable(reasons.join('; '))}`);
  for (const line of overrideLines(check.unmapped)) cli.print(`  ${line}`);
  cli.print(`  ${estimateText(estimate)}`);
  cli.print();
}

/** Ready to paste into the source; only the state is left to choose. */
export function overrideLines(unmapped: SourceCheck['unmapped']): string[] {
  const words = unmapped.filter(({ status }) => status !== null);
  const missing = unmapped.find(({ status }) => status === null);
  const rules = words
    .map(({ status }) => `${printable(JSON.stringify(status))}: { state: succeeded }`)
    .join(', ');
  return [
    ...(words.length > 0 ? [`words without a rule, choose their states: statusOverrides: { ${rules} }`] : []),
    ...(missing === undefined ? [] : [`${countOf(missing.count, 'record')} without a status`]),
  ];
}

export function estimateText({ polls, sweeps, jobsPerRequest, most }: RequestEstimate): string {
  const pace =
    polls.busy === polls.quiet
      ? countText(polls.busy)
      : `${countText(polls.quiet)} to ${countText(polls.busy)}`;
  return (
    `Requests a day: ${pace} polls of one list request or more, ${countText(sweeps)} sweeps of one request for ` +
    `${countText(jobsPerRequest)} jobs, and by-id reads of open jobs; never more than ${countText(most)}.`
  );
}

function toJson(
  source: SourceConfig,
  check: SourceCheck,
  requests: number,
  requestsPerDay: RequestEstimate,
): object {
  return {
    source: source.key,
    platform: source.platform,
    ok: true,
    requests,
    records: check.records,
    jobs: check.jobs.slice(0, SHOWN).map(jobJson),
    rejects: check.rejects,
    unmappedStatuses: check.unmapped,
    requestsPerDay,
  };
}
