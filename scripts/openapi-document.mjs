import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** The OpenAPI document of the sources as they are, as JSON text; nothing is built or started for it. */
export function documentText() {
  const program = ['test/support/run-ts.mjs', 'test/openapi/print-main.ts'];
  return execFileSync(process.execPath, program, {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
}
