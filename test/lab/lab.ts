import { Config } from '../../src/config/config.js';
import { PollService } from '../../src/polling/poll.service.js';
import { ManualClock } from '../../src/simulators/clock.js';
import { PORTAL_USER } from '../../src/simulators/credentials.js';
import { SIMULATED_PLATFORMS, SimulatedPlatform } from '../../src/simulators/life.js';
import { mix, Random } from '../../src/simulators/random.js';
import { Simulators, startSimulators } from '../../src/simulators/simulators.js';
import { isDatabaseFault } from '../../src/storage/database-fault.js';
import { PollKind } from '../../src/domain/poll-kind.js';
import { LeaseLostError } from '../../src/storage/lease.js';
import { sourceConfig, testConfig } from '../support/config.js';
import { createTestDatabase, TestDatabase } from '../support/postgres.js';
import { check, Findings } from './check.js';
import { DATABASE_FAULTS, DatabaseFaults } from './database-faults.js';
import { NaiveReaders } from './naive.js';
import { restartServer } from './server-restart.js';
import { LONGEST_SETTLE_MS, makeKnownForLonger } from './settle.js';
import { Storm } from './storm.js';
import { Tally } from './tally.js';

export interface LabOptions {
  seed: number;
  /** Jobs that live in the world, about: a quarter is there at the start, the others are born while it is read. */
  jobs: number;
  /** How far the array goes on that Core answers once; the pages of the others go on for a fraction of it. */
  floodBytes: number;
  /** Whether the PostgreSQL server may be restarted while it is in use: only where nobody else uses it. */
  ownServer: boolean;
}

export interface LabReport extends Findings {
  seed: number;
  faults: Tally;
  polls: number;
  failedPolls: number;
  /** How the poll went in which Core's array went on and on. */
  flood: FloodReading;
  /** Unreadable records that were not in the rejects while the platform showed them, and rejects that nobody showed. */
  rejects: string[];
  /** Sources that did not prove or did not keep what a poll without faults proves. */
  unproven: string[];
  /** Of the jobs that ended while the world was read, how many each reader without care does not know as ended. */
  naive: { ended: number; watermark: number; newestPage: number };
}

export interface FloodReading {
  /** Records that were read of it. */
  records: number;
  seconds: number;
  /** What the process took at most, above what it had before; the platform is in the same process. */
  residentMiB: number;
}

const START = Date.UTC(2025, 0, 15, 14);
/** Rounds with every fault there is, and then with those only that can happen on the way: without sweeps, and with nothing else. */
const WILD_ROUNDS = 22;
const STORMY_ROUNDS = 14;
const SWEEPING_ROUNDS = 6;
const INTERVAL_MS = 10_000;
const PACE_MS = 15_000;
const QUIET_PHASES = 4;
const DURATION_MS =
  (WILD_ROUNDS + STORMY_ROUNDS + SWEEPING_ROUNDS) * INTERVAL_MS + QUIET_PHASES * LONGEST_SETTLE_MS;
/** Patience that nobody has to wait for. */
const RETRY = { maxRetries: 1, minTimeoutMs: 1, maxTimeoutMs: 2 };
/** Polls until a source without faults must have proven what it knows; a busy machine may let one time out. */
const QUIET_TRIES = 6;
/** How likely a new process takes over after a round. */
const RESTART_CHANCE = 0.3;
/** In which of the wild rounds every platform's list goes on and on, and how much of Core's a page of the others has. */
const FLOOD_ROUND = 7;
const PAGE_OF_FLOOD = 1 / 8;
const LARGEST_PAGE_BYTES = 4 * 2 ** 20;
/** In which of the wild rounds the server is restarted, each time while another platform is polled: the turn goes on with the seed. */
const RESTART_ROUNDS = [5, 15];
export const SERVER_RESTARTED = 'PostgreSQL restarted';

/** One world, read in every weather: what is wrong in the end, by the truth log. The same seed brings the same world and faults. */
export async function runLab(options: LabOptions): Promise<LabReport> {
  const lab = await Lab.open(options);
  try {
    await lab.wild();
    await lab.quiet('sweep');
    await lab.compare();

    await lab.stormy();
    await lab.quiet('incremental');
    await lab.compare({ beforeSweeps: true });

    await lab.sweeping();
    await lab.quiet('sweep');
    await lab.compare();

    await lab.malformed();
    await lab.quiet('sweep');
    await lab.compare();
    return await lab.report();
  } finally {
    await lab.close();
  }
}

