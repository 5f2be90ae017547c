import { MetricObject, MetricType, MetricValue, Registry, RegistryContentType } from 'prom-client';

/** One metric: its name with its unit, what it counts, and the labels that tell its series apart (beside `le` of a histogram). */
export interface MetricDefinition {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
}

/** Every metric there is (contract, section 10), in the order in which they are shown. */
export const METRICS = {
  buildInfo: gauge('rollcall_build_info', 'Always 1; the version is a label.', ['version']),
  sourceInfo: gauge(
    'rollcall_source_info',
    'Always 1, for each source of the configuration; labels of the source are label_<name>.',
    ['source', 'platform'],
  ),
  sourceUp: gauge(
    'rollcall_source_up',
    '1 when the last poll of the source worked, 0 when it failed after its own retries; absent before the first poll and while the source is paused.',
    ['source'],
  ),
  lastSuccess: gauge(
    'rollcall_source_last_success_timestamp_seconds',
    'When a poll of the source last worked.',
    ['source'],
  ),
  completeThrough: gauge(
    'rollcall_source_complete_through_timestamp_seconds',
    'Every upstream change before this is known, by our clock; absent until a poll proved it.',
    ['source'],
  ),
  jobs: gauge('rollcall_jobs', 'Jobs that are known, by state.', ['source', 'platform', 'state']),
  oldestOpenJob: gauge(
    'rollcall_oldest_open_job_timestamp_seconds',
    'When the oldest job in this state that is not terminal was created (first seen, where the platform does not say); absent where there is none.',
    ['source', 'state'],
  ),
  jobsOverdue: gauge(
    'rollcall_jobs_overdue',
    'Jobs that break an expectation, as of the last evaluation; absent where no expectation speaks of the source.',
    ['source'],
  ),
  transitions: counter('rollcall_job_transitions_total', 'Changes of state; a discovery is none.', [
    'source',
    'to',
  ]),
  finished: counter(
    'rollcall_jobs_finished_total',
    'Jobs that became known as terminal, by transition or discovery; the history of a first read excepted.',
    ['source', 'type', 'state'],
  ),
  lastFinished: gauge(
    'rollcall_last_finished_timestamp_seconds',
    'When a job of this type last came to this state, by the clock of the platform; history included.',
    ['source', 'type', 'state'],
  ),
  jobDuration: histogram(
    'rollcall_job_duration_seconds',
    'From start to finish of the jobs that became known as terminal, where the platform says both; history excepted.',
    ['source', 'state'],
  ),
  detectionLag: histogram(
    'rollcall_detection_lag_seconds',
    'From the upstream time of a start or an end to its commit here, where the platform plainly says the time; history excepted.',
    ['source'],
  ),
  polls: counter('rollcall_polls_total', 'Polls that came to a result: ok, or the kind of the error.', [
    'source',
    'result',
  ]),
  pollDuration: histogram('rollcall_poll_duration_seconds', 'Of polls, from claim to result.', ['source']),
  upstreamRequests: counter(
    'rollcall_upstream_requests_total',
    'Requests to the platform by the status of the answer, repeated ones and logins included; none: no answer.',
    ['source', 'status'],
  ),
  rejects: gauge('rollcall_rejects', 'Records that could not be normalized.', ['source']),
  unmappedStatuses: gauge(
    'rollcall_unmapped_statuses',
    'Distinct statuses of known jobs that no rule reads; at most 100 are counted.',
    ['source'],
  ),
  tableBytes: gauge(
    'rollcall_database_table_bytes',
    'What a table takes on disk, with its indexes and partitions; a minute old at most.',
    ['table'],
  ),
  replicaUp: gauge(
    'rollcall_replica_up',
    'Of this process: 1 when it may read from the replica, 0 when it may not; absent where none is configured.',
    ['replica'],
  ),
  replicaLag: gauge(
    'rollcall_replica_lag_seconds',
    'Of this process: how long ago the primary was where the replica is, when it last looked; absent when that is not known.',
    ['replica'],
  ),
  reads: counter(
    'rollcall_reads_total',
    'Of this process: reads that a replica could do, by the server that answered; absent where no replica is configured.',
    ['server'],
  ),
} as const satisfies Record<string, MetricDefinition>;

export type MetricKey = keyof typeof METRICS;

/** One series and its value; a histogram's parts have a suffix (`_bucket`, `_sum`, `_count`). */
export interface Sample {
  labels: Record<string, string>;
  value: number;
  suffix?: string;
}

/** The samples of one moment; a metric that is left out has no series. */
export type Samples = Partial<Record<MetricKey, Sample[]>>;

/** How metrics are written, by media type without parameters. */
export const FORMS = {
  'text/plain': Registry.PROMETHEUS_CONTENT_TYPE,
  'application/openmetrics-text': Registry.OPENMETRICS_CONTENT_TYPE,
} as const;
export type FormName = keyof typeof FORMS;

/** The text that Prometheus reads. A registry is made for each: what one token may see is not what another may. */
export async function renderMetrics(samples: Samples, form: FormName): Promise<string> {
  const registry = new Registry<RegistryContentType>();
  registry.setContentType(FORMS[form]);
  for (const key of Object.keys(METRICS) as MetricKey[])
    registry.registerMetric(new KeptMetric(METRICS[key], samples[key] ?? []) as never);
  return registry.metrics();
}

/**
 * The samples of a histogram that was kept elsewhere.
 *
 * @param bounds upper bounds, rising, in seconds
 * @param buckets observations in each, not added up; one more than there are bounds
 */
export function histogramSamples(
  labels: Record<string, string>,
  bounds: readonly number[],
  buckets: readonly number[],
  sum: number,
): Sample[] {
  let count = 0;
  const cumulative = buckets.map((observations, place): Sample => {
    count += observations;
    const le = place < bounds.length ? String(bounds[place]) : '+Inf';
    return { labels: { ...labels, le }, value: count, suffix: '_bucket' };
  });
  return [...cumulative, { labels, value: sum, suffix: '_sum' }, { labels, value: count, suffix: '_count' }];
}

/** A metric whose values are known already: prom-client's own classes can only observe a histogram, not be told its buckets. */
class KeptMetric {
  /** prom-client takes `_total` from it for OpenMetrics. */
  name: string;
  readonly help: string;
  readonly type: string;

  constructor(
    definition: MetricDefinition,
    private readonly samples: readonly Sample[],
  ) {
    this.name = definition.name;
    this.help = definition.help;
    this.type = definition.type;
  }

  get(): Promise<MetricObject & { values: MetricValue<string>[] }> {
    const values = this.samples.map(({ labels, value, suffix }) =>
      suffix === undefined ? { labels, value } : { labels, value, metricName: `${this.name}${suffix}` },
    );
    const { name, help } = this;
    const type = this.type as unknown as MetricType;
    return Promise.resolve({ name, help, type, aggregator: 'sum', collect: () => undefined, values });
  }
}

function counter(name: string, help: string, labels: readonly string[]): MetricDefinition {
  return { name, type: 'counter', help, labels };
}

function gauge(name: string, help: string, labels: readonly string[]): MetricDefinition {
  return { name, type: 'gauge', help, labels };
}

function histogram(name: string, help: string, labels: readonly string[]): MetricDefinition {
  return { name, type: 'histogram', help, labels };
}
