import { setTimeout as pause } from 'node:timers/promises';

/** Asks until the answer is there. Fails with the last answer after `withinMs`, which is a bound on hanging and no expectation of speed. */
export async function waitFor<T>(
  ask: () => Promise<T | null | undefined | false>,
  withinMs = 60_000,
): Promise<T> {
  const until = Date.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null && answer !== undefined && answer !== false) return answer;
    if (Date.now() > until) throw new Error(`still ${String(answer)} after ${withinMs} ms`);
    await pause(50);
  }
}
