import { SourceConfig } from '../config/config.js';
import { Connector, Page, PageFeedback, ReadResult } from '../connectors/connector.js';
import { foldContextOf } from '../connectors/record-rules.js';
import { SourceError } from '../domain/errors.js';
import { FieldRule, Instant, Job, JobFacts, Json } from '../domain/job.js';
import { jobOf } from '../domain/job-change.js';
import { originOf, RULED_BY, RuledJobField } from '../explain/field-rule.js';
import { isReject, Observer } from '../polling/observer.js';
import { Exchange, ExchangeLog, secretsIn } from './exchange-log.js';
import { DEADLINE_MS } from './source-check.js';
import { withSession } from './with-session.js';

/** Why a field of a new job is what it is, as `explain` says it. */
export interface PreviewField {
  value: Json;
  raw: Json;
  path: FieldRule['from'];
  rule: string | null;
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

export interface PreviewPage {
  /** The list of the manifest that it is of. */
  list: string | null;
  jobs: readonly PreviewJob[];
  rejects: readonly { externalId: string | null; reasons: readonly string[] }[];
}

export interface Preview {
  exchanges: readonly Exchange[];
  pages: readonly PreviewPage[];
  /** Null when there are more pages than a preview reads, and when the read failed. */
  result: ReadResult | null;
  error: SourceError | null;
  readAt: Instant;
}

/** Enough to see how pages join, and several lists. */
const MAX_PAGES = 20;

/** Reads the first pages of a source as a poll would, and keeps why each field is what it is. Stores nothing. */
export async function previewSource(
  source: SourceConfig,
  connector: Connector,
  userAgent: string,
): Promise<Preview> {
  const log = new ExchangeLog(secretsIn(source.auth));
  const pages: PreviewPage[] = [];
  const readAt = Date.now();
  const how = { userAgent, spend: () => undefined, dispatcher: log.dispatcher(source.poll) };
  const seen = { exchanges: log.exchanges, pages, readAt };
  try {
    const result = await withSession(source, connector, how, (session) => {
      const signal = AbortSignal.timeout(DEADLINE_MS);
      const walk = session.fetchPages({ kind: 'sweep', bookmark: null, resume: null, signal });
      return readFirst(walk, (page) => pages.push(readPage(page, source, connector, readAt)));
    });
    return { ...seen, result, error: null };
  } catch (error) {
    // What was read until then is part of the answer.
    if (error instanceof SourceError) return { ...seen, result: null, error };
    throw error;
  }
}

async function readFirst(
  walk: AsyncGenerator<Page, ReadResult, PageFeedback>,
  keep: (page: Page) => void,
): Promise<ReadResult | null> {
  try {
    for (let count = 0; ; count++) {
      const { done, value } = await walk.next({ settled: false });
      if (done === true) return value;
      if (count === MAX_PAGES) return null;
      keep(value);
    }
  } finally {
    // Ends the walk where it stands, with the connection that it holds.
    await walk.return(undefined as never);
  }
}

function readPage(
  { records, shape, resume }: Page,
  source: SourceConfig,
  connector: Connector,
  readAt: Instant,
): PreviewPage {
  const observer = new Observer(source, connector);
  const { sightings, rejects } = observer.identify(records, shape, readAt);
  const context = foldContextOf(source, connector);
  const jobs: PreviewJob[] = [];
  const refused = [...rejects];
  for (const sighting of sightings) {
    const item = observer.normalize(sighting, shape, readAt);
    if (isReject(item)) {
      refused.push(item);
      continue;
    }
    const { facts } = item;
    const job = jobOf({ facts, readAt, mapping: observer.mapping }, context);
    const { record } = sighting;
    jobs.push({ facts, job, record, fields: fieldsOf(facts, job, record, readAt) });
  }
  const list =
    typeof resume === 'object' && resume !== null && !Array.isArray(resume) ? resume['list'] : null;
  return {
    list: typeof list === 'string' ? list : null,
    jobs,
    rejects: refused.map(({ externalId, reasons }) => ({ externalId, reasons })),
  };
}

export function fieldsOf(facts: JobFacts, job: Job, record: unknown, readAt: Instant): PreviewJob['fields'] {
  const replayed = [{ shape: 'list' as const, readAt, sameRules: true, facts, job, record }];
  return Object.fromEntries(
    (Object.keys(RULED_BY) as RuledJobField[]).map((field) => {
      const { path, raw, rule, notes } = originOf(field, job, replayed);
      const note = notes.length === 0 ? null : notes.join('; ');
      return [field, { value: job[field] as Json, raw, path, rule, note }];
    }),
  ) as Record<RuledJobField, PreviewField>;
}
