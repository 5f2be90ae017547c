import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { Latency } from '../../bench/harness/figures.js';
import '../support/silence.js';
import { Cluster, ClusterOptions } from './cluster/cluster.js';
import { PgBouncer } from './cluster/pgbouncer.js';
import { ClusterFaults, ClusterReport, report } from './cluster/report.js';
import { Crew } from './cluster/services.js';
import { PLAIN } from './plain-table.js';
import { recordResult } from './record-result.js';
import { InstalledPostgres } from '../support/installed-postgres.js';

// npm run lab:cluster [-- --jobs N --seconds N …]: processes of every role over PgBouncer and a primary with a streaming standby, while jobs live
// on the platforms: kill -9, SIGSTOP for longer than a lease, the death of the primary and the promotion of its standby. Nothing may be lost, invented,
// told twice or out of order. `--async` has the standby lag behind at its promotion: the last transactions are lost and have to be found again.

/** Of each kind of fault. */
const SHOWN = 10;

const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => interrupt.abort(new Error(`interrupted by ${signal}`)));

async function main(): Promise<void> {
  const { record, ...options } = readOptions();
  for (const lack of await lacks(options)) console.log(`NOT RUN: ${lack}`);
  const result = await Cluster.run(options, async (cluster) => {
    await cluster.firstReads();
    await cluster.live(true);
    await cluster.settle();
    return report(cluster);
  });
  console.log(tableOf(result));
  const faults = Object.entries(result.faults) as [keyof ClusterFaults, string[]][];
  for (const [kind, found] of faults)
    for (const problem of found.slice(0, SHOWN)) console.log(`  ${kind}: ${problem.slice(0, 400)}`);
  if (faults.some(([, found]) => found.length > 0)) process.exitCode = 1;
  const { jobs, seconds, accounts, everySeconds, crew, seed } = options;
  const counted = Object.fromEntries(faults.map(([kind, found]) => [kind, found.length]));
  const recorded = { lab: 'cluster', options: { jobs, seconds, accounts, everySeconds, crew, seed } };
  if (record)
    console.log(
      `written to ${await recordResult({ ...recorded, ...result, faults: counted }, 'lab-cluster')}`,
    );
}

async function lacks({ embedded, direct }: ClusterOptions): Promise<string[]> {
  const hasPostgres = embedded || (await InstalledPostgres.find()) !== null;
  const hasPooler = direct || PgBouncer.program() !== null;
  return [
    ...(hasPostgres ? [] : ["Debian's PostgreSQL: it is not installed; the embedded one takes its place"]),
    ...(hasPooler ? [] : ['PgBouncer: it is not installed; everything connects directly']),
  ];
}

/** @throws RangeError, TypeError */
function readOptions(): ClusterOptions & { record: boolean } {
  const { values } = parseArgs({
    options: {
      jobs: { type: 'string', default: '100000' },
      seconds: { type: 'string', default: '300' },
      accounts: { type: 'string', default: '4' },
      every: { type: 'string', default: '2' },
      pollers: { type: 'string', default: '3' },
      apis: { type: 'string', default: '2' },
      notifiers: { type: 'string', default: '2' },
      seed: { type: 'string', default: '1' },
      async: { type: 'boolean', default: false },
      embedded: { type: 'boolean', default: false },
      direct: { type: 'boolean', default: false },
      'no-record': { type: 'boolean', default: false },
    },
  });
  const number = (
    name: 'jobs' | 'seconds' | 'accounts' | 'every' | 'pollers' | 'apis' | 'notifiers' | 'seed',
  ) => {
    const value = Number(values[name]);
    if (!Number.isSafeInteger(value) || value < 1)
      throw new RangeError(`--${name} takes a whole number above 0`);
    return value;
  };
  const crew: Crew = { poller: number('pollers'), api: number('apis'), notifier: number('notifiers') };
  return {
    ...{ crew, jobs: number('jobs'), seconds: number('seconds'), accounts: number('accounts') },
    ...{ everySeconds: number('every'), seed: number('seed'), isSynchronous: !values.async },
    ...{ embedded: values.embedded, direct: values.direct, record: !values['no-record'] },
    signal: interrupt.signal,
    tell: (what) => console.log(what),
  };
}

function tableOf(result: ClusterReport): string {
  const { kills, stops, eventLatencyMs, replicaLagMs, replicaLagBytes, takeoverSeconds, webhooks, faults } =
    result;
  const spread = ({ samples, p50, p99, max }: Latency) => (samples === 0 ? '-' : `${p50} / ${p99} / ${max}`);
  const roles = (counts: Record<string, number>) =>
    Object.entries(counts)
      .map(([role, count]) => `${count} ${role}`)
      .join(', ');
  const table = new Table({ ...PLAIN, head: [`${result.postgres}`, ''], colAligns: ['left', 'right'] });
  table.push(
    ['jobs', result.jobs],
    ['transitions', result.transitions],
    ['events', result.events],
    ['polls', result.polls],
    ['processes that polled', result.pollers],
    ['kill -9', roles(kills)],
    ['stopped for longer than a lease', roles(stops)],
    ['promotions of the standby', result.promotions],
    ['from a transition to each reader, ms: p50 / p99 / max', eventLatencyMs.map(spread).join('; ')],
    ['standby behind, ms', spread(replicaLagMs)],
    ['standby behind, bytes', spread(replicaLagBytes)],
    ['taken over from a dead or stopped poller, s', spread(takeoverSeconds)],
    ['from the death of the primary to the next event, s', result.failoverSeconds ?? '-'],
    ['connections of readers, events heard again', `${result.connections}, ${result.repeated}`],
    ['readers that began again, webhooks of what was lost', `${result.restarts}, ${result.undone}`],
    ['webhooks taken, sent again', `${webhooks.delivered}, ${webhooks.repeated}`],
    ['requests of a poller behind its lease', result.lateRequests],
    ['seconds', result.seconds],
    ...(Object.entries(faults) as [string, string[]][]).map(([kind, found]) => [kind, found.length]),
  );
  return table.toString();
}

main().catch((error: unknown) => {
  console.error(error instanceof RangeError || error instanceof TypeError ? error.message : error);
  process.exitCode = 1;
});
