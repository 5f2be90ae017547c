// Builds `dist/` from `src/` and `migrations/` with the project's own TypeScript, and `dist/web/` from `web/` with Vite. Types are
// checked by `npm test`, not here, so that a production install, which has no @types, builds too.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile, cp } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const DIST = path.join(ROOT, 'dist');
const BUILD_PREFIX = '.build-';
const LOCK = path.join(DIST, '.lock');
const ABANDONED_MS = 600_000;
const require = createRequire(import.meta.url);

/** The two things that are built, each again only when what it is made of has changed. */
const PROGRAM = {
  stamp: path.join(DIST, '.stamp'),
  target: DIST,
  inputs: async () => [
    ...['tsconfig.json', 'tsconfig.build.json', 'package-lock.json', 'scripts/build.mjs'],
    ...(await programFiles()),
  ],
  make: compileProgram,
};
const DASHBOARD = {
  stamp: path.join(DIST, '.web-stamp'),
  target: path.join(DIST, 'web'),
  inputs: async () => [
    ...['package-lock.json', 'scripts/build.mjs'],
    ...(await filesUnder('web')).filter((file) => !/\.spec\.ts$|(^|\/)tsconfig\.json$/.test(file)),
    ...(await filesUnder('client/src')),
  ],
  make: bundleDashboard,
};

/** A checkout of the program alone builds, too: the dashboard is left out then. */
const PARTS = existsSync(path.join(ROOT, 'web')) ? [PROGRAM, DASHBOARD] : [PROGRAM];

/**
 * Builds `dist/` when it is missing or was built from other inputs; otherwise costs a few milliseconds. Safe when
 * several processes call it at once: one builds, the others wait and find the work done.
 * An installation without `src/` (the container image) runs what it was shipped with.
 * @throws Error with the compiler's output when the sources do not compile
 */
export async function ensureBuilt() {
  if (!existsSync(path.join(ROOT, 'src')) || (await outdated()).length === 0) return;
  await underLock(async () => {
    for (const part of await outdated()) await build(part);
  });
}

async function outdated() {
  const current = await Promise.all(
    PARTS.map(async (part) => (await readStamp(part)) === (await hashOfInputs(part))),
  );
  return PARTS.filter((_, place) => !current[place]);
}

/** The hash of the inputs that a part was built from; null when it was never built to the end. */
async function readStamp({ stamp }) {
  try {
    return await readFile(stamp, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}

/** By content, not by time: a fresh clone, an unpacked archive and a copied image all carry times that mean nothing. */
async function hashOfInputs({ inputs }) {
  const files = (await inputs()).sort();
  const hash = createHash('sha256');
  for (const file of files)
    hash
      .update(`${file}\0`)
      .update(await readFile(path.join(ROOT, file)))
      .update('\0');
  return hash.digest('hex');
}

async function programFiles() {
  const lists = await Promise.all(['src', 'migrations'].map((folder) => filesUnder(folder)));
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
 * Builds beside the target and moves each finished file over its predecessor, so that a process that is loading from
 * `dist/` never meets a missing or half-written file. The stamp goes first and comes last: a build that was killed
 * is built again.
 */
async function build(part) {
  const hash = await hashOfInputs(part);
  await removeAbandoned();
  const fresh = await mkdtemp(path.join(DIST, BUILD_PREFIX));
  try {
    await part.make(fresh);
    await rm(part.stamp, { force: true });
    await mkdir(part.target, { recursive: true });
    await moveInto(fresh, part.target);
    await writeFile(`${part.stamp}.new`, hash);
    await rename(`${part.stamp}.new`, part.stamp);
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
async function compileProgram(outDir) {
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
  const files = await programFiles();
  for (const file of files.filter(isCompiled)) {
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
  for (const file of files.filter(isAsset)) await cp(path.join(ROOT, file), path.join(outDir, file));
}

/** In a process of its own: the service that starts after a build does not keep the bundler in memory. */
async function bundleDashboard(outDir) {
  const vite = path.join(path.dirname(require.resolve('vite/package.json')), 'bin/vite.js');
  const args = ['build', path.join(ROOT, 'web'), '--outDir', outDir, '--logLevel', 'error'];
  try {
    await promisify(execFile)(process.execPath, [vite, ...args], {
      cwd: ROOT,
      env: { ...process.env, NODE_ENV: 'production' },
    });
  } catch (error) {
    throw new Error(`The dashboard does not build:\n${String(error.stderr || error.message).trim()}`, {
      cause: error,
    });
  }
  await compressFiles(path.join(outDir, 'assets'));
}

/** Beside each file its compressed forms, as small as they get: a file of the dashboard is sent many times and never changes. */
async function compressFiles(folder) {
  const best = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } };
  for (const name of await readdir(folder)) {
    const file = path.join(folder, name);
    const content = await readFile(file);
    await writeFile(`${file}.br`, await promisify(brotliCompress)(content, best));
    await writeFile(`${file}.gz`, await promisify(gzip)(content, { level: constants.Z_BEST_COMPRESSION }));
  }
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
  // The other part and its stamp stand beside the program.
  const beside = [LOCK, ...PARTS.flatMap(({ stamp, target }) => [stamp, target])].map((file) =>
    path.basename(file),
  );
  const kept = to === DIST ? (name) => beside.includes(name) || name.startsWith(BUILD_PREFIX) : () => false;
  for (const name of await readdir(to)) {
    if (!wanted.has(name) && !kept(name)) await rm(path.join(to, name), { recursive: true, force: true });
  }
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    await underLock(async () => {
      for (const part of PARTS) await build(part);
    });
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
