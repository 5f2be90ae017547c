// `npm test`: everything. The checks run side by side, each shown when it ends; the tests follow when all are green.
// Arguments go to jest: `npm test -- test/poll.e2e-spec.ts`.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuilt } from './build.mjs';

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);

/** Two rows of about the same length, for machines with two cores. */
const CHECKS = [
  [
    ['typecheck', 'typescript', 'tsc', '--noEmit'],
    ['typecheck of the dashboard', 'typescript', 'tsc', '-p', 'web'],
    [
      'imports',
      'dependency-cruiser',
      'depcruise',
      'src',
      'test',
      'migrations',
      'client/src',
      'web/src',
      '--output-type',
      'err',
    ],
    ['format', 'prettier', 'prettier', '--check', '--log-level', 'warn', '.'],
  ],
  [['lint', 'eslint', 'eslint', '.']],
];

const results = await Promise.all(CHECKS.map(inTurn));
if (results.flat().some((code) => code !== 0)) process.exit(1);
await ensureBuilt();
const jest = ['--maxWorkers', String(Math.max(2, availableParallelism() - 1)), ...process.argv.slice(2)];
process.exitCode = await run('jest', 'jest', jest, 'inherit');

async function inTurn(checks) {
  const codes = [];
  for (const [title, pkg, bin, ...args] of checks) {
    const startedAt = Date.now();
    const code = await run(pkg, bin, args, 'collect');
    console.log(
      `${code === 0 ? 'ok  ' : 'FAIL'} ${title} (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`,
    );
    codes.push(code);
  }
  return codes;
}

/** Runs a package's own command; what it prints is shown at once, or in one piece when it has failed. */
function run(pkg, bin, args, output) {
  const manifest = path.join(ROOT, 'node_modules', pkg, 'package.json');
  const { bin: bins } = require(manifest);
  const script = path.join(path.dirname(manifest), typeof bins === 'string' ? bins : bins[bin]);
  return new Promise((resolve, reject) => {
    const stdio = output === 'inherit' ? 'inherit' : ['ignore', 'pipe', 'pipe'];
    const child = spawn(process.execPath, [script, ...args], { cwd: ROOT, stdio });
    let collected = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (collected += chunk));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code !== 0) process.stderr.write(collected);
      if (signal) console.error(`${bin} was ended by ${signal}`);
      resolve(code ?? 1);
    });
  });
}
