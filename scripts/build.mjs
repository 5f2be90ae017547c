// Builds `dist/` from `src/` and `migrations/` with the project's own TypeScript. Types are checked by `npm test`, not here,
// so that a production install, which has no @types, builds too.
import { createHash } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile, cp } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const DIST = path.join(ROOT, 'dist');
const BUILD_PREFIX = '.build-';
const STAMP = path.join(DIST, '.stamp');
const LOCK = path.join(DIST, '.lock');
const ABANDONED_MS = 600_000;
const SOURCES = ['src', 'migrations'];
const SETTINGS = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json', 'scripts/build.mjs'];
const require = createRequire(import.meta.url);

/**
 * Builds `dist/` when it is missing or was built from other inputs; otherwise costs a few milliseconds. Safe when
 * several processes call it at once: one builds, the others wait and find the work done.
 * An installation without `src/` (the container image) runs what it was shipped with.
 * @throws Error with the compiler's output when the sources do not compile
 */
export async function ensureBuilt() {
  if (!existsSync(path.join(ROOT, 'src')) || (await isCurrent())) return;
  await underLock(async () => {
    if (!(await isCurrent())) await build();
  });
}

async function isCurrent() {
  return (await readStamp()) === (await hashOfInputs());
}

/** The hash of the inputs that `dist/` was built from; null when it was never built to the end. */
async function readStamp() {
  try {
    return await readFile(STAMP, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}

/** By content, not by time: a fresh clone, an unpacked archive and a copied image all carry times that mean nothing. */
async function hashOfInputs() {
  const files = [...SETTINGS, ...(await inputs())].sort();
  const hash = createHash('sha256');
  for (const file of files)
    hash
      .update(`${file}\0`)
      .update(await readFile(path.join(ROOT, file)))
      .update('\0');
  return hash.digest('hex');
}

async function inputs() {
  const lists = await Promise.all(SOURCES.map((folder) => filesUnder(folder)));
  return lists.flat().filter((file) => isCompiled(file) || isAsset(file));
}

const isCompiled = (file) => file.endsWith('.ts') && !/\.(spec|d)\.ts$/.test(file);

/** What the running program reads beside its code (a connector's sample.yaml); never tests or documentation. */
const isAsset = (file) => /\.(ya?ml|json|sql|html|css)$/.test(file) && !file.split('/').includes('testdata');

/** Paths of all files below a folder of the checkout, relative to the checkout, with forward slashes. */
async function filesUnder(folder) {
  const entries = await readdir(path.join(ROOT, folder), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(ROOT, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'));
}

async function underLock(work) {
  await mkdir(DIST, { recursive: true });
  const release = await require('proper-lockfile').lock(DIST, {
    lockfilePath: LOCK,
    retries: { retries: 600, factor: 1, minTimeout: 200 },
    // Twice what an overloaded machine was seen to stand still; whoever follows a killed build waits as long.
    stale: 20_000,
    // Losing the lock (a suspended laptop) costs at most a second build of the same sources: files are moved into
    // place whole, so neither build can spoil the other.
    onCompromised: (error) => console.error(`rollcall: the build lock was lost: ${error.message}`),
  });
  try {
    await work();
  } finally {
    await release();
  }
}

/**
 * Compiles beside `dist/` and moves each finished file over its predecessor, so that a process that is loading from
 * `dist/` never meets a missing or half-written file. The stamp goes first and comes last: a build that was killed
 * is built again.
 */
async function build() {
  const hash = await hashOfInputs();
  await removeAbandoned();
  const fresh = await mkdtemp(path.join(DIST, BUILD_PREFIX));
  try {
    await compile(fresh);
    for (const file of (await inputs()).filter(isAsset))
      await cp(path.join(ROOT, file), path.join(fresh, file));
    await rm(STAMP, { force: true });
    await moveInto(fresh, DIST);
    await writeFile(`${STAMP}.new`, hash);
    await rename(`${STAMP}.new`, STAMP);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

/** What a killed build left behind. One that still works touches its folder far more often. */
async function removeAbandoned() {
  for (const name of await readdir(DIST)) {
    if (!name.startsWith(BUILD_PREFIX)) continue;
    const folder = path.join(DIST, name);
    const { mtimeMs } = await stat(folder);
    if (Date.now() - mtimeMs > ABANDONED_MS) await rm(folder, { recursive: true, force: true });
  }
}

/**
 * File by file, without resolving types: a third of the time of `tsc --noCheck` (docs/decisions/0002), and how jest
 * compiles the same files.
 */
async function compile(outDir) {
  const ts = require('typescript');
  const host = {
    getCanonicalFileName: (name) => name,
    getCurrentDirectory: () => ROOT,
    getNewLine: () => '\n',
  };
  const { config } = ts.readConfigFile(path.join(ROOT, 'tsconfig.build.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  const faults = [];
  const compilerOptions = { ...options, sourceMap: false };
  for (const file of (await inputs()).filter(isCompiled)) {
    const fileName = path.join(ROOT, file);
    const source = await readFile(fileName, 'utf8');
    const settings = { compilerOptions, fileName, reportDiagnostics: true };
    const { outputText, diagnostics } = ts.transpileModule(source, settings);
    faults.push(...diagnostics);
    const target = path.join(outDir, file.replace(/\.ts$/, '.js'));
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, outputText);
  }
  if (faults.length > 0)
    throw new Error(`The sources do not compile:\n${ts.formatDiagnostics(faults, host).trim()}`);
}

/** Moves every file of one folder into the other, and removes what the other has beyond them. */
async function moveInto(from, to) {
  const wanted = new Set();
  for (const entry of await readdir(from, { withFileTypes: true })) {
    wanted.add(entry.name);
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)];
    if (entry.isDirectory()) {
      await mkdir(target, { recursive: true });
      await moveInto(source, target);
    } else {
      await rename(source, target);
    }
  }
  // Another build's folder is not ours to remove, even if it lost the lock: it would stamp what it could not finish.
  const kept =
    to === DIST ? (name) => name === path.basename(LOCK) || name.startsWith(BUILD_PREFIX) : () => false;
  for (const name of await readdir(to)) {
    if (!wanted.has(name) && !kept(name)) await rm(path.join(to, name), { recursive: true, force: true });
  }
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    await underLock(build);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
