import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import path from 'node:path';

const RESULTS = path.resolve(__dirname, '../../bench/results');

/**
 * Writes a lab's figures beside those of the benchmarks, by day and commit.
 *
 * @param lab what the file's name begins with
 * @returns the file, relative to where we are
 */
export async function recordResult(result: object, lab = 'lab'): Promise<string> {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const date = new Date().toISOString().slice(0, 10);
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
  };
  await mkdir(RESULTS, { recursive: true });
  const file = path.join(RESULTS, `${lab}-${date}-${commit}.json`);
  await writeFile(file, `${JSON.stringify({ date, commit, machine, ...result }, null, 2)}\n`);
  return path.relative(process.cwd(), file);
}
