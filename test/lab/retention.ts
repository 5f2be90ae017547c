import { Config } from '../../src/config/config.js';
import { jobId } from '../../src/domain/job-id.js';
import { JobState } from '../../src/domain/job-state.js';
import { PollService } from '../../src/polling/poll.service.js';
import { RetentionRound, RetentionService } from '../../src/retention/retention.service.js';
import { ManualClock } from '../../src/simulators/clock.js';
import { SimulatedPlatform } from '../../src/simulators/life.js';
import { Simulators, startSimulators } from '../../src/simulators/simulators.js';
import { AuditStore } from '../../src/storage/audit.store.js';
import { Database } from '../../src/storage/database.js';
import { PollKind } from '../../src/domain/poll-kind.js';
import { TableSizes } from '../../src/storage/table-sizes.js';
import { sourceConfig, testConfig } from '../support/config.js';
import { waitFor } from '../support/wait-for.js';
import { cpuBetween, sessionsCpu } from './retention-cpu.js';
import { DatabaseInTime } from './retention-time.js';

export const DAY_MS = 86_400_000;

export interface RetentionOptions {
  seed: number;
  days: number;
  /** New jobs a day, over all platforms. */
  jobsADay: number;
  /** Figures are of so many days. */
  periodDays: number;
  /** How long what is kept, in days. */
  kept: { jobs: number; payloads: number; events: number; audit: number };
  platforms: readonly SimulatedPlatform[];
  /** Whether to wait for autovacuum once a week: it is meant to have a week for what the lab writes in seconds. */
  waitsForVacuum: boolean;
  /** So many open jobs are deleted a day, and vanish; retention never takes them. */
  deletedADay: number;
}

/** What polling every platform at once took, milliseconds. */
export interface Round {
  kind: PollKind;
  /** Of each poll. */
  wallMs: number[];
  /** Of this process: of the simulated platforms too, and of the retention that goes on beside incremental polls. */
  cpuMs: number;
  /** Of PostgreSQL's sessions, that of the retention among them, counted in hundredths of a second; null where nobody tells (not Linux). */
  serverMs: number | null;
}

/** Some days, and what there was at their end. */
export interface Period {
  /** The last day of it, from 1. */
  day: number;
  /** On disk with indexes and TOAST, as the product's metrics have it. */
  bytes: number;
  tables: Record<string, number>;
  /** By table. */
  rows: Record<string, number>;
  openJobs: number;
  vanishedJobs: number;
  /** In these days. */
  removed: Omit<RetentionRound, 'isPutOff'> & { polls: number; audit: number };
  /** Rounds of the retention that somebody was in the way of, and that were done again. */
  putOff: number;
  rounds: Round[];
  deadTuples: number;
  /** Since the beginning. */
  autovacuums: number;
  /** Kept counters that are not what a recount gives. */
  differences: string[];
}

export interface RetentionReport {
  periods: Period[];
  /** Jobs that the platforms show at the end and that are not stored, or stored otherwise; described. */
  wrong: string[];
  /** Open or vanished jobs that were there once and are not any more; described. */
  lost: string[];
  /** Over the whole time. */
  jobs: number;
  polls: number;
}

const HOUR_MS = 3_600_000;
/** Twice a day everything is polled: by what changed so long after the sweep, and by a sweep so long after that. */
const POLLED_AFTER_MS: Readonly<Record<PollKind, number>> = {
  incremental: 11 * HOUR_MS,
  sweep: 13 * HOUR_MS,
};
/** A step of a life. A job lives for 11 of them at most, so about a third of all jobs are first seen while they are open. */
const PACE_MS = HOUR_MS;
/** Platforms show a job for so long after its birth, which is long after its end. */
const SHOWN_MS = 36 * HOUR_MS;
const VACUUM_EVERY_DAYS = 7;
/** As {@link RetentionService} does it, without the half minute between. */
const MOST_ROUNDS = 20;

