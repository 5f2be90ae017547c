import { isDeepStrictEqual } from 'node:util';
import { Job } from '../../src/domain/job.js';
import { jobId } from '../../src/domain/job-id.js';
import { jobToJson } from '../../src/domain/job-json.js';
import { isTerminal, JobState } from '../../src/domain/job-state.js';
import { TaskFacts } from '../../src/domain/task.js';
import { SimulatedPlatform, TruthTask } from '../../src/simulators/life.js';
import { World } from '../../src/simulators/world.js';
import { Database } from '../../src/storage/database.js';
import { JobRow, jobFromRow } from '../../src/storage/job.rows.js';
import { comparable, comparableTask, expectedAnswer, isInRecord } from '../support/truth.js';
import { judgeHistory } from './history.js';
import { Removed } from './removal.js';

/** What is wrong with the database, each fault described; empty lists are what a run wants to see. */
export interface Findings {
  /** Jobs that the platform shows and we do not know, or ended ones that we do not know as ended. */
  lost: string[];
  /** Another state, word, reason or field than the platform shows; transitions that it never showed; jobs out of nowhere. */
  wrong: string[];
  /** Jobs, events or transitions that are there twice. */
  duplicates: string[];
  /** Changes without their event, events without their transition, counters that are not what a recount gives. */
  missing: string[];
  /** How often a job left its end for a word without a rule and came back to it ({@link judgeHistory}): right, and to be seen. */
  detours: number;
  jobs: number;
  /** Jobs whose tasks were compared: those whose platform shows tasks in their record. */
  withTasks: number;
  transitions: number;
  events: number;
}

export interface Expectation {
  world: World;
  /** The source that reads each platform. */
  sources: ReadonlyMap<SimulatedPlatform, string>;
  now: number;
  removed: readonly Removed[];
  /** Ids that a storm made up, as `platform/id`. */
  strangers: ReadonlySet<string>;
  /** Jobs of which a record was served whose status word has no rule, as `platform/id`; none when left out. */
  mangled?: ReadonlySet<string>;
  /** Before the sweeps: what is gone need not be known as gone, and of a job only its state must be. */
  beforeSweeps?: boolean;
}

/** Compares all that is stored of the sources of one world with its truth log. */
export async function check(database: Database, expectation: Expectation): Promise<Findings> {
  const findings: Findings = {
    lost: [],
    wrong: [],
    duplicates: [],
    missing: [],
    detours: 0,
    jobs: 0,
    withTasks: 0,
    transitions: 0,
    events: 0,
  };
  const sources = [...expectation.sources.values()];
  const rows = await database.query<JobRow>('SELECT * FROM rollcall.job WHERE source_key = ANY($1)', [
    sources,
  ]);
  const jobs = new Map(rows.map((row) => [row.id, jobFromRow(row)]));
  const histories = await readHistories(database, sources);
  const tasks = await readTasks(database);
  findings.jobs = jobs.size;
  checkDuplicateJobs(rows, findings);
  checkAgainstTruth({ jobs, histories, tasks }, expectation, findings);
  for (const job of jobs.values()) checkHistory(job, histories.get(job.id), findings);
  for (const { transitions, events } of histories.values()) {
    findings.transitions += transitions.length;
    findings.events += events.length;
  }
  await checkCounters(database, findings);
  return findings;
}

interface HistoryRow {
  job_id: string;
  sequence: number;
  type: string;
  from_state: JobState | null;
  to_state: JobState;
}

interface History {
  /** In the order of the feed. */
  events: HistoryRow[];
  transitions: HistoryRow[];
}

async function readHistories(database: Database, sources: readonly string[]): Promise<Map<string, History>> {
  const histories = new Map<string, History>();
  const add = (kind: keyof History, row: HistoryRow): void => {
    const history = histories.get(row.job_id) ?? { events: [], transitions: [] };
    history[kind].push(row);
    histories.set(row.job_id, history);
  };
  const events = await database.query<HistoryRow>(
    `SELECT job_id, sequence, type, from_state, to_state FROM rollcall.event
     WHERE job_id IS NOT NULL AND source_key = ANY($1) ORDER BY position`,
    [sources],
  );
  const transitions = await database.query<HistoryRow>(
    `SELECT t.job_id, t.sequence, 'transition' AS type, t.from_state, t.to_state
     FROM rollcall.transition t JOIN rollcall.job j ON j.id = t.job_id
     WHERE j.source_key = ANY($1) ORDER BY t.job_id, t.sequence`,
    [sources],
  );
  for (const row of events) add('events', row);
  for (const row of transitions) add('transitions', row);
  return histories;
}

