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
}

export interface CliOptions {
  env: EnvironmentVariables;
  cwd: string;
  stdout: Output;
  stderr: Output;
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
  /** Colours for standard output: none in a pipe, or with NO_COLOR. */
  readonly colors: ReturnType<typeof pc.createColors>;

  constructor({ env, cwd, stdout, stderr }: CliOptions) {
    this.env = env;
    this.cwd = cwd;
    this.stdout = stdout;
    this.stderr = stderr;
    stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      this.outputClosed = true;
    });
    this.colors = pc.createColors(
      stdout.isTTY === true && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb',
    );
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
  loadConfig(command: Command): Config {
    return loadConfig({ file: configFile(command), env: this.env, cwd: this.cwd });
  }
}

/** The global `--config`; undefined when it is not given. */
export function configFile(command: Command): string | undefined {
  return command.optsWithGlobals<{ config?: string }>().config;
}