/** A year, or what is left of it: real polls of simulated platforms, real retention, and the database's clock put forward. */
export async function runRetention(
  options: RetentionOptions,
  tell: (period: Period) => void = () => undefined,
): Promise<RetentionReport> {
  const lab = await RetentionLab.open(options);
  try {
    const periods: Period[] = [];
    while (periods.length * options.periodDays < options.days) {
      periods.push(await lab.period());
      tell(periods.at(-1)!);
    }
    return { periods, ...(await lab.check()), jobs: lab.jobs, polls: lab.polls };
  } finally {
    await lab.close();
  }
}

class RetentionLab {
  jobs = 0;
  polls = 0;
  private day = 0;
  private readonly vanished = new Set<string>();
  /** What the counters should be by the events that were seen. */
  private readonly seen = { finished: new Map<string, number>(), transitions: new Map<string, number>() };
  private position = 0;
  private readonly service: PollService;
  private readonly retention: RetentionService;
  private readonly audit: AuditStore;

  private constructor(
    private readonly options: RetentionOptions,
    private readonly inTime: DatabaseInTime,
    private readonly clock: ManualClock,
    private readonly simulators: Simulators,
  ) {
    const { kept } = options;
    const retention: Config['retention'] = {
      jobsMs: kept.jobs * DAY_MS,
      payloadsMs: kept.payloads * DAY_MS,
      eventsMs: kept.events * DAY_MS,
      auditMs: kept.audit * DAY_MS,
    };
    const sources = simulators.sources.map((source) =>
      sourceConfig({
        ...source,
        poll: { maxRequestsPerHour: 1_000_000, timeoutMs: 600_000, overlapMs: HOUR_MS },
      }),
    );
    this.service = new PollService(testConfig(sources), this.database);
    this.retention = new RetentionService(testConfig([], { retention }), this.database);
    this.audit = new AuditStore(this.database);
  }

  static async open(options: RetentionOptions): Promise<RetentionLab> {
    const { seed, jobsADay, platforms } = options;
    const inTime = await DatabaseInTime.create({ poolSize: 8 });
    const clock = new ManualClock(await inTime.database.now());
    const simulators = await startSimulators({
      ...{ seed, clock, platforms, limits: false, paceMs: PACE_MS },
      ...{ jobs: jobsADay, historyMs: DAY_MS, birthEveryMs: DAY_MS / jobsADay },
    });
    const lab = new RetentionLab(options, inTime, clock, simulators);
    await lab.service.reconcile();
    return lab;
  }

  async close(): Promise<void> {
    await this.service.onApplicationShutdown();
    await this.simulators.close();
    await this.inTime.drop();
  }

  private get database(): Database {
    return this.inTime.database;
  }

  async period(): Promise<Period> {
    const { periodDays, kept, waitsForVacuum } = this.options;
    const removed: Period['removed'] = {
      ...{ jobs: 0, payloads: 0, events: 0, partitions: 0, forgotten: 0, polls: 0, audit: 0 },
    };
    const rounds: Round[] = [];
    let putOff = 0;
    for (let day = 0; day < periodDays; day++) {
      await this.advance(POLLED_AFTER_MS.incremental);
      // as it is in life, what is old goes while others poll
      const [incremental, putOffNow] = await Promise.all([
        this.pollAll('incremental'),
        this.removeOld(removed),
      ]);
      putOff += putOffNow;
      await this.advance(POLLED_AFTER_MS.sweep);
      rounds.push(incremental, await this.pollAll('sweep'));
      await this.deleteOpenOnes();
      await this.audit.addCommand('lab', { day: this.day });
      const before = await this.count('poll');
      await this.service.prune();
      removed.polls += before - (await this.count('poll'));
      removed.audit += await this.audit.prune(kept.audit * DAY_MS);
      this.day++;
      if (waitsForVacuum && this.day % VACUUM_EVERY_DAYS === 0) await this.vacuumed();
    }
    return { ...(await this.measured()), removed, putOff, rounds };
  }

