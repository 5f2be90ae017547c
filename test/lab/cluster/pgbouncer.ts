import { ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Client } from 'pg';
import { serverAccount } from '../../../src/storage/embedded-postgres/account.js';
import { giveTo } from '../../../src/storage/embedded-postgres/home.js';
import { Account, childOptions } from '../../../src/storage/embedded-postgres/run.js';
import { freePort } from '../../support/installed-postgres.js';
import { makeTestFolder } from '../../support/test-folder.js';
import { waitFor } from '../../support/wait-for.js';

const PROGRAMS = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer', '/usr/local/bin/pgbouncer'];
/** Connections to the server, for all processes together. */
const POOL_SIZE = 40;

/** A PgBouncer in transaction mode between the cluster and its database. */
export class PgBouncer {
  private constructor(
    private readonly folder: string,
    private readonly account: Account | null,
    private readonly port: number,
    private readonly child: ChildProcess,
    private target: URL,
  ) {}

  /** Null where none is installed. */
  static program(): string | null {
    return PROGRAMS.find((program) => existsSync(program)) ?? null;
  }

  /** @param target the server's database, with every right */
  static async start(program: string, target: string): Promise<PgBouncer> {
    const parent = await makeTestFolder();
    const folder = join(parent, 'pgbouncer');
    await mkdir(folder, { mode: 0o700 });
    const account = await serverAccount(folder);
    await giveTo(account, folder);
    const port = await freePort();
    await writeConfiguration({ folder, account, port, target: new URL(target) });
    const child = spawn(program, [join(folder, 'pgbouncer.ini')], {
      ...childOptions(account),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const said = text(child.stderr!);
    const pooler = new PgBouncer(parent, account, port, child, new URL(target));
    try {
      await waitFor(async () => {
        if (child.exitCode !== null) throw new Error(`PgBouncer did not start: ${await said}`);
        return pooler.command('SHOW VERSION').then(
          () => true,
          (error: NodeJS.ErrnoException) => {
            if (error.code !== 'ECONNREFUSED') throw error;
            return false;
          },
        );
      });
    } catch (error) {
      await pooler.stop();
      throw error;
    }
    return pooler;
  }

  get url(): string {
    const url = new URL(this.target);
    url.port = String(this.port);
    return url.href;
  }

  /** New connections are to another server from here on; those that are there end with their transaction. */
  async repoint(target: string): Promise<void> {
    this.target = new URL(target);
    await writeConfiguration({
      folder: join(this.folder, 'pgbouncer'),
      account: this.account,
      port: this.port,
      target: this.target,
    });
    await this.command('RELOAD');
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const exited = once(this.child, 'exit');
      this.child.kill('SIGKILL');
      await exited;
    }
    await rm(this.folder, { recursive: true });
  }

  private async command(sql: string): Promise<void> {
    const console = new URL(this.url);
    console.pathname = '/pgbouncer';
    const client = new Client({ connectionString: console.href });
    client.on('error', () => undefined);
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  }
}

async function writeConfiguration({
  folder,
  account,
  port,
  target,
}: {
  folder: string;
  account: Account | null;
  port: number;
  target: URL;
}): Promise<void> {
  const { hostname, port: serverPort, username, password, pathname } = target;
  const name = pathname.slice(1);
  const secret = password === '' ? '' : ` password=${decodeURIComponent(password)}`;
  const file = join(folder, 'pgbouncer.ini');
  await writeFile(
    file,
    `[databases]
${name} = host=${hostname} port=${serverPort} dbname=${name} user=${username}${secret}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
admin_users = ${username}
pool_mode = transaction
default_pool_size = ${POOL_SIZE}
max_client_conn = 1000
server_login_retry = 1
server_connect_timeout = 2
`,
  );
  await chmod(file, 0o600);
  await giveTo(account, file);
}
