import { Command } from 'commander';
import pc from 'picocolors';
import { Config } from '../config/config.js';
import { EnvironmentVariables } from '../config/environment.js';
import { loadConfig } from '../config/load-config.js';
import { ExitCode, EXIT } from './exit-codes.js';

/** The part of a standard stream that commands use. */
export interface Output extends NodeJS.WritableStream {
  isTTY?: boolean;
  columns?: number;
  rows?: number;
}

export interface CliOptions {
  env: EnvironmentVariables;
  cwd: string;
  stdout: Output;
  stderr: Output;
  /** Called once by a command that goes on until it is told to end; default: the signal of Ctrl-C. */
  interruption?: () => AbortSignal;
}

/** What every command works with: the environment, the two streams, and the exit code that it leaves. */
export class Cli {
  exitCode: ExitCode = EXIT.ok;
  /** Whoever read the answer has read enough (`rollcall jobs | head`). That is no fault: the command ends as it would have. */
  outputClosed = false;
  readonly env: EnvironmentVariables;
  readonly cwd: string;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Colours for standard output: see {@link wantsColors}. */
  readonly colors: ReturnType<typeof pc.createColors>;
  /** Aborted when a command that goes on by itself shall end. */
  readonly interruption: () => AbortSignal;

  constructor({ env, cwd, stdout, stderr, interruption = untilSignalled }: CliOptions) {
    this.env = env;
    this.cwd = cwd;
    this.stdout = stdout;
    this.stderr = stderr;
    stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      this.outputClosed = true;
    });
    this.interruption = interruption;
    this.colors = pc.createColors(wantsColors(env, stdout));
  }

  /** A line of the command's answer. */
  print(line = ''): void {
    this.stdout.write(`${line}\n`);
  }

  printJson(value: unknown): void {
    this.print(JSON.stringify(value));
  }

  /** A line beside the answer: notes, progress, faults. */
  note(line = ''): void {
    this.stderr.write(`${line}\n`);
  }

  /**
   * The configuration that the command line, the environment or the folder names.
   * @throws ConfigError
   */
  loadConfig(command: Command): Promise<Config> {
    const endpointReader = async () => {
      const { readWebhookFilter: readFilter } = await import('../api/dto/webhook-filter.js');
      const { checkAddress } = await import('../feed/webhook-address.js');
      const addressFault = (url: string, allowPrivate: boolean) => checkAddress(url, { allowPrivate });
      return { readFilter, addressFault };
    };
    return loadConfig({ file: configFile(command), env: this.env, cwd: this.cwd, endpointReader });
  }
}

/** On a terminal, or with FORCE_COLOR; never with NO_COLOR, nor on a terminal that knows none. */
function wantsColors(env: EnvironmentVariables, stdout: Output): boolean {
  const isSet = (name: string) => !['', '0', undefined].includes(env[name]);
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  return isSet('FORCE_COLOR') || (stdout.isTTY === true && env['TERM'] !== 'dumb');
}

/** The first Ctrl-C asks the command to end; a second one ends the process. */
function untilSignalled(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort());
  return controller.signal;
}

/** The global `--config`; undefined when it is not given. */
export function configFile(command: Command): string | undefined {
  return command.optsWithGlobals<{ config?: string }>().config;
}
