import { measuredHere } from '../../bench/harness/machine.js';
import { writeResult } from '../../bench/harness/result-files.js';

/**
 * Writes a lab's figures beside those of the benchmarks, by day and commit.
 *
 * @param lab what the file's name begins with
 * @returns the file, relative to where we are
 */
export async function recordResult(result: object, lab = 'lab'): Promise<string> {
  const measured = measuredHere();
  return writeResult(`${lab}-${measured.date}-${measured.commit}.json`, { ...measured, ...result });
}
