// `npm start`: the service with the configuration that is there, or the demo when there is none at all.
// The service runs in this very process, so that a signal reaches it and its exit code is ours.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRequire } from 'node:module';

const FILE = 'rollcall.yaml';
const EX_CONFIG = 78;
const require = createRequire(import.meta.url);

const args = process.argv.slice(2);
const isConfigured =
  args.some((arg) => arg === '--config' || arg.startsWith('--config=')) ||
  process.env.ROLLCALL_CONFIG !== undefined || // names a missing file, or is empty: for `serve` to refuse
  existsSync(FILE);

const misnamed = isConfigured ? undefined : misnamedConfiguration();
if (misnamed) {
  console.error(
    `rollcall: ${path.resolve(misnamed)} looks like a configuration, but only ${FILE} is read. ` +
      `Rename it, or name it: npm start -- --config ${misnamed}`,
  );
  process.exit(EX_CONFIG);
}

const bin = fileURLToPath(new URL('../bin/rollcall.mjs', import.meta.url));
const demo = isConfigured || args.includes('--demo') ? [] : ['--demo'];
process.argv = [process.execPath, bin, 'serve', ...demo, ...args];
await import(new URL('../bin/rollcall.mjs', import.meta.url).href);

/** A file here that is a configuration but for its name: whoever wrote it does not want the demo. */
function misnamedConfiguration() {
  const { distance } = require('fastest-levenshtein');
  return readdirSync('.', { withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.ya?ml$/i.test(entry.name) && !entry.name.includes('example'))
    .map((entry) => entry.name)
    .find(
      (name) =>
        distance(name.toLowerCase(), FILE) <= 3 || /^sources[ \t]*:/m.test(readFileSync(name, 'utf8')),
    );
}
