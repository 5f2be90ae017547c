import { JobState, isTerminal } from '../../src/domain/job-state.js';
import { jobId } from '../../src/domain/job-id.js';
import { JobSeed, LONG_AGO, SourceSeed } from './jobs.js';

/**
 * What the contract says of lists and summaries, over plain objects in memory: written from its text, without looking at the SQL.
 */

export const TIMES = ['created', 'started', 'finished', 'updated', 'changed'] as const;
export type TimeName = (typeof TIMES)[number];

/** Which jobs are asked for. Instants are epoch milliseconds, durations milliseconds. */
export interface ModelFilter {
  id?: string[];
  source?: string[];
  platform?: string[];
  type?: string[];
  owner?: string[];
  externalId?: string[];
  reason?: string[];
  rawStatus?: string[];
  parentId?: string[];
  latest?: boolean;
  /** States, and the groups `active` and `terminal`. */
  state?: string[];
  freshness?: string[];
  label?: [key: string, value: string][];
  attribute?: [key: string, value: string][];
  q?: string;
  since?: Partial<Record<TimeName, number>>;
  until?: Partial<Record<TimeName, number>>;
  minProgress?: number;
  maxProgress?: number;
  minDurationMs?: number;
  maxDurationMs?: number;
}

export interface ModelQuery extends ModelFilter {
  sort: string;
  descending: boolean;
}

export interface ModelSummary extends ModelFilter {
  groupBy: ('source' | 'state' | 'type' | 'platform')[];
  bucketMs?: number;
  bucketBy?: 'createdAt' | 'startedAt' | 'finishedAt';
  duration: boolean;
}

export interface SummaryRow {
  [group: string]: unknown;
  count: number;
}

/** A seed with what is computed from it once. */
export interface ModelJob {
  id: string;
  seed: JobSeed;
  source: SourceSeed;
  at: Record<TimeName | 'scheduledFor', number | null>;
  texts: string[];
}

export function modelJobs(seeds: readonly JobSeed[], sources: readonly SourceSeed[]): ModelJob[] {
  const parsed = (text: string | null | undefined) => (text ? Date.parse(text) : null);
  return seeds.map((seed) => ({
    id: jobId(seed.source, seed.externalId),
    seed,
    source: sources.find(({ key }) => key === seed.source)!,
    at: {
      created: parsed(seed.createdAt),
      scheduledFor: parsed(seed.scheduledFor),
      started: parsed(seed.startedAt),
      finished: parsed(seed.finishedAt),
      updated: parsed(seed.updatedAt),
      changed: parsed(seed.changedAt ?? LONG_AGO),
    },
    texts: [seed.name, seed.type, seed.externalId, (seed.error as { message?: string } | null)?.message]
      .filter((text) => typeof text === 'string')
      .map((text) => text.toLowerCase()),
  }));
}

/** The jobs that the contract promises, in its order. */
export function modelList(jobs: readonly ModelJob[], query: ModelQuery, now: number): ModelJob[] {
  const direction = query.descending ? -1 : 1;
  return modelMatches(jobs, query, now)
    .map((job) => ({ job, value: sortValue(job, query.sort, now) }))
    .sort(({ job: a, value: x }, { job: b, value: y }) => {
      if (x === null && y !== null) return 1;
      if (x !== null && y === null) return -1;
      if (x !== null && y !== null && x !== y) return (x - y) * direction;
      return (a.id < b.id ? -1 : 1) * direction;
    })
    .map(({ job }) => job);
}

export function modelMatches(jobs: readonly ModelJob[], filter: ModelFilter, now: number): ModelJob[] {
  const chosen = filter.latest ? newest(jobs) : jobs;
  const words = (filter.q ?? '').toLowerCase().split(/\s+/u).filter(Boolean);
  return chosen.filter((job) => matches(job, filter, words, now));
}

/** The newest of each source and type; a job without a type has a group of its own, one without `createdAt` is older than any with. */
function newest(jobs: readonly ModelJob[]): ModelJob[] {
  const groups = new Map<string, ModelJob>();
  for (const job of jobs) {
    const group = JSON.stringify([job.seed.source, job.seed.type ?? null]);
    const known = groups.get(group);
    if (!known || isNewer(job, known)) groups.set(group, job);
  }
  return [...groups.values()];
}

