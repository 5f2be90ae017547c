import { IncomingMessage, ServerResponse } from 'node:http';
import { PollService } from '../src/polling/poll.service.js';
import { Call } from '../src/simulators/http/answer.js';
import { isList, RECORD_PATHS, rewriteRecords, valueAt } from '../src/simulators/http/spoil.js';
import { SimulatedPlatform } from '../src/simulators/life.js';
import { PollKind } from '../src/domain/poll-kind.js';
import { appendEvents, NewEvent } from '../src/storage/event.log.js';
import { chartJob, ChartsServer, startChartsServer } from './support/charts-server.js';
import { sourceConfig, SourceDraft, testConfig } from './support/config.js';
import { PolledPlatform } from './support/polled-platform.js';
import { createTestDatabase, TestDatabase } from './support/postgres.js';
import { waitFor } from './support/wait-for.js';

// The twelve invariants, one block each: what is broken in the code breaks here, in a second. The labs and the other specs look for
// what nobody thought of. docs/invariants.md names what guards what.

// A bound on hanging, and no expectation of speed.
jest.setTimeout(60_000);

let closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.reverse()) await close();
  closing = [];
});

/** A source of which the test says every record. */
async function openCharts(): Promise<Charts> {
  const test = await createTestDatabase();
  const server = await startChartsServer();
  closing.push(test.drop, server.close);
  const charts = new Charts(test, server);
  await charts.start();
  return charts;
}

class Charts {
  constructor(
    readonly test: TestDatabase,
    readonly server: ChartsServer,
  ) {}

  /** A poller of its own. */
  async start(over: Partial<SourceDraft> = {}): Promise<PollService> {
    const auth = { token: this.server.token };
    const source = { key: 'charts', platform: 'vectorcharts', baseUrl: this.server.baseUrl, auth };
    const service = new PollService(testConfig([sourceConfig({ ...source, ...over })]), this.test.database, {
      maxRetries: 0,
      minTimeoutMs: 1,
      maxTimeoutMs: 1,
    });
    await service.reconcile();
    closing.push(() => service.onApplicationShutdown());
    this.service = service;
    return service;
  }

  service!: PollService;

  poll(...jobs: unknown[]) {
    this.server.jobs = jobs;
    return this.service.pollNow('charts', 'incremental');
  }

  rows<T = Record<string, unknown>>(sql: string): Promise<T[]> {
    return this.test.database.query<T>(sql);
  }

  async job(id: string): Promise<Record<string, unknown>> {
    return (await this.rows(`SELECT * FROM rollcall.job WHERE external_id = '${id}'`))[0]!;
  }
}

async function openPlatform(...options: Parameters<typeof PolledPlatform.start>): Promise<PolledPlatform> {
  const polled = await PolledPlatform.start(...options);
  closing.push(() => polled.close());
  return polled;
}

/** Everything that is stored, as text. */
async function dump({ database }: TestDatabase): Promise<string> {
  const tables = await database.query<{ name: string }>(
    "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'rollcall'",
  );
  const texts = tables.map(({ name }) =>
    database.query<{ text: string }>(`SELECT t::text AS text FROM rollcall.${name} AS t`),
  );
  return (await Promise.all(texts))
    .flat()
    .map(({ text }) => text)
    .join('\n');
}

const EARLY = 1736950500000;
const LATE = 1736950900000;

describe('1. nothing is dropped', () => {
  it('every record becomes one job or one reject with its reason, and a bad one does not fail the others', async () => {
    const charts = await openCharts();
    const summary = await charts.poll(
      chartJob('a', 'completed'),
      { ...chartJob('', 'completed') },
      null,
      chartJob('b', 'processing', { created_at: 'then' }),
      ['c'],
      chartJob('d', 'failed'),
    );
    expect(summary).toMatchObject({ error: null, records: 6, discovered: 2, rejected: 4 });
    const jobs = await charts.rows('SELECT external_id FROM rollcall.job ORDER BY external_id');
    expect(jobs).toEqual([{ external_id: 'a' }, { external_id: 'd' }]);
    const rejects = await charts.rows<{ reasons: string[] }>('SELECT reasons FROM rollcall.reject');
    expect(rejects).toHaveLength(4);
    for (const { reasons } of rejects) expect(reasons).not.toEqual([]);
  });

  it('pages before a broken one stay', async () => {
    const polled = await openPlatform('elastic-path', { jobs: 130, endless: false }, { pageSize: 50 });
    let pages = 0;
    polled.simulators.inject('elastic-path', {
      kind: 'truncated-json',
      match: (call) => isList('elastic-path', call) && ++pages === 2,
    });
    expect(await polled.ask('sweep')).toMatchObject({ error: { kind: 'malformed-response' } });
    expect(await polled.rows('SELECT 1 FROM rollcall.job')).toHaveLength(50);
  });
});

