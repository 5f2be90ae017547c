import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { run } from '../src/cli.js';
import { EXPECTATION_KINDS, Expectation, ExpectationTerms } from '../src/config/config.js';
import { EXPECTATION_SHAPES } from '../src/config/expectation.schema.js';
import { parseConfig } from '../src/config/load-config.js';
import { parseWebhookFilter, readWebhookFilter } from '../src/api/dto/webhook-filter.js';
import { Instant } from '../src/domain/job.js';
import { jobId } from '../src/domain/job-id.js';
import { ExpectationsService } from '../src/expectations/expectations.service.js';
import { Evaluator } from '../src/expectations/evaluator.js';
import { toRules } from '../src/expectations/rule.js';
import { ExpectationStore } from '../src/storage/expectation.store.js';
import { TestApi, startApi } from './support/api.js';
import { testConfig } from './support/config.js';
import { JobSeed, insertJob, insertJobs, insertSource, insertTransition } from './support/jobs.js';
import { TestDatabase, createTestDatabase } from './support/postgres.js';
import { ROOT } from './support/repository.js';
import { makeTestFolder } from './support/test-folder.js';

/** Evaluations at a time of the test's own: nothing here waits for a clock. */
const NOW = Date.parse('2026-01-15T10:00:00.000Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const iso = (at: Instant) => new Date(at).toISOString();

let test: TestDatabase;
let api: TestApi;

beforeEach(async () => {
  test = await createTestDatabase();
  api = await startApi(test.database, testConfig([]));
});
afterEach(async () => {
  await api.close();
  await test.drop();
});

/** A healthy source of which everything up to `at` is known. */
async function seenAt(key: string, at: Instant): Promise<void> {
  await test.database.query(
    `UPDATE rollcall.source SET complete_through = $2, proven_at = $2, open_round_at = $2, last_success_at = $2 WHERE key = $1`,
    [key, iso(at)],
  );
}

async function addSource(key: string, at: Instant = NOW): Promise<void> {
  await insertSource(test.database, { key });
  await seenAt(key, at);
}

function rule(name: string, terms: ExpectationTerms, match: Expectation['match'] = {}): Expectation {
  return { name, match, ...terms };
}

const evaluatorOf = (...rules: Expectation[]) =>
  new Evaluator(test.database, toRules(rules, parseWebhookFilter), 0);

interface ShownAlert {
  name: string;
  state: string;
  source: string;
  jobId: string | null;
  type: string | null;
  message: string;
  since: string;
  suspended: string | null;
  value: number;
  limit: number;
}

interface ToldAlert {
  type: string;
  alert: { name: string; message: string };
}

async function alerts(query = ''): Promise<ShownAlert[]> {
  const { status, body } = await api.get(`/api/v1/alerts${query}`);
  expect(status).toBe(200);
  return body.data;
}

const firing = async () =>
  (await alerts('?state=firing')).map(({ name, source, jobId: job }) => ({ name, source, job }));

async function told(): Promise<ToldAlert[]> {
  const { body } = await api.get('/api/v1/events?types=alert.firing,alert.resolved&limit=500');
  return body.data;
}

async function listed(query: string): Promise<string[]> {
  const { status, body } = await api.get(`/api/v1/jobs?${query}&sort=createdAt`);
  expect(status).toBe(200);
  return body.data.map(({ externalId }: { externalId: string }) => externalId);
}

function running(externalId: string, startedAt: Instant, over: Partial<JobSeed> = {}): JobSeed {
  return {
    source: 'charts',
    externalId,
    type: 'tiles',
    state: 'running',
    createdAt: iso(startedAt),
    startedAt: iso(startedAt),
    updatedAt: iso(startedAt),
    firstSeenAt: iso(startedAt),
    stateChangedAt: iso(startedAt),
    changedAt: iso(startedAt),
    seenAt: iso(startedAt),
    ...over,
  };
}

function ended(externalId: string, startedAt: Instant, tookMs: number, over: Partial<JobSeed> = {}): JobSeed {
  const at = iso(startedAt + tookMs);
  return running(externalId, startedAt, {
    state: 'succeeded',
    finishedAt: at,
    updatedAt: at,
    stateChangedAt: at,
    changedAt: at,
    seenAt: at,
    ...over,
  });
}

async function finish(externalId: string, at: Instant): Promise<void> {
  await test.database.query(
    `UPDATE rollcall.job SET state = 'succeeded', finished_at = $2, updated_at = $2, changed_at = $2, state_changed_at = $2,
       version = version + 1 WHERE external_id = $1`,
    [externalId, iso(at)],
  );
}

const LONGEST = rule('too-long', {
  kind: 'duration',
  maxMs: 45 * MINUTE,
  beyondP95: null,
  minimumRuns: 20,
});

describe('a job that runs too long', () => {
  it('fires once, is listed as overdue and counted, and resolves when it ends', async () => {
    await addSource('charts');
    await insertJobs(test.database, [
      running('long', NOW - 46 * MINUTE),
      running('short', NOW - 44 * MINUTE),
      ended('done', NOW - 3 * HOUR, 2 * HOUR),
    ]);
    const evaluator = evaluatorOf(LONGEST);
    await evaluator.evaluate(NOW);
    await evaluator.evaluate(NOW + 1);

    expect(await firing()).toEqual([{ name: 'too-long', source: 'charts', job: jobId('charts', 'long') }]);
    expect(await alerts()).toMatchObject([
      {
        since: iso(NOW - MINUTE),
        value: 46 * MINUTE,
        limit: 45 * MINUTE,
        type: 'tiles',
        message: 'has run for 46m 00s, longer than 45m 00s',
      },
    ]);
    expect(await listed('overdue=true')).toEqual(['long']);
    expect(await listed('overdue=false')).toEqual(['done', 'short']);
    expect(await listed('overdue=true&source=nowhere')).toEqual([]);
    expect(await listed('overdue=true&latest=true')).toEqual([]);
    expect((await api.get('/api/v1/jobs/summary?overdue=true&groupBy=type')).body.data).toEqual([
      { type: 'tiles', count: 1 },
    ]);
    expect((await api.get('/api/v1/jobs?overdue=true&count=estimated')).body.page).toMatchObject({
      total: 1,
    });
    expect((await api.get('/metrics')).text).toContain('\nrollcall_jobs_overdue{source="charts"} 1\n');

    await finish('long', NOW);
    await evaluator.evaluate(NOW + MINUTE);
    expect(await firing()).toEqual([]);
    expect(await listed('overdue=true')).toEqual([]);
    expect(await told()).toMatchObject([
      {
        type: 'alert.firing',
        source: 'charts',
        sequence: null,
        from: null,
        to: null,
        backfill: false,
        job: { externalId: 'long', state: 'running' },
        alert: { name: 'too-long', kind: 'duration', type: 'tiles', limit: 45 * MINUTE },
      },
      {
        type: 'alert.resolved',
        job: { externalId: 'long', state: 'succeeded' },
        alert: { name: 'too-long', message: 'the job has ended, moved, or is as expected again' },
      },
    ]);
  });

  it('is judged as of when it was last seen: an outage makes none overdue, and ends none', async () => {
    await addSource('charts', NOW - 20 * MINUTE);
    await insertJobs(test.database, [running('long', NOW - 46 * MINUTE), running('longer', NOW - 2 * HOUR)]);
    const evaluator = evaluatorOf(LONGEST);
    await evaluator.evaluate(NOW);
    expect(await firing()).toEqual([{ name: 'too-long', source: 'charts', job: jobId('charts', 'longer') }]);
    expect(await alerts()).toMatchObject([{ suspended: 'behind' }]);

    await seenAt('charts', NOW);
    await evaluator.evaluate(NOW + MINUTE);
    expect(await firing()).toHaveLength(2);
    expect(await alerts('?name=too-long')).toMatchObject([{ suspended: null }, { suspended: null }]);
  });

  it('has none to break it where the platform shows the job no more', async () => {
    await addSource('charts');
    await insertJobs(test.database, [running('gone', NOW - HOUR, { vanishedAt: iso(NOW) })]);
    await evaluatorOf(LONGEST).evaluate(NOW);
    expect(await firing()).toEqual([]);
  });

  it('is measured from the change of its state where no start is told', async () => {
    await addSource('charts');
    const at = iso(NOW - 50 * MINUTE);
    await insertJobs(test.database, [
      running('long', NOW - 2 * HOUR, { startedAt: null, stateChangedAt: at }),
    ]);
    await evaluatorOf(LONGEST).evaluate(NOW);
    expect(await alerts()).toMatchObject([{ value: 50 * MINUTE }]);
  });

  it('has its type to go by: the p95 of its last runs that succeeded', async () => {
    await addSource('charts');
    const past = Array.from({ length: 25 }, (_, index) =>
      ended(`p${index}`, NOW - (30 - index) * HOUR, (index + 1) * MINUTE),
    );
    await insertJobs(test.database, [
      ...past,
      // another type with too few runs, and a failed one that took long
      ended('other', NOW - 40 * HOUR, MINUTE, { type: 'other' }),
      ended('failed', NOW - 41 * HOUR, 20 * HOUR, { state: 'failed' }),
      running('usual', NOW - 47 * MINUTE),
      running('slow', NOW - 49 * MINUTE),
      running('of other', NOW - 20 * HOUR, { type: 'other' }),
    ]);
    await evaluatorOf(
      rule('slow', { kind: 'duration', maxMs: null, beyondP95: 2, minimumRuns: 20 }),
    ).evaluate(NOW);
    expect(await alerts()).toMatchObject([
      {
        jobId: jobId('charts', 'slow'),
        limit: 48 * MINUTE,
        message: expect.stringContaining('2 times the p95'),
      },
    ]);
  });

  it('is told of no source that the match leaves out, and of none that is retired', async () => {
    for (const key of ['charts', 'other', 'old']) await addSource(key);
    await test.database.query("UPDATE rollcall.source SET retired_at = now() WHERE key = 'old'");
    for (const source of ['charts', 'other', 'old'])
      await insertJob(test.database, running('long', NOW - HOUR, { source }));
    const all = evaluatorOf(LONGEST);
    await all.evaluate(NOW);
    expect((await firing()).map(({ source }) => source).sort()).toEqual(['charts', 'other']);

    await evaluatorOf({ ...LONGEST, match: { source: ['other'] } }).evaluate(NOW + 1);
    expect((await firing()).map(({ source }) => source)).toEqual(['other']);
    await evaluatorOf().evaluate(NOW + 2);
    expect(await firing()).toEqual([]);
    const resolved = (await told()).filter(({ type }) => type === 'alert.resolved');
    expect(resolved.map(({ alert }) => alert.message)).toEqual([
      'the rule does not speak of the source any more',
      'the rule is not in the configuration any more',
    ]);
    expect((await api.get('/metrics')).text).not.toContain('rollcall_jobs_overdue{');
  });

  it('may be one of thousands: each is told, in transactions of bounded size', async () => {
    await addSource('charts');
    await insertJobs(
      test.database,
      Array.from({ length: 1_000 }, (_, index) => running(String(index), NOW - HOUR - index)),
    );
    const evaluator = evaluatorOf(LONGEST);
    await evaluator.evaluate(NOW);
    const [row] = await test.database.query<{ count: number; events: number }>(
      `SELECT (SELECT count(*)::int FROM rollcall.expectation_breach) AS count, count(*)::int AS events
       FROM rollcall.event WHERE type = 'alert.firing'`,
    );
    expect(row).toEqual({ count: 1_000, events: 1_000 });
    expect((await api.get('/api/v1/jobs?overdue=true&count=exact')).body.page.total).toBe(1_000);
  });
});

describe('a job that is stuck, or does not start', () => {
  it('has not moved: neither its progress nor its updates', async () => {
    await addSource('charts');
    const moved = iso(NOW - 5 * MINUTE);
    await insertJobs(test.database, [
      running('stuck', NOW - 2 * HOUR),
      running('updated', NOW - 2 * HOUR, { updatedAt: moved, changedAt: moved, version: 2 }),
      // its progress moved, which its platform does not call an update
      running('progressing', NOW - 2 * HOUR, { changedAt: moved, version: 3, progress: 0.5 }),
      running('paused', NOW - 2 * HOUR, { state: 'paused' }),
    ]);
    await evaluatorOf(rule('stuck', { kind: 'stuck', afterMs: 30 * MINUTE })).evaluate(NOW);
    expect(await listed('overdue=true')).toEqual(['stuck']);
  });

  it('waits longer than it may for its planned start, or since its creation', async () => {
    await addSource('charts');
    const waiting = (externalId: string, over: Partial<JobSeed>) =>
      running(externalId, NOW - 2 * HOUR, { state: 'queued', startedAt: null, ...over });
    await insertJobs(test.database, [
      waiting('queued', {}),
      waiting('planned late', { state: 'scheduled', scheduledFor: iso(NOW - HOUR) }),
      waiting('planned', { state: 'scheduled', scheduledFor: iso(NOW + HOUR) }),
      waiting('just queued', { createdAt: iso(NOW - 2 * HOUR), scheduledFor: iso(NOW - 5 * MINUTE) }),
      waiting('unplanned', { state: 'scheduled' }),
    ]);
    await evaluatorOf(rule('late', { kind: 'start', withinMs: 15 * MINUTE })).evaluate(NOW);
    expect((await listed('overdue=true')).sort()).toEqual(['planned late', 'queued']);
  });
});

describe('runs that are expected', () => {
  const NIGHTLY = rule(
    'nightly',
    { kind: 'cadence', everyMs: 24 * HOUR, cron: null, timeZone: 'UTC', toleranceMs: HOUR },
    { source: ['charts'], type: ['tiles'] },
  );

  it('did not come: said once everything up to then is known, and never of a blind source', async () => {
    await addSource('charts', NOW - 2 * HOUR);
    await insertJobs(test.database, [
      ended('last', NOW - 26 * HOUR, MINUTE),
      ended('another', NOW - 2 * HOUR, MINUTE, { type: 'other' }),
      running('skipped', NOW - HOUR, { state: 'skipped', startedAt: null }),
    ]);
    const evaluator = evaluatorOf(NIGHTLY);
    await evaluator.evaluate(NOW);
    expect(await firing()).toEqual([]);
    const [state] = await new ExpectationStore(test.database).states();
    expect(state).toMatchObject({ rule: 'nightly', source: 'charts', suspended: 'behind', firing: 0 });

    await seenAt('charts', NOW);
    await evaluator.evaluate(NOW + 1);
    expect(await alerts()).toMatchObject([
      { name: 'nightly', type: 'tiles', jobId: null, since: iso(NOW - 2 * HOUR), suspended: null },
    ]);
    expect(await told()).toMatchObject([{ job: null, alert: { type: 'tiles', kind: 'cadence' } }]);
    expect((await api.get('/api/v1/events?types=alert.firing&type=tiles')).body.data).toHaveLength(1);
    expect((await api.get('/api/v1/events?types=alert.firing&type=other')).body.data).toEqual([]);
    expect(await listed('overdue=true')).toEqual([]);

    await insertJob(test.database, running('late', NOW + MINUTE));
    await seenAt('charts', NOW + 2 * MINUTE);
    await evaluator.evaluate(NOW + 2 * MINUTE);
    expect(await firing()).toEqual([]);
  });

  it('came never: counted from when the rule was first looked at', async () => {
    await addSource('charts');
    const evaluator = evaluatorOf(NIGHTLY);
    await evaluator.evaluate(NOW);
    expect(await firing()).toEqual([]);
    await seenAt('charts', NOW + 26 * HOUR);
    await evaluator.evaluate(NOW + 26 * HOUR);
    expect(await firing()).toEqual([{ name: 'nightly', source: 'charts', job: null }]);
  });

  it('follow a timetable', async () => {
    await addSource('charts');
    await insertJobs(test.database, [ended('yesterday', NOW - 33 * HOUR, MINUTE)]);
    const daily = (cron: string) =>
      evaluatorOf(
        rule(
          'daily',
          { kind: 'cadence', everyMs: null, cron, timeZone: 'Europe/Berlin', toleranceMs: 30 * MINUTE },
          { source: ['charts'] },
        ),
      );
    // 10:45 in Berlin is 09:45 here: not yet late
    await daily('45 10 * * *').evaluate(NOW);
    expect((await alerts('?state=firing')).map(({ since }) => since)).toEqual([
      iso(NOW - 24 * HOUR - 15 * MINUTE),
    ]);
    await daily('15 10 * * *').evaluate(NOW + 1);
    expect(await told()).toHaveLength(1);
    await insertJob(test.database, running('today', NOW - 45 * MINUTE));
    await daily('15 10 * * *').evaluate(NOW + 2);
    expect(await firing()).toEqual([]);
  });
});

describe('a queue', () => {
  const BACKLOG = rule('backlog', {
    kind: 'queue',
    max: 2,
    forMs: 10 * MINUTE,
    growsForMs: null,
    growsBy: 10,
  });
  const queued = (externalId: string) =>
    running(externalId, NOW - HOUR, { state: 'queued', startedAt: null });

  it('is too long for a time, and is not judged while its source is blind', async () => {
    await addSource('charts');
    await insertJobs(test.database, ['1', '2', '3'].map(queued));
    const evaluator = evaluatorOf(BACKLOG);
    await evaluator.evaluate(NOW);
    await seenAt('charts', NOW + 5 * MINUTE);
    await evaluator.evaluate(NOW + 5 * MINUTE);
    expect(await firing()).toEqual([]);
    await evaluator.evaluate(NOW + 11 * MINUTE);
    expect(await firing()).toEqual([]);
    await seenAt('charts', NOW + 12 * MINUTE);
    await evaluatorOf(BACKLOG).evaluate(NOW + 12 * MINUTE);
    expect(await alerts()).toMatchObject([
      { state: 'firing', since: iso(NOW), value: 3, limit: 2, message: '3 jobs are queued, more than 2' },
    ]);
    await finish('3', NOW);
    await evaluator.evaluate(NOW + 13 * MINUTE);
    expect(await alerts()).toMatchObject([{ state: 'resolved' }]);
  });
});

describe('a success rate', () => {
  const QUALITY = rule('quality', {
    kind: 'success-rate',
    below: 0.9,
    windowMs: 24 * HOUR,
    minimumRuns: 10,
  });

  it('falls when enough runs say so; cancelled ones and those of before the window say nothing', async () => {
    await addSource('charts');
    const runs = (count: number, state: JobSeed['state'], at: Instant, name: string) =>
      Array.from({ length: count }, (_, index) => ended(`${name}${index}`, at, MINUTE, { state: state! }));
    await insertJobs(test.database, [
      ...runs(8, 'succeeded', NOW - 2 * HOUR, 'a'),
      ...runs(1, 'failed', NOW - 3 * HOUR, 'b'),
      ...runs(9, 'failed', NOW - 30 * HOUR, 'c'),
      ...runs(9, 'cancelled', NOW - HOUR, 'd'),
    ]);
    const evaluator = evaluatorOf(QUALITY);
    await evaluator.evaluate(NOW);
    expect(await firing()).toEqual([]);
    await insertJobs(test.database, runs(1, 'missed', NOW - HOUR, 'e'));
    await evaluator.evaluate(NOW + 1);
    expect(await alerts()).toMatchObject([
      { value: 0.8, limit: 0.9, message: '80 % of the runs of 1d 00h succeeded, fewer than 90 %' },
    ]);
    await insertJobs(test.database, runs(20, 'succeeded', NOW - HOUR, 'f'));
    await evaluator.evaluate(NOW + 2);
    expect(await firing()).toEqual([]);
  });
});

describe('the turn', () => {
  it('is one process’s, and that of the rules that were declared last', async () => {
    const store = new ExpectationStore(test.database);
    await store.declare('mine');
    const first = await store.claimTurn('mine', 60_000, 300_000);
    expect(first).not.toBeNull();
    expect(await store.claimTurn('mine', 60_000, 300_000)).toBeNull();
    expect(await store.claimTurn('mine', 0, 300_000)).not.toBeNull();
    // a process with older rules waits, until nobody has used the others for long
    expect(await store.claimTurn('older', 0, 300_000)).toBeNull();
    expect(await store.claimTurn('older', 0, 0)).not.toBeNull();
    expect(await store.evaluatedAt()).toBeGreaterThanOrEqual(first!);
  });

  it('leaves a rule alone while another process is at work', async () => {
    await addSource('charts');
    await insertJobs(test.database, [running('long', NOW - HOUR)]);
    await new ExpectationStore(test.database).work(5_000, async () => {
      await evaluatorOf(LONGEST).evaluate(NOW);
      expect(await firing()).toEqual([]);
    });
    await evaluatorOf(LONGEST).evaluate(NOW);
    expect(await firing()).toHaveLength(1);
  });

  it('writes a breach with its event or not at all', async () => {
    await addSource('charts');
    await insertJobs(test.database, [running('long', NOW - HOUR)]);
    await test.database.query(
      "ALTER TABLE rollcall.event ADD CONSTRAINT no_alerts CHECK (type <> 'alert.firing')",
    );
    await expect(evaluatorOf(LONGEST).evaluate(NOW)).rejects.toThrow('no_alerts');
    expect(await alerts()).toEqual([]);
  });
});

describe('the service', () => {
  const serviceOf = (...rules: Expectation[]) =>
    new ExpectationsService(testConfig([]), toRules(rules, parseWebhookFilter), test.database);

  it('tells the feed last: whoever changes a job waits for nothing else of it', async () => {
    // 21185: the turn to number events, which is held until the transaction ends
    await test.database.query(`
      CREATE FUNCTION public.forbid_in_turn() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 21185 AND pid = pg_backend_pid() AND granted) THEN
          RAISE 'written in turn: %', TG_TABLE_NAME;
        END IF;
        RETURN NULL;
      END $$;
      CREATE TRIGGER state BEFORE INSERT OR UPDATE OR DELETE ON rollcall.expectation_state
        FOR EACH STATEMENT EXECUTE FUNCTION public.forbid_in_turn();
      CREATE TRIGGER breach BEFORE INSERT OR UPDATE OR DELETE ON rollcall.expectation_breach
        FOR EACH STATEMENT EXECUTE FUNCTION public.forbid_in_turn();`);
    await addSource('charts');
    await addSource('vault');
    await insertJobs(test.database, [
      running('first', NOW - 46 * MINUTE),
      running('second', NOW - 10 * MINUTE),
    ]);
    const evaluator = evaluatorOf(LONGEST);
    await evaluator.evaluate(NOW);
    expect(await firing()).toMatchObject([{ job: jobId('charts', 'first') }]);
    await finish('first', NOW);
    await test.database.query("UPDATE rollcall.source SET paused_at = now() WHERE key = 'vault'");
    await seenAt('charts', NOW + 40 * MINUTE);
    await evaluator.evaluate(NOW + 40 * MINUTE);
    expect((await told()).map(({ type }) => type)).toEqual([
      'alert.firing',
      'alert.resolved',
      'alert.firing',
    ]);
  });

  it('evaluates when it is its turn, lets one process do it, and ends what a rule has left', async () => {
    const now = await test.database.now();
    await addSource('charts', now);
    await insertJobs(test.database, [running('long', now - HOUR)]);
    const services = [serviceOf(LONGEST), serviceOf(LONGEST)];
    for (const service of services) await service.onApplicationBootstrap();
    try {
      await Promise.all(services.map((service) => service.tick()));
      expect(await firing()).toHaveLength(1);
      await finish('long', now);
      // not due again yet
      await services[0]!.tick();
      expect(await firing()).toHaveLength(1);
    } finally {
      for (const service of services) await service.onApplicationShutdown();
    }
    await services[0]!.tick();

    const without = serviceOf();
    await without.onApplicationBootstrap();
    try {
      await test.database.query("UPDATE rollcall.expectation_evaluation SET evaluated_at = '2026-01-01'");
      await without.tick();
      expect(await firing()).toEqual([]);
    } finally {
      await without.onApplicationShutdown();
    }
  });

  it('goes on with the rules of a configuration that changed', async () => {
    const now = await test.database.now();
    await addSource('charts', now);
    await insertJobs(test.database, [running('long', now - HOUR)]);
    const service = serviceOf();
    await service.onApplicationBootstrap();
    const again = async (): Promise<void> => {
      await test.database.query("UPDATE rollcall.expectation_evaluation SET evaluated_at = '2026-01-01'");
      await service.tick();
    };
    try {
      await again();
      expect(await firing()).toEqual([]);
      await service.follow(toRules([LONGEST], parseWebhookFilter));
      await again();
      expect(await firing()).toHaveLength(1);
      await service.follow([]);
      await again();
      expect(await firing()).toEqual([]);
    } finally {
      await service.onApplicationShutdown();
    }
  });
});

describe('the documentation', () => {
  const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
  const env = {
    ...{ CHARTS_TOKEN: 'x', XPLENTY_KEY: 'x', EP_TOKEN: 'x', VAULT_SESSION: 'x', EP_ID: 'x', EP_SECRET: 'x' },
    ...{ WORKFLOPLUS_ID: 'x', WORKFLOPLUS_SECRET: 'x', VAULT_USERNAME: 'x', VAULT_PASSWORD: 'x' },
  };
  const parse = (text: string) =>
    parseConfig(text, 'rollcall.yaml', env, () => 'x', { readFilter: readWebhookFilter }).expectations;

  it('shows every kind of rule, and rules that are accepted', () => {
    const shown = parse(/```yaml\n([^`]+)```/.exec(read('docs/expectations.md'))![1]!);
    expect(new Set(shown.map(({ kind }) => kind))).toEqual(new Set(EXPECTATION_KINDS));
    const example = read('config.example.yaml').replace(/^# alerts:\n(?:# .*\n)+/m, (lines) =>
      lines.replaceAll(/^# /gm, ''),
    );
    expect(parse(example)).toHaveLength(3);
  });

  it('names every key of every kind', () => {
    const page = read('docs/expectations.md');
    const keys = Object.values(EXPECTATION_SHAPES).flatMap(({ shape }) => Object.keys(shape));
    expect([...new Set(keys)].filter((key) => !page.includes(`\`${key}\``))).toEqual([]);
  });
});

