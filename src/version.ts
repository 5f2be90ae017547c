import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Of the package: its manifest stands one folder above the sources, two above what they are built into. */
export const VERSION: string = readVersion();

/** How Rollcall names itself to upstreams and to its own API. */
export const USER_AGENT = `rollcall/${VERSION}`;

function readVersion(): string {
  const manifest = [join(__dirname, '..'), join(__dirname, '..', '..')]
    .map((folder) => join(folder, 'package.json'))
    .find((file) => existsSync(file));
  if (manifest === undefined) throw new Error('package.json is not beside the program');
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}