async function readTasks(database: Database): Promise<Map<string, readonly TaskFacts[]>> {
  const rows = await database.query<{ job_id: string; tasks: TaskFacts[] }>(
    'SELECT job_id, tasks FROM rollcall.job_task',
  );
  return new Map(rows.map(({ job_id: id, tasks }) => [id, tasks]));
}

function checkDuplicateJobs(rows: readonly JobRow[], { duplicates }: Findings): void {
  const seen = new Set<string>();
  for (const { source_key: source, external_id: externalId } of rows) {
    const name = `${source}/${externalId.trim().toLowerCase()}`;
    if (seen.has(name)) duplicates.push(`job ${name}`);
    seen.add(name);
  }
}

/** All that is stored, by job id. */
interface Stored {
  jobs: ReadonlyMap<string, Job>;
  histories: ReadonlyMap<string, History>;
  tasks: ReadonlyMap<string, readonly TaskFacts[]>;
}

function checkAgainstTruth(stored: Stored, expectation: Expectation, findings: Findings): void {
  const { jobs } = stored;
  const { world, sources, now, removed, beforeSweeps = false } = expectation;
  const { lost, wrong } = findings;
  const expected = new Set<string>();
  for (const [platform, source] of sources) {
    for (const truth of world.truth(now, platform)) {
      const id = jobId(source, truth.externalId);
      expected.add(id);
      const job = jobs.get(id);
      const name = `${source}/${truth.externalId} (${truth.state})`;
      if (job === undefined) {
        lost.push(`${name} is not known`);
        continue;
      }
      if (truth.terminal && !isTerminal(job.state)) lost.push(`${name} is known as ${job.state}`);
      else if (job.vanishedAt !== null) wrong.push(`${name} counts as vanished`);
      else
        wrong.push(
          ...differences(job, expectedAnswer(source, truth), beforeSweeps).map((what) => `${name}: ${what}`),
        );
      if (!beforeSweeps && truth.tasks !== undefined) {
        findings.withTasks++;
        const differing = taskDifferences(stored.tasks.get(id) ?? [], truth.tasks);
        wrong.push(...differing.map((what) => `${name}: ${what}`));
      }
      checkMoves(name, { platform, externalId: truth.externalId, until: now }, stored, expectation, findings);
    }
  }
  for (const { platform, externalId, at } of removed) {
    const id = jobId(sources.get(platform) ?? '', externalId);
    expected.add(id);
    const job = jobs.get(id);
    if (job === undefined) continue;
    const name = `${platform}/${externalId} (deleted)`;
    checkMoves(name, { platform, externalId, until: at, removed: true }, stored, expectation, findings);
    if (!beforeSweeps && !isTerminal(job.state) && job.vanishedAt === null)
      wrong.push(`${name} did not vanish`);
  }
  checkOthers(jobs, expected, expectation, findings);
}

/** What the store knows and the platforms never had. */
function checkOthers(
  jobs: ReadonlyMap<string, Job>,
  expected: ReadonlySet<string>,
  { sources, strangers, beforeSweeps = false }: Expectation,
  { wrong }: Findings,
): void {
  const platforms = new Map(Array.from(sources, ([platform, source]) => [source, platform]));
  for (const job of jobs.values()) {
    if (expected.has(job.id)) continue;
    const name = `${platforms.get(job.source)}/${job.externalId}`;
    if (!strangers.has(name)) wrong.push(`${name.slice(0, 100)} is out of nowhere`);
    else if (!beforeSweeps && !isTerminal(job.state) && job.vanishedAt === null)
      wrong.push(`${name.slice(0, 100)}… did not vanish`);
  }
}

interface Shown {
  platform: SimulatedPlatform;
  externalId: string;
  until: number;
  removed?: boolean;
}

