import { readFile, readdir } from 'node:fs/promises';

/** Of Linux: `sysconf(_SC_CLK_TCK)` is 100 wherever Node.js runs. */
const TICKS_A_SECOND = 100;

/** What `/proc/PID/stat` says of a process. */
interface Spent {
  pid: number;
  parent: number;
  /** Of its own, and of its children that have ended, seconds. */
  seconds: number;
  endedChildren: number;
}

/**
 * Seconds of CPU that processes have used since they began, and so their children that go on or have ended.
 *
 * @returns null where there is no `/proc`: elsewhere than on Linux
 */
export async function cpuSeconds(pids: readonly number[]): Promise<number | null> {
  if (process.platform !== 'linux') return null;
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const all = (await Promise.all(names.map(spentBy))).filter((one) => one !== null);
  return all
    .filter(({ pid, parent }) => pids.includes(pid) || pids.includes(parent))
    .reduce((sum, one) => sum + one.seconds + (pids.includes(one.pid) ? one.endedChildren : 0), 0);
}

/** Null: it has ended meanwhile. */
async function spentBy(pid: string): Promise<Spent | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (text === null) return null;
  // behind the name, which may have spaces and brackets: state, parent, …, utime, stime, cutime, cstime
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const seconds = (place: number) => Number(fields[place]) / TICKS_A_SECOND;
  return {
    pid: Number(pid),
    parent: Number(fields[1]),
    seconds: seconds(11) + seconds(12),
    endedChildren: seconds(13) + seconds(14),
  };
}
