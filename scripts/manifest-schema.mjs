// node scripts/manifest-schema.mjs: writes what the manifest's schema says of itself: its JSON Schema for editors, and the reference of
// every key in docs/connectors/http.md. A test holds both current.
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const program = ['test/support/run-ts.mjs', 'test/support/manifest-reference.ts'];
const { status } = spawnSync(process.execPath, program, { cwd: root, stdio: 'inherit' });
process.exitCode = status ?? 1;
