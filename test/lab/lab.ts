import { Config } from '../../src/config/config.js';
import { PollService } from '../../src/polling/poll.service.js';
import { ManualClock } from '../../src/simulators/clock.js';
import { SIMULATED_PLATFORMS, SimulatedPlatform } from '../../src/simulators/life.js';
import { mix, Random } from '../../src/simulators/random.js';
import { Simulators, startSimulators } from '../../src/simulators/simulators.js';
import { PollKind } from '../../src/storage/source.store.js';
import { sourceConfig, testConfig } from '../support/config.js';
import { createTestDatabase, TestDatabase } from '../support/postgres.js';
import { check, Findings } from './check.js';
import { DATABASE_FAULTS, DatabaseFaults } from './database-faults.js';
import { NaiveReaders } from './naive.js';
import { Storm } from './storm.js';

export interface LabOptions {
  seed: number;
  /** Jobs that live in the world, about: a quarter is there at the start, the others are born while it is read. */
  jobs: number;
}

export interface LabReport extends Findings {
  seed: number;
  /** By kind, how often each fault struck. */
  faults: Map<string, number>;
  polls: number;
  failedPolls: number;
  /** Unreadable records that were not in the rejects while the platform showed them, and rejects that nobody showed. */
  rejects: string[];
  /** Sources that did not prove or did not keep what a poll without faults proves. */
  unproven: string[];
  /** Of the jobs that ended while the world was read, how many each reader without care does not know as ended. */
  naive: { ended: number; watermark: number; newestPage: number };
}

const START = Date.UTC(2025, 0, 15, 14);
/** Rounds with every fault there is, and then with those only that can happen on the way: without sweeps, and with nothing else. */
const WILD_ROUNDS = 22;
const STORMY_ROUNDS = 14;
const SWEEPING_ROUNDS = 6;
const INTERVAL_MS = 10_000;
const PACE_MS = 15_000;
/** No read lags by more: so long the world is left alone before each of the quiet phases. */
const LONGEST_SETTLE_MS = 60_000;
const QUIET_PHASES = 4;
const DURATION_MS =
  (WILD_ROUNDS + STORMY_ROUNDS + SWEEPING_ROUNDS) * INTERVAL_MS + QUIET_PHASES * LONGEST_SETTLE_MS;
/** Patience that nobody has to wait for. */
const RETRY = { maxRetries: 1, minTimeoutMs: 1, maxTimeoutMs: 2 };
/** Polls until a source without faults must have proven what it knows; a busy machine may let one time out. */
const QUIET_TRIES = 6;

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
    jobs: 0,
    transitions: 0,
    events: 0,
  };
  private readonly rejects: string[] = [];
  private readonly unproven: string[] = [];
  private polls = 0;
  private failedPolls = 0;

  private constructor(
    private readonly seed: number,
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

  static async open({ seed, jobs }: LabOptions): Promise<Lab> {
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
          // Small pages, so that a walk has many seams; Core has none, its slices are only handed on.
          poll: { timeoutMs: 400, overlapMs: 30_000, pageSize: 40, maxRequestsPerHour: 10_000_000 },
        }),
      ),
    );
    const service = new PollService(config, test.database, RETRY);
    await service.reconcile();
    return new Lab(
      seed,
      new Random(mix(seed, 1)),
      clock,
      simulators,
      test,
      config,
      service,
      new Storm(simulators, clock, new Random(mix(seed, 2))),
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
      for (const [platform, key] of this.sources) {
        const end = this.storm.begin(platform, { records: true });
        await this.poll(key, this.random.chance(0.3) ? 'sweep' : 'incremental', { strikes: 0.15 });
        end();
      }
      if (this.random.chance(0.1)) await this.restart();
      await this.nextRound();
    }
  }

  /** Records are as the platform has them, the way to them is not; nobody sweeps but who has no other proof. */
  async stormy(): Promise<void> {
    for (let round = 0; round < STORMY_ROUNDS; round++) {
      for (const [platform, key] of this.sources) {
        const end = this.storm.begin(platform, { records: false });
        await this.poll(key, platform === 'workfloplus' && round % 4 === 3 ? 'sweep' : 'incremental', {
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
        await this.poll(key, 'sweep');
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
        await this.poll(key, platform === 'workfloplus' ? 'sweep' : kind);
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
      await this.poll(key, 'sweep');
      await this.poll(key, 'sweep');
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
    const { lost, wrong, duplicates, missing, ...totals } = await check(this.test.database, {
      world: this.simulators.world,
      sources: this.sources,
      now: this.clock.now(),
      removed: this.storm.removed,
      strangers: this.storm.strangers,
      ...when,
    });
    this.findings.lost.push(...lost);
    this.findings.wrong.push(...wrong);
    this.findings.duplicates.push(...duplicates);
    this.findings.missing.push(...missing);
    Object.assign(this.findings, totals);
  }

  async report(): Promise<LabReport> {
    const left = await this.test.database.query<{ source_key: string }>(
      'SELECT source_key FROM rollcall.reject',
    );
    return {
      ...this.findings,
      seed: this.seed,
      faults: new Map([...this.storm.struck, ...(await this.databaseFaults.struck())]),
      polls: this.polls,
      failedPolls: this.failedPolls,
      rejects: [...this.rejects, ...left.map(({ source_key: key }) => `${key} keeps one that is gone`)],
      unproven: this.unproven,
      naive: this.naive.lost(this.clock.now()),
    };
  }

  private async nextRound(): Promise<void> {
    this.naive.read(this.clock.now());
    await this.pass(this.random.int(INTERVAL_MS / 2, INTERVAL_MS * 1.5));
  }

  /**
   * Time passes in the world, and faster than in the database: jobs are made to have been known for as long, because that tells whether
   * they may be missing from reads that lag.
   */
  private async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    await this.test.database.query(
      "UPDATE rollcall.job SET first_seen_at = first_seen_at - $1 * interval '1 millisecond' WHERE platform = 'elastic-path'",
      [ms],
    );
  }

  /** A new process: it knows what the database knows, and has no logins. */
  private async restart(): Promise<void> {
    await this.service.onApplicationShutdown();
    this.service = new PollService(this.config, this.test.database, RETRY);
  }

  /** `strikes`: how likely the database fails at one of the poll's statements. */
  private async poll(key: string, kind: PollKind, { strikes = 0 } = {}): Promise<void> {
    this.polls++;
    if (this.random.chance(strikes))
      await this.databaseFaults.armAt(this.random.int(1, 20), this.random.pick(DATABASE_FAULTS));
    try {
      const { error } = await this.service.pollNow(key, kind);
      if (error !== null) this.failedPolls++;
    } catch (error) {
      // A poll that the database cut off leaves its claim behind; it would run out by itself, but nobody waits for that here.
      if (!isCutOff(error)) throw error;
      this.failedPolls++;
      await this.test.database.query('UPDATE rollcall.source SET lease_until = NULL WHERE key = $1', [key]);
    } finally {
      await this.databaseFaults.disarm();
    }
  }

  private async provenAt(key: string): Promise<string | null> {
    const rows = await this.test.database.query<{ proven_at: string | null }>(
      'SELECT proven_at FROM rollcall.source WHERE key = $1',
      [key],
    );
    return rows[0]!.proven_at;
  }
}

/** The lease is gone, or the database broke off: by one of the lab's own faults. */
function isCutOff(error: unknown): boolean {
  const { name, code, message } = error as { name?: string; code?: string; message?: string };
  return (
    name === 'LeaseLostError' ||
    ['53100', '40P01', '57P01'].includes(code ?? '') ||
    (message ?? '').startsWith('Connection terminated')
  );
}
