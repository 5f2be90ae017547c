import { JsonObject } from '../../domain/job.js';
import { isTerminal } from '../../domain/job-state.js';
import { StatusMap } from '../../domain/status-map.js';
import { asText, cleanText } from '../shared/record-reader.js';

/**
 * The counts of an SDK job's tasks: `size` and how many are in which state, null when nothing can be read.
 *
 * The reference says only that `progress` is an array with "a summary of the number of job tasks (size) and their status". Two
 * readings are understood: counts by state in one object (`{size, SUCCESS, …}`), and one object for each state (`{status, size}`).
 */
export function readTaskCounts(progress: unknown): JsonObject | null {
  if (!Array.isArray(progress)) return null;
  const counts = new Map<string, number>();
  const add = (name: string, count: unknown): void => {
    if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 0)
      counts.set(name, (counts.get(name) ?? 0) + count);
  };
  for (const entry of progress as unknown[]) {
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) continue;
    const fields = entry as Record<string, unknown>;
    const word = asText(fields['status'] ?? fields['state']);
    if (typeof word === 'string') {
      const count = fields['size'] ?? fields['count'];
      add(word, count);
      add('size', count);
    } else {
      for (const [name, count] of Object.entries(fields)) add(cleanText(name), count);
    }
  }
  return counts.size === 0 ? null : Object.fromEntries(counts);
}

/** Done of all, 0 to 1; null unless every task is counted in exactly one state that is known. */
export function shareDone(counts: JsonObject, statusMap: StatusMap): number | null {
  const { size, ...states } = counts;
  if (typeof size !== 'number' || size <= 0) return null;
  let counted = 0;
  let done = 0;
  for (const [word, count] of Object.entries(states) as [string, number][]) {
    const rule = statusMap.lookup(word);
    if (rule === null) return null;
    counted += count;
    if (isTerminal(rule.state)) done += count;
  }
  return counted === size ? done / size : null;
}
