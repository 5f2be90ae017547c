import { Role } from '../../../src/config/environment.js';
import { Latency, latencyOf } from '../../../bench/harness/figures.js';
import { check, Findings } from '../check.js';
import { overlappingPolls } from '../claims.js';
import { Account } from './accounts.js';
import { Cluster } from './cluster.js';
import { eventLatencies } from './latency.js';
import { Reader } from './reader.js';

/** What must be empty. */
export interface ClusterFaults extends Pick<Findings, 'lost' | 'wrong' | 'duplicates' | 'missing'> {
  /** Polls of one source that overlapped, and list requests that met another one of the same source. */
  simultaneous: string[];
  /** Of the readers of the feed: gaps, a job's events out of order or again after news, events that were never heard. */
  feed: string[];
  /** Lost, out of order, or signed wrongly. */
  webhooks: string[];
  /** Processes that ended by themselves though the database was there. */
  ended: string[];
}

export interface ClusterReport {
  postgres: string;
  pooler: string | null;
  isSynchronous: boolean;
  jobs: number;
  transitions: number;
  events: number;
  polls: number;
  /** Distinct processes that polled. */
  pollers: number;
  kills: Record<Role, number>;
  stops: Record<Role, number>;
  promotions: number;
  /** List requests of processes that went on after a stop, before they heard that their lease was gone. They write nothing. */
  lateRequests: number;
  /** From a transition on its platform until a reader of each `api` had heard of it, milliseconds, whatever happened meanwhile. */
  eventLatencyMs: Latency[];
  /** From the commit on the primary until the standby has applied it, milliseconds. */
  replicaLagMs: Latency;
  replicaLagBytes: Latency;
  /** From a kill or stop of a poller until another had claimed what it polled. */
  takeoverSeconds: Latency;
  /** From the death of the primary until a reader heard the next event; null without a promotion. */
  failoverSeconds: number | null;
  /** Connections that the readers of streams needed, and events that they heard again. */
  connections: number;
  repeated: number;
  /** How often readers had to begin again, because a promotion lost what they had heard last. */
  restarts: number;
  /** Where a promotion loses transactions: what endpoints were told of them, and was found again as something else. */
  undone: number;
  webhooks: { delivered: number; requests: number; repeated: number };
  /** From the first process to the last comparison. */
  seconds: number;
  faults: ClusterFaults;
}

/** How long after a stopped process went on a request may still be its, milliseconds. */
const LATE_MS = 5_000;

/** Compares all that is stored, heard and delivered with what happened on the platforms. */
export async function report(cluster: Cluster): Promise<ClusterReport> {
  const { database, databases, disturber, followers, pagers, accounts, clock, lags, options } = cluster;
  const totals = { jobs: 0, transitions: 0, events: 0 };
  const found: Pick<Findings, 'lost' | 'wrong' | 'duplicates' | 'missing'> = {
    ...{ lost: [], wrong: [], duplicates: [], missing: [] },
  };
  for (const account of accounts) {
    const findings = await checkAccount(cluster, account);
    for (const kind of ['lost', 'wrong', 'duplicates', 'missing'] as const)
      found[kind].push(...findings[kind]);
    for (const kind of ['jobs', 'transitions', 'events'] as const) totals[kind] += findings[kind];
  }
  const [counts] = await database.query<{ polls: number; pollers: number }>(
    'SELECT (SELECT count(*) FROM rollcall.poll) AS polls, (SELECT count(DISTINCT owner) FROM lab.claim) AS pollers',
  );
  const meetings = accounts.flatMap((account) => account.meetings);
  const [late, met] = [meetings.filter(isLate), meetings.filter((meeting) => !isLate(meeting))];
  const told = await cluster.endpoints.faults(database);
  const readers = [...followers, ...pagers];
  const unheard = await unheardBy(cluster);
  const sum = (count: (reader: Reader) => number) => readers.reduce((all, one) => all + count(one), 0);
  return {
    postgres: databases.kind,
    pooler: cluster.pooler === null ? null : 'PgBouncer',
    isSynchronous: options.isSynchronous,
    ...totals,
    ...counts!,
    kills: disturber.kills,
    stops: disturber.stops,
    promotions: cluster.promotions,
    lateRequests: late.length,
    eventLatencyMs: await Promise.all(
      followers.map(async (one) => latencyOf(await eventLatencies(database, accounts, clock, one))),
    ),
    replicaLagMs: latencyOf(lags.map(({ ms }) => ms ?? 0)),
    replicaLagBytes: latencyOf(lags.map(({ bytes }) => bytes)),
    takeoverSeconds: latencyOf(await disturber.takeovers()),
    failoverSeconds: cluster.failoverSeconds,
    connections: sum(({ connections }) => connections),
    repeated: sum(({ repeated }) => repeated),
    restarts: sum(({ restarts }) => restarts),
    undone: options.isSynchronous ? 0 : told.length,
    webhooks: cluster.endpoints.counts,
    seconds: cluster.seconds,
    faults: {
      ...found,
      simultaneous: [
        ...met.map(({ source }) => `two list requests at ${source}`),
        ...(await overlappingPolls(database)),
      ],
      feed: [...readers.flatMap((reader) => reader.faults), ...unheard],
      webhooks: options.isSynchronous ? told : [],
      ended: cluster.ended,
    },
  };

  function isLate(meeting: { source: string; at: number }): boolean {
    return disturber.isLate(meeting, LATE_MS);
  }
}

function checkAccount({ database, clock }: Cluster, account: Account): Promise<Findings> {
  const { sources, removed, simulators } = account;
  return check(database, {
    world: simulators.world,
    sources,
    now: clock.now(),
    removed,
    strangers: new Set(),
  });
}

/**
 * What readers lack, and what they heard that is not there. Events still come, though the platforms stand still: what the end of a job left
 * to read may take longer than all else, and what it brings is a change.
 */
async function unheardBy(cluster: Cluster): Promise<string[]> {
  const { accounts, told, followers, pagers, settledEvents } = cluster;
  const faults: string[] = [];
  for (const [readers, followed, least] of [
    [followers, accounts, settledEvents.all],
    [pagers, told, settledEvents.told],
  ] as const) {
    const heard = readers.map(({ events }) => events);
    const most = await cluster.eventsOf(followed);
    for (const [place, { name }] of readers.entries())
      if (heard[place]! < least || heard[place]! > most)
        faults.push(`${name} heard ${heard[place]} of ${least} to ${most} events`);
  }
  return faults;
}
