import { chmod, mkdtemp, readdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRunning } from '../../src/storage/embedded-postgres/postmaster-file.js';

const NAME = /^rollcall-test-(\d+)-/;

/** A data folder of a test; named after this process, so that a later run can tell what a killed one left behind. */
export async function makeTestFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `rollcall-test-${process.pid}-`));
  // As root, PostgreSQL runs as another user, who has to get in.
  await chmod(folder, 0o711);
  return folder;
}

/** Data folders of ours whose process is no more. */
export async function abandonedTestFolders(): Promise<string[]> {
  const abandoned: string[] = [];
  for (const name of await readdir(tmpdir())) {
    const runner = Number(NAME.exec(name)?.[1] ?? 0);
    if (runner === 0 || isRunning(runner)) continue;
    const folder = join(tmpdir(), name);
    if ((await ownerOf(folder)) === (process.getuid?.() ?? 0)) abandoned.push(folder);
  }
  return abandoned;
}

async function ownerOf(folder: string): Promise<number | null> {
  // Another run may have removed it since it was listed.
  return stat(folder).then(
    ({ uid }) => uid,
    () => null,
  );
}
