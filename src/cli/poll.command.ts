import { Command } from 'commander';
import { Config } from '../config/config.js';
import { nearest } from '../config/schema-faults.js';
import type { PollSummary } from '../polling/poll-report.js';
import { ADVICE } from './advice.js';
import { Cli } from './cli.js';
import { CommandError, EXIT } from './exit-codes.js';
import { createProgress } from './progress.js';
import { countOf, countText, durationText } from './text.js';
import { DatabaseContext, withDatabase } from './with-database.js';

interface PollOptions {
  sweep?: boolean;
  json?: boolean;
}

export function pollCommand(cli: Cli): Command {
  return new Command('poll')
    .summary('poll one source once')
    .description('Polls one source now, stores what it says, and exits: 1 when the poll failed.')
    .argument('<key>', 'key of the source')
    .option('--sweep', 'read the whole collection')
    .option('--json', 'what the poll did, as JSON')
    .action(async (key: string, options: PollOptions, command: Command) => {
      assertKnown(await cli.loadConfig(command), key);
      await withDatabase(cli, command, (context) => poll(cli, context, key, options));
    });
}

function assertKnown({ sources }: Config, key: string): void {
  const known = sources.map((source) => source.key);
  if (!known.includes(key))
    throw new CommandError(`no source has the key ${key}; ${nearest(key, known)}`, EXIT.usage);
}

async function poll(
  cli: Cli,
  { config, database }: DatabaseContext,
  key: string,
  options: PollOptions,
): Promise<void> {
  const { Logger } = await import('@nestjs/common');
  const { PollService } = await import('../polling/poll.service.js');
  Logger.overrideLogger(false); // the summary says it all
  const progress = createProgress(cli);
  const service = new PollService(config, database);
  try {
    progress.step(`${key}: polling`);
    const summary = await service.pollNow(key, options.sweep === true ? 'sweep' : 'incremental');
    report(cli, summary, progress, options);
  } finally {
    await service.onApplicationShutdown();
  }
}

function report(
  cli: Cli,
  summary: PollSummary,
  progress: ReturnType<typeof createProgress>,
  { json }: PollOptions,
): void {
  const { source, kind, records, discovered, changed, rejected, requests, durationMs, error } = summary;
  const what =
    `${kind}: ${countOf(records, 'record')}, ${countOf(discovered, 'new job')}, ${countText(changed)} changed, ` +
    `${countText(rejected)} rejected; ${countOf(requests, 'request')} in ${durationText(durationMs)}` +
    (summary.suspended ? '; its share of the budget is spent, and it goes on in later polls' : '');
  if (error === null) progress.done(`${source}: ${what}`);
  else {
    cli.exitCode = EXIT.failed;
    progress.failed(`${source}: ${error.kind}: ${error.message}`);
    cli.note(`  What to do: ${ADVICE[error.kind]}.`);
  }
  if (json === true) cli.printJson(summary);
}
