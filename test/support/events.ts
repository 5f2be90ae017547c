import { jobId } from '../../src/domain/job-id.js';
import { JobState } from '../../src/domain/job-state.js';
import { Instant, Job } from '../../src/domain/job.js';
import { jobToJson } from '../../src/domain/job-json.js';
import { Database } from '../../src/storage/database.js';
import { NewEvent, appendEvents } from '../../src/storage/event.log.js';

/** What a test says of an event; the rest is made up. */
export type EventSeed = Partial<NewEvent> & {
  job?: Partial<Job>;
  labels?: Record<string, string>;
};

const AT = Date.parse('2026-01-15T10:00:00.000Z');

function jobOf(source: string, over: Partial<Job>): Job {
  const externalId = over.externalId ?? '1';
  return {
    id: jobId(source, externalId),
    source,
    platform: 'vectorcharts',
    externalId,
    type: 'import',
    name: 'Import',
    state: 'running',
    statusMapped: true,
    reason: null,
    rawStatus: 'processing',
    progress: null,
    createdAt: AT,
    scheduledFor: null,
    startedAt: null,
    finishedAt: null,
    updatedAt: AT,
    provenance: {},
    error: null,
    owner: null,
    parentId: null,
    attributes: {},
    links: {},
    actions: [],
    firstSeenAt: AT,
    stateChangedAt: AT,
    changedAt: AT,
    version: 1,
    evidence: {},
    readAt: AT,
    mapping: 'test/1',
    vanishedAt: null,
    ...over,
  };
}

/** An event as the writer makes it: of a job, unless its type is `source.health`. */
export function newEvent(seed: EventSeed = {}, at: Instant = AT): NewEvent {
  const { job: draft = {}, labels = {}, ...over } = seed;
  const source = over.source ?? 'charts';
  const common = { at, source, backfill: false, changed: [], pollId: null };
  if (over.type === 'source.health')
    return {
      ...common,
      jobId: null,
      sequence: null,
      from: null,
      to: null,
      body: { health: 'failing', previousHealth: 'healthy', reason: 'network' },
      ...over,
      type: 'source.health',
    };
  const sequence = over.sequence ?? 1;
  const job = jobOf(source, {
    version: sequence,
    ...(over.to ? { state: over.to as JobState } : {}),
    ...draft,
  });
  return {
    ...common,
    type: sequence === 1 ? 'job.discovered' : 'job.transitioned',
    jobId: job.id,
    sequence,
    from: sequence === 1 ? null : 'queued',
    to: job.state,
    body: jobToJson(job, { labels, freshness: 'fresh', lastSeenAt: at, now: at }),
    ...over,
  };
}

/** One transaction for all of them. */
export async function append(database: Database, ...seeds: EventSeed[]): Promise<void> {
  await database.transaction((client) =>
    appendEvents(
      client,
      seeds.map((seed) => newEvent(seed)),
    ),
  );
}
