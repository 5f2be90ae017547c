import { RealClock } from '../../src/simulators/clock.js';
import { SimulatedSource, startSimulators } from '../../src/simulators/simulators.js';
import { FIVE_PLATFORMS } from '../../src/simulators/world.js';
import { runProgram, say } from '../harness/program.js';

export interface PlatformsTask {
  /** How many of each platform. */
  accounts: number;
  /** Of an account, in its first moment. */
  jobs: number;
  /** Between two new jobs of an account, milliseconds. */
  birthEveryMs: number;
}

export interface PlatformsWord {
  sources: SimulatedSource[];
}

// The five simulated platforms in real time, in a process of their own, each as many times as it has accounts.

runProgram<PlatformsTask>(async ({ accounts, jobs, birthEveryMs }) => {
  const clock = new RealClock();
  const count = FIVE_PLATFORMS.length;
  const started = await Promise.all(
    Array.from({ length: accounts }, (_, seed) =>
      startSimulators({ seed, clock, jobs: jobs * count, birthEveryMs: birthEveryMs / count, limits: false }),
    ),
  );
  say({ sources: started.flatMap(({ sources }) => sources) } satisfies PlatformsWord);
  return async () => {
    await Promise.all(started.map((simulators) => simulators.close()));
  };
});
