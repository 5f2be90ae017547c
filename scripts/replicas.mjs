// node scripts/replicas.mjs [--kills N] …: several processes on one database, killed again and again (test/lab/replicas-main.ts).
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { ensureBuilt } from './build.mjs';

const root = path.resolve(import.meta.dirname, '..');
await ensureBuilt();
const program = ['test/support/run-ts.mjs', 'test/lab/replicas-main.ts', ...process.argv.slice(2)];
const { status } = spawnSync(process.execPath, program, { cwd: root, stdio: 'inherit' });
process.exitCode = status ?? 1;
