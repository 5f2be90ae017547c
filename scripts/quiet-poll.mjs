// node scripts/quiet-poll.mjs [--finished N]: what a quiet poll costs each platform (test/lab/quiet-poll-main.ts).
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const program = ['test/support/run-ts.mjs', 'test/lab/quiet-poll-main.ts', ...process.argv.slice(2)];
const { status } = spawnSync(process.execPath, program, { cwd: root, stdio: 'inherit' });
process.exitCode = status ?? 1;
