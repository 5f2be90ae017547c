// node scripts/run-built.mjs FILE.ts ARGUMENT…: a TypeScript program of test/ that starts the built service, which is built before if it must be.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { ensureBuilt } from './build.mjs';

const root = path.resolve(import.meta.dirname, '..');
await ensureBuilt();
const program = ['test/support/run-ts.mjs', ...process.argv.slice(2)];
const { status } = spawnSync(process.execPath, program, { cwd: root, stdio: 'inherit' });
process.exitCode = status ?? 1;
