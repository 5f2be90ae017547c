import { readFile, stat } from 'node:fs/promises';
import { EmbeddedPostgresError, errorCode } from './errors.js';
import { Account, run } from './run.js';

const PASSWD_FILE = '/etc/passwd';

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/**
 * PostgreSQL refuses to run as root. As root, its data's owner runs it; before there is data, `postgres` where that user
 * exists, else `nobody`.
 *
 * @returns null when the server runs as ourselves
 */
export async function serverAccount(dataFolder: string): Promise<Account | null> {
  if (!isRoot()) return null;
  const owner = await ownerOf(dataFolder);
  return owner !== null && owner.uid !== 0 ? owner : findAccount(await readFile(PASSWD_FILE, 'utf8'));
}

async function ownerOf(folder: string): Promise<Account | null> {
  try {
    const { uid, gid } = await stat(folder);
    return { uid, gid };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

/** @throws EmbeddedPostgresError when no user fits */
export function findAccount(passwd: string): Account {
  const accounts = new Map<string, Account>();
  for (const line of passwd.split('\n')) {
    const [name, , uid, gid] = line.split(':');
    if (name && uid && gid) accounts.set(name, { uid: Number(uid), gid: Number(gid) });
  }
  const account = accounts.get('postgres') ?? accounts.get('nobody');
  if (account === undefined) {
    throw new EmbeddedPostgresError(
      'PostgreSQL refuses to run as root, and there is neither a user `postgres` nor `nobody` to run it as. ' +
        'Start Rollcall as an ordinary user.',
    );
  }
  return account;
}

/** Whether the server's user can enter a folder; asked of the system itself, which also knows of access lists and mounts. */
export async function canEnter(folder: string, account: Account | null): Promise<boolean> {
  if (account === null) return true;
  try {
    await run('/bin/sh', ['-c', 'cd "$0"', folder], account);
    return true;
  } catch (error) {
    // EPERM: root without the right to become another user (a container that dropped its capabilities).
    if (error instanceof Error && errorCode(error.cause) === 'EPERM') {
      throw new EmbeddedPostgresError(
        'PostgreSQL refuses to run as root, and this process may not start programs as another user. ' +
          'Start Rollcall as an ordinary user.',
        { cause: error },
      );
    }
    return false;
  }
}