class Lab {
  private readonly naive: NaiveReaders;
  private readonly sources: ReadonlyMap<SimulatedPlatform, string>;
  private readonly findings: Findings = {
    lost: [],
    wrong: [],
    duplicates: [],
    missing: [],
    detours: 0,
    jobs: 0,
    withTasks: 0,
    transitions: 0,
    events: 0,
  };
  private readonly rejects: string[] = [];
  private readonly unproven: string[] = [];
  private polls = 0;
  private failedPolls = 0;
  private flood: FloodReading = { records: 0, seconds: 0, residentMiB: 0 };

  private constructor(
    private readonly options: LabOptions,
    private readonly random: Random,
    private readonly clock: ManualClock,
    private readonly simulators: Simulators,
    private readonly test: TestDatabase,
    private readonly config: Config,
    private service: PollService,
    private readonly storm: Storm,
    private readonly databaseFaults: DatabaseFaults,
  ) {
    this.naive = new NaiveReaders(simulators.world);
    this.sources = new Map(
      simulators.world.platforms.map((platform, place) => [platform, simulators.sources[place]!.key]),
    );
  }

  static async open(options: LabOptions): Promise<Lab> {
    const { seed, jobs } = options;
    const test = await createTestDatabase();
    const clock = new ManualClock(START);
    const atStart = Math.ceil(jobs / 4);
    const simulators = await startSimulators({
      seed,
      jobs: atStart,
      clock,
      platforms: SIMULATED_PLATFORMS,
      limits: false,
      paceMs: PACE_MS,
      historyMs: 2 * 3_600_000,
      birthEveryMs: DURATION_MS / (jobs - atStart),
    });
    const config = testConfig(
      simulators.sources.map((source) =>
        sourceConfig({
          ...source,
          // The portal too has sessions that can end.
          ...(source.options['variant'] === 'oem' && { auth: { ...PORTAL_USER } }),
          // Small pages, so that a walk has many seams; Core has none, its slices are only handed on.
          poll: { timeoutMs: 400, overlapMs: 30_000, pageSize: 40, maxRequestsPerHour: 10_000_000 },
        }),
      ),
    );
    const service = new PollService(config, test.database, RETRY);
    await service.reconcile();
    return new Lab(
      options,
      new Random(mix(seed, 1)),
      clock,
      simulators,
      test,
      config,
      service,
      new Storm(simulators, clock, mix(seed, 2)),
      await DatabaseFaults.install(test.database),
    );
  }

  async close(): Promise<void> {
    await this.service.onApplicationShutdown();
    await this.simulators.close();
    await this.test.drop();
  }

  /** Every fault at once, the database's too. */
  async wild(): Promise<void> {
    for (let round = 0; round < WILD_ROUNDS; round++) {
      for (const platform of this.sources.keys()) {
        const kind = this.random.chance(0.3) ? 'sweep' : 'incremental';
        if (round === FLOOD_ROUND) await this.flooded(platform);
        else if (this.isRestartedIn(round, platform)) await this.pollWhileServerRestarts(platform);
        const end = this.storm.begin(platform, { records: true });
        await this.poll(platform, kind, { strikes: 0.15 });
        end();
      }
      await this.nextRound();
    }
  }

  /** A list that goes on and on after its last record. */
  private async flooded(platform: SimulatedPlatform): Promise<void> {
    const { floodBytes } = this.options;
    const isCore = platform === 'vectorcharts';
    await this.restart();
    const end = this.storm.flood(
      platform,
      isCore ? floodBytes : Math.min(floodBytes * PAGE_OF_FLOOD, LARGEST_PAGE_BYTES),
    );
    const memory = watchMemory();
    const began = performance.now();
    const records = await this.poll(platform, 'sweep');
    const seconds = Math.round((performance.now() - began) / 100) / 10;
    const reading = { records, seconds, residentMiB: memory.stop() };
    if (isCore) this.flood = reading;
    end();
  }

  private isRestartedIn(round: number, platform: SimulatedPlatform): boolean {
    const place = RESTART_ROUNDS.indexOf(round);
    const { ownServer, seed } = this.options;
    const turn = (seed * RESTART_ROUNDS.length + place) % SIMULATED_PLATFORMS.length;
    return ownServer && place >= 0 && SIMULATED_PLATFORMS[turn] === platform;
  }