function checkMoves(
  name: string,
  { platform, externalId, until, removed = false }: Shown,
  { histories }: Stored,
  { world, sources, mangled }: Expectation,
  findings: Findings,
): void {
  const shown = world.transitions(platform, externalId, until).map(({ state }) => state);
  const background = {
    platform,
    shown,
    mangled: mangled?.has(`${platform}/${externalId}`) ?? false,
    removed,
  };
  const moves = histories.get(jobId(sources.get(platform) ?? '', externalId))?.transitions ?? [];
  const { stray, detours } = judgeHistory(background, moves);
  findings.wrong.push(...stray.map((what) => `${name} ${what}`));
  findings.detours += detours;
}

const STATE_FIELDS = ['state', 'reason', 'rawStatus', 'terminal'];

function differences(job: Job, truth: Record<string, unknown>, stateOnly: boolean): string[] {
  const answer = comparable(
    jobToJson(job, { labels: {}, freshness: 'fresh', lastSeenAt: 0, now: 0 }) as Record<string, never>,
  );
  const fields = stateOnly ? STATE_FIELDS : Object.keys(truth).filter((field) => !isReadersOwn(field, job));
  return fields
    .filter((field) => !isDeepStrictEqual(answer[field], truth[field]))
    .map((field) => `${field} is ${JSON.stringify(answer[field])}, not ${JSON.stringify(truth[field])}`);
}

/**
 * What depends on when it was read: the last plan that was seen, Vault tasks, which only a job's own page shows, and the start of a
 * Vault job that is being cancelled, which looks like a plan to whoever did not see it run.
 */
function isReadersOwn(field: string, { platform, state }: Job): boolean {
  if (field === 'scheduledFor') return true;
  if (platform !== 'veeva-vault') return false;
  return (
    field === 'progress' || (state === 'stopping' && ['startedAt', 'updatedAt', 'provenance'].includes(field))
  );
}

function taskDifferences(tasks: readonly TaskFacts[], truth: readonly TruthTask[]): string[] {
  const answer = tasks.filter(isInRecord).map(comparableTask);
  if (isDeepStrictEqual(answer, truth)) return [];
  return [`tasks are ${JSON.stringify(answer)}, not ${JSON.stringify(truth)}`];
}

/** Events 1 to n, the first and only the first a discovery, each transition with its event, and one chain of states. */
function checkHistory(
  job: Job,
  history: History | undefined,
  { duplicates, missing, wrong }: Findings,
): void {
  const { events = [], transitions = [] } = history ?? {};
  const name = `${job.source}/${job.externalId.slice(0, 60)}`;
  const sequences = new Set(events.map(({ sequence }) => sequence));
  if (sequences.size < events.length) duplicates.push(`events of ${name}`);
  if (sequences.size < job.version) missing.push(`${job.version - sequences.size} events of ${name}`);
  if (events.some(({ sequence }, index) => sequence !== index + 1))
    wrong.push(`events of ${name} are out of order`);
  if (events.some(({ type }, index) => (type === 'job.discovered') !== (index === 0)))
    wrong.push(`${name} was not discovered exactly once, at first`);
  const moves = events.filter(({ type }) => type === 'job.discovered' || type === 'job.transitioned');
  const chainOf = (rows: readonly HistoryRow[]): unknown[] =>
    rows.map(({ sequence, from_state: from, to_state: to }) => [sequence, from, to]);
  if (!isDeepStrictEqual(chainOf(moves), chainOf(transitions)))
    missing.push(`events and transitions of ${name} are not the same`);
  const broken = events.some(({ from_state: from }, index) => from !== (events[index - 1]?.to_state ?? null));
  if (broken || events.at(-1)?.to_state !== job.state) wrong.push(`the states of ${name} are no chain`);
}

async function checkCounters(database: Database, { missing }: Findings): Promise<void> {
  const differing = await database.query<{ source: string; state: string }>(
    `SELECT * FROM (
       (SELECT source_key AS source, state, jobs, absent FROM rollcall.job_count WHERE jobs <> 0 OR absent <> 0)
       EXCEPT ALL
       (SELECT source_key, state, count(*), count(absent_at) FROM rollcall.job GROUP BY source_key, state)
     ) AS kept
     UNION ALL
     SELECT * FROM (
       (SELECT source_key, state, count(*), count(absent_at) FROM rollcall.job GROUP BY source_key, state)
       EXCEPT ALL
       (SELECT source_key, state, jobs, absent FROM rollcall.job_count)
     ) AS counted`,
  );
  for (const row of differing) missing.push(`counter ${JSON.stringify(row)}`);
}
