// node scripts/screenshots.mjs: every page of the dashboard, as a picture in docs/images (test/dashboard/screenshots-main.ts).
// Starts a service of its own over simulators, on free ports, with a temporary data folder.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { ensureBuilt } from './build.mjs';

const root = path.resolve(import.meta.dirname, '..');
await ensureBuilt();
const program = ['test/support/run-ts.mjs', 'test/dashboard/screenshots-main.ts'];
const { status } = spawnSync(process.execPath, program, { cwd: root, stdio: 'inherit' });
process.exitCode = status ?? 1;