  /** What the platforms show now, and what of it is stored otherwise. */
  async check(): Promise<Pick<RetentionReport, 'wrong' | 'lost'>> {
    await this.advance(0);
    await this.pollAll('sweep');
    const stored = await this.rows<{ id: string; state: JobState; vanished: boolean }>(
      'SELECT id, state, vanished_at IS NOT NULL AS vanished FROM rollcall.job',
    );
    const jobs = new Map(stored.map((job) => [job.id, job]));
    const wrong = this.simulators.world.platforms.flatMap((platform, place) => {
      const { key } = this.simulators.sources[place]!;
      return this.simulators.world.truth(this.clock.now(), platform).flatMap(({ externalId, state }) => {
        const job = jobs.get(jobId(key, externalId));
        return job?.state === state ? [] : [`${key}/${externalId} is ${job?.state}, not ${state}`];
      });
    });
    // The last one has vanished for one sweep only, where a job has no page of its own.
    const lost = [...this.vanished].flatMap((id) => (jobs.has(id) ? [] : [`${id} was removed`]));
    return { wrong, lost };
  }

  /** Puts forward the clocks of the database and of the platforms, together. */
  private async advance(ms: number): Promise<void> {
    await this.inTime.advance(ms);
    const now = await this.database.now();
    this.clock.advance(now - this.clock.now());
    this.simulators.world.purge(now - SHOWN_MS);
    this.simulators.requests.clear();
  }

  private async pollAll(kind: PollKind): Promise<Round> {
    const sessions = await sessionsCpu(this.database);
    const cpu = process.cpuUsage();
    const wallMs = await Promise.all(this.simulators.sources.map(({ key }) => this.poll(key, kind)));
    const { user, system } = process.cpuUsage(cpu);
    const serverMs = cpuBetween(sessions, await sessionsCpu(this.database));
    await this.noteEvents();
    return { kind, wallMs, cpuMs: (user + system) / 1000, serverMs };
  }

  /** @returns how long it took, milliseconds */
  private async poll(key: string, kind: PollKind): Promise<number> {
    const began = performance.now();
    const { error, discovered } = await this.service.pollNow(key, kind);
    if (error !== null) throw new Error(`${key}, day ${this.day}: ${error.message}`);
    this.jobs += discovered;
    this.polls++;
    return performance.now() - began;
  }

  private async noteEvents(): Promise<void> {
    const rows = await this.rows<{ source: string; to: JobState; type: string; ended: number; all: number }>(
      `SELECT source_key AS source, to_state AS "to", type, count(*) AS "all",
         count(*) FILTER (WHERE NOT backfill AND to_state IN ('succeeded', 'failed', 'cancelled', 'skipped', 'missed')) AS ended
       FROM rollcall.event WHERE position > $1 AND type IN ('job.discovered', 'job.transitioned') GROUP BY 1, 2, 3`,
      [this.position],
    );
    for (const { source, to, type, ended, all } of rows) {
      add(this.seen.finished, `${source} ${to}`, ended);
      if (type === 'job.transitioned') add(this.seen.transitions, `${source} ${to}`, all);
    }
    const [last] = await this.rows<{ position: number }>(
      'SELECT coalesce(max(position), 0) AS position FROM rollcall.event',
    );
    this.position = last!.position;
  }

  private async deleteOpenOnes(): Promise<void> {
    const { world, sources } = this.simulators;
    for (let count = 0; count < this.options.deletedADay; count++) {
      const place = this.day % world.platforms.length;
      const platform = world.platforms[place]!;
      const key = sources[place]!.key;
      const [open] = await this.rows<{ id: string; external_id: string }>(
        `SELECT id, external_id FROM rollcall.job WHERE source_key = $1 AND NOT terminal AND absent_at IS NULL
         ORDER BY first_seen_at DESC LIMIT 1`,
        [key],
      );
      if (open === undefined) continue;
      world.remove(platform, open.external_id);
      this.vanished.add(open.id);
    }
  }

  /** @returns how many rounds were put off */
  private async removeOld(removed: Period['removed']): Promise<number> {
    for (let putOff = 0; putOff < MOST_ROUNDS; putOff++) {
      const { isPutOff, ...round } = await this.retention.round();
      for (const [what, count] of Object.entries(round)) removed[what as keyof typeof round] += count;
      if (!isPutOff) return putOff;
    }
    throw new Error(`day ${this.day}: the retention was put off ${MOST_ROUNDS} times`);
  }