describe('2. nothing is invented', () => {
  it('no state for a word without a rule, no progress and no time that was not given', async () => {
    const charts = await openCharts();
    await charts.poll(
      chartJob('a', 'archived', { percent_complete: null }),
      chartJob('b', 'completed', { percent_complete: null, updated_at: null }),
    );
    expect(await charts.job('a')).toMatchObject({ state: 'unknown', raw_status: 'archived', progress: null });
    expect(await charts.job('b')).toMatchObject({
      state: 'succeeded',
      progress: null,
      started_at: null,
      finished_at: null,
      provenance: { startedAt: 'unknown', finishedAt: 'unknown' },
    });
  });

  it('no outcome for a job that is gone', async () => {
    const charts = await openCharts();
    await charts.poll(chartJob('a', 'processing'));
    await charts.poll();
    await charts.poll();
    const { vanished_at: vanishedAt, ...job } = await charts.job('a');
    expect(vanishedAt).not.toBeNull();
    expect(job).toMatchObject({ state: 'running', reason: null, finished_at: null, terminal: false });
  });
});

describe('3. no transition is lost that the platform showed', () => {
  it.each<SimulatedPlatform>([
    'elastic-path',
    'workfloplus',
    'integrate-io',
    'veeva-vault',
    'vectorcharts-oem',
  ])('an open job of %s is read until it ends, though nobody asks for a sweep', async (platform) => {
    const world = { jobs: 60, birthEveryMs: 2_000, paceMs: 15_000, historyMs: 600_000 };
    const polled = await openPlatform(platform, world, { pageSize: 10, overlapMs: 1_000 });
    await polled.ask('sweep');
    const opened = await polled.rows<{ external_id: string }>(
      'SELECT external_id FROM rollcall.job WHERE NOT terminal',
    );
    expect(opened.length).toBeGreaterThan(3);
    for (let round = 0; round < 12; round++) {
      polled.clock.advance(15_000);
      await polled.ask('incremental');
    }
    const known = await polled.rows<{ external_id: string; state: string }>(
      'SELECT external_id, state FROM rollcall.job WHERE vanished_at IS NULL',
    );
    const { world: truth } = polled.simulators;
    const wrong = known.filter(
      ({ external_id: id, state }) => truth.truthOf(platform, id, polled.clock.now())?.state !== state,
    );
    expect(wrong).toEqual([]);
  });
});

describe('4. never backwards', () => {
  it.each([
    ['of an end', 'completed', 'processing'],
    ['of a job that goes on', 'processing', 'processing'],
    ['of an end that the job left', 'processing', 'completed'],
  ])('an older record changes nothing: %s', async (_, state, before) => {
    const charts = await openCharts();
    await charts.poll(chartJob('a', state, { updated_at: LATE, percent_complete: 60 }));
    const stored = await charts.job('a');
    await charts.poll(chartJob('a', before, { updated_at: EARLY, percent_complete: 20 }));
    expect(await charts.job('a')).toEqual(stored);
  });

  it('a newer record changes a job, also out of its end', async () => {
    const charts = await openCharts();
    await charts.poll(chartJob('a', 'completed', { updated_at: EARLY }));
    await charts.poll(chartJob('a', 'processing', { updated_at: LATE }));
    expect(await charts.job('a')).toMatchObject({ state: 'running' });
  });

  it.each([
    ['open first', ['processing', 'completed']],
    ['its end first', ['completed', 'processing']],
  ])('of two records of one moment its end wins: %s', async (_, [first, second]) => {
    const charts = await openCharts();
    await charts.poll(chartJob('a', first!, { percent_complete: 45 }));
    await charts.poll(chartJob('a', second!, { percent_complete: 45 }));
    expect(await charts.job('a')).toMatchObject({ state: 'succeeded' });
  });
});

