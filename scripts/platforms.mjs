// node scripts/platforms.mjs [--only NAME] [--packages FOLDER] [--no-record]: real Slurm, BullMQ and Restate, where their packages can be
// had, followed through Rollcall (test/lab/platforms/main.ts). Says what it could not run, and fails then.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { ensureBuilt } from './build.mjs';

const root = path.resolve(import.meta.dirname, '..');
const program = ['test/support/run-ts.mjs', 'test/lab/platforms/main.ts', ...process.argv.slice(2)];
await ensureBuilt();
const { status } = spawnSync(process.execPath, program, { cwd: root, stdio: 'inherit' });
process.exitCode = status ?? 1;
