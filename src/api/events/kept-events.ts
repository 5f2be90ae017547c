import { EventsGoneError } from '../../storage/event.feed.js';
import { Problem } from '../http/problem.js';

/**
 * Reads from a place in the feed.
 *
 * @param advice where to go on instead
 * @throws Problem `cursor-expired` when events after the place are not kept any more
 */
export async function refusingGone<T>(advice: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof EventsGoneError)) throw error;
    const detail = `Events after this cursor are not kept any more. ${advice}`;
    throw new Problem('cursor-expired', detail, { cause: error });
  }
}
