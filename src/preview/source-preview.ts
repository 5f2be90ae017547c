import { SourceConfig } from '../config/config.js';
import { Connector, Page, PageFeedback, ReadResult, Session } from '../connectors/connector.js';
import { foldContextOf } from '../connectors/record-rules.js';
import { SourceError } from '../domain/errors.js';
import { FieldRule, Instant, Job, JobFacts, Json, TimeProvenance } from '../domain/job.js';
import { jobOf } from '../domain/job-change.js';
import { explainOrigin } from '../explain/explain-job.js';
import { originOf, RULED_BY, RuledJobField } from '../explain/field-rule.js';
import { isReject, Observer, Sighting } from '../polling/observer.js';
import { Reject } from '../storage/reject.store.js';
import { Exchange } from './exchange-log.js';

/** Why a field of a new job is what it is, as `explain` says it. */
export interface PreviewField {
  value: Json;
  raw: Json;
  path: FieldRule['from'];
  rule: string | null;
  provenance: TimeProvenance | null;
  note: string | null;
}

export interface PreviewJob {
  facts: JobFacts;
  /** As it would be stored if it were new. */
  job: Job;
  /** Redacted. */
  record: unknown;
  fields: Readonly<Record<RuledJobField, PreviewField>>;
}

/** A record that is no job here. */
export type PreviewReject = Pick<Reject, 'externalId' | 'reasons' | 'payload'>;

export interface PreviewPage {
  /** The list of the manifest that it is of. */
  list: string | null;
  jobs: readonly PreviewJob[];
  rejects: readonly PreviewReject[];
}

export interface Preview {
  exchanges: readonly Exchange[];
  pages: readonly PreviewPage[];
  /** Null when there are more pages than a preview reads, and when the read failed. */
  result: ReadResult | null;
  error: SourceError | null;
  readAt: Instant;
}

/**
 * How far a preview reads. `one`: up to the first page that has records, since a platform with several lists may show an empty one first.
 * `several`: enough to see how pages join, and more than one list.
 */
export type Reach = 'one' | 'several';

const MAX_PAGES: Readonly<Record<Reach, number>> = { one: 5, several: 20 };

/**
 * Reads the first pages of a source as a sweep would: the same redaction and normalizing. Keeps why each field is what it is; stores
 * nothing. What was read before a fault is part of the answer.
 *
 * @param readAt when this begins: the value of `observed` times
 */
export async function readPreview(
  { source, connector, session }: { source: SourceConfig; connector: Connector; session: Session },
  { readAt, signal, reach }: { readAt: Instant; signal: AbortSignal; reach: Reach },
): Promise<Pick<Preview, 'pages' | 'result' | 'error'>> {
  const observer = new Observer(source, connector, { explains: true });
  const pages: PreviewPage[] = [];
  const most = MAX_PAGES[reach];
  const keep = (page: Page): boolean => {
    // That there is one page too many is how we know that more follow; to know only that is not worth a request of a single page.
    if (pages.length === most) return false;
    pages.push(readPage(page, observer, source, connector, readAt));
    return reach === 'several' || (page.records.length === 0 && pages.length < most);
  };
  try {
    const walk = session.fetchPages({ kind: 'sweep', bookmark: null, resume: null, signal });
    return { pages, result: await readWhile(walk, keep), error: null };
  } catch (error) {
    if (error instanceof SourceError) return { pages, result: null, error };
    throw error;
  }
}

/** Reads on as long as `keep` wants more. */
async function readWhile(
  walk: AsyncGenerator<Page, ReadResult, PageFeedback>,
  keep: (page: Page) => boolean,
): Promise<ReadResult | null> {
  try {
    for (;;) {
      const { done, value } = await walk.next({ settled: false });
      if (done === true) return value;
      if (!keep(value)) return null;
    }
  } finally {
    // Ends the walk where it stands, with the connection that it holds.
    await walk.return(undefined as never);
  }
}

function readPage(
  { records, shape, resume }: Page,
  observer: Observer,
  source: SourceConfig,
  connector: Connector,
  readAt: Instant,
): PreviewPage {
  const { sightings, rejects } = observer.identify(records, shape, readAt);
  const context = foldContextOf(source, connector);
  const jobs: PreviewJob[] = [];
  const refused = [...rejects];
  const read = (sighting: Sighting): void => {
    const item = observer.normalize(sighting, shape, readAt);
    if (isReject(item)) {
      refused.push(item);
      return;
    }
    const { facts } = item;
    const job = jobOf({ facts, readAt, mapping: observer.mapping }, context);
    const { record } = sighting;
    jobs.push({ facts, job, record, fields: fieldsOf(facts, job, record, readAt) });
  };
  sightings.forEach(read);
  return { list: listIn(resume), jobs, rejects: refused };
}

function listIn(resume: Json): string | null {
  const list =
    typeof resume === 'object' && resume !== null && !Array.isArray(resume) ? resume['list'] : null;
  return typeof list === 'string' ? list : null;
}

export function fieldsOf(facts: JobFacts, job: Job, record: unknown, readAt: Instant): PreviewJob['fields'] {
  const replayed = [{ shape: 'list' as const, readAt, sameRules: true, facts, job, record }];
  return Object.fromEntries(
    (Object.keys(RULED_BY) as RuledJobField[]).map((field) => {
      const { path, raw, rule, provenance, notes } = explainOrigin(
        field,
        job,
        originOf(field, job, replayed),
      );
      const note = notes.length === 0 ? null : notes.join('; ');
      return [field, { value: job[field] as Json, raw, path, rule, provenance, note }];
    }),
  ) as Record<RuledJobField, PreviewField>;
}

/** Vendor words without a rule, each with how many records have it; a null word is a missing status. */
export function countUnmapped(
  jobs: readonly Pick<PreviewJob, 'facts'>[],
): { status: string | null; count: number }[] {
  const counts = new Map<string | null, number>();
  for (const { facts } of jobs)
    if (!facts.statusMapped) counts.set(facts.rawStatus, (counts.get(facts.rawStatus) ?? 0) + 1);
  return [...counts].map(([status, count]) => ({ status, count }));
}
