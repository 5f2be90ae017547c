import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { ManualClock } from '../../src/simulators/clock.js';
import { SIMULATED_PLATFORMS, SimulatedPlatform } from '../../src/simulators/life.js';
import { mix, Random } from '../../src/simulators/random.js';
import { Simulators, startSimulators } from '../../src/simulators/simulators.js';
import { createTestDatabase, TestDatabase } from '../support/postgres.js';
import { Replica } from '../support/replica.js';
import { waitFor } from '../support/wait-for.js';
import { check, Findings } from './check.js';
import { noteClaims, overlappingPolls } from './claims.js';
import { holdLists } from './held-lists.js';
import { proveAll } from './settle.js';
import { Storm } from './storm.js';

export interface ReplicasOptions {
  seed: number;
  /** Jobs at the start, over all platforms. */
  jobs: number;
  /** Processes that share the sources. */
  replicas: number;
  platforms?: readonly SimulatedPlatform[];
}

export interface ReplicasReport extends Findings {
  kills: number;
  /** Polls that a kill cut off. */
  cutPolls: number;
  /** Polls that ended, and claims of a source, which are more: a killed poll leaves no row. */
  polls: number;
  claims: number;
  /** Distinct processes that claimed a source. */
  pollers: number;
  /** List requests that met another one of the same source, and polls that overlapped. */
  simultaneous: string[];
}

const START = Date.UTC(2025, 0, 15, 14);
/** How long a platform holds the answer to a list back. */
const HELD_MS = [5, 25] as const;
/** A kill strikes up to so long after a request: between two requests are the transactions. */
const LONGEST_FUSE_MS = 60;
/** No two machines agree on the time. Far more than a lease lasts. */
const CLOCK_OFFSETS_MS = [0, 3_600_000, -3_600_000];

/** Several processes of the service over one database and one world, which lives until it is told to stand still. */
export class ReplicaLab {
  readonly replicas: Replica[] = [];
  private readonly sources: ReadonlyMap<SimulatedPlatform, string>;
  private readonly storm: Storm;
  private readonly held: ReadonlySet<SimulatedPlatform>;
  private readonly simultaneous: string[] = [];
  private readonly waiting = new Set<(platform: SimulatedPlatform) => void>();
  private isAlive = false;
  private kills = 0;
  private cut = 0;
  private started = 0;

  private constructor(
    readonly test: TestDatabase,
    readonly simulators: Simulators,
    readonly clock: ManualClock,
    private readonly folder: string,
    private readonly random: Random,
    seed: number,
  ) {
    const { world, sources } = simulators;
    this.sources = new Map(world.platforms.map((platform, place) => [platform, sources[place]!.key]));
    this.storm = new Storm(simulators, clock, mix(seed, 4));
    this.held = holdLists(simulators, {
      random,
      heldMs: HELD_MS,
      asked: (platform) => this.asked(platform),
      met: (platform) => this.simultaneous.push(`two list requests at ${platform}`),
    });
  }

  static async open({
    seed,
    jobs,
    replicas,
    platforms = SIMULATED_PLATFORMS,
  }: ReplicasOptions): Promise<ReplicaLab> {
    const test = await createTestDatabase({ poolSize: 10 });
    const clock = new ManualClock(START);
    const simulators = await startSimulators({
      seed,
      jobs,
      clock,
      platforms,
      limits: false,
      paceMs: 15_000,
      birthEveryMs: 500,
      historyMs: 2 * 3_600_000,
    });
    const folder = await mkdtemp(path.join(tmpdir(), 'rollcall-replicas-'));
    const poll = { every: '1s', sweepEvery: '5s', overlap: '30s', timeout: '10s' };
    const sources = simulators.sources.map((source) => ({
      ...source,
      poll: { ...poll, maxRequestsPerHour: 1_000_000 },
    }));
    await writeFile(path.join(folder, 'rollcall.yaml'), stringify({ server: { auth: 'none' }, sources }));
    const lab = new ReplicaLab(test, simulators, clock, folder, new Random(mix(seed, 3)), seed);
    await noteClaims(test.database);
    for (let count = 0; count < replicas; count++) lab.start();
    return lab;
  }

