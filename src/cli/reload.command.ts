import { setTimeout as sleep } from 'node:timers/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../domain/duration.js';
import type { ReloadResult } from '../reload.js';
import { ReloadAnswer, ReloadStore } from '../storage/reload.store.js';
import { Cli } from './cli.js';
import { CommandError, EXIT } from './exit-codes.js';
import { countOf, printable } from './text.js';
import { withDatabase } from './with-database.js';

/** How long somebody has to answer unless the command line says otherwise, and how long after an answer others may come. Milliseconds. */
const FIRST_MS = 20_000;
/** Services look every second. */
const OTHERS_MS = 3_000;
const LOOK_EVERY_MS = 250;

interface ReloadCommandOptions {
  /** Milliseconds. */
  wait: number;
  json?: boolean;
}

export function reloadCommand(cli: Cli): Command {
  return new Command('reload')
    .summary('have every running service read its configuration again')
    .description(
      'Asks every service of the configured database to read its own configuration again, and says what each made of it. ' +
        'One that has faults is refused whole, and the old one goes on.',
    )
    .addOption(
      new Option('--wait <duration>', 'for the first answer').default(FIRST_MS, '20s').argParser(parseWait),
    )
    .option('--json', 'one service a line, as JSON')
    .action((options: ReloadCommandOptions, command: Command) =>
      // the configuration is read here first: a faulty one is asked of nobody
      withDatabase(cli, command, ({ database }) => reload(cli, new ReloadStore(database), options)),
    );
}

async function reload(cli: Cli, store: ReloadStore, { wait, json }: ReloadCommandOptions): Promise<void> {
  const id = await store.ask();
  let told = 0;
  let until = performance.now() + wait;
  while (performance.now() < until) {
    const answers = await store.answers(id);
    for (const answer of answers.slice(told)) tell(cli, answer, json === true);
    if (answers.length > told) until = performance.now() + OTHERS_MS;
    told = answers.length;
    await sleep(LOOK_EVERY_MS);
  }
  if (told === 0)
    throw new CommandError('no service answers: is one running on this database, of this version or later?');
}

function parseWait(value: string): number {
  const ms = parseDuration(value);
  if (ms === null) throw new InvalidArgumentError('Expected a duration such as 30s.');
  return ms;
}

function tell(cli: Cli, { process, answer }: ReloadAnswer, json: boolean): void {
  const result = answer as unknown as ReloadResult;
  if (result.outcome === 'refused') cli.exitCode = EXIT.config;
  if (result.outcome === 'failed' && cli.exitCode === EXIT.ok) cli.exitCode = EXIT.failed;
  if (json) return cli.printJson({ process, ...result });
  for (const line of linesOf(result)) cli.print(printable(`${process}: ${line}`));
}

function linesOf(result: ReloadResult): string[] {
  if (result.outcome === 'failed') return [`failed, the old configuration goes on: ${result.message}`];
  if (result.outcome === 'refused')
    return ['refused, the old configuration goes on', ...result.faults.map((fault) => `  ${fault}`)];
  const { sources, live, restart } = result;
  const named = (what: string, keys: readonly string[]) =>
    keys.length === 0 ? [] : [`${countOf(keys.length, 'source')} ${what}: ${keys.join(', ')}`];
  const taken = [
    ...named('added', sources.added),
    ...named('changed', sources.changed),
    ...named('removed', sources.removed),
    ...live.map((name) => `${name} changed`),
  ];
  return [
    taken.length === 0 ? 'nothing has changed' : `applied: ${taken.join('; ')}`,
    ...(restart.length === 0 ? [] : [`needs a restart: ${restart.join(', ')}`]),
  ];
}
