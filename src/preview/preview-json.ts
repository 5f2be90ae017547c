import { Instant, Job, Json, TIME_FIELDS } from '../domain/job.js';
import { isTerminal } from '../domain/job-state.js';
import { formatInstant } from '../domain/timestamps.js';
import { Exchange } from './exchange-log.js';
import { PreviewWarning } from './preview-warnings.js';
import { countUnmapped, Preview, PreviewJob } from './source-preview.js';

/** Records that are shown, and rejects. */
export const SHOWN = 5;

/** The most of one record that is shown, characters of its JSON. */
const MAX_RECORD = 64 * 1024;

/** The first records, but one of every word of the platform before a second of any. */
export function chosenRecords({ pages }: Pick<Preview, 'pages'>): PreviewJob[] {
  const jobs = pages.flatMap((page) => page.jobs);
  const words = new Set<string | null>();
  const firsts = jobs.filter(({ facts }) => !words.has(facts.rawStatus) && words.add(facts.rawStatus));
  const chosen = [...firsts, ...jobs.filter((job) => !firsts.includes(job))].slice(0, SHOWN);
  return jobs.filter((job) => chosen.includes(job));
}

/** What the command line and the API answer of a preview alike. */
export function previewJson(preview: Preview, warnings: readonly PreviewWarning[]): object {
  const { exchanges, pages } = preview;
  const jobs = pages.flatMap((page) => page.jobs);
  const rejects = pages.flatMap((page) => page.rejects);
  return {
    requests: exchanges.map(requestJson),
    pages: pages.map((page) => ({ list: page.list, records: page.jobs.length + page.rejects.length })),
    records: jobs.length + rejects.length,
    jobs: chosenRecords(preview).map(({ record, job, fields }) => ({
      record: shownRecord(JSON.stringify(record)),
      job: jobJson(job),
      fields: Object.fromEntries(
        Object.entries(fields).map(([name, field]) => [
          name,
          { ...field, value: valueJson(field.value, name) },
        ]),
      ),
    })),
    rejected: rejects.length,
    rejects: rejects.slice(0, SHOWN).map(({ externalId, reasons, payload }) => ({
      externalId,
      reasons,
      record: shownRecord(payload),
    })),
    unmappedStatuses: countUnmapped(jobs),
    warnings,
  };
}

export function requestJson({ method, path, query, status, ms }: Exchange): object {
  return { method, path, query: query.map(([name, value]) => ({ name, value })), status, ms };
}

/** A record that its size limit cuts is no JSON any more, and is shown as text. */
function shownRecord(text: string): unknown {
  if (text.length > MAX_RECORD) return text.slice(0, MAX_RECORD);
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

/** Instants as text. */
function valueJson(value: Json, field: string): Json {
  return typeof value === 'number' && isTime(field) ? formatInstant(value) : value;
}

function isTime(field: string): boolean {
  return (TIME_FIELDS as readonly string[]).includes(field);
}

/** A job that is not stored, with the API's names for what a record alone can say. */
export function jobJson(job: Job): object {
  const { id, source, platform, externalId, type, name, state, reason, rawStatus, progress } = job;
  return {
    ...{ id, source, platform, externalId, type, name, state, reason, rawStatus },
    terminal: isTerminal(state),
    progress,
    createdAt: iso(job.createdAt),
    scheduledFor: iso(job.scheduledFor),
    startedAt: iso(job.startedAt),
    finishedAt: iso(job.finishedAt),
    updatedAt: iso(job.updatedAt),
    provenance: job.provenance,
    error: job.error,
    owner: job.owner,
    parentId: job.parentId,
    attributes: job.attributes,
    links: job.links,
    actions: job.actions,
  };
}

function iso(instant: Instant | null): string | null {
  return instant === null ? null : formatInstant(instant);
}
