import { rewriteRecords } from '../src/simulators/http/spoil.js';
import { SimulatedPlatform } from '../src/simulators/life.js';
import { PolledPlatform } from './support/polled-platform.js';

// A sweep gets half of the hour's budget, and goes on where it stood when there is budget again; beside it the source is read on.

const HOUR_MS = 3_600_000;
/** Requests an hour; sweeps get half of them. */
const BUDGET = 60;
const SHARE = BUDGET / 2;
const POLL = { maxRequestsPerHour: BUDGET, pageSize: 10, overlapMs: 10_000 };
/** A walk by pages of ten that overlap by five takes about sixty requests. */
const JOBS = 300;
const QUIET = { jobs: JOBS, endless: false, historyMs: 40 * HOUR_MS, paceMs: 1_000 };

let polled: PolledPlatform;

jest.setTimeout(120_000);

afterEach(() => polled.close());

/** Polls as scheduled until the sweep that is under way has come to its end; the kinds of these polls. */
async function untilSwept(): Promise<string[]> {
  const kinds: string[] = [];
  const { sweep_ended_at: before } = await polled.source();
  while ((await polled.source())['sweep_ended_at'] === before) {
    expect(kinds.length).toBeLessThan(40);
    const { kind, result } = await polled.scheduled();
    expect(result).toBe('ok');
    kinds.push(kind);
    await polled.anHourPasses();
  }
  return kinds;
}

const dueForASweep = () =>
  polled.rows("UPDATE rollcall.source SET sweep_ended_at = now() - interval '2 hours'");
const markedAbsent = async () =>
  (
    await polled.rows<{ id: string }>(
      'SELECT external_id AS id FROM rollcall.job WHERE absent_at IS NOT NULL',
    )
  ).map(({ id }) => id);

describe('a first read that is larger than its share', () => {
  it('stops without an error, lets news in, and goes on where it stood', async () => {
    polled = await PolledPlatform.start(
      'elastic-path',
      { ...QUIET, endless: true, birthEveryMs: 60_000 },
      POLL,
    );
    expect(await polled.ask('sweep')).toMatchObject({ error: null, health: 'healthy', suspended: true });
    expect(polled.asked().length).toBeLessThanOrEqual(SHARE);
    expect(await polled.source()).toMatchObject({
      first_read_at: null,
      complete_through: null,
      bookmark: null,
    });

    polled.clock.advance(60_000);
    expect(await polled.scheduled()).toMatchObject({ kind: 'incremental', result: 'ok' });
    // The first page shows what is new, and what is older than the read's start.
    expect(polled.asked().filter((url) => url.startsWith('/pcm/jobs?')).length).toBeLessThanOrEqual(3);
    const [newest] = polled.simulators.world
      .truth(polled.clock.now())
      .sort((a, b) => b.createdAt! - a.createdAt!);
    expect(
      await polled.rows('SELECT 1 FROM rollcall.job WHERE external_id = $1', [newest!.externalId]),
    ).toHaveLength(1);

    // Nothing is left of the share, and a poll that only proves the news must not end the first read.
    expect(await polled.scheduled()).toMatchObject({ kind: 'incremental', result: 'ok' });
    expect(await polled.source()).toMatchObject({
      first_read_at: null,
      complete_through: null,
      bookmark: null,
    });
    polled.asked();

    await polled.anHourPasses();
    const kinds = await untilSwept();
    expect(kinds.filter((kind) => kind === 'sweep').length).toBeGreaterThan(1);
    // In turns.
    expect(kinds.join().includes('sweep,sweep')).toBe(false);
    expect(polled.asked().filter((url) => url.includes('page%5Boffset%5D=0')).length).toBe(
      kinds.filter((kind) => kind === 'incremental').length,
    );
    expect(await polled.source()).toMatchObject({ first_read_at: expect.any(String), walk: null });
    expect(await polled.wrong()).toEqual([]);
  });

  it('claims no more than the hour at its begin, and every part of it counts', async () => {
    polled = await PolledPlatform.start('elastic-path', QUIET, POLL);
    await polled.ask('sweep');
    const through = polled.clock.now();
    polled.clock.advance(20 * 60_000);
    await polled.anHourPasses();
    await untilSwept();
    const source = await polled.source();
    // Less the settle time; a Date header has whole seconds.
    expect(Date.parse(source['complete_through'] as string)).toBe(
      Math.floor(through / 1_000) * 1_000 - 60_000,
    );
    expect(source['swept_at']).not.toBeNull();
    expect(await markedAbsent()).toEqual([]);
  });
});

