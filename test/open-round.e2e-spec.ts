import { fromPg } from '../src/storage/pg-time.js';
import { PolledPlatform } from './support/polled-platform.js';

// Open jobs that no page of a poll showed are read by their own pages, or by a walk where that is cheaper.

const HOUR_MS = 3_600_000;

/** Requests an hour that leave ten by-id reads to a poll (the least that a poll is given). */
const SMALL_BUDGET = 1_000;

let polled: PolledPlatform;

jest.setTimeout(120_000);

afterEach(() => polled.close());

const open = async (): Promise<number> =>
  (await polled.rows<{ open: number }>('SELECT count(*) AS open FROM rollcall.job WHERE NOT terminal'))[0]!
    .open;

/** Ids of the jobs whose own page was asked for since the last call, in that order. */
const readById = (): string[] =>
  polled
    .asked()
    .flatMap(
      (url) => /^\/(?:jobs\/v1\/bson|acme\/api\/jobs|[^/]+\/api\/jobs)\/([^/?]+)$/.exec(url)?.[1] ?? [],
    );

describe('by-id reads', () => {
  beforeEach(async () => {
    // Human jobs that stay open for long, on pages so small that a walk takes more requests than there are open jobs.
    polled = await PolledPlatform.start(
      'workfloplus',
      { jobs: 200, historyMs: HOUR_MS, paceMs: 100_000, endless: false },
      { everyMs: 1_000, maxRequestsPerHour: SMALL_BUDGET, pageSize: 4 },
    );
    expect(await polled.ask('sweep')).toMatchObject({ error: null, suspended: false });
    expect(await open()).toBeGreaterThan(30);
    polled.asked();
  });

  it('take several polls for a round, lose nothing that they read, and read nobody twice before the others', async () => {
    await polled.ask('incremental');
    await polled.ask('incremental');
    const read = readById();
    expect(read.length).toBe(20);
    expect(new Set(read).size).toBe(20);

    polled.clock.advance(24 * HOUR_MS);
    let rounds = 0;
    for (let before = -1; before !== (await open()) && rounds < 60; rounds++) {
      before = await open();
      await polled.ask('incremental');
    }
    expect(rounds).toBeGreaterThan(2);
    expect(await polled.wrong()).toEqual([]);
  });

  it('date a round that took several polls by its begin', async () => {
    const { open_round_at: before } = await polled.source();
    await polled.ask('incremental');
    const { open_round: round } = await polled.source();
    for (let polls = 0; (await polled.source())['open_round_at'] === before; polls++) {
      expect(polls).toBeLessThan(30);
      await polled.ask('incremental');
    }
    const { open_round_at: after } = await polled.source();
    expect(fromPg(after as string)).toBe((round as { beganAt: number }).beganAt);
  });
});

describe('a walk', () => {
  const world = { jobs: 300, historyMs: HOUR_MS, paceMs: 400_000, endless: false };

  it('replaces by-id reads where it takes fewer requests', async () => {
    polled = await PolledPlatform.start('workfloplus', world, { pageSize: 50 });
    await polled.ask('sweep');
    expect(await open()).toBeGreaterThan(30);
    polled.clock.advance(HOUR_MS / 2);
    const before = await polled.source();
    polled.asked();
    expect(await polled.ask('incremental')).toMatchObject({ kind: 'sweep', error: null });
    expect(readById()).toEqual([]);
    expect(await polled.wrong()).toEqual([]);
    const after = await polled.source();
    for (const name of ['open_round_at', 'swept_at', 'complete_through', 'sweep_ended_at'])
      expect(Date.parse(after[name] as string)).toBeGreaterThan(Date.parse(before[name] as string));
  });

  it('does not where the share of sweeps has no room for it', async () => {
    polled = await PolledPlatform.start('workfloplus', world, {
      pageSize: 50,
      maxRequestsPerHour: 60,
      everyMs: 1_000,
    });
    for (let sweeps = 0; sweeps < 3; sweeps++) await polled.ask('sweep');
    polled.asked();
    expect(await polled.ask('incremental')).toMatchObject({ kind: 'incremental', error: null });
    expect(readById().length).toBeGreaterThan(0);
  });
});

