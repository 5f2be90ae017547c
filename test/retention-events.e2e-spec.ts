import { Client } from 'pg';
import { Retention1763943400000 } from '../migrations/1763943400000-retention.js';
import { Instant } from '../src/domain/job.js';
import { openDatabase } from '../src/storage/database.js';
import { EventFeed, EventsGoneError, MAX_STRETCH } from '../src/storage/event.feed.js';
import { appendEvents } from '../src/storage/event.log.js';
import { EventPartitions } from '../src/storage/event.partitions.js';
import { NotNowError } from '../src/storage/retention.turn.js';
import { startApi, TestApi } from './support/api.js';
import { EventSeed, newEvent } from './support/events.js';
import { insertSource } from './support/jobs.js';
import { createTestDatabase, TestDatabase } from './support/postgres.js';
import { quietLog } from './support/quiet-log.js';
import { waitFor } from './support/wait-for.js';

// The change feed in partitions of time: contract, section 2 ("events go by age") and section 7 (the 410 of a cursor).

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const KEPT = 30 * DAY;

let test: TestDatabase;
let partitions: EventPartitions;
let feed: EventFeed;
/** Noon of the day on which the database was migrated: the day that is never alone in its partition. */
let noon: Instant;

beforeEach(async () => {
  test = await createTestDatabase({ poolSize: 8 });
  partitions = new EventPartitions(test.database);
  feed = new EventFeed(test.database);
  noon = (await firstUntil()) - 12 * HOUR;
  await insertSource(test.database, { key: 'charts' });
});
afterEach(() => test.drop());

const rows = <T>(sql: string, values: unknown[] = []): Promise<T[]> => test.database.query<T>(sql, values);

async function firstUntil(): Promise<Instant> {
  const [first] = await rows<{ name: string }>(
    "SELECT relname AS name FROM pg_class WHERE relname LIKE 'event\\_before\\_%' AND relkind = 'r'",
  );
  const [, year, month, day] = /(\d{4})(\d\d)(\d\d)$/.exec(first!.name)!;
  return Date.parse(`${year}-${month}-${day}T00:00:00Z`);
}

/** The partitions by their names, and how many events are in each. */
async function filled(): Promise<Record<string, number>> {
  const counts = await rows<{ name: string; count: number }>(
    `SELECT c.relname AS name, count(e.position) AS count FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
     LEFT JOIN rollcall.event e ON e.tableoid = c.oid
     WHERE i.inhparent = 'rollcall.event'::regclass GROUP BY 1 ORDER BY 1`,
  );
  return Object.fromEntries(counts.map(({ name, count }) => [name, count]));
}

const nameOf = (at: Instant, prefix = 'event_') =>
  prefix + new Date(at).toISOString().slice(0, 10).replaceAll('-', '');

/** One transaction of one event each. */
async function add(...ats: Instant[]): Promise<void> {
  for (const at of ats) await write({}, at);
}
const write = (seed: EventSeed, at: Instant) =>
  test.database.transaction((client) => appendEvents(client, [newEvent(seed, at)]));

const positions = async (after = 0): Promise<number[]> =>
  (await feed.read(after, MAX_STRETCH)).events.map(({ position }) => position);

/** Many events at once, by SQL: their times go from one instant to another. */
const addMany = (count: number, from: Instant, until: Instant) =>
  rows(
    `INSERT INTO rollcall.event (position, type, at, source_key, job_id, sequence, body)
     SELECT nextval('rollcall.event_position_seq'), 'job.changed',
       date_trunc('milliseconds', $2::timestamptz + (n - 1) * ($3::timestamptz - $2::timestamptz) / $1), 'charts', gen_random_uuid(), 1,
       jsonb_build_object('text', repeat(md5(n::text), 20))
     FROM generate_series(1, $1::int) AS n`,
    [count, new Date(from).toISOString(), new Date(until).toISOString()],
  );

