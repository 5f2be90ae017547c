import { JobState, isTerminal } from '../../src/domain/job-state.js';
import { jobId } from '../../src/domain/job-id.js';
import { JobSeed, SourceSeed } from './jobs.js';

/** What a list of jobs is asked for, as the model understands it. */
export interface ModelQuery {
  sort: string;
  descending: boolean;
  source?: string[];
  state?: JobState[];
  type?: string[];
  owner?: string[];
  q?: string;
  label?: [string, string];
  attribute?: [string, string];
  freshness?: string[];
  since?: [field: 'created' | 'started' | 'finished' | 'updated' | 'changed', at: string];
  until?: [field: 'created' | 'started' | 'finished' | 'updated' | 'changed', at: string];
  minProgress?: number;
  maxProgress?: number;
  minDurationMs?: number;
  maxDurationMs?: number;
}

/** The ids that the contract promises, in its order: a plain filter and sort in memory, written without looking at the SQL. */
export function modelList(jobs: JobSeed[], sources: SourceSeed[], query: ModelQuery, now: number): string[] {
  const value = (job: JobSeed): number | null => sortValue(job, query.sort, now);
  const id = (job: JobSeed) => jobId(job.source, job.externalId);
  const direction = query.descending ? -1 : 1;
  return jobs
    .filter((job) =>
      matches(
        job,
        sources.find(({ key }) => key === job.source)!,
        query,
        now,
      ),
    )
    .sort((a, b) => {
      const [x, y] = [value(a), value(b)];
      if (x === null && y !== null) return 1;
      if (x !== null && y === null) return -1;
      if (x !== null && y !== null && x !== y) return (x - y) * direction;
      return (id(a) < id(b) ? -1 : 1) * direction;
    })
    .map(id);
}

function matches(job: JobSeed, source: SourceSeed, query: ModelQuery, now: number): boolean {
  const among = (list: readonly string[] | undefined, value: string | null | undefined) =>
    list === undefined || (typeof value === 'string' && list.includes(value));
  const time = (field: string) => sortValue(job, `${field}At`, now);
  const duration = sortValue(job, 'durationMs', now);
  const text = [job.name, job.type, job.externalId, (job.error as { message?: string } | null)?.message];
  const within = (value: number | null, min?: number, max?: number) =>
    (min === undefined || (value !== null && value >= min)) &&
    (max === undefined || (value !== null && value <= max));
  return (
    among(query.source, job.source) &&
    among(query.state, job.state) &&
    among(query.type, job.type) &&
    among(query.owner, job.owner) &&
    among(query.freshness, freshness(job, source, now)) &&
    (query.q ?? '')
      .split(' ')
      .every((word) => text.some((place) => place?.toLowerCase().includes(word.toLowerCase()))) &&
    (!query.label || source.labels?.[query.label[0]] === query.label[1]) &&
    (!query.attribute || scalar(job.attributes, query.attribute[0]) === query.attribute[1]) &&
    (!query.since ||
      (time(query.since[0]) !== null && time(query.since[0])! >= Date.parse(query.since[1]))) &&
    (!query.until || (time(query.until[0]) !== null && time(query.until[0])! < Date.parse(query.until[1]))) &&
    within(job.progress ?? null, query.minProgress, query.maxProgress) &&
    within(duration, query.minDurationMs, query.maxDurationMs)
  );
}

function scalar(attributes: object | undefined, key: string): string | null {
  const value = (attributes as Record<string, unknown> | undefined)?.[key];
  return typeof value === 'object' || value === undefined ? null : String(value);
}

function sortValue(job: JobSeed, sort: string, now: number): number | null {
  const parsed = (text: string | null | undefined) => (text ? Date.parse(text) : null);
  if (sort !== 'durationMs') return parsed(job[sort as 'updatedAt']);
  const start = parsed(job.startedAt);
  const end = isTerminal(job.state!) ? parsed(job.finishedAt) : now;
  return start === null || end === null ? null : Math.max(0, end - start);
}

function freshness(job: JobSeed, source: SourceSeed, now: number): string {
  if (isTerminal(job.state!)) return 'fresh';
  if (job.vanishedAt) return 'vanished';
  const seen = [job.seenAt, ...(job.absentAt ? [] : [source.openRoundAt, source.sweptAt])];
  const last = Math.max(...seen.map((text) => (text ? Date.parse(text) : -Infinity)));
  return last < now - (source.staleAfterMs ?? 300_000) ? 'stale' : 'fresh';
}
