import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const MIB = 1_048_576;
/** A plot shows no more points than this. */
const MOST_POINTS = 240;

/** What a process had in memory over time. */
export interface ResidentSeries {
  /** The most that it ever had, MiB. */
  largestMiB: number;
  /** Seconds since the begin, and MiB. */
  points: [number, number][];
}

/** Resident memory of a process, asked from outside: one that works without a pause could not tell. */
export class Resident {
  private readonly began = performance.now();
  private readonly points: [number, number][] = [];
  private isOver = false;
  private readonly asking: Promise<void>;

  private constructor(
    private readonly pid: number,
    everyMs: number,
  ) {
    this.asking = this.ask(everyMs);
  }

  static watch(pid: number, everyMs = 100): Resident {
    return new Resident(pid, everyMs);
  }

  async stop(): Promise<ResidentSeries> {
    this.isOver = true;
    await this.asking;
    const largestMiB = Math.max(...this.points.map(([, mib]) => mib));
    const step = Math.ceil(this.points.length / MOST_POINTS);
    const points = Array.from({ length: Math.ceil(this.points.length / step) }, (_, place) =>
      // of each stretch the largest: a peak is what the plot is for
      this.points
        .slice(place * step, (place + 1) * step)
        .reduce((most, point) => (point[1] > most[1] ? point : most)),
    );
    return { largestMiB, points };
  }

  private async ask(everyMs: number): Promise<void> {
    do {
      const seconds = Math.round((performance.now() - this.began) / 10) / 100;
      this.points.push([seconds, Math.round((await residentBytes(this.pid)) / MIB)]);
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    } while (!this.isOver);
  }
}

/** @throws where there is neither Linux's `/proc` nor a `ps` */
export async function residentBytes(pid: number): Promise<number> {
  if (process.platform === 'linux') {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]) * 1_024;
  }
  const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)]);
  return Number(stdout) * 1_024;
}
