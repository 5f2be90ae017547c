// node scripts/openapi-examples.mjs: writes the examples of the OpenAPI document (src/api/openapi/openapi.examples.json) anew, from real answers.
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const program = ['test/support/run-ts.mjs', 'test/openapi/examples-main.ts'];
const { status } = spawnSync(process.execPath, program, { cwd: root, stdio: 'inherit' });
process.exitCode = status ?? 1;
