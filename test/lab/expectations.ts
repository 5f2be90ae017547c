import { ExpectationTerms } from '../../src/config/config.js';
import { jobId } from '../../src/domain/job-id.js';
import { replayRule } from '../../src/expectations/replay-stored.js';
import { ReplayedBreach } from '../../src/expectations/replay.js';
import { Rule } from '../../src/expectations/rule.js';
import { Database } from '../../src/storage/database.js';
import { insertJobs, insertSource } from '../support/jobs.js';
import { MONTH, PROBLEMS, Planted, Problem, SOURCE, SimulatedMonth } from './expectations-world.js';

/** What became of one kind of problem. */
export interface ProblemTally {
  problem: Problem | 'nothing';
  /** Which kind of rule looks for it. */
  kind: string;
  planted: number;
  found: number;
  missed: number;
  /** Of breaches that nothing planted explains, those that say this. */
  falseAlarms: number;
  /** Of those that were found: from the beginning to the alarm, minutes; null where none was. */
  medianMinutes: number | null;
}

export interface LookedAt {
  tallies: ProblemTally[];
  missed: Planted[];
  falseAlarms: (ReplayedBreach & { problem: Problem })[];
}

const HOUR = 3_600_000;
const JOBS_AT_ONCE = 2_000;

/**
 * Stores a month, replays every rule over it and compares what fired with what was planted.
 *
 * @param options the time zone that the learned rule goes by, and how often the rules are evaluated
 */
export async function lookForPlanted(
  database: Database,
  month: SimulatedMonth,
  { timeZone, stepMs }: { timeZone: string; stepMs: number },
): Promise<LookedAt> {
  await store(database, month);
  const looked = { database, stepMs };
  const breaches = [
    ...(await replay(looked, { kind: 'learned', minimumRuns: 20, timeZone }, {}, sayOfLearned)),
    ...(await eachOf(month, 'falling success rate', (type) =>
      replay(
        looked,
        { kind: 'success-rate', below: 0.85, windowMs: 24 * HOUR, minimumRuns: 20 },
        { type: [type] },
        () => 'falling success rate',
      ),
    )),
    ...(await eachOf(month, 'growing queue', (type) =>
      replay(
        looked,
        { kind: 'queue', max: null, forMs: 0, growsForMs: 2 * HOUR, growsBy: 10 },
        { type: [type] },
        () => 'growing queue',
      ),
    )),
  ];
  return compare(month.planted, breaches);
}

type SaidBreach = ReplayedBreach & { problem: Problem };

/** A rhythm that is broken is a run that is missing, until it comes late. */
function sayOfLearned({ jobId: job }: ReplayedBreach): Problem {
  return job === null ? 'missing run' : 'slow run';
}

async function eachOf(
  { planted }: SimulatedMonth,
  problem: Problem,
  look: (type: string) => Promise<SaidBreach[]>,
): Promise<SaidBreach[]> {
  const found: SaidBreach[] = [];
  for (const { type } of planted.filter((one) => one.problem === problem)) found.push(...(await look(type)));
  return found;
}

async function replay(
  { database, stepMs }: { database: Database; stepMs: number },
  terms: ExpectationTerms,
  filter: Rule['filter'],
  say: (breach: ReplayedBreach) => Problem,
): Promise<SaidBreach[]> {
  const breaches: SaidBreach[] = [];
  const rule: Rule = { name: 'lab', match: {}, filter: { source: [SOURCE], ...filter }, ...terms };
  await replayRule(database, rule, {
    since: MONTH.since,
    until: MONTH.until,
    stepMs,
    tell: (breach) => breaches.push({ ...breach, problem: say(breach) }),
  });
  return breaches;
}

async function store(database: Database, { jobs, outages }: SimulatedMonth): Promise<void> {
  await insertSource(database, { key: SOURCE, platform: 'integrate-io' });
  for (let from = 0; from < jobs.length; from += JOBS_AT_ONCE)
    await insertJobs(database, jobs.slice(from, from + JOBS_AT_ONCE));
  const health = outages.flatMap(([from, to]) => [
    { at: new Date(from).toISOString(), health: 'failing' },
    { at: new Date(to).toISOString(), health: 'healthy' },
  ]);
  await database.query(
    `INSERT INTO rollcall.event (position, type, at, source_key, body)
     SELECT nextval('rollcall.event_position_seq'), 'source.health', at, $2, jsonb_build_object('health', health)
     FROM jsonb_to_recordset($1::jsonb) AS told (at timestamptz, health text)`,
    [JSON.stringify(health), SOURCE],
  );
  await database.query('ANALYZE rollcall.job');
}

function compare(planted: readonly Planted[], breaches: readonly SaidBreach[]): LookedAt {
  const explained = new Set<SaidBreach>();
  const foundBy = new Map<Planted, SaidBreach[]>();
  for (const one of planted) {
    const own = breaches.filter((breach) => explains(one, breach));
    for (const breach of own) explained.add(breach);
    if (own.length > 0) foundBy.set(one, own);
  }
  const falseAlarms = breaches.filter((breach) => !explained.has(breach));
  const tallies = PROBLEMS.map((problem): ProblemTally => {
    const own = planted.filter((one) => one.problem === problem);
    const waits = own
      .flatMap((one) => {
        const first = foundBy.get(one);
        return first === undefined ? [] : [Math.min(...first.map(({ firedAt }) => firedAt)) - one.from];
      })
      .sort((a, b) => a - b);
    return {
      problem,
      kind: KINDS[problem],
      planted: own.length,
      found: waits.length,
      missed: own.length - waits.length,
      falseAlarms: falseAlarms.filter((breach) => breach.problem === problem).length,
      medianMinutes: waits.length === 0 ? null : Math.round(waits[waits.length >> 1]! / 60_000),
    };
  });
  return { tallies, missed: planted.filter((one) => !foundBy.has(one)), falseAlarms };
}

const KINDS: Record<Problem, string> = {
  'slow run': 'learned',
  'stuck run': 'learned',
  'missing run': 'learned',
  'late run': 'learned',
  'falling success rate': 'success-rate',
  'growing queue': 'queue',
};

function explains(planted: Planted, breach: SaidBreach): boolean {
  if (KINDS[planted.problem] !== KINDS[breach.problem] || planted.type !== breach.type) return false;
  if (breach.firedAt < planted.from || breach.firedAt > planted.to) return false;
  return planted.externalId === null
    ? breach.jobId === null
    : breach.jobId === jobId(SOURCE, planted.externalId);
}