describe('5. exactly one poller', () => {
  /** The next request is answered when the returned function is called. */
  function holdRequest(server: ChartsServer): { asked: Promise<void>; answer: () => void } {
    let held: ServerResponse;
    const asked = new Promise<void>((resolve) =>
      server.faults.push((_request: IncomingMessage, response) => {
        held = response;
        resolve();
      }),
    );
    const answer = (): void =>
      void held
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify([chartJob('late', 'completed')]));
    return { asked, answer };
  }

  it('nobody claims a source that another polls', async () => {
    const charts = await openCharts();
    const { asked, answer } = holdRequest(charts.server);
    const first = charts.poll();
    await asked;
    const second = await charts.start();
    await expect(second.pollNow('charts', 'sweep')).rejects.toThrow('is being polled by another process');
    answer();
    expect(await first).toMatchObject({ error: null });
  });

  it('a poller that wakes up after its lease writes nothing, while another polls and after it', async () => {
    const charts = await openCharts();
    const [late, next] = [holdRequest(charts.server), holdRequest(charts.server)];
    const first = charts.poll().catch((error: Error) => error.name);
    await late.asked;
    await charts.rows("UPDATE rollcall.source SET lease_until = now() - interval '1 second'");
    const other = (await charts.start()).pollNow('charts', 'sweep');
    await next.asked;
    late.answer();
    expect(await first).toBe('LeaseLostError');
    expect(await charts.rows('SELECT 1 FROM rollcall.job UNION ALL SELECT 1 FROM rollcall.event')).toEqual(
      [],
    );
    next.answer();
    expect(await other).toMatchObject({ error: null, discovered: 1 });
  });
});

describe('6. atomic and resumable', () => {
  type Refusal = {
    table: string;
    code?: 'invalid_parameter_value' | 'disk_full';
    from?: number;
    count?: number;
  };

  /** Statements on a table are refused, from the n-th on, so many of them: for what they say, unless the code says otherwise. */
  async function refuse(
    test: TestDatabase,
    { table, code = 'invalid_parameter_value', from = 1, count = 1_000 }: Refusal,
  ): Promise<() => Promise<void>> {
    await test.database.query(`
      CREATE SEQUENCE refused_turn;
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $refuse$
      DECLARE turn bigint := nextval('refused_turn');
      BEGIN
        IF turn >= ${from} AND turn < ${from + count} THEN
          RAISE EXCEPTION 'refused by the test' USING ERRCODE = '${code}';
        END IF;
        RETURN NULL;
      END $refuse$;
      CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON rollcall.${table} FOR EACH STATEMENT EXECUTE FUNCTION refuse()`);
    return async () => {
      await test.database.query(
        `DROP TRIGGER refuse ON rollcall.${table}; DROP FUNCTION refuse; DROP SEQUENCE refused_turn`,
      );
    };
  }

  /** A poll that may be cut off. @returns what went wrong */
  async function failure(polled: PolledPlatform, kind: PollKind): Promise<unknown> {
    const { error } = await polled.ask(kind).catch((cutOff: Error) => ({ error: cutOff }));
    return error;
  }

  const JOB_TABLES = ['job', 'job_payload', 'job_task', 'transition', 'event', 'job_count'];

  it.each(JOB_TABLES)(
    'jobs, payloads, tasks, transitions, events and counters: all or nothing where %s is refused',
    async (table) => {
      const polled = await openPlatform('integrate-io', { jobs: 40, birthEveryMs: 5_000 }, {});
      const stored = () =>
        Promise.all(
          JOB_TABLES.map((name) =>
            polled.rows(
              `SELECT t::text AS row FROM rollcall.${name} AS t ${name === 'event' ? 'WHERE job_id IS NOT NULL' : ''} ORDER BY 1`,
            ),
          ),
        );
      await polled.ask('sweep');
      polled.clock.advance(60_000);
      const before = await stored();
      const allow = await refuse(polled.test, { table });
      expect(await failure(polled, 'incremental')).not.toBeNull();
      expect(await stored()).toEqual(before);
      await allow();
      expect(await polled.ask('incremental')).toMatchObject({ error: null });
      expect(await stored()).not.toEqual(before);
      expect(await polled.wrong()).toEqual([]);
    },
  );

  it('a bookmark does not move before the rows that it stands behind', async () => {
    const polled = await openPlatform('integrate-io', { jobs: 40, birthEveryMs: 5_000 }, { overlapMs: 0 });
    await polled.ask('sweep');
    const { bookmark } = await polled.source();
    polled.clock.advance(120_000);
    const allow = await refuse(polled.test, { table: 'job' });
    expect(await failure(polled, 'incremental')).not.toBeNull();
    expect((await polled.source())['bookmark']).toEqual(bookmark);
    await allow();
    expect(await polled.ask('incremental')).toMatchObject({ error: null });
    expect((await polled.source())['bookmark']).not.toEqual(bookmark);
    expect(await polled.wrong()).toEqual([]);
  });

  it('a first read goes on where its rows end: not behind them, and not from page one', async () => {
    const polled = await openPlatform('elastic-path', { jobs: 1_150, endless: false }, { pageSize: 100 });
    // Eleven pages are four transactions.
    const allow = await refuse(polled.test, { table: 'job', code: 'disk_full', from: 4 });
    expect(await failure(polled, 'sweep')).not.toBeNull();
    const stored = (await polled.rows('SELECT 1 FROM rollcall.job')).length;
    expect(stored).toBeGreaterThan(400);
    expect(stored).toBeLessThan(1_150);
    await allow();
    polled.asked();
    expect(await polled.ask('sweep')).toMatchObject({ error: null });
    const [first] = polled.asked().filter((url) => url.startsWith('/pcm/jobs?'));
    const offset = Number(new URL(first!, 'http://127.0.0.1').searchParams.get('page[offset]'));
    expect(offset).toBeGreaterThan(0);
    expect(offset).toBeLessThanOrEqual(stored);
    expect(await polled.wrong()).toEqual([]);
  });
});

