import { DateTime } from 'luxon';
import { ContractError } from '../../domain/errors.js';
import { Instant } from '../../domain/job.js';
import { parseInstant, UnreadableTimeError } from '../../domain/timestamps.js';
import { countOf, OffsetPage } from '../shared/pagination.js';
import { asText, valueAt } from '../shared/record-reader.js';
import { timeFormat } from './veeva-vault.normalize.js';
import { VaultOptions } from './veeva-vault.options.js';

/**
 * One page of a list. Offsets count from zero: the text's `offset=51` is a mistake that its own sample and the text of v26.2 do not
 * share. A full page is followed by our own count, so that neighbours overlap; a page that shows less than it counts is followed
 * where `next_page` says.
 *
 * @throws ContractError when it is not such a page, or its next page is on another host
 */
export function readListPage(
  envelope: Record<string, unknown>,
  asked: { offset: number; limit: number; baseUrl: string },
): OffsetPage {
  const total = countOf(valueAt(envelope, 'responseDetails.total'));
  const jobs = envelope['jobs'];
  if (!Array.isArray(jobs) && !(jobs === undefined && total === 0))
    throw new ContractError('the Vault answered a list of jobs without jobs', 'schema');
  const records = (jobs ?? []) as unknown[];
  const end = asked.offset + records.length;
  const full = records.length >= (countOf(valueAt(envelope, 'responseDetails.limit')) ?? asked.limit);
  const nextPage = asText(valueAt(envelope, 'responseDetails.next_page'));
  if (typeof nextPage !== 'string') {
    // A full page below the total goes on too: a total proves nothing, but one more request costs little.
    return { records, total, hasNext: full && total !== null && total > end };
  }
  const next = offsetOf(nextPage, asked.baseUrl);
  // Below the total, so that a platform that always names a next page is not followed for ever.
  const hidden = !full && next !== null && next > end && (total === null || next < total);
  return { records, total, hasNext: true, ...(hidden ? { nextOffset: next } : {}) };
}

/** The offset of a next page's address, which may be relative, without a version, or absolute; null when it names none. */
function offsetOf(nextPage: string, baseUrl: string): number | null {
  const url = URL.canParse(nextPage, baseUrl) ? new URL(nextPage, baseUrl) : null;
  if (url?.host !== new URL(baseUrl).host)
    throw new ContractError('the next page of a list of jobs is not on the host of this source', 'schema');
  const offset = url.searchParams.get('offset') ?? '';
  return /^\d{1,15}$/.test(offset) ? Number(offset) : null;
}

export function listedId(record: unknown): string | null {
  return asText(valueAt(record, 'job_id')) ?? null;
}

/** When a listed job was created; null when that cannot be read. */
export function createdAt(record: unknown, options: VaultOptions): Instant | null {
  try {
    return parseInstant(valueAt(record, 'created_date'), timeFormat(options));
  } catch (error) {
    if (error instanceof UnreadableTimeError) return null;
    throw error;
  }
}

/**
 * `start_date` for everything since an instant. Whether the Vault compares it with its own clock times or with real ones is not
 * documented, so the earlier of the two readings is sent.
 */
export function startDate(since: Instant, { timeZone }: Pick<VaultOptions, 'timeZone'>): string {
  const offsetMs = DateTime.fromMillis(since, { zone: timeZone }).offset * 60_000;
  return `${new Date(since + Math.min(offsetMs, 0)).toISOString().slice(0, 19)}Z`;
}
