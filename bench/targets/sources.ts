import { livingSources, ManySources } from '../harness/many-sources.js';
import { TargetResult } from '../harness/result.js';

/** Target 6: many sources polled often, with nothing but the cores that there are. */
export async function measureSources(options: ManySources): Promise<TargetResult> {
  const { sources, everySeconds, seconds } = options;
  const { jobs, polls, late, lateness, lag, pollMs, failed, requestsPerSecond, residentMiB } =
    await livingSources(options, async () => null);
  return {
    target: 'sources',
    size: `${sources} sources`,
    goals: [
      {
        number: 6,
        what: `polls later than their interval of ${everySeconds} s`,
        unit: '',
        value: late,
        bound: { atMost: 0 },
      },
      { number: 6, what: 'lag, p99', unit: 's', value: lag.p99, bound: { below: everySeconds + 1 } },
    ],
    tables: [
      {
        title: `${sources} sources, every ${everySeconds} s, for ${seconds} s`,
        head: ['', 'p50', 'p99', 'max'],
        rows: [
          ['begin of a poll behind its due time, s', lateness.p50, lateness.p99, lateness.max],
          ['lag, s', lag.p50, lag.p99, null],
          ['duration of a poll, ms', pollMs.p50, pollMs.p99, pollMs.max],
        ],
      },
      {
        title: 'Meanwhile',
        head: ['polls', 'of these failed', 'upstream requests a second', 'jobs', 'resident MiB'],
        rows: [[polls, failed, requestsPerSecond, jobs, residentMiB]],
      },
    ],
    series: [],
    notes: [
      'The five platforms in equal parts, each account with fifty jobs and a new one every fifty seconds, which the five sources of an account all see. The simulators and PostgreSQL share the cores with the service.',
      'Lag is counted of the sources whose every poll proves what it knows; Elastic Path and WorkfloPlus prove it only by a full walk, once an hour.',
      'Not measured: latencies of networks and of real platforms, whose polls mostly wait.',
    ],
  };
}
