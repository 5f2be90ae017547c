// `npm run bench [-- --jobs N]`: runs the benchmarks one after another, prints their ratios and writes bench/results/.
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { run as runSync } from '../bench/sync.bench.mjs';
import { ensureBuilt } from './build.mjs';

const { values } = parseArgs({ options: { jobs: { type: 'string', default: '100000' } } });
const jobs = Number(values.jobs);
if (!Number.isSafeInteger(jobs) || jobs < 1) {
  console.error('rollcall: --jobs takes a whole number above 0');
  process.exit(2);
}
await ensureBuilt();
const results = [await runSync({ jobs })];

const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
const date = new Date().toISOString().slice(0, 10);
const machine = {
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
};
const folder = path.resolve(import.meta.dirname, '../bench/results');
await mkdir(folder, { recursive: true });
const file = path.join(folder, `${date}-${commit}.json`);
await writeFile(file, `${JSON.stringify({ date, commit, machine, results }, null, 2)}\n`);
for (const { name, ratios, ...figures } of results) {
  console.log(`${name}: ${JSON.stringify(figures)}`);
  for (const [what, ratio] of Object.entries(ratios)) console.log(`  ${what}: ${ratio}`);
}
console.log(`written to ${path.relative(process.cwd(), file)}`);
