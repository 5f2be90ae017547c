import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { chown, mkdir } from 'node:fs/promises';
import { AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Client } from 'pg';
import { serverAccount } from '../../src/storage/embedded-postgres/account.js';
import { Account, childOptions, run } from '../../src/storage/embedded-postgres/run.js';
import { waitFor } from './wait-for.js';

/** Where Debian, and what is made from it, puts each release of PostgreSQL. */
const RELEASES = '/usr/lib/postgresql';

type Program = 'initdb' | 'postgres' | 'pg_dump' | 'pg_restore' | 'pg_basebackup';
const NEEDED: readonly Program[] = ['initdb', 'postgres', 'pg_dump', 'pg_restore', 'pg_basebackup'];

/** A PostgreSQL that the machine has, server and client programs of one release. */
export class InstalledPostgres {
  private constructor(
    private readonly bin: string,
    private readonly account: Account | null,
  ) {}

  /** The newest; null where none is installed. */
  static async find(): Promise<InstalledPostgres | null> {
    const [newest] = installedReleases();
    return newest === undefined
      ? null
      : new InstalledPostgres(join(RELEASES, newest, 'bin'), await serverAccount(RELEASES));
  }

  run(program: Program, ...args: string[]): Promise<void> {
    return run(join(this.bin, program), args, this.account);
  }

  /** An empty folder that the programs may write to. */
  async makeFolder(path: string): Promise<string> {
    await mkdir(path, { mode: 0o700 });
    if (this.account !== null) await chown(path, this.account.uid, this.account.gid);
    return path;
  }

  /** @param folder made by `makeFolder`; stays empty until then */
  async makeCluster(folder: string): Promise<void> {
    const locale = ['--encoding=UTF8', '--locale=C'];
    await this.run('initdb', '-D', folder, '-U', 'postgres', '--auth=trust', '--no-sync', ...locale);
  }

  /** Starts the server of a cluster, or of a copy of one. */
  async start(folder: string, settings: Readonly<Record<string, string>> = {}): Promise<InstalledServer> {
    const port = await freePort();
    const all = {
      port,
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      fsync: 'off',
      ...settings,
    };
    const args = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const child = spawn(join(this.bin, 'postgres'), ['-D', folder, ...args], {
      ...childOptions(this.account),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const said = text(child.stderr);
    const exited = once(child, 'exit');
    const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
    await waitFor(async () => {
      if (child.exitCode !== null) throw new Error(`PostgreSQL did not start: ${await said}`);
      return answers(url);
    });
    return {
      url,
      async stop() {
        child.kill('SIGINT');
        await exited;
      },
    };
  }
}

export interface InstalledServer {
  /** Of its database `postgres`, with every right. */
  url: string;
  stop(): Promise<void>;
}

/** The newest first. */
export function installedReleases(): string[] {
  if (!existsSync(RELEASES)) return [];
  return readdirSync(RELEASES)
    .filter((name) => NEEDED.every((program) => existsSync(join(RELEASES, name, 'bin', program))))
    .sort((a, b) => Number(b) - Number(a));
}

async function answers(connectionString: string): Promise<boolean> {
  const client = new Client({ connectionString });
  try {
    await client.connect();
    return true;
  } catch {
    // Not yet, or not any more: whoever waits asks again, and knows when the server has ended.
    return false;
  } finally {
    await client.end();
  }
}

/** A port of the loopback interface that nothing uses at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
