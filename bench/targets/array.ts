import { ArrayTask, ArrayWord } from '../programs/array-reader.js';
import { closing } from '../harness/closing.js';
import { spreadOf } from '../harness/figures.js';
import { Upstream } from '../harness/polled.js';
import { Program } from '../harness/program.js';
import { Resident, ResidentSeries, residentBytes } from '../harness/resident.js';
import { TargetResult } from '../harness/result.js';

export interface ArrayOptions {
  megabytes: number;
  rounds: number;
}

interface Reading {
  megabytesPerSecond: number;
  /** Per second of CPU time of the reading process, whatever else the machine did. */
  megabytesPerCpuSecond: number;
  jobs: number;
  /** Resident, above what the process had before it began. */
  aboveIdleMiB: number;
  memory: ResidentSeries;
}

const MIB = 1_048_576;
/** What a job of the simulated VectorCharts takes in its list, on average. */
const BYTES_OF_A_JOB = 200;

/** Target 3: one unpaged array from the wire to normalized jobs, beside the way that reads it whole. */
export async function measureArray({ megabytes, rounds }: ArrayOptions): Promise<TargetResult> {
  return closing(async (later) => {
    const jobs = Math.round((megabytes * 1e6) / BYTES_OF_A_JOB);
    const upstream = await Upstream.start({ jobs, changeEvery: 0 });
    later(() => upstream.end());
    const streamed: Reading[] = [];
    const whole: Reading[] = [];
    for (let round = 0; round < rounds; round++) {
      streamed.push(await read(upstream, 'streamed'));
      whole.push(await read(upstream, 'whole'));
    }
    return resultOf(upstream.bytes, streamed, whole);
  });
}

async function read(upstream: Upstream, how: ArrayTask['how']): Promise<Reading> {
  return closing(async (later) => {
    const { baseUrl, token } = upstream;
    const reader = Program.start<ArrayWord>('array-reader', { how, baseUrl, token } satisfies ArrayTask);
    later(() => reader.end());
    await reader.next();
    const idle = await residentBytes(reader.pid);
    const resident = Resident.watch(reader.pid, 20);
    later(() => resident.stop());
    reader.tell({ begin: true });
    const { seconds, cpuSeconds, jobs } = (await reader.next()).read!;
    const memory = await resident.stop();
    return {
      megabytesPerSecond: upstream.bytes / 1e6 / seconds,
      megabytesPerCpuSecond: upstream.bytes / 1e6 / cpuSeconds,
      jobs,
      aboveIdleMiB: memory.largestMiB - Math.round(idle / MIB),
      memory,
    };
  });
}

function resultOf(bytes: number, streamed: readonly Reading[], whole: readonly Reading[]): TargetResult {
  const speed = spreadOf(streamed.map(({ megabytesPerSecond }) => megabytesPerSecond));
  const above = spreadOf(streamed.map(({ aboveIdleMiB }) => aboveIdleMiB));
  const row = (name: string, readings: readonly Reading[]) => {
    const megabytes = spreadOf(readings.map(({ megabytesPerSecond }) => megabytesPerSecond));
    const perCpu = spreadOf(readings.map(({ megabytesPerCpuSecond }) => megabytesPerCpuSecond));
    const memory = spreadOf(readings.map(({ aboveIdleMiB }) => aboveIdleMiB));
    const { median, least, most } = megabytes;
    return [name, readings[0]!.jobs, median, least, most, perCpu.median, memory.most];
  };
  return {
    target: 'array',
    size: `${Math.round(bytes / 1e6)} MB`,
    goals: [
      {
        number: 3,
        what: 'resident above idle, at most',
        unit: 'MiB',
        value: above.most,
        range: [above.least, above.most],
        bound: { atMost: 256 },
      },
      {
        number: 3,
        what: 'wire to normalized',
        unit: 'MB/s',
        value: speed.median,
        range: [speed.least, speed.most],
        bound: { atLeast: 60 },
      },
    ],
    tables: [
      {
        title: 'One array, from the wire to normalized jobs',
        head: ['', 'jobs', 'MB/s', 'from', 'to', 'MB per CPU second', 'resident above idle, MiB'],
        rows: [row('streamed (the connector)', streamed), row('whole text, JSON.parse', whole)],
      },
    ],
    series: [['streamed', streamed[0]!] as const, ['whole', whole[0]!] as const].map(
      ([name, { memory }]) => ({
        plot: 'array',
        name,
        x: 'seconds',
        y: 'resident MiB',
        points: memory.points,
      }),
    ),
    notes: [
      'Read over HTTP from another process by the connector itself, redacted and normalized record by record; hashing and storing are part of target 1.',
      'A text longer than 512 MiB cannot be read whole by Node.js at all.',
    ],
  };
}
