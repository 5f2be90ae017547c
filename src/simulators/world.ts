import { Births } from './births.js';
import { Instant } from './clock.js';
import { Life, Script, SimulatedPlatform, SIMULATED_PLATFORMS, TruthJob, TruthTransition } from './life.js';
import { Population } from './population.js';
import { mix, mixText } from './random.js';
import { elasticPathScript } from './scripts/elastic-path.script.js';
import { integrateIoScript } from './scripts/integrate-io.script.js';
import { veevaVaultScript } from './scripts/veeva-vault.script.js';
import { chartsScript, portalScript } from './scripts/vectorcharts.script.js';
import { workfloPlusScript } from './scripts/workfloplus.script.js';

const SCRIPTS = {
  vectorcharts: chartsScript,
  'elastic-path': elasticPathScript,
  workfloplus: workfloPlusScript,
  'integrate-io': integrateIoScript,
  'veeva-vault': veevaVaultScript,
  'vectorcharts-oem': portalScript,
} as const;

export type LifeOn<P extends SimulatedPlatform> = (typeof SCRIPTS)[P] extends Script<infer L> ? L : never;

export const FIVE_PLATFORMS: readonly SimulatedPlatform[] = SIMULATED_PLATFORMS.slice(0, 5);

export interface WorldOptions {
  /** The same seed and options give the same world. */
  seed: number;
  /** Jobs that exist at `start`, shared out evenly over the platforms. */
  jobs: number;
  start: Instant;
  /** Default: the five, VectorCharts as Core. */
  platforms?: readonly SimulatedPlatform[];
  /** Distance between births over all platforms near and after `start`, milliseconds; default 2000. */
  birthEveryMs?: number;
  /** Whether jobs go on being born after `start`; default true. */
  endless?: boolean;
  /** How far back the oldest job goes, milliseconds; default 24 hours. */
  historyMs?: number;
  /** The typical length of one step of a life (waiting, a stretch of work), milliseconds; default 20 000. */
  paceMs?: number;
}

/**
 * Everything that happens on the simulated platforms, past and future, as a pure function of the seed and the time. Only what
 * clients and tests do to it (actions, deletions) is remembered.
 */
export class World {
  readonly start: Instant;
  readonly platforms: readonly SimulatedPlatform[];
  private readonly populations: ReadonlyMap<SimulatedPlatform, Population>;

  constructor(options: WorldOptions) {
    this.start = options.start;
    this.platforms = options.platforms ?? FIVE_PLATFORMS;
    this.populations = new Map(
      this.platforms.map((platform, place) => [
        platform,
        populate(platform, place, this.platforms.length, options),
      ]),
    );
  }

  /** @throws RangeError when the platform is not part of this world */
  population<P extends SimulatedPlatform>(platform: P): Population<LifeOn<P>> {
    return this.lives(platform) as Population<LifeOn<P>>;
  }

  /** What Rollcall must answer for every job that a platform shows at `now` (all platforms when left out). */
  truth(now: Instant, platform?: SimulatedPlatform): TruthJob[] {
    const names = platform === undefined ? this.platforms : [platform];
    return names
      .map((name) => this.lives(name))
      .flatMap((population) => Array.from(population.all(now), (life) => population.script.truth(life, now)));
  }

  truthOf(platform: SimulatedPlatform, externalId: string, now: Instant): TruthJob | undefined {
    const population = this.lives(platform);
    const life = population.find(externalId, now);
    return life && population.script.truth(life, now);
  }

  /**
   * Every status that the platform shows for this job and since when, oldest first: up to `until`, or its whole life. Between two
   * of them the platform's word differs; the canonical state need not.
   */
  transitions(platform: SimulatedPlatform, externalId: string, until: Instant = Infinity): TruthTransition[] {
    const population = this.lives(platform);
    const life = population.lookup(externalId);
    if (life === undefined) return [];
    return life.steps
      .filter((step) => step.at <= until)
      .filter((step, place, shown) => step.status !== shown[place - 1]?.status)
      .map(({ at }) => {
        const { state, reason, rawStatus } = population.script.truth(life, at);
        return { at, state, reason, rawStatus };
      });
  }

  /**
   * Deletes a job from its platform from now on.
   * @throws RangeError when there is no such job
   */
  remove(platform: SimulatedPlatform, externalId: string): void {
    const population = this.lives(platform);
    const life = population.lookup(externalId);
    if (life === undefined) throw new RangeError(`no job ${externalId} on ${platform}`);
    population.remove(life);
  }

  /** Every platform purges the jobs that were born earlier, whatever their state. */
  purge(bornBefore: Instant): void {
    for (const population of this.populations.values()) population.purge(bornBefore);
  }

  private lives(platform: SimulatedPlatform): Population {
    const population = this.populations.get(platform);
    if (population === undefined) throw new RangeError(`no ${platform} in this world`);
    return population;
  }
}

export function createWorld(options: WorldOptions): World {
  return new World(options);
}

function populate(
  platform: SimulatedPlatform,
  place: number,
  share: number,
  options: WorldOptions,
): Population {
  const { seed, jobs, start, paceMs = 20_000, birthEveryMs = 2000, historyMs = 24 * 3_600_000 } = options;
  const script: Script<Life> = SCRIPTS[platform];
  const key = mix(seed, mixText(platform));
  const births = new Births({
    jobs: Math.floor(jobs / share) + (place < jobs % share ? 1 : 0),
    start,
    historyMs,
    everyMs: birthEveryMs * share,
    busyMs: script.longestMs(paceMs),
    endless: options.endless ?? true,
    key,
  });
  return new Population(script, births, key, paceMs);
}
