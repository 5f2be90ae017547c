import { randomBytes } from 'node:crypto';
import { access, chmod, chown, mkdir, readFile, realpath, rmdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { canEnter, serverAccount } from './account.js';
import { EmbeddedPostgresError, errorCode, errorText } from './errors.js';
import { Account } from './run.js';

/** Where one embedded server keeps its files, and the user it runs as. */
export interface Home {
  /** Ours, entered but not written by the server's user. */
  folder: string;
  /** PostgreSQL's own data; the server's user owns it. Absent until the first start. */
  data: string;
  passwordFile: string;
  logFile: string;
  /** Where copies of PostgreSQL's programs go, should they be needed. */
  copies: string;
  account: Account | null;
}

/** Holds the path of the home where that is not `<dataDir>/postgres`. */
const LOCATION_FILE = 'postgres.location';

/** As root, the place for homes that the server's user could not reach inside the data folder. */
const ROOT_HOMES = '/var/lib/rollcall';

/**
 * The home that belongs to a data folder, made if there is none yet: `<dataDir>/postgres`, or, as root, a folder of its own
 * where the server's user cannot reach that one (a checkout in a 0700 folder). Which one it was stays written in the data
 * folder, so the data is found again, also when the folder was moved or its mode changed.
 *
 * @param dataDir exists
 */
export async function openHome(dataDir: string, rootHomes = ROOT_HOMES): Promise<Home> {
  try {
    const known = await knownFolder(dataDir);
    return known === null ? await makeHome(dataDir, rootHomes) : await homeAt(known, dataDir, rootHomes);
  } catch (error) {
    const code = errorCode(error);
    if (code !== 'EACCES' && code !== 'EPERM' && code !== 'EROFS') throw error;
    throw new EmbeddedPostgresError(
      `No right to use the folder of the embedded PostgreSQL; was it made by another user? ${errorText(error)}`,
      { cause: error },
    );
  }
}

async function knownFolder(dataDir: string): Promise<string | null> {
  const file = join(dataDir, LOCATION_FILE);
  const inside = join(dataDir, 'postgres');
  if (!(await exists(file))) return (await exists(join(inside, 'data'))) ? inside : null;
  const folder = (await readFile(file, 'utf8')).trim();
  if (await exists(folder)) return folder;
  throw new EmbeddedPostgresError(
    `${file} says that the database is in ${folder}, which does not exist. Bring that folder back, or delete ${file} to ` +
      'start with an empty database.',
  );
}

async function homeAt(folder: string, dataDir: string, rootHomes: string): Promise<Home> {
  const account = await serverAccount(join(folder, 'data'));
  if (!(await canEnter(folder, account))) {
    throw new EmbeddedPostgresError(
      `PostgreSQL runs as user ${account?.uid}, who cannot reach its data in ${folder}. Give the folders above it the ` +
        'right to be entered (chmod o+x), or start Rollcall as that user.',
    );
  }
  return homeIn(folder, dataDir, rootHomes, account);
}

async function makeHome(dataDir: string, rootHomes: string): Promise<Home> {
  const inside = join(dataDir, 'postgres');
  const account = await serverAccount(join(inside, 'data'));
  await makeFolder(inside, account);
  if (await canEnter(inside, account)) return homeIn(inside, dataDir, rootHomes, account);

  await rmdir(inside);
  const outside = join(rootHomes, `${basename(dirname(dataDir))}-${randomBytes(6).toString('hex')}`);
  await mkdir(rootHomes, { recursive: true, mode: 0o755 });
  await makeFolder(outside, account);
  if (!(await canEnter(outside, account))) {
    throw new EmbeddedPostgresError(
      `PostgreSQL refuses to run as root, and user ${account?.uid} can reach neither ${inside} nor ${outside}. Set ` +
        'ROLLCALL_DATA_DIR to a folder that this user can enter, or start Rollcall as an ordinary user.',
    );
  }
  await writeFile(join(outside, 'belongs-to'), `${dataDir}\n`);
  await writeFile(join(dataDir, LOCATION_FILE), `${outside}\n`);
  return homeIn(outside, dataDir, rootHomes, account);
}

async function makeFolder(folder: string, account: Account | null): Promise<void> {
  await mkdir(folder, { recursive: true });
  // Root's folder is entered by the server's user, who must not be able to plant links in it.
  await chmod(folder, account === null ? 0o700 : 0o711);
}

async function homeIn(
  folder: string,
  dataDir: string,
  rootHomes: string,
  account: Account | null,
): Promise<Home> {
  // PostgreSQL resolves links in its own paths, and we compare with them.
  const real = await realpath(folder);
  return {
    folder: real,
    data: join(real, 'data'),
    passwordFile: join(real, 'password'),
    logFile: join(real, 'server.log'),
    copies: account === null ? dataDir : rootHomes,
    account,
  };
}

/** Gives a file or folder to the server's user. */
export async function giveTo(account: Account | null, path: string): Promise<void> {
  if (account !== null) await chown(path, account.uid, account.gid);
}

export async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}