describe('partitions of the change feed', () => {
  it('are there for the days to come, before anybody needs them, and follow each other without a gap', async () => {
    expect(await partitions.make(KEPT, noon)).toBe(true);
    const days = [1, 2, 3].map((day) => nameOf(noon + day * DAY));
    const before = nameOf(noon + DAY, 'event_before_');
    expect(Object.keys(await filled())).toEqual([...days, before, 'event_default'].sort());
    await partitions.make(KEPT, noon);
    await partitions.make(KEPT, noon + 2 * DAY);
    expect(Object.keys(await filled())).toHaveLength(7);

    // the last instant of a day, and the first of the next
    await add(
      noon,
      ...[1, 2, 3, 4, 5].flatMap((day) => [noon + day * DAY + 12 * HOUR - 1, noon + day * DAY]),
    );
    expect(await filled()).toEqual({
      [before]: 1,
      ...Object.fromEntries([1, 2, 3, 4, 5].map((day) => [nameOf(noon + day * DAY), 2])),
      event_default: 0,
    });
  });

  it('are few, however long events are kept', async () => {
    for (let day = 0; day < 2 * 365; day += 2) await partitions.make(365 * DAY, noon + day * DAY);
    // those of a year, since it is two that were made
    const names = Object.keys(await filled());
    expect(names.length / 2).toBeLessThan(35);
  });

  it('are dropped when all of their events are too old, and only then', async () => {
    for (let day = 0; day < 6; day++) await partitions.make(KEPT, noon + day * DAY);
    await add(...[0, 1, 2, 3].map((day) => noon + day * DAY));
    const midnight = noon + 12 * HOUR;
    expect(await partitions.dropPast(KEPT, midnight + DAY + KEPT - 1)).toEqual({ removed: 1, isLast: true });
    expect(Object.keys(await filled())).not.toContain(nameOf(noon + DAY, 'event_before_'));
    expect(await positions(1)).toEqual([2, 3, 4]);
    expect(await partitions.dropPast(KEPT, midnight + 3 * DAY + KEPT)).toEqual({ removed: 1, isLast: false });
    expect(await partitions.dropPast(KEPT, midnight + 3 * DAY + KEPT)).toEqual({ removed: 1, isLast: false });
    expect(await partitions.dropPast(KEPT, midnight + 3 * DAY + KEPT)).toEqual({ removed: 1, isLast: true });
    expect(await partitions.dropPast(KEPT, midnight + 3 * DAY + KEPT)).toEqual({ removed: 0, isLast: true });
    expect(await positions(4)).toEqual([]);
    await add(noon + 5 * DAY);
    expect(await positions(4)).toEqual([5]);
  });

  it('that this role may not drop are emptied, event by event', async () => {
    await partitions.make(KEPT, noon);
    await add(noon, noon + DAY, noon + 2 * DAY);
    const role = `test_${new URL(test.url).pathname.slice(-8)}`;
    await rows(`CREATE ROLE ${role};
      GRANT USAGE ON SCHEMA rollcall TO ${role};
      GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA rollcall TO ${role}`);
    const url = `${test.url}?options=${encodeURIComponent(`-c role=${role}`)}`;
    const limited = await openDatabase({ url, dataDir: '', poolSize: 1, log: quietLog() });
    try {
      const theirs = new EventPartitions(limited);
      const later = noon + 12 * HOUR + DAY + KEPT;
      expect(await theirs.dropPast(KEPT, later)).toEqual({ removed: 0, isLast: true });
      expect(await theirs.removeOld(KEPT, later)).toEqual({ removed: 2, isLast: true });
      expect(await positions(2)).toEqual([3]);
    } finally {
      await limited.close();
      await rows(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
  });

  it('take the events of the default one with them', async () => {
    await add(noon + DAY, noon + DAY, noon + 2 * DAY, noon + 9 * DAY);
    expect((await filled())['event_default']).toBe(4);
    expect(await partitions.make(KEPT, noon)).toBe(true);
    expect(await filled()).toMatchObject({
      ...{ [nameOf(noon + DAY)]: 2, [nameOf(noon + 2 * DAY)]: 1 },
      event_default: 1,
    });
    // nothing was lost, for any reader
    expect(await positions()).toEqual([1, 2, 3, 4]);
  });

  it('that are made while somebody reads hide no event that is moved to them', async () => {
    await add(noon, noon + DAY);
    // whoever makes a partition is held up while it has its locks, by a wait that its own bounds on locks do not see
    await rows(`
      CREATE FUNCTION public.hold() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
        WHILE NOT pg_try_advisory_xact_lock(1) LOOP PERFORM pg_sleep(0.001); END LOOP;
      END $$;
      CREATE EVENT TRIGGER hold_makers ON ddl_command_start WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION public.hold()`);
    const locked = (mode: string, granted: boolean) => async () =>
      (
        await rows(
          `SELECT 1 FROM pg_locks WHERE relation IN ('rollcall.event'::regclass, 'rollcall.event_default'::regclass)
             AND mode = $1 AND granted = $2`,
          [mode, granted],
        )
      ).length > 0;
    const { making, reading } = await test.database.transaction(async (client) => {
      await client.query('SELECT pg_advisory_xact_lock(1)');
      const made = partitions.make(KEPT, noon);
      await waitFor(locked('AccessExclusiveLock', true));
      const read = positions();
      await waitFor(locked('AccessShareLock', false));
      return { making: made, reading: read };
    });
    expect(await reading).toEqual([1, 2]);
    expect(await making).toBe(true);
  });

  it('leave a day to the default one that has too much of it', async () => {
    await addMany(5_001, noon + DAY, noon + DAY + HOUR);
    expect(await partitions.make(KEPT, noon)).toBe(false);
    expect(await filled()).toMatchObject({ [nameOf(noon + 2 * DAY)]: 0, event_default: 5_001 });
    expect(Object.keys(await filled())).not.toContain(nameOf(noon + DAY));
    expect(await partitions.make(KEPT, noon)).toBe(true);
  });

  it('give up what somebody is in the way of, soon enough that writers hardly notice', async () => {
    await add(noon);
    const reader = new Client({ connectionString: test.url });
    await reader.connect();
    try {
      // as pg_dump does it
      await reader.query('BEGIN; LOCK TABLE rollcall.event IN ACCESS SHARE MODE');
      const past = noon + 2 * DAY + KEPT;
      const dropping = partitions.dropPast(KEPT, past);
      const writing = write({ sequence: 2 }, noon);
      await expect(dropping).rejects.toThrow(NotNowError);
      await writing;
      expect(await positions()).toEqual([1, 2]);
      await reader.query('COMMIT');
      expect(await partitions.dropPast(KEPT, past)).toEqual({ removed: 1, isLast: true });
    } finally {
      await reader.end();
    }
  });

  it('come and go under readers and writers who notice nothing', async () => {
    await partitions.make(KEPT, noon);
    let day = 0;
    let busy = true;
    const events = 600;
    const writers = [0, 1, 2].map(async (writer) => {
      for (let n = 0; n < events / 3; n++)
        await write({ job: { externalId: `${writer}-${n}` } }, noon + day * DAY + n);
    });
    const seen: number[] = [];
    const reader = (async () => {
      for (let after = 0; busy || after < (await feed.newest());) {
        const { events: found, through } = await feed.read(after, 50);
        seen.push(...found.map(({ position }) => position));
        after = through;
      }
    })();
    // twenty days pass; the clocks of writers are up to one ahead of what has partitions
    const maker = (async () => {
      while (day < 20) {
        day++;
        await partitions.make(KEPT, noon + (day - 4) * DAY).catch(orNotNow);
      }
    })();
    try {
      await Promise.all([...writers, maker]);
    } finally {
      busy = false;
      await reader;
    }
    expect(seen).toEqual(Array.from({ length: events }, (_, index) => index + 1));
    expect(Object.values(await filled()).reduce((sum, count) => sum + count)).toBe(events);
  });
});

const orNotNow = (error: unknown): boolean => {
  if (error instanceof NotNowError) return false;
  throw error;
};

describe('what has no partition that could be dropped', () => {
  it('is removed in batches, and raises the floor', async () => {
    await addMany(7_000, noon - 40 * DAY, noon - 31 * DAY);
    await addMany(100, noon - 29 * DAY, noon);
    await rows("UPDATE rollcall.event SET at = at + interval '29 days' WHERE position > 7050");
    expect(await filled()).toMatchObject({ event_default: 50 });
    expect(await partitions.removeOld(KEPT, noon)).toEqual({ removed: 5_000, isLast: false });
    expect(await partitions.removeOld(KEPT, noon)).toEqual({ removed: 2_000, isLast: true });
    expect(await partitions.removeOld(KEPT, noon)).toEqual({ removed: 0, isLast: true });
    expect(await feed.beginning()).toBe(7_000);
    expect(await positions(7_000)).toHaveLength(100);
    await expect(feed.read(6_999, 1)).rejects.toThrow(EventsGoneError);
    expect(await partitions.removeOld(KEPT, noon + 60 * DAY)).toEqual({ removed: 100, isLast: true });
    expect(await feed.newest()).toBe(7_100);
    expect(await positions(7_100)).toEqual([]);
  });

  it('was there before there were partitions, and the migration keeps all of it', async () => {
    const migration = new Retention1763943400000();
    const runner = test.database.dataSource.createQueryRunner();
    try {
      await partitions.make(KEPT, noon);
      await add(noon - 50 * DAY, noon, noon + DAY, noon + 2 * DAY, noon + 90 * DAY);
      await migration.down(runner);
      expect(await filled()).toEqual({ event_default: 5 });
      expect(await positions()).toEqual([1, 2, 3, 4, 5]);
      await migration.up(runner);
      const before = nameOf(noon + 91 * DAY, 'event_before_');
      expect(await filled()).toEqual({ [before]: 5, event_default: 0 });
      expect(await positions()).toEqual([1, 2, 3, 4, 5]);
      await add(noon + 92 * DAY);
      expect(await filled()).toEqual({ [before]: 5, event_default: 1 });
    } finally {
      await runner.release();
    }
  });
});

describe('readers', () => {
  let api: TestApi;

  beforeEach(async () => {
    api = await startApi(test.database);
  });
  afterEach(() => api.close());

  interface Page {
    status: number;
    body: { data: { id: string; sequence: number }[]; page: { next: string }; type: string };
  }
  const ask = (search: string): Promise<Page> => api.get(`/api/v1/events${search}`);

  it('walk over the borders of partitions in order, though times and positions do not quite agree there', async () => {
    for (let day = 0; day < 10; day++) await partitions.make(KEPT, noon + day * DAY);
    const midnight = noon + 12 * HOUR;
    const ats = [0, 1, 2, 3, 4, 5].flatMap((day) => {
      const border = midnight + day * DAY;
      // whoever has read the clock first need not be the first to commit
      return [border - 2, border + 1, border - 1, border, border + 2];
    });
    for (const [place, at] of ats.entries()) await write({ sequence: place + 1 }, at);
    const found: number[] = [];
    for (let next = ''; ;) {
      const { body } = await ask(`?limit=4${next && `&after=${next}`}`);
      found.push(...body.data.map(({ sequence }) => sequence));
      if (body.data.length === 0) break;
      next = body.page.next;
    }
    expect(found).toEqual(ats.map((_, place) => place + 1));
  });

  it('are told that something after their place is gone, and nobody else is', async () => {
    for (let day = 0; day < 5; day++) await partitions.make(KEPT, noon + day * DAY);
    const midnight = noon + 12 * HOUR;
    // the third event is older than the second by its time, and so goes before it
    for (const [place, at] of [noon, midnight + 5, midnight - 1, midnight + 6].entries())
      await write({ sequence: place + 1 }, at);
    const ids = (await ask('')).body.data.map(({ id }) => id);
    expect(ids).toHaveLength(4);
    await partitions.dropPast(KEPT, midnight + KEPT);
    expect((await Promise.all(ids.map((id) => ask(`?after=${id}`)))).map(({ status }) => status)).toEqual([
      ...[410, 410, 200, 200],
    ]);
    expect((await ask(`?after=${ids[0]}`)).body.type).toBe('urn:rollcall:problem:cursor-expired');
    expect((await ask(`?after=${ids[2]}`)).body.data.map(({ sequence }) => sequence)).toEqual([4]);
    expect((await ask('')).body.data.map(({ sequence }) => sequence)).toEqual([4]);
    await partitions.dropPast(KEPT, midnight + DAY + KEPT);
    expect((await ask(`?after=${ids[3]}`)).body.page.next).toBe(ids[3]);
    expect((await ask('?after=latest')).body.page.next).toBe(ids[3]);
  });
});

describe('a read of the feed over 40 partitions', () => {
  interface PlanNode {
    'Node Type': string;
    'Actual Rows': number;
    'Shared Hit Blocks': number;
    'Shared Read Blocks': number;
    Plans?: PlanNode[];
  }
  const nodes = (plan: PlanNode): PlanNode[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)];

  it('looks into each once, sorts nothing that is large, and is planned once', async () => {
    for (let day = 0; day < 37; day++) await partitions.make(KEPT, noon + day * DAY);
    expect(Object.keys(await filled()).length).toBeGreaterThanOrEqual(40);
    await addMany(40_000, noon, noon + 39 * DAY);
    await rows('VACUUM ANALYZE rollcall.event');

    const client = await test.database.pool.connect();
    try {
      let text = '';
      const spied = new EventFeed({
        query: (asked: { name: string; text: string }) => {
          if (asked.name === 'event-stretch') text = asked.text;
          return test.database.query(asked, asked.name === 'event-stretch' ? Array(6).fill(null) : [0]);
        },
      } as never);
      await spied.read(0, 100);
      await client.query(`PREPARE stretch AS ${text}`);
      for (const mode of ['force_custom_plan', 'force_generic_plan'])
        for (const after of [0, 20_000, 39_000, 39_950]) {
          await client.query(`SET plan_cache_mode = ${mode}`);
          const { rows: explained } = await client.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
            `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE stretch(${after}, NULL, NULL, NULL, NULL, 100)`,
          );
          const { Plan: plan } = explained[0]!['QUERY PLAN'][0];
          const blocks = plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
          const large = nodes(plan).filter(
            (node) => node['Node Type'] === 'Sort' && node['Actual Rows'] > 1_000,
          );
          // three blocks to find the place in each of them, and those of a hundred events
          expect([mode, after, blocks < 300, large]).toEqual([mode, after, true, []]);
          expect(plan['Actual Rows']).toBe(Math.min(100, 40_000 - after));
        }
      await client.query('RESET plan_cache_mode');
      for (let run = 0; run < 10; run++)
        await client.query('EXECUTE stretch(39950, NULL, NULL, NULL, NULL, 100)');
      const { rows: plans } = await client.query<{ generic: number }>(
        "SELECT generic_plans AS generic FROM pg_prepared_statements WHERE name = 'stretch'",
      );
      expect(plans[0]!.generic).toBeGreaterThan(4);
    } finally {
      client.release(true);
    }
  });
});
