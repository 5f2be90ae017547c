import { ContractError, SourceError } from '../domain/errors.js';
import { Instant, RecordShape } from '../domain/job.js';
import { Sighting } from './observer.js';
import { SourceRuntime } from './source-runtimes.js';

/** One job as its own page shows it. */
export interface OwnPage {
  sighting: Sighting;
  shape: RecordShape;
  /** Why a further page that belongs to the record could not be read; undefined when none is missing. */
  incomplete: SourceError | undefined;
}

/**
 * Reads one job by its own page. Only for platforms that have one.
 * @throws JobGoneError when the platform does not know it; ContractError when the page shows another job or none; what `fetchOne` throws
 */
export async function fetchOwnPage(
  { upstream, observer }: SourceRuntime,
  { id, externalId }: { id: string; externalId: string },
  readAt: Instant,
  signal: AbortSignal,
): Promise<OwnPage> {
  const { record, shape, incomplete } = await upstream.session.fetchOne!(externalId, signal);
  const sighting = observer.identify([record], shape, readAt).sightings[0];
  if (sighting?.id !== id)
    throw new ContractError('the page of one job answered another job or none', 'schema');
  return { sighting, shape, incomplete };
}
