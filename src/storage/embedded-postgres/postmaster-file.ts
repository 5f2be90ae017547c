import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from './errors.js';

/**
 * What a running server says of itself in `postmaster.pid`, or what a killed one left. A line that is missing is null: the
 * server writes them one after the other while it starts. (PostgreSQL 18, src/include/utils/pidfile.h)
 */
export interface PostmasterFile {
  pid: number | null;
  port: number | null;
  status: 'starting' | 'stopping' | 'ready' | 'standby' | null;
}

const STATUSES = ['starting', 'stopping', 'ready', 'standby'] as const;

export function parsePostmasterFile(text: string): PostmasterFile {
  const [pid = '', , , port = '', , , , status = ''] = text.split('\n').map((line) => line.trim());
  return {
    pid: positive(pid),
    port: positive(port),
    status: STATUSES.find((known) => known === status) ?? null,
  };
}

function positive(text: string): number | null {
  return /^\d{1,10}$/.test(text) && Number(text) > 0 ? Number(text) : null;
}

/** @returns null when there is none: the server was stopped properly, or never started */
export async function readPostmasterFile(dataFolder: string): Promise<PostmasterFile | null> {
  try {
    return parsePostmasterFile(await readFile(join(dataFolder, 'postmaster.pid'), 'utf8'));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

/**
 * Tells PostgreSQL that a file left by a killed server is stale although its process number is in use again. PostgreSQL
 * takes its parent's number (ours) for stale, and still refuses to start while a leftover process of the old server uses its
 * shared memory, which the file names: so the file is corrected and never deleted.
 */
export async function disownPostmasterFile(dataFolder: string): Promise<void> {
  const file = join(dataFolder, 'postmaster.pid');
  const [, ...rest] = (await readFile(file, 'utf8')).split('\n');
  await writeFile(file, [process.pid, ...rest].join('\n'));
}

/** The port that the server had when it last started; null when it never did. */
export async function lastPort(dataFolder: string): Promise<number | null> {
  try {
    const options = await readFile(join(dataFolder, 'postmaster.opts'), 'utf8');
    return positive(/"port=(\d+)"/.exec(options)?.[1] ?? '');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

/** A process of another user is not our server: it would run as us, or as a user whom we (root) may signal. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ESRCH' || code === 'EPERM') return false;
    throw error;
  }
}
