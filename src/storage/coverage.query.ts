import { Instant } from '../domain/job.js';
import { changedThrough } from './change-clock.js';
import { Database } from './database.js';
import { NEWEST_POSITION } from './event.position.js';
import { JobFilter } from './job.filter.js';
import { HealthFacts, HealthShown, completeThroughHere, healthNow } from './source-health.js';

/** What was known just before a list was read; every part of it only understates what the list then shows. */
export interface Knowledge {
  /** Database time. */
  now: Instant;
  /** Every change of ours with an earlier `changedAt` is visible to a later query. */
  changedThrough: Instant;
  /** The last event before this; 0 when there is none. */
  feedPosition: number;
  sources: SourceKnowledge[];
}

export interface SourceKnowledge extends HealthFacts {
  key: string;
  platform: string;
  labels: Record<string, string>;
}

/** How complete an answer is, over the sources that it covers. */
export interface Coverage {
  sources: number;
  healthy: number;
  /** By our clock: every upstream change before it is in the answer. Null when that is not known of one of the sources. */
  completeThrough: Instant | null;
  changedThrough: Instant;
  degraded: (HealthShown & { source: string })[];
}

/** How long one answer serves later readers of this process, milliseconds. */
const CACHED_MS = 100;

const epochMs = (column: string, name: string) =>
  `floor(extract(epoch FROM ${column}) * 1000)::float8 AS "${name}"`;

/** The columns behind {@link HealthFacts}. */
export const HEALTH_COLUMNS = [
  'health',
  'health_reason AS reason',
  epochMs('health_since', 'since'),
  'enabled',
  epochMs('retired_at', 'retiredAt'),
  epochMs('paused_at', 'pausedAt'),
  epochMs('paused_until', 'pausedUntil'),
  epochMs('complete_through', 'completeThrough'),
  'clock_skew_ms AS "clockSkewMs"',
  'stale_after_ms AS "staleAfterMs"',
  'proof_every_ms AS "proofEveryMs"',
].join(', ');

// The feed's positions are given under a lock that is held until commit: whatever is not visible yet gets a greater one.
const CLOCKS = `SELECT ${epochMs('clock_timestamp()', 'now')},
  ${NEWEST_POSITION} AS "feedPosition"`;

const answers = new WeakMap<Database, { at: number; knowledge: Promise<Knowledge> }>();

/** Awaited before the data is read. Shared by the readers of a tenth of a second: lists then cost one query each. */
export function readKnowledge(database: Database): Promise<Knowledge> {
  const known = answers.get(database);
  const at = performance.now();
  if (known && at - known.at < CACHED_MS) return known.knowledge;
  const knowledge = read(database);
  answers.set(database, { at, knowledge });
  knowledge.catch(() => answers.delete(database));
  return knowledge;
}

/** Every source as it is at this moment, retired ones too. */
export function readSources(database: Database): Promise<SourceKnowledge[]> {
  return database.query<SourceKnowledge>({
    name: 'coverage-sources',
    text: `SELECT key, platform, labels, ${HEALTH_COLUMNS} FROM rollcall.source ORDER BY key`,
  });
}

/** Whether a filter can name a job of this source. */
export function coversSource(filter: JobFilter, { key, platform, labels }: SourceKnowledge): boolean {
  return (
    (filter.source === undefined || filter.source.includes(key)) &&
    (filter.platform === undefined || filter.platform.includes(platform)) &&
    (filter.label ?? []).every(
      (label) => Object.hasOwn(labels, label.key) && labels[label.key] === label.value,
    )
  );
}

async function read(database: Database): Promise<Knowledge> {
  const [through, sources, clocks] = await Promise.all([
    changedThrough(database),
    readSources(database),
    database.query<{ now: Instant; feedPosition: number }>({ name: 'coverage-clocks', text: CLOCKS }),
  ]);
  return { ...clocks[0]!, changedThrough: through, sources };
}

/** @param covers whether the filter and the caller's token reach this source; retired ones are left out here */
export function coverageOf(knowledge: Knowledge, covers: (source: SourceKnowledge) => boolean): Coverage {
  const sources = knowledge.sources.filter((source) => source.retiredAt === null && covers(source));
  const shown = sources.map((source) => ({ source: source.key, ...healthNow(source, knowledge.now) }));
  const through = sources.map(completeThroughHere);
  return {
    sources: sources.length,
    healthy: shown.filter(({ health }) => health === 'healthy').length,
    completeThrough:
      through.length === 0 || through.includes(null) ? null : Math.min(...(through as Instant[])),
    changedThrough: knowledge.changedThrough,
    degraded: shown.filter(({ health }) => health !== 'healthy'),
  };
}
