import { readFile } from 'node:fs/promises';
import { Database } from '../../src/storage/database.js';

/** As Linux counts it, on every machine that Node.js runs on. */
const TICK_MS = 10;
/** Of the fields behind the name in `/proc/PID/stat`: time in the program and in the kernel. */
const [UTIME, STIME] = [11, 12];

/** What each session of a database has used of the processor since it began, milliseconds; by its process. */
export type SessionsCpu = ReadonlyMap<number, number>;

/** Empty where nobody tells, and where the server is on another machine. */
export async function sessionsCpu(database: Database): Promise<SessionsCpu> {
  const rows = await database.query<{ pid: number }>(
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'",
  );
  const times = await Promise.all(rows.map(async ({ pid }) => [pid, await cpuMsOf(pid)] as const));
  return new Map(times.flatMap(([pid, ms]) => (ms === null ? [] : [[pid, ms] as const])));
}

/** Of the sessions that there are now; one that ended in between takes with it what it used. Null where nobody tells. */
export function cpuBetween(before: SessionsCpu, after: SessionsCpu): number | null {
  if (after.size === 0) return null;
  return [...after].reduce((sum, [pid, ms]) => sum + ms - (before.get(pid) ?? 0), 0);
}

async function cpuMsOf(pid: number): Promise<number | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (text === null) return null;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[UTIME]) + Number(fields[STIME])) * TICK_MS;
}
