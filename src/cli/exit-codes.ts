/** What a process of `rollcall` ends with; 78 is EX_CONFIG of sysexits.h. */
export const EXIT = { ok: 0, failed: 1, usage: 2, config: 78 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A command cannot go on. The message is for the person at the terminal and stands alone, without a stack. */
export class CommandError extends Error {
  constructor(
    message: string,
    readonly exitCode: ExitCode = EXIT.failed,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'CommandError';
  }
}
