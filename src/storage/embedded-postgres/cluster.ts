import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Binaries, majorVersion, programPath } from './binaries.js';
import { EmbeddedPostgresError, errorCode, errorText } from './errors.js';
import { exists, giveTo, Home } from './home.js';
import { run } from './run.js';

/** The superuser of the embedded cluster, and Rollcall's database in it. */
export const SUPERUSER = 'rollcall';

const UNFINISHED = /^data\.[0-9a-f]{12}$/;

/**
 * Makes the cluster unless there is one. It is complete or absent: a process killed half-way leaves only what the next one
 * removes.
 */
export async function ensureCluster(home: Home, binaries: Binaries): Promise<'created' | 'found'> {
  if (await exists(home.data)) {
    await checkVersion(home, binaries);
    return 'found';
  }
  for (const name of await readdir(home.folder)) {
    if (UNFINISHED.test(name)) await rm(join(home.folder, name), { recursive: true, maxRetries: 5 });
  }
  await ensurePassword(home);
  const unfinished = `${home.data}.${randomBytes(6).toString('hex')}`;
  await mkdir(unfinished, { mode: 0o700 });
  await giveTo(home.account, unfinished);
  try {
    await run(
      programPath(binaries, 'initdb'),
      [
        ...['--pgdata', unfinished, '--username', SUPERUSER, '--pwfile', home.passwordFile],
        ...['--auth=scram-sha-256', '--no-instructions'],
        // Without these the locale decides, and where LANG is unset the cluster would be SQL_ASCII.
        ...['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'],
      ],
      home.account,
    );
  } catch (error) {
    throw new EmbeddedPostgresError(`Cannot create the embedded PostgreSQL: ${errorText(error)}`, {
      cause: error,
    });
  }
  await rename(unfinished, home.data);
  return 'created';
}

/** @throws EmbeddedPostgresError when there is data but no password any more */
export async function readPassword(home: Home): Promise<string> {
  try {
    return (await readFile(home.passwordFile, 'utf8')).trim();
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    throw new EmbeddedPostgresError(
      `The password of the embedded PostgreSQL is missing: ${home.passwordFile}. Bring that file back, or delete ` +
        `${home.data} to start with an empty database.`,
    );
  }
}

async function ensurePassword(home: Home): Promise<void> {
  // Written anew: an old one may be incomplete, and without data it opens nothing.
  await rm(home.passwordFile, { force: true });
  await writeFile(home.passwordFile, `${randomBytes(24).toString('base64url')}\n`, {
    mode: 0o600,
    flag: 'wx',
  });
  await giveTo(home.account, home.passwordFile);
}

async function checkVersion(home: Home, binaries: Binaries): Promise<void> {
  const data = (await readFile(join(home.data, 'PG_VERSION'), 'utf8')).trim();
  const program = majorVersion(binaries.version);
  if (data === program) return;
  throw new EmbeddedPostgresError(
    `The data in ${home.data} was written by PostgreSQL ${data}; this release of Rollcall brings PostgreSQL ${program}. ` +
      'Move the data with pg_dump of the old release, or delete the folder to start with an empty database.',
  );
}