  /** The server goes away at one of the poll's requests and comes back by itself, as it does when it is updated. */
  private async pollWhileServerRestarts(platform: SimulatedPlatform): Promise<void> {
    let restarted: Promise<void> | null = null;
    await this.restart();
    const undo = this.simulators.inject(platform, {
      kind: 'before',
      run: () => {
        restarted = restartServer(this.test.url);
        this.storm.struck.count(SERVER_RESTARTED, platform);
      },
    });
    await this.poll(platform, 'sweep', { restarted: () => restarted });
    undo();
  }

  /** Records are as the platform has them, the way to them is not; nobody sweeps but who has no other proof. */
  async stormy(): Promise<void> {
    for (let round = 0; round < STORMY_ROUNDS; round++) {
      for (const platform of this.sources.keys()) {
        const end = this.storm.begin(platform, { records: false });
        await this.poll(platform, platform === 'workfloplus' && round % 4 === 3 ? 'sweep' : 'incremental', {
          strikes: 0.1,
        });
        end();
      }
      await this.nextRound();
    }
  }

  /** Sweeps through rows that move, pages that fail and jobs that are deleted: nobody counts as absent who is listed. */
  async sweeping(): Promise<void> {
    for (let round = 0; round < SWEEPING_ROUNDS; round++) {
      for (const [platform, key] of this.sources) {
        const end = this.storm.begin(platform, { records: false });
        await this.poll(platform, 'sweep');
        end();
        // A list that lags lacks young jobs; what is finished of them may count as absent until it is listed.
        if (platform !== 'elastic-path') await this.findFalselyAbsent(platform, key);
      }
      await this.nextRound();
    }
  }

  private async findFalselyAbsent(platform: SimulatedPlatform, key: string): Promise<void> {
    const rows = await this.test.database.query<{ external_id: string }>(
      'SELECT external_id FROM rollcall.job WHERE source_key = $1 AND absent_at IS NOT NULL',
      [key],
    );
    const { world } = this.simulators;
    for (const { external_id: id } of rows) {
      if (world.truthOf(platform, id, this.clock.now()) !== undefined)
        this.findings.wrong.push(`${key}/${id} counts as absent and is listed`);
    }
  }

  /** No faults, and the world stands still: every source must now prove what it knows. */
  async quiet(kind: PollKind): Promise<void> {
    await this.restart();
    await this.pass(LONGEST_SETTLE_MS);
    for (const [platform, key] of this.sources) {
      // Two: what is gone from VectorCharts is only proven by two reads in a row.
      let proofs = 0;
      for (let tries = 0; tries < QUIET_TRIES && proofs < 2; tries++) {
        const before = await this.provenAt(key);
        await this.poll(platform, platform === 'workfloplus' ? 'sweep' : kind);
        if ((await this.provenAt(key)) !== before) proofs++;
        // A Vault shows the page of one job once in ten seconds of real time, for which nobody waits here.
        else await this.restart();
      }
      if (proofs < 2) this.unproven.push(`${key} after ${kind}s without faults`);
    }
    this.naive.read(this.clock.now());
  }

  /** Some records are unreadable and stay so: each is in the rejects, once, and nothing else is. */
  async malformed(): Promise<void> {
    for (const [platform, key] of this.sources) {
      const spoiled = this.storm.spoilForGood(platform, 12);
      await this.poll(platform, 'sweep');
      await this.poll(platform, 'sweep');
      spoiled.end();
      const kept = await this.test.database.query<{ external_id: string | null }>(
        'SELECT external_id FROM rollcall.reject WHERE source_key = $1',
        [key],
      );
      const named = kept.flatMap(({ external_id: id }) => id ?? []);
      const absent = [...spoiled.named].filter((id) => !named.includes(id));
      const invented = named.filter((id) => !spoiled.named.has(id));
      this.rejects.push(...absent.map((id) => `${key}/${id} is missing`));
      this.rejects.push(...invented.map((id) => `${key}/${id} is out of nowhere`));
      const nameless = kept.length - named.length;
      if (nameless !== spoiled.nameless.size)
        this.rejects.push(`${key}: ${nameless} rejects without an id, not ${spoiled.nameless.size}`);
    }
  }