describe('GET /api/v1/alerts', () => {
  it('has pages, filters, an ETag, and nothing of sources that the caller may not see', async () => {
    await addSource('charts');
    await addSource('other');
    for (const source of ['charts', 'other'])
      await insertJob(test.database, running('long', NOW - HOUR, { source }));
    await evaluatorOf(LONGEST).evaluate(NOW);
    expect((await alerts('?source=other')).map(({ source }) => source)).toEqual(['other']);
    expect(await alerts('?name=none')).toEqual([]);
    expect(await alerts('?state=resolved')).toEqual([]);
    const page = await api.get('/api/v1/alerts?limit=1');
    expect(page.body.page.next).not.toBeNull();
    const next = await api.get(`/api/v1/alerts?limit=1&cursor=${page.body.page.next}`);
    expect(next.body.data[0].id).not.toBe(page.body.data[0].id);
    const { etag } = page.headers;
    expect((await api.get('/api/v1/alerts?limit=1', { 'if-none-match': String(etag) })).status).toBe(304);
    const mismatch = await api.get(`/api/v1/alerts?limit=1&name=x&cursor=${page.body.page.next}`);
    expect(mismatch.body.type).toContain('cursor-mismatch');
  });

  it('refuses what it does not know; the feed refuses overdue', async () => {
    expect((await api.get('/api/v1/alerts?state=ended')).status).toBe(400);
    expect((await api.get('/api/v1/jobs?overdue=maybe')).status).toBe(400);
    const { status, body } = await api.get('/api/v1/events?overdue=true');
    expect(status).toBe(400);
    expect(body.errors).toEqual([{ parameter: 'overdue', detail: expect.stringContaining('alert.firing') }]);
  });
});