describe('7. quiet when nothing changed', () => {
  it.each<SimulatedPlatform>(['vectorcharts', 'elastic-path', 'integrate-io'])(
    'a poll of what %s showed before writes no job row and no event',
    async (platform) => {
      const polled = await openPlatform(platform, { jobs: 60, endless: false }, {});
      await polled.ask('sweep');
      const stored = () =>
        Promise.all(
          ['job', 'job_payload', 'job_task', 'transition', 'event', 'job_count'].map((table) =>
            polled.rows(`SELECT ctid::text, xmin::text, xmax::text FROM rollcall.${table} ORDER BY ctid`),
          ),
        );
      const before = await stored();
      expect(before[0]).toHaveLength(60);
      expect(await polled.ask('sweep')).toMatchObject({ error: null, records: 60, changed: 0 });
      expect(await polled.ask('incremental')).toMatchObject({ error: null, changed: 0 });
      expect(await stored()).toEqual(before);
    },
  );
});

describe('8. a complete feed', () => {
  it('an event becomes visible only when all before it are', async () => {
    const test = await createTestDatabase();
    closing.push(test.drop);
    const event = (source: string): NewEvent => ({
      ...{ type: 'source.health', at: Date.now(), source, jobId: null, sequence: null, from: null, to: null },
      ...{ backfill: false, changed: [], body: {}, pollId: null },
    });
    await test.database.query(
      `INSERT INTO rollcall.source (key, platform, base_url, labels, enabled, every_ms, idle_every_ms, sweep_every_ms, stale_after_ms,
         proof_every_ms, config_generation)
       SELECT key, 'vectorcharts', 'http://127.0.0.1', '{}', true, 1, 1, 1, 1, 1, 1 FROM unnest(ARRAY['slow', 'quick']) AS key`,
    );
    const feed = () =>
      test.database.query<{ source_key: string }>('SELECT source_key FROM rollcall.event ORDER BY position');
    let isCommitted = false;
    let quick = Promise.resolve();
    await test.database.transaction(async (client) => {
      await appendEvents(client, [event('slow')]);
      quick = test.database
        .transaction((other) => appendEvents(other, [event('quick')]))
        .then(() => void (isCommitted = true));
      await waitFor(async () => {
        const waiting = await test.database.query(
          "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted",
        );
        return isCommitted || waiting.length > 0;
      });
      expect(await feed()).toEqual([]);
    });
    await quick;
    expect(await feed()).toEqual([{ source_key: 'slow' }, { source_key: 'quick' }]);
  });
});

