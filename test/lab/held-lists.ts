import { Answer } from '../../src/simulators/http/answer.js';
import { isList } from '../../src/simulators/http/spoil.js';
import { SimulatedPlatform } from '../../src/simulators/life.js';
import { Random } from '../../src/simulators/random.js';
import { Simulators } from '../../src/simulators/simulators.js';

interface HeldListsOptions {
  random: Random;
  /** How long an answer is held back, milliseconds. */
  heldMs: readonly [least: number, most: number];
  /** Before each request, of any kind. */
  asked: (platform: SimulatedPlatform) => void;
  /** A list request came while another one of the same platform was not answered yet: two read it at once. */
  met: (platform: SimulatedPlatform) => void;
}

/**
 * From now on the platforms hold their answers to lists back for a moment, so that two readers at once meet.
 *
 * @returns the platforms with a list that is held back now
 */
export function holdLists(simulators: Simulators, options: HeldListsOptions): ReadonlySet<SimulatedPlatform> {
  const { random, heldMs, asked, met } = options;
  const held = new Set<SimulatedPlatform>();
  const holdBack = (platform: SimulatedPlatform, answer: Answer): Answer => {
    if (held.has(platform)) met(platform);
    const delayMs = random.int(...heldMs);
    held.add(platform);
    // Begun before the platform's own wait, so that it ends before the answer leaves.
    setTimeout(() => held.delete(platform), delayMs);
    return { ...answer, delayMs };
  };
  for (const platform of simulators.world.platforms) {
    simulators.inject(platform, { kind: 'before', times: Infinity, run: () => asked(platform) });
    simulators.inject(platform, {
      kind: 'rewrite',
      times: Infinity,
      match: (call) => isList(platform, call),
      rewrite: (answer) => holdBack(platform, answer),
    });
  }
  return held;
}
