import { closeSync, openSync } from 'node:fs';

/** Whether this process has a terminal that it could be asked from. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}

/**
 * Tells the two meanings of SIGHUP apart: somebody asks for a reload, or the terminal that a process was started in is gone (a window
 * closed, a connection lost), which ends it as it always did.
 *
 * @param terminal whether there is one now
 */
export class HangUp {
  private readonly had: boolean;

  constructor(private readonly terminal: () => boolean = hasTerminal) {
    this.had = terminal();
  }

  meansEnd(): boolean {
    return this.had && !this.terminal();
  }
}
