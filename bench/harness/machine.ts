import { execFileSync } from 'node:child_process';
import { cpus, loadavg, totalmem } from 'node:os';

/** Where figures were measured; nothing that names the machine. */
export interface Machine {
  cpu: string;
  cores: number;
  memoryGiB: number;
  node: string;
}

/** What was measured: a day, and the commit that was checked out. */
export interface Measured {
  date: string;
  commit: string;
  machine: Machine;
}

export function measuredHere(): Measured {
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim(),
    machine: {
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      node: process.version,
    },
  };
}

/** What else this machine has to do, as the mean of a minute: figures of a busy one are no measurement. */
export function busyness(): number {
  return Math.round(loadavg()[0]! * 10) / 10;
}
