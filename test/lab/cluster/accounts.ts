import { SIMULATED_PLATFORMS, SimulatedPlatform } from '../../../src/simulators/life.js';
import { mix, Random } from '../../../src/simulators/random.js';
import { SimulatedSource, Simulators, startSimulators } from '../../../src/simulators/simulators.js';
import { holdLists } from '../held-lists.js';
import { Removed, removeOne } from '../removal.js';
import { LiveClock } from './live-clock.js';

export interface AccountsOptions {
  seed: number;
  accounts: number;
  /** Over all platforms and accounts, when everything stands still again. */
  jobs: number;
  /** How long they live. */
  seconds: number;
}

/** One life in so many is there before anybody looks. */
const OLD = 20;
/** The typical length of one step of a life: a job lives for several of them. */
const PACE_MS = 3_000;
/** How long a platform holds the answer to a list back. */
const HELD_MS = [1, 10] as const;
/** Of a thousand requests, before how many a job is deleted. */
const DELETIONS = 4;

/** The six platforms with one world. Its sources are named after it. */
export class Account {
  readonly removed: Removed[] = [];
  readonly sources: ReadonlyMap<SimulatedPlatform, string>;
  /** List requests that met another one of the same source. */
  readonly meetings: { source: string; at: number }[] = [];

  private constructor(
    private readonly place: number,
    readonly simulators: Simulators,
    private readonly random: Random,
    private readonly clock: LiveClock,
  ) {
    const { world, sources } = simulators;
    this.sources = new Map(world.platforms.map((platform, index) => [platform, this.keyOf(sources[index]!)]));
    holdLists(simulators, {
      random,
      heldMs: HELD_MS,
      asked: (platform) => this.asked(platform),
      met: (platform) => this.meetings.push({ source: this.sources.get(platform)!, at: performance.now() }),
    });
  }

  static async start(
    place: number,
    { seed, accounts, jobs, seconds }: AccountsOptions,
    clock: LiveClock,
  ): Promise<Account> {
    const share = Math.ceil(jobs / accounts);
    const old = Math.ceil(share / OLD);
    const simulators = await startSimulators({
      seed: mix(seed, place),
      jobs: old,
      clock,
      platforms: SIMULATED_PLATFORMS,
      limits: false,
      paceMs: PACE_MS,
      birthEveryMs: (seconds * 1_000) / (share - old),
      historyMs: 2 * 3_600_000,
    });
    return new Account(place, simulators, new Random(mix(seed, place, 1)), clock);
  }

  /** As a `rollcall.yaml` has them. */
  configured(poll: object): object[] {
    return this.simulators.sources.map((source) => ({ ...source, key: this.keyOf(source), poll }));
  }

  private keyOf({ key }: SimulatedSource): string {
    return `${key}-${this.place}`;
  }

  private asked(platform: SimulatedPlatform): void {
    const { clock } = this;
    if (!clock.isGoing || this.random.int(1, 1_000) > DELETIONS) return;
    const removed = removeOne(this.simulators.world, platform, clock.now(), this.random);
    if (removed !== null) this.removed.push(removed);
  }
}
