import { Command } from 'commander';
import type { ReplayCounts, ReplayTally, ChangeGroup } from '../replay/replay-tally.js';
import type { SourceReplay } from '../replay/source-replay.js';
import { Json } from '../domain/job.js';
import { Cli } from './cli.js';
import { CommandError } from './exit-codes.js';
import { createProgress, Progress } from './progress.js';
import { assertSources, collectWords } from './source-option.js';
import { formatTable } from './table.js';
import { countOf, countText, printable, shorten } from './text.js';
import { DatabaseContext, withDatabase } from './with-database.js';

interface ReplayOptions {
  source?: string[];
  dryRun?: boolean;
  json?: boolean;
}

/** Kinds of changes that are shown of one source. */
const SHOWN = 20;
/** Of one value, characters. */
const VALUE = 32;
const RULE = 60;

export function replayCommand(cli: Cli): Command {
  return new Command('replay')
    .summary('read stored records again by the present rules')
    .description(
      'Reads the stored records again by the present rules (mapping, statusOverrides, redact), shows which jobs that changes, and ' +
        'changes them. Asks no platform.',
    )
    .option('--source <key>', 'only this source; repeats or takes commas', collectWords)
    .option('--dry-run', 'show what would change, and change nothing')
    .option('--json', 'one job that changes a line, as JSON, then the counts of its source')
    .action((options: ReplayOptions, command: Command) =>
      withDatabase(cli, command, (context) => replayAll(cli, context, options)),
    );
}

async function replayAll(cli: Cli, context: DatabaseContext, options: ReplayOptions): Promise<void> {
  const { config, database } = context;
  assertSources(config, options.source ?? []);
  // Loaded only here: most commands need no connector.
  const { RulesBySource } = await import('../explain/source-rules.js');
  const { SourceReplay } = await import('../replay/source-replay.js');
  const rules = new RulesBySource(config);
  const wanted = options.source ?? config.sources.map(({ key }) => key);
  const signal = cli.interruption();
  const progress = createProgress(cli);
  for (const key of new Set(wanted)) {
    const replay = new SourceReplay(rules.get(key)!, database, config.metrics.maxTypes);
    await replayOne({ cli, options, signal, progress }, key, replay);
  }
}

interface Run {
  cli: Cli;
  options: ReplayOptions;
  signal: AbortSignal;
  progress: Progress;
}

async function replayOne(
  { cli, options, signal, progress }: Run,
  key: string,
  replay: SourceReplay,
): Promise<void> {
  const json = options.json === true;
  try {
    progress.step(`${key}: reading stored records again`);
    const found = await replay.preview(
      ({ id, externalId, changes }) => json && cli.printJson({ source: key, id, externalId, changes }),
      signal,
    );
    progress.done(`${key}: ${foundText(found.counts)}`);
    if (json) cli.printJson({ source: key, found: found.counts });
    else show(cli, found);
    if (options.dryRun === true || isNothing(found.counts)) return;
    if (await replay.isReadOtherwise())
      cli.note(
        `${key}: the service reads this source by other rules, and its next polls undo this: rollcall reload`,
      );
    progress.step(`${key}: applying`);
    const { counts } = await replay.apply({
      signal,
      onWait: () => progress.step(`${key}: waiting for the poll under way`),
    });
    progress.done(`${key}: ${countOf(counts.changed, 'job')} changed`);
    if (json) cli.printJson({ source: key, applied: counts });
  } catch (error) {
    throw toldError(error, key, signal);
  }
}

function toldError(error: unknown, key: string, signal: AbortSignal): unknown {
  if (signal.aborted)
    return new CommandError('ended before it was done; run it again to go on where it stood', undefined, {
      cause: error,
    });
  if (error instanceof Error && error.name === 'SourceBusyError')
    return new CommandError(
      `${key} is polled by another process all the time, or is retired; run it again to go on where it stood`,
      undefined,
      { cause: error },
    );
  return error;
}

/** Records of other rules are stored anew even where they change nothing, so that the next poll finds them as they are. */
function isNothing({ changed, unchanged, refused, notReplayable }: ReplayCounts): boolean {
  return changed + unchanged + refused + notReplayable === 0;
}

function foundText({ jobs, current, changed, notReplayable, refused }: ReplayCounts): string {
  const parts = [
    `${countOf(jobs, 'job')}, ${countText(changed)} would change`,
    ...(current > 0 ? [`${countText(current)} of the present rules already`] : []),
    ...(notReplayable > 0
      ? [
          `${countText(notReplayable)} not replayable: their records are no longer stored (retention.payloads)`,
        ]
      : []),
    ...(refused > 0 ? [`${countText(refused)} refused by the present rules`] : []),
  ];
  return parts.join('; ');
}

function show(cli: Cli, { groups, refusal }: ReplayTally): void {
  if (groups.length > 0) {
    const head = ['JOBS', 'FIELD', 'FROM', 'TO', 'RULE', 'FOR EXAMPLE'];
    cli.print(formatTable(cli.colors, head, groups.slice(0, SHOWN).map(rowOf)));
  }
  if (groups.length > SHOWN)
    cli.note(`and ${countOf(groups.length - SHOWN, 'more kind')} of changes; --json shows every job`);
  if (refusal !== null)
    cli.note(`refused, for example ${refusal.id}: ${printable(shorten(refusal.reasons.join('; '), 200))}`);
}

function rowOf({ field, from, to, rule, jobs, example }: ChangeGroup) {
  const isOne = from !== undefined && to !== undefined;
  return [
    countText(jobs),
    field,
    { text: isOne ? valueText(from) : `${valueText(example.from)}, …`, whole: true },
    { text: isOne ? valueText(to) : `${valueText(example.to)}, …`, whole: true },
    { text: shorten(rule ?? '', RULE), whole: true },
    { text: example.id, whole: true },
  ];
}

function valueText(value: Json): string {
  if (value === null) return 'null';
  return shorten(typeof value === 'string' ? value : JSON.stringify(value), VALUE);
}
