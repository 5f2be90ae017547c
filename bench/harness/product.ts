import { ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { Role } from '../../src/config/environment.js';
import { makeTestFolder } from '../../test/support/test-folder.js';

/** What a service is started with. */
export interface ProductOptions {
  databaseUrl: string;
  roles: readonly Role[];
  /** Asks nobody for a token, as a browser has none. */
  open?: boolean;
  /** Of its `rollcall.yaml`. */
  sources?: readonly object[];
}

/** May do everything. */
export const TOKEN = 'a-token-of-the-benchmark-and-of-nothing-else';

const BENCH_TOKEN = {
  name: 'bench',
  value: TOKEN,
  scopes: ['jobs:read', 'sources:read', 'sources:act', 'events:read'],
};

/** Who asks a service. */
export const HEADERS = { authorization: `Bearer ${TOKEN}` };

/** The service as users run it, built, in a process of its own: `rollcall serve` with tokens, and whatever else it does by itself. */
export class Product {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    /** `http://127.0.0.1:41234` */
    readonly url: string,
  ) {}

  static async start({ databaseUrl, roles, open = false, sources = [] }: ProductOptions): Promise<Product> {
    const folder = await makeTestFolder();
    const config = {
      server: {
        ...(open ? { auth: 'none' } : { tokens: [BENCH_TOKEN] }),
        // Nobody but the benchmark asks, and it asks as often as it can.
        rateLimit: { requests: 1_000_000_000, failures: 1_000_000_000 },
      },
      sources,
    };
    // JSON is YAML
    await writeFile(path.join(folder, 'rollcall.yaml'), JSON.stringify(config));
    const child = spawn(process.execPath, [path.join(__dirname, 'serve.mjs'), 'serve'], {
      cwd: folder,
      env: {
        ...process.env,
        NODE_ENV: 'production',
        DATABASE_URL: databaseUrl,
        ROLLCALL_PORT: '0',
        ROLLCALL_ROLES: roles.join(),
        // What a poll meets is in its row.
        LOG_LEVEL: 'error',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    for await (const line of createInterface(child.stdout)) {
      const url = /^ +open +(http:\S+?)\/?$/.exec(line)?.[1];
      if (url === undefined) continue;
      child.stdout.resume();
      return new Product(child, folder, url);
    }
    await rm(folder, { recursive: true });
    throw new Error('the service did not start');
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** @throws Error when the answer is no success */
  async ask<Answer>(route: string, method = 'GET'): Promise<Answer> {
    const response = await fetch(this.url + route, { method, headers: HEADERS });
    if (!response.ok) throw new Error(`${method} ${route}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Answer;
  }

  async stop(): Promise<void> {
    const exited = once(this.child, 'exit');
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill('SIGTERM');
      await exited;
    }
    await rm(this.folder, { recursive: true });
  }
}
