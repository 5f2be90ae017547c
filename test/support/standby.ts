import { randomBytes } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, chmod, copyFile, mkdir, opendir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Client } from 'pg';
import { serverAccount } from '../../src/storage/embedded-postgres/account.js';
import { giveTo } from '../../src/storage/embedded-postgres/home.js';
import { EmbeddedPostgres } from '../../src/storage/embedded-postgres/index.js';
import { Account, childOptions } from '../../src/storage/embedded-postgres/run.js';
import { openDatabase } from '../../src/storage/database.js';
import { migrate } from '../../src/storage/migrate.js';
import { freePort } from './installed-postgres.js';
import { quietLog } from './quiet-log.js';
import { makeTestFolder } from './test-folder.js';
import { FORGETFUL } from './test-server.js';
import { waitFor } from './wait-for.js';

// A streaming replica with nothing but the programs that npm brings: `postgres` itself, no pg_basebackup.

/** What a server needs beyond the settings of an embedded one, so that others can follow it. */
const FOLLOWED = {
  ...{ wal_level: 'replica', max_wal_senders: '10', max_replication_slots: '10' },
  // what has committed has been sent: a standby comes to it without waiting for the next to be written
  synchronous_commit: 'on',
};

/** A migrated server of the test's own, which standbys can follow. */
export interface Primary {
  /** A superuser's. */
  url: string;
  /** Ends the server and removes its data; close what is connected before. Safe to call again. */
  stop(): Promise<void>;
}

/** @param settings over those of an embedded server */
export async function createPrimary(settings: Readonly<Record<string, string>> = {}): Promise<Primary> {
  const folder = await makeTestFolder();
  const log = quietLog();
  const embedded = await EmbeddedPostgres.join({
    ...{ dataDir: folder, log, settings: { ...FORGETFUL, ...FOLLOWED, ...settings } },
  });
  const database = await openDatabase({ url: embedded.url, dataDir: '', poolSize: 2, log });
  try {
    await migrate(database);
  } finally {
    await database.close();
  }
  let isStopped = false;
  return {
    url: embedded.url,
    async stop() {
      if (isStopped) return;
      isStopped = true;
      await embedded.leave();
      await rm(folder, { recursive: true });
    },
  };
}

/** A hot standby that follows its primary by streaming. */
export interface Standby {
  /** The primary's database on the standby: the same user, password and name, another port. */
  url: string;
  /** From here on it receives and does not apply: it lags for as long as the test wants. */
  pauseReplay(): Promise<void>;
  /** Goes on applying; {@link catchUp} waits for the end of that. */
  resumeReplay(): Promise<void>;
  /** Waits until it has applied all that the primary has written by now. */
  catchUp(): Promise<void>;
  /** Makes it a server of its own, which takes writes and follows nobody. */
  promote(): Promise<void>;
  /** Ends the server and removes its data; `SIGQUIT` and `SIGKILL` as a crash would. Safe to call again. */
  stop(signal?: 'SIGINT' | 'SIGQUIT' | 'SIGKILL'): Promise<void>;
}

/**
 * Copies a running server that is on this machine and starts the copy as its standby, which has caught up then.
 *
 * @param primary a superuser's URL; it needs `wal_level` replica, and room for one more WAL sender and replication slot
 * @param settings of the standby
 */
