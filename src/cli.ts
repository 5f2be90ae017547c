import { setFlagsFromString } from 'node:v8';
import { Command, CommanderError } from 'commander';
import { ApiProblem } from './cli/api-client.js';
import { alertsCommand } from './cli/alerts.command.js';
import { checkCommand } from './cli/check.command.js';
import { Cli, CliOptions } from './cli/cli.js';
import { doctorCommand } from './cli/doctor.command.js';
import { CommandError, EXIT, ExitCode } from './cli/exit-codes.js';
import { explainCommand } from './cli/explain.command.js';
import { initCommand } from './cli/init.command.js';
import { jobsCommand } from './cli/jobs.command.js';
import { migrateCommand } from './cli/migrate.command.js';
import { moveCommand } from './cli/move.command.js';
import { pollCommand } from './cli/poll.command.js';
import { reloadCommand } from './cli/reload.command.js';
import { replayCommand } from './cli/replay.command.js';
import { serveCommand } from './cli/serve.command.js';
import { statusCommand } from './cli/status.command.js';
import { printable } from './cli/text.js';
import { tokenCommand } from './cli/token.command.js';
import { ConfigError, formatFault, SourceError } from './domain/errors.js';
import { VERSION } from './version.js';

/** The `rollcall` command: contract, section 4. */
export function createProgram(cli: Cli): Command {
  const program = new Command('rollcall')
    .description('The state of every job on every platform.')
    .version(VERSION)
    .option('--config <file>', 'the configuration (default: ROLLCALL_CONFIG, else ./rollcall.yaml)')
    .showHelpAfterError('(rollcall --help shows what there is)')
    .configureOutput({
      writeOut: (text) => cli.stdout.write(text),
      writeErr: (text) => cli.stderr.write(text),
    });
  for (const make of [
    serveCommand,
    initCommand,
    checkCommand,
    doctorCommand,
    pollCommand,
    jobsCommand,
    explainCommand,
    statusCommand,
    alertsCommand,
    reloadCommand,
    replayCommand,
    migrateCommand,
    moveCommand,
    tokenCommand,
  ])
    program.addCommand(make(cli));
  for (const command of [
    program,
    ...program.commands,
    ...program.commands.flatMap(({ commands }) => commands),
  ])
    command.copyInheritedSettings(program).exitOverride();
  return program;
}

/**
 * Runs one command line.
 * @param args without the program's own name
 */
export async function run(args: readonly string[], options: CliOptions): Promise<ExitCode> {
  const cli = new Cli(options);
  try {
    await createProgram(cli).parseAsync(args, { from: 'user' });
    return cli.exitCode;
  } catch (error) {
    return say(error, cli);
  }
}

/** Says what went wrong, for people, and gives the exit code that the contract has for it. */
function say(error: unknown, cli: Cli): ExitCode {
  // Commander has already said it; help that was asked for is no error.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof ConfigError) {
    for (const fault of error.faults) cli.note(`rollcall: ${printable(formatFault(fault))}`);
    return EXIT.config;
  }
  if (error instanceof ApiProblem) {
    for (const line of error.lines()) cli.note(`rollcall: ${printable(line)}`);
    return error.status === 400 ? EXIT.usage : EXIT.failed;
  }
  if (error instanceof CommandError) {
    cli.note(`rollcall: ${printable(error.message)}`);
    return error.exitCode;
  }
  cli.note(`rollcall: ${unexpected(error, cli)}`);
  return EXIT.failed;
}

/** Faults of the database or an upstream speak for themselves; the stack of any other is for whoever debugs. */
function unexpected(error: unknown, cli: Cli): string {
  if (!(error instanceof Error)) return printable(String(error));
  if (cli.env['LOG_LEVEL'] === 'debug' && error.stack !== undefined) return error.stack;
  if (error instanceof SourceError) return printable(`${error.kind}: ${error.message}`);
  return printable(error.message === '' ? error.name : error.message);
}

/**
 * How far the heap may grow beyond what lives in it before it is collected, percent. Node's own rule lets a small heap grow to four times
 * that: a first read of 60,000 jobs came to 253 MiB resident, and comes to 183 MiB so, for the same CPU time.
 */
const HEAP_GROWTH = 100;

/** The program's entry, called by bin/rollcall.mjs. */
export async function main(): Promise<void> {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH}`);
  const { env, stdout, stderr } = process;
  process.exitCode = await run(process.argv.slice(2), { env, cwd: process.cwd(), stdout, stderr });
}
