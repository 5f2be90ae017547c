import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import { ROOT } from '../../support/repository.js';
import { waitFor } from '../../support/wait-for.js';
import { ShownJob } from './compare.js';
import { freePorts, Processes } from './processes.js';

/** The first start builds the program and makes a database. */
const START_WITHIN_MS = 300_000;
const PAGE = 500;

interface Source {
  health: string;
  reason: string | null;
  completeThrough: string | null;
  lastPollAt: string | null;
  lastSuccessAt: string | null;
  rejects: number;
  unmappedStatuses: unknown[];
  requestsLastHour: number;
}

/** The service as people run it: `rollcall serve`, with an embedded PostgreSQL in a folder of its own, and one source. */
export class Rollcall {
  private readonly processes = new Processes();

  private constructor(
    private readonly url: string,
    private readonly key: string,
  ) {}

  /** @throws Error when it does not start */
  static async start(folder: string, key: string, source: Record<string, unknown>): Promise<Rollcall> {
    // As root, PostgreSQL runs as another user, who has to get in.
    await chmod(folder, 0o711);
    const poll = { every: '1s', maxRequestsPerHour: 100_000 };
    const file = path.join(folder, 'rollcall.yaml');
    await writeFile(file, stringify({ server: { auth: 'none' }, sources: [{ key, ...source, poll }] }));
    const [port] = await freePorts(1);
    const rollcall = new Rollcall(`http://127.0.0.1:${port}`, key);
    const { DATABASE_URL: _, ...env } = process.env;
    rollcall.processes.start('rollcall', process.execPath, [path.join(ROOT, 'bin/rollcall.mjs'), 'serve'], {
      cwd: folder,
      env: {
        ...env,
        ROLLCALL_CONFIG: file,
        ROLLCALL_DATA_DIR: path.join(folder, 'data'),
        ROLLCALL_HOST: '127.0.0.1',
        ROLLCALL_PORT: String(port),
        LOG_LEVEL: 'warn',
      },
    });
    try {
      await waitFor(() => rollcall.isReady(), START_WITHIN_MS);
    } catch (error) {
      await rollcall.close();
      throw error;
    }
    return rollcall;
  }

  check(): void {
    this.processes.check();
  }

  async jobs(): Promise<ShownJob[]> {
    const jobs: ShownJob[] = [];
    for (let next: string | null = ''; next !== null;) {
      const cursor: string = next === '' ? '' : `&cursor=${encodeURIComponent(next)}`;
      const page: { data: ShownJob[]; page: { next: string | null } } = await this.get(
        `jobs?limit=${PAGE}${cursor}`,
      );
      jobs.push(...page.data);
      next = page.page.next;
    }
    return jobs;
  }

  source(): Promise<Source> {
    return this.get(`sources/${this.key}`);
  }

  /** Until the poll under way has ended, or the next one: after two of these, one has begun and ended since. */
  async pollAgain(): Promise<void> {
    const { lastPollAt } = await this.source();
    await waitFor(async () => {
      this.check();
      const source = await this.source();
      return source.lastSuccessAt !== null && source.lastPollAt !== lastPollAt && source;
    }, 120_000);
  }

  /** Reads the whole collection once, by hand. */
  async sweep(): Promise<void> {
    const response = await fetch(`${this.url}/api/v1/sources/${this.key}/poll?sweep=true`, {
      method: 'POST',
    });
    if (!response.ok) throw new Error(`a sweep was answered ${response.status}: ${await response.text()}`);
    await this.pollAgain();
    await this.pollAgain();
  }

  async close(): Promise<void> {
    await this.processes.end();
  }

  private async isReady(): Promise<boolean> {
    this.check();
    return fetch(`${this.url}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  }

  private async get<T>(call: string): Promise<T> {
    const response = await fetch(`${this.url}/api/v1/${call}`);
    if (!response.ok) throw new Error(`${call} was answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  }
}
