// node scripts/fuzz.mjs [--requests N] [--seed N]: asks every route whatever it may be asked (test/fuzz/main.ts).
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const program = ['test/support/run-ts.mjs', 'test/fuzz/main.ts', ...process.argv.slice(2)];
const { status } = spawnSync(process.execPath, program, { cwd: root, stdio: 'inherit' });
process.exitCode = status ?? 1;