function isNewer(a: ModelJob, b: ModelJob): boolean {
  const [x, y] = [a.at.created ?? -Infinity, b.at.created ?? -Infinity];
  return x === y ? a.id > b.id : x > y;
}

function matches(job: ModelJob, filter: ModelFilter, words: string[], now: number): boolean {
  const { seed, source, at } = job;
  const among = (list: readonly string[] | undefined, value: string | null | undefined) =>
    list === undefined || (typeof value === 'string' && list.includes(value));
  const within = (value: number | null, min?: number, max?: number) =>
    (min === undefined || (value !== null && value >= min)) &&
    (max === undefined || (value !== null && value <= max));
  const states = (filter.state ?? []).map((word) => (state: JobState) => {
    if (word === 'terminal') return isTerminal(state);
    if (word === 'active') return !isTerminal(state);
    return state === word;
  });
  return (
    among(filter.id, job.id) &&
    among(filter.source, seed.source) &&
    among(filter.platform, platformOf(job)) &&
    among(filter.type, seed.type) &&
    among(filter.owner, seed.owner) &&
    among(filter.externalId, seed.externalId) &&
    among(filter.reason, seed.reason) &&
    among(filter.rawStatus, seed.rawStatus) &&
    among(filter.parentId, seed.parentId) &&
    (filter.state === undefined || states.some((holds) => holds(stateOf(job)))) &&
    (filter.freshness === undefined || filter.freshness.includes(freshness(job, now))) &&
    words.every((word) => job.texts.some((text) => text.includes(word))) &&
    (filter.label ?? []).every(([key, value]) => own(source.labels, key) === value) &&
    (filter.attribute ?? []).every(([key, value]) => scalar(seed.attributes, key) === value) &&
    TIMES.every((name) => {
      const [time, since, until] = [at[name], filter.since?.[name], filter.until?.[name]];
      if (since === undefined && until === undefined) return true;
      return time !== null && (since === undefined || time >= since) && (until === undefined || time < until);
    }) &&
    within(seed.progress ?? null, filter.minProgress, filter.maxProgress) &&
    within(durationMs(job, now), filter.minDurationMs, filter.maxDurationMs)
  );
}

/** The job as the API shows it; of a running one `durationMs` is left to the caller's *now*. */
export function modelShown(job: ModelJob, now: number): Record<string, unknown> {
  const { seed, source } = job;
  return {
    id: job.id,
    source: seed.source,
    platform: platformOf(job),
    externalId: seed.externalId,
    type: seed.type ?? null,
    name: seed.name ?? null,
    state: stateOf(job),
    reason: seed.reason ?? null,
    rawStatus: seed.rawStatus ?? null,
    terminal: isTerminal(stateOf(job)),
    progress: seed.progress ?? null,
    createdAt: seed.createdAt ?? null,
    scheduledFor: seed.scheduledFor ?? null,
    startedAt: seed.startedAt ?? null,
    finishedAt: seed.finishedAt ?? null,
    updatedAt: seed.updatedAt ?? null,
    durationMs: durationMs(job, now),
    provenance: seed.provenance ?? {},
    error: seed.error ?? null,
    owner: seed.owner ?? null,
    parentId: seed.parentId ?? null,
    labels: source.labels ?? {},
    attributes: seed.attributes ?? {},
    links: seed.links ?? {},
    actions: seed.actions ?? [],
    freshness: freshness(job, now),
    firstSeenAt: seed.firstSeenAt ?? LONG_AGO,
    lastSeenAt: new Date(lastSeen(job)).toISOString(),
    stateChangedAt: seed.stateChangedAt ?? LONG_AGO,
    changedAt: seed.changedAt ?? LONG_AGO,
    version: seed.version ?? 1,
  };
}