describe('a later sweep', () => {
  beforeEach(async () => {
    polled = await PolledPlatform.start('elastic-path', QUIET, POLL);
    await untilSwept();
    await dueForASweep();
    polled.asked();
  });

  it('survives a kill between its parts with all that it needs to prove absence', async () => {
    const [gone] = polled.simulators.world
      .truth(polled.clock.now())
      .sort((a, b) => a.createdAt! - b.createdAt!);
    polled.simulators.world.remove('elastic-path', gone!.externalId);
    expect((await polled.scheduled()).kind).toBe('sweep');
    await polled.startService();
    await polled.anHourPasses();
    expect((await untilSwept()).length).toBeGreaterThan(1);
    expect(await markedAbsent()).toEqual([gone!.externalId]);
    // What lies deeper than incremental reads look was asked for once.
    const offsets = polled.asked().flatMap((url) => /offset%5D=([1-9]\d{2})/.exec(url)?.[1] ?? []);
    expect(offsets.length).toBeGreaterThan(SHARE);
    expect(new Set(offsets).size).toBe(offsets.length);
  });

  it('repeats a part that failed, and not those before it', async () => {
    const before = await polled.source();
    expect((await polled.scheduled()).kind).toBe('sweep');
    const { walk } = await polled.source();
    const { resume } = walk as { resume: unknown };
    await polled.anHourPasses();
    expect((await polled.scheduled()).kind).toBe('incremental');
    polled.asked();
    polled.simulators.inject('elastic-path', {
      kind: 'status',
      status: 500,
      match: ({ query }) => Number(query.get('page[offset]')) > 200,
    });
    await polled.anHourPasses();
    expect(await polled.scheduled()).toMatchObject({ kind: 'sweep', result: 'upstream-error' });
    expect(polled.asked().length).toBeGreaterThan(3);
    expect((await polled.source())['walk']).toMatchObject({ resume, next: 'incremental' });
    await polled.anHourPasses();
    await untilSwept();
    expect((await polled.source())['swept_at']).not.toBe(before['swept_at']);
    expect(await markedAbsent()).toEqual([]);
  });

  it('begins `sweepEvery` after the end of the one before', async () => {
    const kinds = await untilSwept();
    expect(kinds[0]).toBe('sweep');
    expect((await polled.scheduled()).kind).toBe('incremental');
    await dueForASweep();
    expect((await polled.scheduled()).kind).toBe('sweep');
  });
});

it('a record without an id in one part keeps the whole sweep from proving absence', async () => {
  polled = await PolledPlatform.start('elastic-path', QUIET, {
    ...POLL,
    pageSize: 40,
    maxRequestsPerHour: 12,
  });
  await untilSwept();
  await dueForASweep();
  const { swept_at: before } = await polled.source();
  polled.simulators.inject('elastic-path', {
    kind: 'rewrite',
    match: ({ query }) => query.get('page[offset]') === '30',
    rewrite: (answer) =>
      rewriteRecords(answer, (records) =>
        // Not one of those that neighbouring pages share.
        records.map((record, place) => (place === 20 ? { ...(record as object), id: null } : record)),
      ),
  });
  expect(await polled.scheduled()).toMatchObject({ kind: 'sweep', result: 'ok' });
  await polled.anHourPasses();
  await untilSwept();
  expect((await polled.source())['swept_at']).toBe(before);
  expect(await polled.rows('SELECT 1 FROM rollcall.reject')).toHaveLength(1);
});

/** Who reads pages by offset. Integrate.io walks by time: nothing that moves can slip past it. */
const BY_OFFSET = ['elastic-path', 'vectorcharts-oem', 'workfloplus', 'veeva-vault'] as const;

describe.each<SimulatedPlatform>([...BY_OFFSET])('%s', (platform) => {
  it('proves nothing by a sweep that rows slipped past while it paused', async () => {
    polled = await PolledPlatform.start(platform, QUIET, POLL);
    polled.clock.advance(30 * 24 * HOUR_MS);
    await untilSwept();
    await dueForASweep();
    const { swept_at: before } = await polled.source();
    const pages = polled.watchLists(({ path }) => !path.endsWith('/monitors'));
    expect((await polled.scheduled()).kind).toBe('sweep');
    const slipped = pages[0]!.slice(0, 6);
    for (const id of slipped) polled.simulators.world.remove(platform, id);
    await polled.anHourPasses();
    await untilSwept();
    expect((await polled.source())['swept_at']).toBe(before);
    expect(await markedAbsent()).toEqual([]);

    // It is repeated soon, and then proves who is gone.
    await dueForASweep();
    await untilSwept();
    expect((await polled.source())['swept_at']).not.toBe(before);
    expect((await markedAbsent()).sort()).toEqual(slipped.sort());
  });
});

it.each<SimulatedPlatform>([...BY_OFFSET, 'integrate-io'])(
  '%s: sweeps of many parts over a world that goes on lose nothing',
  async (platform) => {
    polled = await PolledPlatform.start(
      platform,
      { jobs: 150, endless: true, birthEveryMs: 40_000, historyMs: 4 * HOUR_MS, paceMs: 30_000 },
      { ...POLL, overlapMs: 60_000 },
    );
    for (let round = 0; round < 30; round++) {
      const { result } = await polled.scheduled();
      expect(result).toBe('ok');
      polled.clock.advance(20_000);
      if (round % 3 === 2) await polled.anHourPasses();
      if (round === 15) await dueForASweep();
    }
    // The world rests, as far as it can be read.
    for (let round = 0; round < 12; round++) {
      await polled.anHourPasses();
      expect((await polled.scheduled()).result).toBe('ok');
    }
    await dueForASweep();
    await untilSwept();
    expect(await polled.wrong()).toEqual([]);
  },
);