  async compare(when: { beforeSweeps?: boolean } = {}): Promise<void> {
    const { lost, wrong, duplicates, missing, withTasks, ...totals } = await check(this.test.database, {
      world: this.simulators.world,
      sources: this.sources,
      now: this.clock.now(),
      removed: this.storm.removed,
      strangers: this.storm.strangers,
      mangled: this.storm.mangled,
      ...when,
    });
    this.findings.lost.push(...lost);
    this.findings.wrong.push(...wrong);
    this.findings.duplicates.push(...duplicates);
    this.findings.missing.push(...missing);
    this.findings.withTasks = Math.max(this.findings.withTasks, withTasks);
    Object.assign(this.findings, totals);
  }

  /** @throws when a simulator failed by itself: what it answered then was none of the lab's faults */
  async report(): Promise<LabReport> {
    const [failure] = this.simulators.requests.failures;
    if (failure !== undefined) throw new Error(failure);
    const left = await this.test.database.query<{ source_key: string }>(
      'SELECT source_key FROM rollcall.reject',
    );
    return {
      ...this.findings,
      seed: this.options.seed,
      faults: this.storm.struck,
      polls: this.polls,
      failedPolls: this.failedPolls,
      flood: this.flood,
      rejects: [...this.rejects, ...left.map(({ source_key: key }) => `${key} keeps one that is gone`)],
      unproven: this.unproven,
      naive: this.naive.lost(this.clock.now()),
    };
  }

  private async nextRound(): Promise<void> {
    this.naive.read(this.clock.now());
    if (this.random.chance(RESTART_CHANCE)) await this.restart();
    await this.pass(this.random.int(INTERVAL_MS / 2, INTERVAL_MS * 1.5));
  }

  private async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    await makeKnownForLonger(this.test.database, ms);
  }

  /** A new process: it knows what the database knows, has no logins, and was asked for no pause that would outlast the lab. */
  private async restart(): Promise<void> {
    await this.service.onApplicationShutdown();
    this.service = new PollService(this.config, this.test.database, RETRY);
  }

  /**
   * `strikes`: how likely the database fails at one of the poll's statements. `restarted`: when the server is back that was restarted.
   * @returns the records that it read
   */
  private async poll(
    platform: SimulatedPlatform,
    kind: PollKind,
    disturbed: Disturbed = {},
  ): Promise<number> {
    const { strikes = 0, restarted } = disturbed;
    const key = this.sources.get(platform)!;
    this.polls++;
    const armed = this.random.chance(strikes) ? this.random.pick(DATABASE_FAULTS) : null;
    const turn = armed && (await this.databaseFaults.armAt(this.random.int(1, 20), armed));
    let read = 0;
    try {
      const { error, records } = await this.service.pollNow(key, kind);
      read = records;
      if (error !== null) this.failedPolls++;
      // Who was asked for patience keeps it in real time, for which nobody waits here.
      if (error?.kind === 'rate-limited') await this.restart();
    } catch (error) {
      if (!isCutOff(error)) throw error;
      this.failedPolls++;
      await restarted?.();
      // A poll that the database cut off leaves its claim behind; it would run out by itself, but nobody waits for that here.
      await this.test.database.query('UPDATE rollcall.source SET lease_until = NULL WHERE key = $1', [key]);
    }
    await restarted?.();
    if (armed !== null) {
      if (await this.databaseFaults.hasStruck(turn!)) this.storm.struck.count(armed, platform);
      await this.databaseFaults.disarm();
    }
    return read;
  }

  private async provenAt(key: string): Promise<string | null> {
    const rows = await this.test.database.query<{ proven_at: string | null }>(
      'SELECT proven_at FROM rollcall.source WHERE key = $1',
      [key],
    );
    return rows[0]!.proven_at;
  }
}

interface Disturbed {
  strikes?: number;
  restarted?: () => Promise<void> | null;
}

/** The lease is gone, or the database broke off: by one of the lab's own faults. */
function isCutOff(error: unknown): boolean {
  return error instanceof LeaseLostError || isDatabaseFault(error);
}

/** How much more memory the process takes than now, at most, until `stop`; MiB. */
function watchMemory(): { stop: () => number } {
  const before = process.memoryUsage.rss();
  let most = before;
  const timer = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 50);
  return {
    stop() {
      clearInterval(timer);
      return Math.round((Math.max(most, process.memoryUsage.rss()) - before) / 2 ** 20);
    },
  };
}
