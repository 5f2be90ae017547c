import { ContractError, SourceError } from '../domain/errors.js';
import { Instant, RecordShape } from '../domain/job.js';
import { Candidate, JobWriter, WriteContext, WriteResult } from '../storage/job.writer.js';
import { RejectStore } from '../storage/reject.store.js';
import { isReject, Sighting } from './observer.js';
import { SourceRuntime, writingOf } from './source-runtimes.js';

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

/** What the record of one page said, and what became of it. */
export interface StoredPage {
  candidate: Candidate;
  written: WriteResult;
}

/** The record cannot be read as a job: it is among the rejects now. */
export class RejectedPageError extends ContractError {
  constructor(reasons: readonly string[]) {
    super(`the record of this job cannot be read: ${reasons.join('; ')}`, 'schema');
  }
}

/**
 * Stores the record of one job at once, outside of a poll's batches; one that cannot be read goes to the rejects.
 * @throws RejectedPageError
 */
export async function storeOwnPage(
  stores: { writer: JobWriter; rejects: RejectStore },
  runtime: SourceRuntime,
  { sighting, shape }: OwnPage,
  readAt: Instant,
  write: Pick<WriteContext, 'pollId' | 'fence'>,
): Promise<StoredPage> {
  const { key } = runtime.source;
  const item = runtime.observer.normalize(sighting, shape, readAt);
  if (isReject(item)) {
    await stores.rejects.add(key, [item], write.fence);
    throw new RejectedPageError(item.reasons);
  }
  const written = await stores.writer.write([item], { ...writingOf(runtime), backfill: false, ...write });
  await stores.rejects.forget(key, [sighting.externalId], write.fence);
  return { candidate: item, written };
}