describe('rollcall alerts', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await makeTestFolder();
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function rollcall(...args: string[]) {
    const written = { stdout: '', stderr: '' };
    const stream = (name: 'stdout' | 'stderr') =>
      new Writable({
        write(chunk: Buffer, _encoding, done) {
          written[name] += chunk.toString();
          done();
        },
      });
    const code = await run(args, {
      env: { DATABASE_URL: test.url },
      cwd: folder,
      stdout: stream('stdout'),
      stderr: stream('stderr'),
    });
    return { code, ...written };
  }

  const write = (...alertLines: string[]) =>
    writeFileSync(
      join(folder, 'rollcall.yaml'),
      [
        'sources:',
        '  - { key: charts, platform: vectorcharts, auth: { token: secret } }',
        'alerts:',
        ...alertLines.map((line) => `  - ${line}`),
        '',
      ].join('\n'),
    );

  it('test says when a rule would have fired, from jobs, transitions and events', async () => {
    await addSource('charts');
    const now = await test.database.now();
    const hour = (at: number) => now - 5 * 86_400_000 + at * HOUR;
    await insertJobs(test.database, [
      ended('quick', hour(1), 40 * MINUTE),
      ended('slow', hour(2), 60 * MINUTE),
      ended('slow of another type', hour(2), 60 * MINUTE, { type: 'other' }),
      ended('slow, but in the dark', hour(10), 60 * MINUTE),
      ended('no start', hour(20), 60 * MINUTE, { startedAt: null, createdAt: iso(hour(19)) }),
      running('still', hour(50)),
    ]);
    await insertTransition(test.database, jobId('charts', 'no start'), 1, null, 'running');
    await test.database.query('UPDATE rollcall.transition SET occurred_at = $1', [iso(hour(20))]);
    const health = (at: number, name: string) =>
      test.database.query(
        `INSERT INTO rollcall.event (position, type, at, source_key, body)
         VALUES (nextval('rollcall.event_position_seq'), 'source.health', $1, 'charts', jsonb_build_object('health', $2::text))`,
        [iso(hour(at)), name],
      );
    await health(10.1, 'failing');
    await health(12, 'healthy');
    write(
      '{ name: too-long, kind: duration, max: 45m, match: { source: charts, type: tiles } }',
      '{ name: none, kind: stuck, after: 30d }',
    );

    const { code, stdout, stderr } = await rollcall(
      'alerts',
      'test',
      'too-long',
      '--since',
      '-10d',
      '--json',
    );
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ jobId: id }) => id)).toEqual(
      ['slow', 'no start', 'still'].map((name) => jobId('charts', name)),
    );
    expect(lines[0]).toMatchObject({
      source: 'charts',
      type: 'tiles',
      since: iso(hour(2) + 45 * MINUTE),
      limit: 45 * MINUTE,
    });
    for (const { firedAt, since } of lines)
      expect(Date.parse(firedAt) - Date.parse(since)).toBeLessThanOrEqual(MINUTE);
    expect(Date.parse(lines[0].resolvedAt) - hour(3)).toBeLessThanOrEqual(MINUTE);
    expect(lines[2].resolvedAt).toBeNull();

    const table = await rollcall('alerts', 'test', 'too-long', '--since', '-10d', '--until', iso(hour(10)));
    expect(table.stdout).toContain('has run for');
    expect(table.stdout.trim().split('\n')).toHaveLength(2);
    expect(table.stderr).toContain('fired 1 time between');
    expect((await rollcall('alerts', 'test', 'none', '--since', '-10d')).stderr).toContain('fired 0 times');

    const wrong = await rollcall('alerts', 'test', 'too-log');
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      'rollcall: no expectation has the name too-log; did you mean too-long?\n',
    ]);
    expect((await rollcall('alerts', 'test', 'too-long', '--since', '+1d')).code).toBe(2);
  });

  it('list shows how each rule stands with each source', async () => {
    await addSource('charts', await test.database.now());
    await insertJobs(test.database, [running('long', NOW)]);
    write('{ name: too-long, kind: duration, max: 45m }', '{ name: stuck, kind: stuck, after: 300d }');
    const before = await rollcall('alerts', 'list', '--json');
    expect(before.stdout.split('\n')[0]).toBe(
      '{"name":"too-long","kind":"duration","source":null,"firing":0,"suspended":null,"suspendedSince":null}',
    );
    const now = await test.database.now();
    await evaluatorOf(LONGEST, rule('stuck', { kind: 'stuck', afterMs: 300 * 24 * HOUR })).evaluate(now);
    await test.database.query(
      "UPDATE rollcall.expectation_state SET suspended = 'failing' WHERE rule = 'stuck'",
    );
    const { stdout, code } = await rollcall('alerts', 'list');
    expect(code).toBe(0);
    expect(stdout).toMatch(/too-long +duration +charts +1 firing/);
    expect(stdout).toMatch(/stuck +stuck +charts +1 firing, suspended: failing/);
  });

  it('jobs --overdue lists what breaks an expectation', async () => {
    await addSource('charts');
    await insertJobs(test.database, [running('long', NOW - HOUR), running('short', NOW)]);
    await evaluatorOf(LONGEST).evaluate(NOW);
    write('{ name: too-long, kind: duration, max: 45m }');
    const jobs = await rollcall('jobs', '--overdue', '--json');
    expect(
      jobs.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).externalId),
    ).toEqual(['long']);
    const others = await rollcall('jobs', '--overdue', 'false', '--json');
    expect(others.stdout).toContain('"short"');
    expect(others.stdout).not.toContain('"long"');
  });

  it('faults of alerts are named with their place', async () => {
    write(
      '{ name: a, kind: duration, max: 45m, match: { sorce: charts, source: nowhere, type: [x, y], state: failed } }',
      '{ name: a, kind: duration, max: 45m, beyondP95: 2 }',
      '{ name: b, kind: cadence, every: 1h, timeZone: Europe/Berlin }',
      '{ name: c, kind: cadence, cron: "61 * * * *", match: { source: charts } }',
      '{ name: d, kind: queue, for: 1m }',
      '{ name: e, kind: slow, after: 1m }',
      '{ name: F, kind: stuck, after: 1m, match: { filter: "state =" } }',
      '{ name: g, kind: stuck, aftr: 1m }',
      '{ name: h, kind: stuck, after: 1m, match: { overdue: true } }',
    );
    const { code, stderr } = await rollcall('alerts', 'list');
    expect(code).toBe(78);
    expect(stderr.split('\n').map((line) => line.replace('rollcall: rollcall.yaml:', '')))
      .toMatchInlineSnapshot(`
     [
       "4:51: alerts[0].match.sorce: says nothing of which jobs are meant; did you mean source?",
       "4:74: alerts[0].match.source: names a source that there is not; known here: charts",
       "4:97: alerts[0].match.state: says nothing of which jobs are meant; known here: id, source, platform, type, owner, externalId, parentId, label, attribute, q, filter",
       "5:13: alerts[1].name: another expectation has this name",
       "5:53: alerts[1].beyondP95: cannot be given together with max",
       "6:5: alerts[2].match: needs source: whose runs are expected",
       "6:52: alerts[2].timeZone: says nothing without cron",
       "7:37: alerts[3].cron: expected five fields of cron, such as 30 2 * * 1-5",
       "8:5: alerts[4]: needs max, or growsFor",
       "8:34: alerts[4].for: says nothing without max",
       "9:22: alerts[5].kind: expected one of duration, stuck, start, cadence, queue, success-rate, learned",
       "10:13: alerts[6].name: expected small letters, digits and hyphens, at most 63, no hyphen first",
       "11:5: alerts[7].after: is required",
       "11:29: alerts[7].aftr: unknown key; did you mean after?",
       "12:49: alerts[8].match.overdue: says nothing of which jobs are meant; known here: id, source, platform, type, owner, externalId, parentId, label, attribute, q, filter",
       "",
     ]
    `);
  });
});