/** The rows of a summary, in its order. */
export function modelSummary(jobs: readonly ModelJob[], asked: ModelSummary, now: number): SummaryRow[] {
  const groups = new Map<string, { keys: (string | number | null)[]; jobs: ModelJob[] }>();
  for (const job of modelMatches(jobs, asked, now)) {
    const keys: (string | number | null)[] = asked.groupBy.map((field) => groupValue(job, field));
    if (asked.bucketMs !== undefined) {
      const time = job.at[(asked.bucketBy ?? 'finishedAt').replace('At', '') as TimeName];
      keys.push(time === null ? null : Math.floor(time / asked.bucketMs) * asked.bucketMs);
    }
    const name = JSON.stringify(keys);
    const group = groups.get(name);
    if (group) group.jobs.push(job);
    else groups.set(name, { keys, jobs: [job] });
  }
  return [...groups.values()]
    .sort((a, b) => compareKeys(a.keys, b.keys))
    .map(({ keys, jobs: alike }) => ({
      ...Object.fromEntries(asked.groupBy.map((field, index) => [field, keys[index]])),
      ...(asked.bucketMs === undefined ? {} : { bucket: isoOrNull(keys.at(-1) as number | null) }),
      count: alike.length,
      ...(asked.duration ? { durationMs: spread(alike, now) } : {}),
    }));
}

function groupValue(job: ModelJob, field: ModelSummary['groupBy'][number]): string | null {
  if (field === 'platform') return platformOf(job);
  if (field === 'state') return stateOf(job);
  return job.seed[field] ?? null;
}

/** The least duration that so many percent of the jobs do not exceed. */
function spread(jobs: readonly ModelJob[], now: number) {
  const known = jobs.map((job) => durationMs(job, now)).filter((ms) => ms !== null);
  known.sort((a, b) => a - b);
  const percentile = (share: number) => known[Math.max(Math.ceil(share * known.length), 1) - 1] ?? null;
  return { p50: percentile(0.5), p95: percentile(0.95), max: known.at(-1) ?? null };
}

/** Text by its bytes, numbers by size, null last. */
function compareKeys(a: (string | number | null)[], b: (string | number | null)[]): number {
  for (const [index, x] of a.entries()) {
    const y = b[index]!;
    if (x === y) continue;
    if (x === null) return 1;
    if (y === null) return -1;
    if (typeof x === 'number') return x - (y as number);
    return Buffer.compare(Buffer.from(x), Buffer.from(y as string));
  }
  return 0;
}

/** Null without a start, and without an end once the job is finished; up to now before. */
export function durationMs({ seed, at }: ModelJob, now: number): number | null {
  const end = isTerminal(seed.state ?? 'succeeded') ? at.finished : now;
  return at.started === null || end === null ? null : Math.max(0, end - at.started);
}

function sortValue(job: ModelJob, sort: string, now: number): number | null {
  if (sort === 'durationMs' || sort === 'duration') return durationMs(job, now);
  return job.at[sort.replace('At', '') as TimeName];
}

function freshness(job: ModelJob, now: number): string {
  if (isTerminal(stateOf(job))) return 'fresh';
  if (job.seed.vanishedAt) return 'vanished';
  return lastSeen(job) < now - (job.source.staleAfterMs ?? 300_000) ? 'stale' : 'fresh';
}

/** The job's own last write, and what the source's rounds over open jobs and sweeps say of a job that they still list. */
function lastSeen({ seed, source }: ModelJob): number {
  const rounds = isTerminal(seed.state ?? 'succeeded')
    ? [source.sweptAt]
    : [source.openRoundAt, source.sweptAt];
  const seen = [seed.seenAt ?? LONG_AGO, ...(seed.absentAt ? [] : rounds)];
  return Math.max(...seen.filter((text) => typeof text === 'string').map((text) => Date.parse(text)));
}

function stateOf({ seed }: ModelJob): JobState {
  return seed.state ?? 'succeeded';
}

function platformOf({ seed }: ModelJob): string {
  return seed.platform ?? 'vectorcharts';
}

function own(members: object | undefined, key: string): unknown {
  return members !== undefined && Object.hasOwn(members, key)
    ? (members as Record<string, unknown>)[key]
    : undefined;
}

/** As text; null is no scalar that could be asked for. */
function scalar(attributes: object | undefined, key: string): string | null {
  const value = own(attributes, key);
  return typeof value === 'object' || value === undefined ? null : String(value);
}

function isoOrNull(instant: number | null): string | null {
  return instant === null ? null : new Date(instant).toISOString();
}