export async function createStandby(
  primary: { url: string },
  settings: Readonly<Record<string, string>> = {},
): Promise<Standby> {
  const [folder, port] = [await makeTestFolder(), await freePort()];
  const slot = `standby_${randomBytes(6).toString('hex')}`;
  const data = join(folder, 'data');
  const { bin, account } = await onServer(primary.url, (client) => baseBackup(client, data, slot));
  await follow(data, primary.url, slot, account);

  const all = { ...FORGETFUL, port, listen_addresses: '127.0.0.1', unix_socket_directories: '', ...settings };
  const args = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(
    join(bin, process.platform === 'win32' ? 'postgres.exe' : 'postgres'),
    ['-D', data, ...args],
    {
      ...childOptions(account),
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const said = text(child.stderr);
  const exited = once(child, 'exit');
  const address = new URL(primary.url);
  address.port = String(port);
  const url = address.href;
  const ask = <T>(sql: string) =>
    onServer(url, async (client) => (await client.query<{ value: T }>(sql)).rows[0]!.value);

  let isStopped = false;
  const stop: Standby['stop'] = async (signal = 'SIGINT') => {
    if (isStopped) return;
    isStopped = true;
    child.kill(signal);
    await exited;
    await rm(folder, { recursive: true });
    await onServer(primary.url, (client) => dropSlot(client, slot)).catch(whenAway);
  };

  try {
    await waitFor(async () => {
      if (child.exitCode !== null) throw new Error(`the standby did not start: ${await said}`);
      return ask<boolean>('SELECT pg_is_in_recovery() AS value').catch(whenAway);
    });
  } catch (error) {
    await stop('SIGKILL');
    throw error;
  }
  const standby: Standby = {
    url,
    stop,
    async pauseReplay() {
      await ask('SELECT pg_wal_replay_pause()::text AS value');
      await waitFor(() => ask<boolean>("SELECT pg_get_wal_replay_pause_state() = 'paused' AS value"));
    },
    async resumeReplay() {
      await ask('SELECT pg_wal_replay_resume()::text AS value');
    },
    async catchUp() {
      const end = await onServer(primary.url, endOfLog);
      await waitFor(() => ask<boolean>(`SELECT pg_last_wal_replay_lsn() >= '${end}'::pg_lsn AS value`));
    },
    async promote() {
      await ask<boolean>('SELECT pg_promote(true) AS value');
    },
  };
  await standby.catchUp();
  return standby;
}

/** Where the log ends, after all that has committed: a commit that writes waits until all before it is written, whatever the server's settings are. */
async function endOfLog(client: Client): Promise<string> {
  await client.query("SET synchronous_commit = on; SELECT pg_logical_emit_message(true, 'test', '')");
  const { rows } = await client.query<{ end: string }>('SELECT pg_current_wal_flush_lsn()::text AS end');
  return rows[0]!.end;
}

/** The data of the server as a copy that recovery makes whole, and what runs it. */
async function baseBackup(
  client: Client,
  data: string,
  slot: string,
): Promise<{ bin: string; account: Account | null }> {
  const { rows } = await client.query<{ folder: string; bin: string }>(
    `SELECT current_setting('data_directory') AS folder, (SELECT setting FROM pg_config WHERE name = 'BINDIR') AS bin`,
  );
  const { folder, bin } = rows[0]!;
  const account = await serverAccount(folder);
  // what is written from here on is kept for the standby
  await client.query('SELECT pg_create_physical_replication_slot($1, true)', [slot]);
  await client.query("SELECT pg_backup_start('a standby for a test', true)");
  await copyFolder(folder, data, account);
  const { rows: labels } = await client.query<{ label: string }>(
    'SELECT labelfile AS label FROM pg_backup_stop(false)',
  );
  await writeFile(join(data, 'backup_label'), labels[0]!.label);
  await giveTo(account, join(data, 'backup_label'));
  return { bin, account };
}

/** What a copy must not have: which process runs it, the log of its changes (streamed instead), and its slots. */
const LEFT_OUT = new Set(['postmaster.pid', 'postmaster.opts']);
const EMPTY = new Set([
  'pg_wal',
  'pg_replslot',
  'pg_stat_tmp',
  'pg_dynshmem',
  'pg_notify',
  'pg_serial',
  'pg_snapshots',
]);

async function copyFolder(from: string, to: string, account: Account | null, isTop = true): Promise<void> {
  await mkdir(to, { mode: 0o700 });
  await giveTo(account, to);
  for await (const entry of await opendir(from)) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) {
      if (isTop && EMPTY.has(entry.name)) await makeEmpty(target, account);
      else await copyFolder(source, target, account, false);
    } else if (entry.isFile() && !(isTop && LEFT_OUT.has(entry.name))) {
      // removed while it is copied: recovery knows of that too
      await copyFile(source, target).then(
        async () => {
          await chmod(target, 0o600);
          await giveTo(account, target);
        },
        (error: NodeJS.ErrnoException) => {
          if (error.code !== 'ENOENT') throw error;
        },
      );
    }
  }
}

async function makeEmpty(folder: string, account: Account | null): Promise<void> {
  await mkdir(folder, { mode: 0o700 });
  await giveTo(account, folder);
}

async function follow(
  data: string,
  primaryUrl: string,
  slot: string,
  account: Account | null,
): Promise<void> {
  const { hostname, port, username, password } = new URL(primaryUrl);
  const conninfo = `host=${hostname} port=${port} user=${username} password=${password}`;
  await appendFile(
    join(data, 'postgresql.auto.conf'),
    `primary_conninfo = '${conninfo}'\nprimary_slot_name = '${slot}'\n`,
  );
  await writeFile(join(data, 'standby.signal'), '');
  await giveTo(account, join(data, 'standby.signal'));
}

async function dropSlot(client: Client, slot: string): Promise<void> {
  await waitFor(async () => {
    const { rows } = await client.query<{ active: boolean }>(
      'SELECT active FROM pg_replication_slots WHERE slot_name = $1',
      [slot],
    );
    if (rows[0]?.active === true) return false;
    if (rows[0] !== undefined) await client.query('SELECT pg_drop_replication_slot($1)', [slot]);
    return true;
  });
}

async function onServer<T>(connectionString: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString });
  // A connection that breaks rejects its query; without a listener Node would end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Starting, stopping or gone; everything else is a fault of the test. */
function whenAway(error: unknown): null {
  const { code, message } = error as { code?: string; message?: string };
  if (/^(?:57P0[123]|ECONNREFUSED|ECONNRESET|EPIPE)$/.test(code ?? '')) return null;
  if ((message ?? '').startsWith('Connection terminated')) return null;
  throw error;
}
