import { SourceConfig } from '../config/config.js';
import { Connector, Page, PageFeedback, ReadResult } from '../connectors/connector.js';
import { foldContextOf } from '../connectors/record-rules.js';
import { Instant, Job } from '../domain/job.js';
import { jobOf } from '../domain/job-change.js';
import { isReject, Observer } from '../polling/observer.js';
import { Candidate } from '../storage/job.writer.js';
import { withSession } from './with-session.js';

/** What one page of a source says. */
export interface SourceCheck {
  /** Records on the page. */
  records: number;
  /** Normalized, in the page's order. */
  jobs: Job[];
  rejects: { externalId: string | null; reasons: readonly string[] }[];
  /** Vendor words without a rule; a null word is a missing status. */
  unmapped: { status: string | null; count: number }[];
}

/** A platform with several lists may show an empty one first. */
const MAX_PAGES = 5;

/** Of the whole visit: the patience with an upstream that drips. */
export const DEADLINE_MS = 120_000;

/**
 * Reads the first page that has records, exactly as a poll would: the same client, redaction and normalizing. Stores nothing.
 * @throws SourceError
 */
export async function checkSource(
  source: SourceConfig,
  connector: Connector,
  userAgent: string,
  onRequest: () => void,
): Promise<SourceCheck> {
  return withSession(source, connector, { userAgent, spend: onRequest }, async (session) => {
    const signal = AbortSignal.timeout(DEADLINE_MS);
    const readAt = Date.now();
    const page = await firstPage(session.fetchPages({ kind: 'sweep', bookmark: null, resume: null, signal }));
    return judge(page, source, connector, readAt);
  });
}

async function firstPage(
  pages: AsyncGenerator<Page, ReadResult, PageFeedback>,
): Promise<Pick<Page, 'records' | 'shape'>> {
  const nothing: Pick<Page, 'records' | 'shape'> = { records: [], shape: 'list' };
  try {
    for (let count = 0; count < MAX_PAGES; count++) {
      const { done, value } = await pages.next({ settled: false });
      if (done === true) return nothing;
      if (value.records.length > 0) return value;
    }
    return nothing;
  } finally {
    // Ends the walk where it stands, with the connection that it holds.
    await pages.return(undefined as never);
  }
}

function judge(
  { records, shape }: Pick<Page, 'records' | 'shape'>,
  source: SourceConfig,
  connector: Connector,
  readAt: Instant,
): SourceCheck {
  const observer = new Observer(source, connector);
  const { sightings, rejects } = observer.identify(records, shape, readAt);
  const items = sightings.map((sighting) => observer.normalize(sighting, shape, readAt));
  const candidates = items.filter((item) => !isReject(item)) as Candidate[];
  // As they would be stored if they were new.
  const context = foldContextOf(source, connector);
  return {
    records: records.length,
    jobs: candidates.map(({ facts, readAt: at }) =>
      jobOf({ facts, readAt: at, mapping: observer.mapping }, context),
    ),
    rejects: [...rejects, ...items.filter(isReject)].map(({ externalId, reasons }) => ({
      externalId,
      reasons,
    })),
    unmapped: countUnmapped(candidates),
  };
}

export function countUnmapped(candidates: readonly Pick<Candidate, 'facts'>[]): SourceCheck['unmapped'] {
  const counts = new Map<string | null, number>();
  for (const { facts } of candidates)
    if (!facts.statusMapped) counts.set(facts.rawStatus, (counts.get(facts.rawStatus) ?? 0) + 1);
  return [...counts].map(([status, count]) => ({ status, count }));
}
