import { SimulatedPlatform } from '../../src/simulators/life.js';
import { Random } from '../../src/simulators/random.js';
import { World } from '../../src/simulators/world.js';

/** A job that was deleted from its platform, and when (the world's time). */
export interface Removed {
  platform: SimulatedPlatform;
  externalId: string;
  at: number;
}

/** Deletes a job of a platform, mostly a young one: those that are still open when they go are the ones that matter. Null: there is none. */
export function removeOne(
  world: World,
  platform: SimulatedPlatform,
  now: number,
  random: Random,
): Removed | null {
  const population = world.population(platform);
  const count = population.count(now);
  if (count === 0) return null;
  const rank = random.chance(0.8) ? random.int(Math.max(0, count - 60), count - 1) : random.int(0, count - 1);
  const { externalId } = population.at(rank);
  world.remove(platform, externalId);
  return { platform, externalId, at: now };
}