describe('a job whose own page is broken', () => {
  const ALL = { jobs: 80, historyMs: HOUR_MS, paceMs: 400_000, endless: false };
  let heal: () => void;
  let ids: string[];

  const spoil = (match: (path: string) => boolean, fault: object): void => {
    heal = polled.simulators.inject('integrate-io', {
      ...(fault as { kind: 'html' }),
      times: Infinity,
      match: ({ path }) => match(path),
    });
  };

  beforeEach(async () => {
    polled = await PolledPlatform.start('integrate-io', ALL, { pageSize: 2, overlapMs: 1_000 });
    await polled.ask('sweep');
    polled.asked();
    await polled.ask('incremental');
    ids = readById();
    expect(ids.length).toBeGreaterThan(5);
  });

  it.each([
    ['fails', { kind: 'status', status: 500 }],
    ['is no JSON', { kind: 'html' }],
  ])('and %s is said and left out, and the others are read', async (_how, fault) => {
    const before = await polled.source();
    spoil((path) => path.endsWith(`/jobs/${ids[2]}`), fault);
    for (let polls = 0; polls < 2; polls++) {
      expect(await polled.ask('incremental')).toMatchObject({
        error: null,
        health: 'degraded',
        reason: 'unreadable-jobs',
      });
      expect(readById().sort()).toEqual([...ids].sort());
    }
    // Not every open job was read: nothing more is claimed than before.
    const during = await polled.source();
    expect(during).toMatchObject({
      open_round_at: before['open_round_at'],
      complete_through: before['complete_through'],
    });
    heal();
    expect(await polled.ask('incremental')).toMatchObject({ health: 'healthy' });
    const after = await polled.source();
    expect(Date.parse(after['open_round_at'] as string)).toBeGreaterThan(
      Date.parse(before['open_round_at'] as string),
    );
    expect(after['open_round']).toBeNull();
  });

  it('and several of them end the round for this poll, and are passed by the next ones', async () => {
    const broken = new Set(ids.slice(1, 6));
    spoil((path) => broken.has(path.split('/').at(-1)!), { kind: 'status', status: 500 });
    expect(await polled.ask('incremental')).toMatchObject({ error: null, reason: 'unreadable-jobs' });
    expect(readById().filter((id) => broken.has(id))).toHaveLength(3);
    expect(await polled.ask('incremental')).toMatchObject({ error: null, reason: 'unreadable-jobs' });
    const second = readById();
    expect(second.filter((id) => broken.has(id))).toHaveLength(2);
    expect(second).toContain(ids.at(-1));
  });

  it('is no news where every page is: that is a failing platform', async () => {
    spoil((path) => /\/jobs\/\d+$/.test(path), { kind: 'status', status: 500 });
    expect(await polled.ask('incremental')).toMatchObject({ health: 'failing', reason: 'upstream-error' });
  });
});

describe('an open job that is deleted where jobs have no page of their own', () => {
  // Five intervals of a minute: a walk that is asked for comes no sooner after the one before.
  const POLL = { everyMs: 60_000, pageSize: 20 };

  it('brings a sweep early, once, and vanishes by the next one', async () => {
    polled = await PolledPlatform.start(
      'vectorcharts-oem',
      { jobs: 400, historyMs: HOUR_MS, paceMs: 20_000, endless: false },
      POLL,
    );
    await polled.ask('sweep');
    await polled.ask('incremental');
    const before = await polled.source();
    const [gone] = await polled.rows<{ id: string }>(
      'SELECT external_id AS id FROM rollcall.job WHERE NOT terminal LIMIT 1',
    );
    polled.simulators.world.remove('vectorcharts-oem', gone!.id);

    // Too soon after the sweep before: the source only says that it does not know.
    await polled.rows('UPDATE rollcall.source SET sweep_ended_at = now()');
    polled.asked();
    expect(await polled.ask('incremental')).toMatchObject({ kind: 'incremental', error: null });
    const searched = polled.asked().length;
    expect(searched).toBeLessThan(30);
    // It is not searched for again.
    expect(await polled.ask('incremental')).toMatchObject({ kind: 'incremental', error: null });
    expect(polled.asked().length).toBeLessThan(searched - 5);
    expect((await polled.source())['complete_through']).toBe(before['complete_through']);

    await polled.rows("UPDATE rollcall.source SET sweep_ended_at = now() - interval '10 minutes'");
    expect(await polled.ask('incremental')).toMatchObject({ kind: 'sweep', error: null });
    const job = async () =>
      (
        await polled.rows<Record<string, unknown>>(
          'SELECT absent_at, vanished_at FROM rollcall.job WHERE external_id = $1',
          [gone!.id],
        )
      )[0];
    expect(await job()).toMatchObject({ absent_at: expect.any(String), vanished_at: null });

    // Nobody looks for it any more, and what is proven moves on.
    await polled.rows("UPDATE rollcall.source SET sweep_ended_at = now() - interval '10 minutes'");
    polled.clock.advance(5_000);
    expect(await polled.ask('incremental')).toMatchObject({ kind: 'incremental', error: null });
    const after = await polled.source();
    expect(Date.parse(after['complete_through'] as string)).toBeGreaterThan(
      Date.parse(before['complete_through'] as string),
    );
    await polled.ask('sweep');
    expect(await job()).toMatchObject({ vanished_at: expect.any(String) });
  });
});