  private async measured(): Promise<Omit<Period, 'removed' | 'putOff' | 'rounds'>> {
    const sizes = await new TableSizes(this.database).read();
    const tables = Object.fromEntries(sizes.map(({ table, bytes }) => [table, bytes]));
    const rows: Record<string, number> = {};
    for (const table of Object.keys(tables)) rows[table] = await this.count(table);
    const [jobs] = await this.rows<{ open: number; vanished: number }>(
      `SELECT count(*) FILTER (WHERE vanished_at IS NULL) AS open, count(vanished_at) AS vanished
       FROM rollcall.job WHERE NOT terminal`,
    );
    const [vacuum] = await this.rows<{ dead: number; vacuums: number }>(
      `SELECT sum(n_dead_tup)::bigint AS dead, sum(autovacuum_count)::bigint AS vacuums FROM pg_stat_user_tables
       WHERE schemaname = 'rollcall'`,
    );
    return {
      day: this.day,
      bytes: sizes.reduce((sum, { bytes }) => sum + bytes, 0),
      ...{ tables, rows },
      openJobs: jobs!.open,
      vanishedJobs: jobs!.vanished,
      deadTuples: vacuum!.dead,
      autovacuums: vacuum!.vacuums,
      differences: await this.differences(),
    };
  }

  private async differences(): Promise<string[]> {
    const counts = await this.rows<{ what: string }>(
      `SELECT format('%s %s: counted %s and %s absent, kept %s and %s', source_key, state, r.jobs, r.absent, c.jobs, c.absent) AS what
       FROM (SELECT source_key, state, count(*) AS jobs, count(absent_at) AS absent FROM rollcall.job GROUP BY 1, 2) r
       FULL JOIN (SELECT * FROM rollcall.job_count WHERE jobs <> 0 OR absent <> 0) c USING (source_key, state)
       WHERE (r.jobs, r.absent) IS DISTINCT FROM (c.jobs, c.absent)`,
    );
    const finished = await this.rows<{ name: string; value: number }>(
      `SELECT source_key || ' ' || state AS name, sum(jobs)::bigint AS value FROM rollcall.metric_finished
       GROUP BY 1 HAVING sum(jobs) > 0`,
    );
    const transitions = await this.rows<{ name: string; value: number }>(
      `SELECT source_key || ' ' || label AS name, value FROM rollcall.metric_counter WHERE name = 'transitions' AND value > 0`,
    );
    const rejects = await this.rows<{ what: string }>(
      `SELECT format('%s rejects kept of %s', value, (SELECT count(*) FROM rollcall.reject r WHERE r.source_key = m.source_key)) AS what
       FROM rollcall.metric_counter m WHERE name = 'rejects'
         AND value <> (SELECT count(*) FROM rollcall.reject r WHERE r.source_key = m.source_key)`,
    );
    return [
      ...[...counts, ...rejects].map(({ what }) => what),
      ...unlike('finished', finished, this.seen.finished),
      ...unlike('transitions', transitions, this.seen.transitions),
    ];
  }

  private async count(table: string): Promise<number> {
    return (await this.rows<{ count: number }>(`SELECT count(*) AS count FROM rollcall.${table}`))[0]!.count;
  }

  /** Until no table has more dead or new rows than autovacuum waits for, by PostgreSQL's own rule. */
  private async vacuumed(): Promise<void> {
    await waitFor(async () => {
      const due = await this.rows(
        `SELECT s.relname FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
         WHERE s.schemaname = 'rollcall' AND s.n_dead_tup > 50 + 0.2 * greatest(c.reltuples, 0) LIMIT 1`,
      );
      return due.length === 0;
    }, 300_000);
  }

  private rows<T>(sql: string, values: unknown[] = []): Promise<T[]> {
    return this.database.query<T>(sql, values);
  }
}

function add(counts: Map<string, number>, name: string, count: number): void {
  if (count > 0) counts.set(name, (counts.get(name) ?? 0) + count);
}

function unlike(
  what: string,
  kept: readonly { name: string; value: number }[],
  seen: ReadonlyMap<string, number>,
): string[] {
  const values = new Map(kept.map(({ name, value }) => [name, value]));
  return [...new Set([...values.keys(), ...seen.keys()])]
    .filter((name) => values.get(name) !== seen.get(name))
    .map((name) => `${what} of ${name}: kept ${values.get(name)}, seen ${seen.get(name)}`);
}
