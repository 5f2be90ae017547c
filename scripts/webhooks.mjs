// node scripts/webhooks.mjs [--events N] [--kills N] [--endpoints N] …: webhooks under kill -9 (test/lab/webhooks-main.ts).
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const program = ['test/support/run-ts.mjs', 'test/lab/webhooks-main.ts', ...process.argv.slice(2)];
const { status } = spawnSync(process.execPath, program, { cwd: root, stdio: 'inherit' });
process.exitCode = status ?? 1;
