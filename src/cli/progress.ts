import { createSpinner } from 'nanospinner';
import { Cli } from './cli.js';
import { printable } from './text.js';

/** What a command is doing, on standard error: a spinner on a terminal, else one line a step. */
export interface Progress {
  step(text: string): void;
  done(text: string): void;
  failed(text: string): void;
}

export function createProgress(cli: Cli): Progress {
  return cli.stderr.isTTY === true ? spinner(cli) : plainLines(cli);
}

function spinner(cli: Cli): Progress {
  const spinner = createSpinner('', { stream: cli.stderr as NodeJS.WriteStream });
  return {
    step: (text) => void spinner.start(printable(text)),
    done: (text) => void spinner.success(printable(text)),
    failed: (text) => void spinner.error(printable(text)),
  };
}

function plainLines(cli: Cli): Progress {
  return {
    step: (text) => cli.note(printable(text)),
    done: (text) => cli.note(printable(text)),
    failed: (text) => cli.note(printable(text)),
  };
}
