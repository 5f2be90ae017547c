// node scripts/streams.mjs [--readers N] [--transitions N] [--writers N] [--breaks N] [--minutes N] [--no-record]: a crowd of stream readers
// (test/lab/streams-main.ts).
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const program = ['test/support/run-ts.mjs', 'test/lab/streams-main.ts', ...process.argv.slice(2)];
const { status } = spawnSync(process.execPath, program, { cwd: root, stdio: 'inherit' });
process.exitCode = status ?? 1;