describe('9. gentle', () => {
  it('asks for no more than the budget of the hour, by whatever poll', async () => {
    const polled = await openPlatform(
      'elastic-path',
      { jobs: 200, endless: false },
      { pageSize: 20, maxRequestsPerHour: 6 },
    );
    for (let poll = 0; poll < 4; poll++) await polled.ask(poll % 2 === 0 ? 'sweep' : 'incremental');
    expect(polled.simulators.requests.count('elastic-path')).toBeLessThanOrEqual(6);
    expect(await polled.source()).toMatchObject({ health: 'degraded', health_reason: 'rate-limited' });
  });

  it('waits for as long as the platform asks for, and asks nothing meanwhile', async () => {
    const polled = await openPlatform('elastic-path', { jobs: 20 }, {});
    polled.simulators.inject('elastic-path', {
      kind: 'status',
      status: 429,
      headers: { 'Retry-After': '3600' },
    });
    await polled.ask('sweep');
    const asked = polled.simulators.requests.count('elastic-path');
    expect(await polled.ask('sweep')).toMatchObject({ error: { kind: 'rate-limited' } });
    expect(polled.simulators.requests.count('elastic-path')).toBe(asked);
    const [row] = await polled.rows<{ seconds: number }>(
      'SELECT extract(epoch FROM next_poll_at - now())::float8 AS seconds FROM rollcall.source',
    );
    expect(row!.seconds).toBeGreaterThan(3_500);
  });

  it('signs in once for all polls', async () => {
    const polled = await openPlatform('elastic-path', { jobs: 20 }, {});
    for (let poll = 0; poll < 3; poll++) await polled.ask('sweep');
    expect(polled.asked().filter((url) => url === '/oauth/access_token')).toHaveLength(1);
  });
});

describe('10. knowledge is dated', () => {
  const knownThrough = async (polled: PolledPlatform): Promise<number | null> => {
    const [row] = await polled.rows<{ ms: number | null }>(
      'SELECT extract(epoch FROM complete_through)::float8 * 1000 AS ms FROM rollcall.source',
    );
    return row!.ms;
  };

  it.each<[SimulatedPlatform, number]>([
    ['vectorcharts', 0],
    ['integrate-io', 0],
    ['veeva-vault', 0],
    ['vectorcharts-oem', 0],
    ['elastic-path', 60_000],
  ])(
    'by the clock of %s at the begin of the poll, less the time in which its reads lag',
    async (platform, settleMs) => {
      const polled = await openPlatform(platform, { jobs: 40, endless: false }, { pageSize: 10 });
      // Everything has ended, so that no walk sees movement.
      polled.clock.advance(3_600_000);
      const begun = polled.clock.now();
      let pages = 0;
      const undo = polled.simulators.inject(platform, {
        kind: 'before',
        match: (call: Call) => isList(platform, call) && ++pages === 2,
        run: () => polled.clock.advance(60_000),
      });
      await polled.ask('sweep');
      undo();
      expect(await knownThrough(polled)).toBe(begun - settleMs);
      polled.clock.advance(30_000);
      const later = polled.clock.now();
      await polled.ask('incremental');
      expect(await knownThrough(polled)).toBe(later - settleMs);
    },
  );

  it('nothing is known by a poll that failed, or by a walk that proves nothing', async () => {
    const polled = await openPlatform('workfloplus', { jobs: 130, endless: false }, { pageSize: 50 });
    let pages = 0;
    polled.simulators.inject('workfloplus', {
      kind: 'status',
      status: 503,
      match: (call) => isList('workfloplus', call) && ++pages === 2,
    });
    expect(await polled.ask('sweep')).toMatchObject({ error: { kind: 'upstream-error' } });
    expect(await knownThrough(polled)).toBeNull();
    await polled.ask('sweep');
    const proven = await knownThrough(polled);
    expect(proven).toBe(polled.clock.now());
    polled.clock.advance(30_000);
    expect(await polled.ask('incremental')).toMatchObject({ error: null });
    expect(await knownThrough(polled)).toBe(proven);
  });
});

