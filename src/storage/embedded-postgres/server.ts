import { spawn } from 'node:child_process';
import { FileHandle, open, rename, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { totalmem } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { StorageLog } from '../log.js';
import { ask } from './ask.js';
import { Binaries, programPath } from './binaries.js';
import { EmbeddedPostgresError, errorCode, errorText } from './errors.js';
import { Home } from './home.js';
import {
  disownPostmasterFile,
  isRunning,
  lastPort,
  PostmasterFile,
  readPostmasterFile,
} from './postmaster-file.js';
import { childOptions, run } from './run.js';
import { serverSettings } from './settings.js';

/** A start may include the recovery of everything since the last checkpoint (2 GB of log at most, see settings.ts). */
const START_TIMEOUT_MS = 300_000;
const STOP_TIMEOUT_SECONDS = 120;
/** Between creating its file and listening, or between closing its port and removing the file, a server takes far less. */
const SILENCE_MS = 10_000;
/** The processes of a killed server end by themselves as soon as they notice; the server waits for them. */
const LEFTOVERS_MS = 30_000;
const ASK_AGAIN_MS = 20;
const PORT_ATTEMPTS = 5;
const LOG_FILE_LIMIT_BYTES = 10 * 1024 * 1024;
const LOG_TAIL_BYTES = 4096;

export interface ServerOptions {
  home: Home;
  binaries: Binaries;
  password: string;
  /** Server settings over those of settings.ts. */
  settings: Readonly<Record<string, string>>;
  log: StorageLog;
}

export interface RunningServer {
  how: 'adopted' | 'started';
  port: number;
  /** The connection that proved that it answers, to the database `postgres`. */
  connection: Client;
}

/**
 * Finds the server that runs on this home's data, or starts it. Call it under the file lock.
 *
 * @throws EmbeddedPostgresError with the end of the server's log when it does not start
 */
export async function ensureServer(options: ServerOptions): Promise<RunningServer> {
  return (await findServer(options)) ?? (await start(options));
}

/** Fast shutdown: ends what is connected, loses nothing, and waits until the server is gone. Call it under the file lock. */
export async function stopServer(home: Home, binaries: Binaries): Promise<void> {
  if ((await readPostmasterFile(home.data)) === null) return;
  await run(
    programPath(binaries, 'pg_ctl'),
    ['stop', '-D', home.data, '-m', 'fast', '-w', '-t', String(STOP_TIMEOUT_SECONDS)],
    home.account,
    (STOP_TIMEOUT_SECONDS + 10) * 1000,
  );
}

/** The server that outlived its starter, or that another process started; null when none runs. Call it under the file lock. */
export async function findServer({ home, password, log }: ServerOptions): Promise<RunningServer | null> {
  const began = performance.now();
  let silentSince: number | null = null;
  for (;;) {
    const file = await readPostmasterFile(home.data);
    // Stopped, or died: PostgreSQL itself clears away the file of a process that is gone.
    if (file === null || (file.pid !== null && !isRunning(file.pid))) return null;

    const answer = file.port === null ? 'nobody' : await ask(file.port, password, home.data);
    if (answer instanceof Client) return { how: 'adopted', port: file.port ?? 0, connection: answer };
    if (answer === 'wrong-password') throw new EmbeddedPostgresError(refusesPassword(home, file));

    silentSince = answer === 'nobody' ? (silentSince ?? performance.now()) : null;
    const silentMs = silentSince === null ? 0 : performance.now() - silentSince;
    if (answer === 'stranger' || (answer === 'nobody' && silentMs > silenceOfALivingServer(file))) {
      // The number of a killed server's process is in use by another program.
      log.warn({ folder: home.folder, pid: file.pid }, 'a killed PostgreSQL left a stale process file');
      await disownPostmasterFile(home.data);
      return null;
    }
    if (performance.now() - began > START_TIMEOUT_MS) {
      throw new EmbeddedPostgresError(
        `The embedded PostgreSQL (process ${file.pid}) does not answer on port ${file.port}. Its log: ${home.logFile}`,
      );
    }
    await delay(ASK_AGAIN_MS);
  }
}

/** How long a server that lives may keep its port closed. It writes `starting` or `ready` only once it listens. */
function silenceOfALivingServer(file: PostmasterFile): number {
  return file.status === null || file.status === 'stopping' ? SILENCE_MS : 0;
}

function refusesPassword(home: Home, file: PostmasterFile): string {
  return (
    `The PostgreSQL on port ${file.port} (process ${file.pid}, data in ${home.data}) refuses the password in ` +
    `${home.passwordFile}. Bring the right file back, or stop that process.`
  );
}

async function start(options: ServerOptions): Promise<RunningServer> {
  const { home } = options;
  const began = performance.now();
  // The same port as last time where it can be had: other processes and people may know it.
  let port = (await lastPort(home.data)) ?? (await freePort());
  for (let attempt = 1; ;) {
    const outcome = await startOnce(options, port);
    if (outcome instanceof Client) return { how: 'started', port, connection: outcome };
    if (/could not bind|could not create any TCP/.test(outcome) && attempt < PORT_ATTEMPTS) {
      attempt += 1;
      port = await freePort();
    } else if (
      /shared memory block .* is still in use/.test(outcome) &&
      performance.now() - began < LEFTOVERS_MS
    ) {
      await delay(10 * ASK_AGAIN_MS);
    } else {
      throw new EmbeddedPostgresError(
        `The embedded PostgreSQL did not start. The end of its log, ${home.logFile}:\n${outcome}`,
      );
    }
  }
}

/** @returns a connection, or why the server ended: the end of its log */
async function startOnce({ home, binaries, password, settings }: ServerOptions, port: number) {
  const logFile = await openLog(home);
  const logStart = (await logFile.stat()).size;
  const child = spawn(
    programPath(binaries, 'postgres'),
    ['-D', home.data, ...asArguments({ ...serverSettings(port, usableMemory()), ...settings })],
    // In a process group of its own, so that neither Ctrl-C nor our end stops what other processes use.
    { ...childOptions(home.account), detached: true, stdio: ['ignore', logFile.fd, logFile.fd] },
  );
  let ended: string | null = null;
  child.once('error', (error) => (ended = errorText(error)));
  child.once('exit', (code, signal) => (ended = `ended with ${signal ?? code}`));
  child.unref();
  await logFile.close();

  const began = performance.now();
  while (ended === null) {
    // Asked only once it says that it is ready: a question before is a FATAL in its log, or goes to whoever has the port.
    const file = await readPostmasterFile(home.data);
    const answer =
      file?.pid === child.pid && file?.status === 'ready' ? await ask(port, password, home.data) : 'not-yet';
    if (answer instanceof Client) return answer;
    if (performance.now() - began > START_TIMEOUT_MS) child.kill('SIGINT');
    await delay(ASK_AGAIN_MS);
  }
  return `${await logTail(home.logFile, logStart)}(${String(ended)})`;
}

function asArguments(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** Bytes. A container's limit counts where there is one. */
function usableMemory(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/** Opened by us and handed over, so that the server's user needs no right to the folder. */
async function openLog({ logFile, account }: Home): Promise<FileHandle> {
  if ((await sizeOf(logFile)) > LOG_FILE_LIMIT_BYTES) await rename(logFile, `${logFile}.1`);
  const handle = await open(logFile, 'a', 0o600);
  if (account !== null) await handle.chown(account.uid, account.gid);
  return handle;
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return 0;
    throw error;
  }
}

async function logTail(file: string, from: number): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const start = Math.max(from, size - LOG_TAIL_BYTES);
    const buffer = Buffer.alloc(size - start);
    await handle.read(buffer, 0, buffer.length, start);
    return buffer.toString('utf8');
  } finally {
    await handle.close();
  }
}

/** A port of the loopback interface that nothing uses at this moment. */
async function freePort(): Promise<number> {
  const server = createServer();
  try {
    return await new Promise<number>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}
