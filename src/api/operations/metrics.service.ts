import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, Config } from '../../config/config.js';
import { ERROR_KINDS } from '../../domain/errors.js';
import { Instant } from '../../domain/job.js';
import { JOB_STATES, TERMINAL_STATES } from '../../domain/job-state.js';
import { metricLabels } from '../../metrics/label-names.js';
import { FormName, histogramSamples, renderMetrics, Sample, Samples } from '../../metrics/metrics.js';
import { Database } from '../../storage/database.js';
import { KeptCounter, KeptHistogram, Measured, MetricsQuery } from '../../storage/metrics.query.js';
import { OTHER_TYPES } from '../../storage/metrics.types.js';
import { Replicas } from '../../storage/replicas.js';
import { completeThroughHere, healthNow } from '../../storage/source-health.js';
import { TableSizes } from '../../storage/table-sizes.js';
import { VERSION } from '../../version.js';
import { Principal } from '../access/principal.js';

/** Results of a poll, as its row has them. */
const POLL_RESULTS = ['ok', ...ERROR_KINDS];

/** What is kept in the database, as metrics. The same from every process, whatever its roles. */
@Injectable()
export class MetricsService {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly query: MetricsQuery,
    private readonly tables: TableSizes,
    private readonly database: Database,
  ) {}

  async write(form: FormName, { sources }: Principal): Promise<string> {
    const measured = await this.query.read(sources, this.config.metrics.maxTypes);
    // sizes tell of every source: they do not exist for whom some of these do not
    const tableBytes = sources === null ? await this.tableBytes() : [];
    const reads = sources === null ? replicaSamples(this.database.replicas) : {};
    return renderMetrics({ ...samplesOf(measured), tableBytes, ...reads }, form);
  }

  private async tableBytes(): Promise<Sample[]> {
    return (await this.tables.read()).map(({ table, bytes }) => ({ labels: { table }, value: bytes }));
  }
}

/** Of this process alone, since each has its own view of the replicas. */
function replicaSamples(replicas: Replicas | null): Samples {
  if (replicas === null) return {};
  const reports = replicas.reports();
  return {
    replicaUp: reports.map(({ name: replica, state }) => ({
      labels: { replica },
      value: Number(state.is === 'fit'),
    })),
    replicaLag: reports.flatMap(({ name: replica, lagMs }) =>
      lagMs === null ? [] : [{ labels: { replica }, value: lagMs / 1_000 }],
    ),
    reads: [{ name: 'primary', reads: replicas.readsOfPrimary }, ...reports].map(({ name, reads }) => ({
      labels: { server: name },
      value: reads,
    })),
  };
}

function samplesOf(measured: Measured): Samples {
  const { oldestOpen } = measured;
  return {
    buildInfo: [{ labels: { version: VERSION }, value: 1 }],
    ...sourceSamples(measured),
    ...pollSamples(measured),
    jobs: jobSamples(measured),
    oldestOpenJob: oldestOpen.map(({ source, state, at }) => ({
      labels: { source, state },
      value: seconds(at),
    })),
    jobsOverdue: measured.sources.flatMap(({ key, overdue }) =>
      overdue === null ? [] : [{ labels: { source: key }, value: overdue }],
    ),
    transitions: allOf(measured, JOB_STATES, 'to', countersOf(measured, 'transitions')),
    upstreamRequests: measured.counters
      .filter(({ name }) => name === 'requests')
      .map(({ source, label: status, value }) => ({ labels: { source, status }, value })),
    ...finishedSamples(measured),
    jobDuration: histogramsOf(measured, 'job_duration').flatMap((row) =>
      toSamples(row, { source: row.source, state: row.label }),
    ),
    detectionLag: histogramsOf(measured, 'detection_lag').flatMap((row) =>
      toSamples(row, { source: row.source }),
    ),
  };
}