describe('11. vanished needs proof', () => {
  it('a job that a read lacks once is not gone, nor is one that an unreadable record may be', async () => {
    const charts = await openCharts();
    await charts.poll(chartJob('a', 'processing'));
    await charts.poll();
    expect(await charts.job('a')).toMatchObject({ vanished_at: null });
    for (let poll = 0; poll < 3; poll++) await charts.poll(chartJob('', 'processing'));
    expect(await charts.job('a')).toMatchObject({ vanished_at: null });
    await charts.poll(chartJob('a', 'processing'));
    expect(
      await charts.rows("SELECT 1 FROM rollcall.event WHERE type LIKE 'job.%' AND type <> 'job.discovered'"),
    ).toEqual([]);
  });

  /** Lists from now on as if the platform had no such job; the total says so from the second page on, or not at all. */
  function hide(polled: PolledPlatform, id: string, total: 'kept' | 'shrinks'): void {
    const { platform } = polled;
    polled.simulators.inject(platform, {
      kind: 'rewrite',
      times: Infinity,
      match: (call) => isList(platform, call),
      rewrite: (answer, call) => {
        const shown = rewriteRecords(answer, (records) =>
          records.filter((record) => valueAt(record, RECORD_PATHS[platform].id) !== id),
        );
        if (total === 'kept' || Number(call.query.get('offset') ?? 0) === 0) return shown;
        const { pagination, ...body } = shown.json as { pagination: { total: number } };
        return { ...shown, json: { ...body, pagination: { ...pagination, total: pagination.total - 1 } } };
      },
    });
  }

  const openJob = async (polled: PolledPlatform): Promise<string> => {
    const [job] = await polled.rows<{ external_id: string }>(
      'SELECT external_id FROM rollcall.job WHERE NOT terminal ORDER BY created_at LIMIT 1',
    );
    return job!.external_id;
  };
  const vanished = (polled: PolledPlatform): Promise<unknown[]> =>
    polled.rows('SELECT external_id FROM rollcall.job WHERE vanished_at IS NOT NULL');

  it('a sweep whose total shrinks while it is read proves nothing', async () => {
    const polled = await openPlatform('vectorcharts-oem', { jobs: 60, endless: false }, { pageSize: 20 });
    await polled.ask('sweep');
    hide(polled, await openJob(polled), 'shrinks');
    for (let sweep = 0; sweep < 3; sweep++) await polled.ask('sweep');
    expect(await vanished(polled)).toEqual([]);
  });

  it('a walk that rows slipped past proves nothing', async () => {
    const polled = await openPlatform('vectorcharts-oem', { jobs: 60, endless: false }, { pageSize: 20 });
    await polled.ask('sweep');
    const id = await openJob(polled);
    hide(polled, id, 'kept');
    // Each sweep lacks the job, and each sees that the first page no longer joins the second.
    polled.simulators.inject('vectorcharts-oem', {
      kind: 'rewrite',
      times: Infinity,
      match: (call) => isList('vectorcharts-oem', call) && call.query.get('offset') === '10',
      rewrite: (answer) => rewriteRecords(answer, ([, ...records]) => records),
    });
    for (let sweep = 0; sweep < 3; sweep++) await polled.ask('sweep');
    expect(await vanished(polled)).toEqual([]);
  });

  it('a job whose own page is there is not gone, whatever the list lacks', async () => {
    const polled = await openPlatform('workfloplus', { jobs: 60, endless: false }, { pageSize: 20 });
    await polled.ask('sweep');
    const id = await openJob(polled);
    hide(polled, id, 'kept');
    for (let sweep = 0; sweep < 3; sweep++) await polled.ask('sweep');
    expect(await vanished(polled)).toEqual([]);
    polled.simulators.world.remove('workfloplus', id);
    for (let sweep = 0; sweep < 2; sweep++) await polled.ask('sweep');
    expect(await vanished(polled)).toEqual([{ external_id: id }]);
  });

  it('a finished job that the platform purged stays as it is', async () => {
    const charts = await openCharts();
    await charts.poll(chartJob('a', 'completed'));
    const { absent_at: _, ...before } = await charts.job('a');
    for (let poll = 0; poll < 3; poll++) await charts.poll();
    const { absent_at: absentAt, ...after } = await charts.job('a');
    expect(absentAt).not.toBeNull();
    expect(after).toEqual(before);
  });
});

describe('12. secrets stay in memory', () => {
  const SECRET = 'hunter2-of-the-test';

  it('what is redacted reaches nothing that is stored: jobs, payloads, events, rejects', async () => {
    const charts = await openCharts();
    await charts.start({ redact: ['$.parameters.password'] });
    const parameters = { password: SECRET, dataset: 'kept-by-the-test' };
    await charts.poll(
      chartJob('a', 'processing', { parameters }),
      chartJob('b', 'processing', { parameters, created_at: 'then' }),
      chartJob('', 'processing', { parameters }),
    );
    const stored = await dump(charts.test);
    expect(stored.match(/kept-by-the-test/g)!.length).toBeGreaterThan(3);
    expect(stored).not.toContain(SECRET);
  });

  it.each([200, 401, 403, 429, 500])(
    'an upstream that answers %i with the token does not have us repeat it',
    async (status) => {
      const charts = await openCharts();
      const { token } = charts.server;
      charts.server.faults.push((request, response) =>
        response
          .writeHead(status, { 'x-echo': request.headers.authorization! })
          .end(`your ${request.headers.authorization!}`),
      );
      const { error } = await charts.poll();
      expect(error).not.toBeNull();
      expect(JSON.stringify(error)).not.toContain(token);
      expect(await dump(charts.test)).not.toContain(token);
    },
  );
});
