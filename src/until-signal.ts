import type { Logger } from 'pino';
import { HangUp } from './hang-up.js';

/** How long a stop may take beyond `server.drain`, milliseconds: less than the 30 s after which Docker and Kubernetes kill. */
export const STOP_WITHIN_MS = 25_000;

export interface Stoppable {
  log: Pick<Logger, 'error'>;
  /** How long {@link stop} may take, milliseconds. */
  stopWithinMs: number;
  stop(): Promise<void>;
  /** Absent where there is nothing to reload. Never fails. */
  reload?: () => Promise<unknown>;
}

/**
 * Says that the service is ready, waits for SIGTERM or SIGINT, and stops it. SIGHUP has it read its configuration again, unless it is the
 * terminal that is gone. A second signal ends the process at once; so does a stop that takes too long (a database that hangs, say), with
 * exit code 1: nothing is lost by it, as nothing is by a kill.
 */
export async function untilSignal(
  service: Stoppable,
  ready: () => void,
  exit: (code: number) => void = (code) => process.exit(code),
): Promise<void> {
  const hangUp = new HangUp();
  let hungUp = (): void => undefined;
  const signalled = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
    hungUp = () => {
      if (service.reload === undefined || hangUp.meansEnd()) resolve();
      else void service.reload();
    };
    process.on('SIGHUP', hungUp);
  });
  ready();
  await signalled;
  process.off('SIGHUP', hungUp);
  const { log, stopWithinMs } = service;
  const cut = setTimeout(() => {
    log.error({ stopWithinMs, msg: 'not stopped in time: what is under way is cut off' });
    exit(1);
  }, stopWithinMs);
  try {
    await service.stop();
  } finally {
    clearTimeout(cut);
  }
}