  async close(): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica.end()));
    await this.simulators.close();
    await rm(this.folder, { recursive: true });
    await this.test.drop();
  }

  /** Lets time pass on the platforms, also in the middle of walks, and jobs be deleted; or holds everything as it is. */
  live(isAlive: boolean): void {
    this.isAlive = isAlive;
  }

  /** When a platform is asked for something, before it answers. @throws Error when a process ended that nobody had ended */
  nextRequest(): Promise<SimulatedPlatform> {
    const asked = new Promise<SimulatedPlatform>((resolve) => {
      const heard = (platform: SimulatedPlatform): void => {
        this.waiting.delete(heard);
        resolve(platform);
      };
      this.waiting.add(heard);
    });
    return Promise.race([asked, ...this.replicas.map(({ failed }) => failed)]);
  }

  /** kill -9 at a random point of the work of whoever polls then, one of the next so many requests, and a new process in its place. */
  async killOne(requests: number): Promise<void> {
    let platform = await this.nextRequest();
    for (let left = this.random.int(0, requests - 1); left > 0; left--) platform = await this.nextRequest();
    const fuse = this.random.int(0, LONGEST_FUSE_MS);
    await new Promise((resolve) => setTimeout(resolve, fuse));
    const victim = (await this.holderOf(platform)) ?? this.random.pick(this.replicas as [Replica]);
    await victim.end();
    this.kills++;
    this.replicas.splice(this.replicas.indexOf(victim), 1);
    // Its last requests are still with the platforms, and nobody else may ask before they are answered.
    await waitFor(async () => this.held.size === 0);
    this.cut += await this.expireLeasesOf(victim);
    this.start();
  }

  /**
   * The claims of a process that is dead or stopped run out by themselves; nobody waits for that here.
   *
   * @returns how many it held
   */
  async expireLeasesOf({ pid }: Replica): Promise<number> {
    const expired = await this.query(
      // in the order in which a process that starts locks them, or the two wait for each other
      `WITH held AS (SELECT key FROM rollcall.source WHERE split_part(lease_owner, '/', 2) = $1 ORDER BY key FOR UPDATE)
       UPDATE rollcall.source AS s SET lease_until = now() - interval '1 second' FROM held WHERE s.key = held.key
       RETURNING s.key`,
      [String(pid)],
    );
    return expired.length;
  }

  async holderOf(platform: SimulatedPlatform): Promise<Replica | undefined> {
    const [row] = await this.query<{ pid: string | null }>(
      "SELECT split_part(lease_owner, '/', 2) AS pid FROM rollcall.source WHERE key = $1",
      [this.sources.get(platform)],
    );
    return this.replicas.find(({ pid }) => String(pid) === row?.pid);
  }

  /** Polls that a kill cut off so far. */
  get cutPolls(): number {
    return this.cut;
  }

  /** Distinct processes that claimed a source so far. */
  async pollers(): Promise<number> {
    const [row] = await this.query<{ pollers: number }>(
      'SELECT count(DISTINCT owner) AS pollers FROM lab.claim',
    );
    return row!.pollers;
  }

  /** Whether there were, besides what is history of a first read, a job's end whose platform tells how long it took, and a transition that its platform dates. */
  async hasMeasured(): Promise<boolean> {
    const ended = await this.query(
      `SELECT 1 FROM rollcall.event JOIN rollcall.job ON job.id = event.job_id
       WHERE NOT backfill AND to_state IS DISTINCT FROM from_state AND started_at IS NOT NULL AND finished_at IS NOT NULL
         AND to_state IN ('succeeded', 'failed', 'cancelled', 'skipped', 'missed') LIMIT 1`,
    );
    const dated = await this.query(
      `SELECT 1 FROM rollcall.event e JOIN rollcall.transition t ON t.job_id = e.job_id AND t.sequence = e.sequence
       WHERE NOT e.backfill AND t.provenance IS NULL LIMIT 1`,
    );
    return ended.length > 0 && dated.length > 0;
  }

  /** Spreads the polls to come, so that another process than before may be the first to find a source due. */
  async shuffle(): Promise<void> {
    await this.query(
      `UPDATE rollcall.source SET next_poll_at = now() + random() * interval '1 second' WHERE lease_owner IS NULL AND next_poll_at > now()`,
    );
  }

  /** Everything stands still, and every source is swept to the end so often, one complete sweep after the other. */
  async settle(sweeps = 2): Promise<void> {
    this.live(false);
    await proveAll(this.test.database, sweeps, 120_000);
  }

  /** Compares all that is stored with the truth log. */
  async report(): Promise<ReplicasReport> {
    const findings = await check(this.test.database, {
      world: this.simulators.world,
      sources: this.sources,
      now: this.clock.now(),
      removed: this.storm.removed,
      strangers: this.storm.strangers,
    });
    const [counts] = await this.query<{ polls: number; claims: number }>(
      'SELECT (SELECT count(*) FROM rollcall.poll) AS polls, (SELECT count(*) FROM lab.claim) AS claims',
    );
    return {
      ...findings,
      ...counts!,
      kills: this.kills,
      cutPolls: this.cut,
      pollers: await this.pollers(),
      simultaneous: [...this.simultaneous, ...(await overlappingPolls(this.test.database))],
    };
  }

  private start(): void {
    const offset = CLOCK_OFFSETS_MS[this.started++ % CLOCK_OFFSETS_MS.length];
    this.replicas.push(new Replica(this.folder, this.test.url, offset));
  }

  private asked(platform: SimulatedPlatform): void {
    for (const heard of [...this.waiting]) heard(platform);
    if (!this.isAlive) return;
    if (this.random.chance(0.3)) this.clock.advance(this.random.int(200, 3_000));
    if (this.random.chance(0.01)) this.storm.removeOne(platform, this.random);
  }

  private query<T>(sql: string, values: readonly unknown[] = []): Promise<T[]> {
    return this.test.database.query<T>(sql, values);
  }
}