function sourceSamples(measured: Measured): Samples {
  const { sources } = measured;
  const rejects = countersOf(measured, 'rejects');
  const since = (at: (source: Measured['sources'][number]) => Instant | null): Sample[] =>
    sources.flatMap((source) => {
      const instant = at(source);
      return instant === null ? [] : [{ labels: { source: source.key }, value: seconds(instant) }];
    });
  return {
    sourceInfo: sources.map(({ key, platform, labels }) => ({
      labels: { source: key, platform, ...metricLabels(labels) },
      value: 1,
    })),
    sourceUp: sources.flatMap((source) => {
      const { health } = healthNow(source, source.now);
      if (health === 'paused' || source.lastPollAt === null) return [];
      return [{ labels: { source: source.key }, value: Number(health !== 'failing') }];
    }),
    lastSuccess: since(({ lastSuccessAt }) => lastSuccessAt),
    completeThrough: since(completeThroughHere),
    rejects: sources.map(({ key }) => ({
      labels: { source: key },
      value: rejects.find(({ source }) => source === key)?.value ?? 0,
    })),
    unmappedStatuses: sources.map(({ key, unmapped }) => ({ labels: { source: key }, value: unmapped })),
  };
}

/** Every state of every source: what is not there is zero, so that a rule never misses a series. */
function jobSamples({ sources, jobs }: Measured): Sample[] {
  const counts = new Map(jobs.map(({ source, state, jobs: count }) => [`${source} ${state}`, count]));
  return sources.flatMap(({ key, platform }) =>
    JOB_STATES.map((state) => ({
      labels: { source: key, platform, state },
      value: counts.get(`${key} ${state}`) ?? 0,
    })),
  );
}

function finishedSamples({ sources, types, finished }: Measured): Samples {
  const rows = new Map(finished.map((row) => [keyOf(row.source, row.type, row.state), row]));
  const names = new Map(sources.map(({ key }) => [key, new Set<string>()]));
  for (const { source, type } of types) names.get(source)!.add(type);
  for (const { source, type } of finished) if (type === OTHER_TYPES) names.get(source)!.add(type);
  return {
    finished: [...names].flatMap(([source, known]) =>
      [...known].flatMap((type) =>
        TERMINAL_STATES.map((state) => ({
          labels: { source, type, state },
          value: rows.get(keyOf(source, type, state))?.jobs ?? 0,
        })),
      ),
    ),
    lastFinished: finished.map(({ source, type, state, lastAt }) => ({
      labels: { source, type, state },
      value: seconds(lastAt),
    })),
  };
}

/** A poll is counted where its duration is: the histogram of each result. */
function pollSamples(measured: Measured): Samples {
  const rows = histogramsOf(measured, 'poll_duration');
  const counts = rows.map((row) => ({ ...row, value: row.buckets.reduce((a, b) => a + b) }));
  return {
    polls: allOf(measured, POLL_RESULTS, 'result', counts),
    pollDuration: measured.sources.flatMap(({ key }) => {
      const own = rows.filter(({ source }) => source === key);
      const [first] = own;
      if (first === undefined) return [];
      const buckets = first.buckets.map((_, place) => own.reduce((sum, row) => sum + row.buckets[place]!, 0));
      const sum = own.reduce((total, row) => total + row.sum, 0);
      return toSamples({ ...first, buckets, sum }, { source: key });
    }),
  };
}

/** One series for each source and each of these values, counted or not. */
function allOf(
  { sources }: Measured,
  values: readonly string[],
  label: string,
  counts: readonly { source: string; label: string; value: number }[],
): Sample[] {
  const known = new Map(counts.map((one) => [`${one.source} ${one.label}`, one.value]));
  return sources.flatMap(({ key }) =>
    values.map((value) => ({
      labels: { source: key, [label]: value },
      value: known.get(`${key} ${value}`) ?? 0,
    })),
  );
}

function countersOf({ counters }: Measured, name: KeptCounter['name']): KeptCounter[] {
  return counters.filter((row) => row.name === name);
}

function histogramsOf({ histograms }: Measured, name: KeptHistogram['name']): KeptHistogram[] {
  return histograms.filter((row) => row.name === name);
}

function toSamples({ bounds, buckets, sum }: KeptHistogram, labels: Record<string, string>): Sample[] {
  return histogramSamples(labels, bounds, buckets, sum);
}

function keyOf(...parts: string[]): string {
  return JSON.stringify(parts);
}

function seconds(instant: Instant): number {
  return instant / 1_000;
}
