import { TaskFacts } from '../domain/task.js';
import { SourceRuntime } from './source-runtimes.js';

/** Whether the platform has a route for the tasks of one job. */
export function hasTaskRoute({ upstream }: SourceRuntime): boolean {
  return upstream.session.fetchTasks !== undefined;
}

/**
 * Reads the tasks of one job by their own route. Only for platforms that have one.
 * @throws JobGoneError when the platform knows no tasks of it; what `fetchTasks` throws
 */
export async function fetchOwnTasks(
  { upstream, observer }: SourceRuntime,
  externalId: string,
  signal: AbortSignal,
): Promise<TaskFacts[]> {
  return observer.fetchedTasks(await upstream.session.fetchTasks!(externalId, signal));
}
