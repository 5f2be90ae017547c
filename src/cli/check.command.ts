import { Command, InvalidArgumentError } from 'commander';
import { Config, SourceConfig } from '../config/config.js';
import { baseUrl as baseUrlSchema } from '../config/config.schema.js';
import { nearest } from '../config/schema-faults.js';
import { Job } from '../domain/job.js';
import { jobJson, previewJson, SHOWN } from '../preview/preview-json.js';
import { previewWarnings } from '../preview/preview-warnings.js';
import { countUnmapped, Preview } from '../preview/source-preview.js';
import { ADVICE } from './advice.js';
import { Cli } from './cli.js';
import { CommandError, EXIT } from './exit-codes.js';
import { manifestSource } from './manifest-source.js';
import { printPreview } from './preview-report.js';
import { createProgress } from './progress.js';
import { estimateRequests, RequestEstimate } from './request-estimate.js';
import { readSource } from './source-read.js';
import { formatTable, stateCell } from './table.js';
import { countOf, countText, printable, progressText, timeText } from './text.js';

interface CheckOptions {
  json?: boolean;
  manifest?: string;
  against?: string;
  option: Record<string, string | string[]>;
}

/** What one page of a source says. */
interface SourceCheck {
  /** Records on the page. */
  records: number;
  /** Normalized, in the page's order. */
  jobs: readonly Job[];
  rejects: readonly { externalId: string | null; reasons: readonly string[] }[];
  unmapped: ReturnType<typeof countUnmapped>;
}

export function checkCommand(cli: Cli): Command {
  return new Command('check')
    .summary('try the configuration and each source, or a manifest; store nothing')
    .description(
      'Reads the configuration, logs in to each source, reads one page and shows five normalized jobs of it. Needs no database.\n\n' +
        'With --manifest and --against it needs no configuration either: it reads the first pages of that address by that manifest, ' +
        'and shows the requests, five records beside the jobs that they become, the rule of every field, and what looks like a trap. ' +
        'Each {{auth.NAME}} of the manifest is taken from the environment, {{auth.clientId}} from ROLLCALL_AUTH_CLIENT_ID.',
    )
    .argument('[key...]', 'keys of sources; all of them when left out')
    .option('--manifest <file>', 'a manifest, or the name of one that comes with Rollcall')
    .option('--against <url>', 'the baseUrl that the manifest is tried against', parseBaseUrl)
    .option(
      '--option <name=value>',
      'an option of the manifest; may be repeated, also for a list',
      readOption,
      {},
    )
    .option('--json', 'one source a line, as JSON')
    .action(async (keys: string[], options: CheckOptions, command: Command) => {
      const { manifest, against, json = false } = options;
      if (manifest !== undefined || against !== undefined) return tryManifest(cli, keys, options);
      if (Object.keys(options.option).length > 0)
        throw new CommandError('--option needs --manifest', EXIT.usage);
      const sources = chosenSources(await cli.loadConfig(command), keys);
      if (sources.length === 0) cli.note('The configuration is good; it names no source.');
      for (const source of sources) await visit(cli, source, json);
    });
}

/** @throws InvalidArgumentError */
function parseBaseUrl(text: string): string {
  const { success, data, error } = baseUrlSchema.safeParse(text);
  if (!success) throw new InvalidArgumentError(`${error.issues[0]!.message}.`);
  return data;
}

/** @throws InvalidArgumentError */
function readOption(text: string, known: CheckOptions['option']): CheckOptions['option'] {
  const [, name, value] = /^(\w+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError('Expected NAME=VALUE.');
  const before = Object.hasOwn(known, name) ? known[name] : undefined;
  return { ...known, [name]: before === undefined ? value : [before, value].flat() };
}

async function tryManifest(
  cli: Cli,
  keys: readonly string[],
  { manifest, against, option, json }: CheckOptions,
): Promise<void> {
  if (manifest === undefined || against === undefined)
    throw new CommandError('--manifest and --against belong together', EXIT.usage);
  if (keys.length > 0) throw new CommandError('--manifest takes no key of a source', EXIT.usage);
  const source = manifestSource({ manifest, baseUrl: against, options: option }, cli.env, cli.cwd);
  const progress = createProgress(cli);
  const title = `${manifest} (${source.baseUrl})`;
  progress.step(`${title}: connecting`);
  const preview = await readSource(source, 'several');
  const warnings = previewWarnings(preview, source.manifest!, source.poll);
  const { error } = preview;
  if (error === null) {
    const records = recordsIn(preview);
    progress.done(
      `${title}: ${countOf(records, 'record')} on ${countOf(preview.pages.length, 'page')}, ` +
        countOf(preview.exchanges.length, 'request') +
        (preview.result === null ? '; more follow' : ''),
    );
  } else {
    cli.exitCode = EXIT.failed;
    progress.failed(`${title}: ${error.kind}: ${error.message}`);
    cli.note(`  What to do: ${ADVICE[error.kind]}.`);
  }
  const head = {
    manifest,
    baseUrl: source.baseUrl,
    ok: error === null,
    ...(error === null ? {} : { error: { kind: error.kind, message: error.message } }),
  };
  if (json === true) cli.printJson({ ...head, ...previewJson(preview, warnings) });
  else printPreview(cli, preview, warnings);
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
  const preview = await readSource(source, 'one', () => {
    if (requests++ > 0) progress.step(`${title}: request ${requests}`);
  });
  const { error } = preview;
  if (error !== null) {
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
    return;
  }
  const check = checkOf(preview);
  progress.done(
    `${title}: ${countOf(check.records, 'record')} on the first page, ${countOf(requests, 'request')}`,
  );
  if (json) cli.printJson(toJson(source, check, requests, estimate));
  else printCheck(cli, check, estimate);
}

function checkOf(preview: Preview): SourceCheck {
  const read = preview.pages.flatMap(({ jobs }) => jobs);
  return {
    records: recordsIn(preview),
    jobs: read.map(({ job }) => job),
    rejects: preview.pages.flatMap(({ rejects }) =>
      rejects.map(({ externalId, reasons }) => ({ externalId, reasons })),
    ),
    unmapped: countUnmapped(read),
  };
}

function recordsIn({ pages }: Pick<Preview, 'pages'>): number {
  return pages.reduce((sum, { jobs, rejects }) => sum + jobs.length + rejects.length, 0);
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
