import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import { JsonObject } from './domain/job.js';
import { ReloadStore } from './storage/reload.store.js';
import { ReloadResult } from './reload.js';

/** How often a request is looked for, milliseconds. A look is one row of an index, whatever stands between us and the database. */
const LOOK_EVERY_MS = 1_000;

/** Finds out that somebody asked every process to read its configuration again (`rollcall reload`), and answers. */
export class ReloadWatch {
  private readonly name: string;
  private seen = 0;
  private timer: NodeJS.Timeout | null = null;
  private looking: Promise<void> | null = null;
  private failed = false;

  constructor(
    private readonly store: ReloadStore,
    private readonly reload: () => Promise<ReloadResult>,
    roles: readonly string[],
    private readonly log: Logger,
  ) {
    // containers on one machine may share their host's name and have the same process id
    this.name = `${hostname()}/${process.pid}/${randomUUID().slice(0, 8)} (${roles.join(', ')})`;
  }

  /** What was asked for before is not for this process: it has just read its configuration. */
  async start(): Promise<void> {
    this.seen = await this.store.last();
    this.timer = setInterval(() => void this.look(), LOOK_EVERY_MS).unref();
  }

  async stop(): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer);
    await this.looking;
  }

  private look(): Promise<void> {
    this.looking ??= this.lookOnce().finally(() => (this.looking = null));
    return this.looking;
  }

  private async lookOnce(): Promise<void> {
    try {
      const last = await this.store.last();
      this.failed = false;
      if (last <= this.seen) return;
      const result = await this.reload();
      this.seen = last;
      await this.store.answer(last, { process: this.name, answer: result as unknown as JsonObject });
    } catch (error) {
      // The database is away; the next look asks again, and says so once.
      if (!this.failed) this.log.error({ err: error, msg: 'could not look for a reload' });
      this.failed = true;
    }
  }
}
