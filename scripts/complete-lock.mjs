// Completes package-lock.json for the operating systems and processors other than this one.
//
// npm records only those optional platform packages (native binaries) that its registry could serve when the lock was
// made. A registry that mirrors one platform leaves the others out, and then a Mac or Windows user gets no binary and
// `npm ci` refuses the lock. This adds the missing entries (version, os, cpu) from the ranges that their parents name.
//
//   node scripts/complete-lock.mjs [package-lock.json]    run it after every change of dependencies
import { readFileSync, writeFileSync } from 'node:fs';

/** Parts of platform packages' names, as npm's `os` and `cpu` fields spell them; the longer name stands first. */
const SYSTEMS = [
  'darwin',
  'win32',
  'linux',
  'freebsd',
  'openbsd',
  'netbsd',
  'android',
  'sunos',
  'aix',
  'openharmony',
];
const PROCESSORS = [
  'arm64',
  'x64',
  'ia32',
  'riscv64',
  'ppc64',
  's390x',
  'loong64',
  'mips64el',
  'wasm32',
  'arm',
];

const [file = 'package-lock.json'] = process.argv.slice(2);
const lock = JSON.parse(readFileSync(file, 'utf8'));
const added = [];
for (const [parent, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (resolve(lock.packages, parent, name)) continue;
    const os = SYSTEMS.find((system) => name.includes(system));
    const cpu = PROCESSORS.find((processor) => name.includes(processor));
    // Only an exact version can be written down without asking the registry.
    if (!cpu || !/^\d/.test(version)) {
      console.error(`left out: ${name}@${version} of ${parent || 'this project'}`);
      continue;
    }
    const key = `node_modules/${name}`;
    lock.packages[key] = {
      version,
      cpu: [cpu],
      ...(entry.dev ? { dev: true } : {}),
      optional: true,
      ...(os ? { os: [os] } : {}),
    };
    added.push(key);
  }
}
// In npm's own order, so that the next `npm install` leaves the file as it is.
lock.packages = Object.fromEntries(
  Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en')),
);
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${file}: ${added.length} platform packages added`);

/** The entry that Node would find for a name required from a package: in its own folder, else in the nearest one above. */
function resolve(packages, from, name) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const found = packages[`${folder && `${folder}/`}node_modules/${name}`];
    if (found || !folder) return found;
  }
}
