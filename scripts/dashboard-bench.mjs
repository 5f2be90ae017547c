// node scripts/dashboard-bench.mjs [--jobs N --sources N --rounds N --no-record]: from click to painted rows, in a real Chromium
// (test/dashboard/bench-main.ts). Starts a service of its own over a database of its own, on free ports, with a temporary data folder.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { ensureBuilt } from './build.mjs';

const root = path.resolve(import.meta.dirname, '..');
await ensureBuilt();
const program = ['test/support/run-ts.mjs', 'test/dashboard/bench-main.ts', ...process.argv.slice(2)];
const { status } = spawnSync(process.execPath, program, { cwd: root, stdio: 'inherit' });
process.exitCode = status ?? 1;
