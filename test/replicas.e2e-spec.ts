import { ReplicaLab, ReplicasOptions } from './lab/replicas.js';
import { Replica } from './support/replica.js';
import { waitFor } from './support/wait-for.js';

/** `npm run lab:replicas` kills a hundred times; here a few times. */
const KILLS = 8;
/** Each at one of the next so many requests. */
const REQUESTS_TO_KILL = 12;
const REPLICAS = 3;

let lab: ReplicaLab;

async function open(options: Partial<ReplicasOptions> = {}): Promise<void> {
  lab = await ReplicaLab.open({ seed: 41, jobs: 400, replicas: REPLICAS, ...options });
}

afterEach(() => lab.close());

const rows = <T>(sql: string, values: unknown[] = []): Promise<T[]> =>
  lab.test.database.query<T>(sql, values);

const NOTHING_WRONG = { lost: [], wrong: [], duplicates: [], missing: [], simultaneous: [] };

it('three processes, whose clocks are hours apart, share the sources, and never two poll one of them at a time', async () => {
  await open();
  lab.live(true);
  await waitFor(async () => {
    await lab.shuffle();
    const [row] = await rows<{ fewest: number }>(
      `SELECT min(polls) AS fewest FROM (
         SELECT count(poll.id) AS polls FROM rollcall.source LEFT JOIN rollcall.poll ON source_key = key GROUP BY key) AS counts`,
    );
    return row!.fewest >= 5 && (await lab.pollers()) === REPLICAS;
  });
  await lab.settle();
  expect(await lab.report()).toMatchObject({ ...NOTHING_WRONG, pollers: REPLICAS, kills: 0 });
}, 180_000);

it('kill -9, again and again, and what is known in the end is the truth', async () => {
  await open();
  lab.live(true);
  let kills = 0;
  for (; kills < KILLS || lab.cutPolls === 0; kills++) await lab.killOne(REQUESTS_TO_KILL);
  await lab.settle();
  const report = await lab.report();
  expect(report).toMatchObject({ ...NOTHING_WRONG, kills });
  expect(report.jobs).toBeGreaterThanOrEqual(400);
  expect(report.transitions).toBeGreaterThan(report.jobs);
}, 180_000);

describe('a process that is stopped in a poll until another has polled', () => {
  /** All that a poll may write; requests are counted when they were made, whoever counts them. */
  const stored = async (): Promise<unknown[]> =>
    Promise.all(
      ['job', 'job_payload', 'transition', 'event', 'job_count', 'reject', 'source', 'poll'].map((table) =>
        rows(`SELECT ctid::text, xmin::text FROM rollcall.${table} ORDER BY ctid`),
      ),
    );

  const polls = async (): Promise<number> =>
    (await rows<{ polls: number }>("SELECT count(*) AS polls FROM rollcall.poll WHERE result = 'ok'"))[0]!
      .polls;

  const anotherPoll = async (): Promise<void> => {
    const before = await polls();
    await waitFor(async () => (await polls()) > before);
  };

  /** Stops whoever polls while it waits for an answer, and returns it and the one that does not poll. */
  async function stopInPoll(platform: 'elastic-path' | 'vectorcharts'): Promise<[Replica, Replica]> {
    await new Promise<void>((resolve) =>
      lab.simulators.inject(platform, {
        kind: 'before',
        run: () => {
          // Only the database knows who it is; until it has said so, nobody may go on.
          for (const replica of lab.replicas) replica.stop();
          resolve();
        },
      }),
    );
    const poller = (await lab.holderOf(platform))!;
    const other = lab.replicas.find((replica) => replica !== poller)!;
    other.goOn();
    return [poller, other];
  }

  it.each(['elastic-path', 'vectorcharts'] as const)(
    'writes nothing when it goes on, and polls like any other afterwards (%s)',
    async (platform) => {
      await open({ replicas: 2, jobs: 60, platforms: [platform] });
      await waitFor(async () => (await polls()) > 1 && (await lab.pollers()) > 0);
      const [stopped, other] = await stopInPoll(platform);

      // What the stopped one has in its hands is now old: jobs moved on, and the other one has seen it.
      lab.clock.advance(60_000);
      await lab.expireLeasesOf(stopped);
      await anotherPoll();
      await anotherPoll();
      await rows('UPDATE rollcall.source SET paused_at = now()');
      await waitFor(async () => (await rows('SELECT 1 FROM rollcall.source WHERE lease_owner IS NULL'))[0]);
      await other.end('SIGTERM');

      const before = await stored();
      const logged = stopped.log.length;
      stopped.goOn();
      await waitFor(async () => stopped.log.slice(logged).includes('poll cut off'));
      expect(await stored()).toEqual(before);
      expect(stopped.log.slice(logged)).toContain('LeaseLostError');

      await rows('UPDATE rollcall.source SET paused_at = NULL, next_poll_at = now()');
      await anotherPoll();
      await lab.settle();
      expect(await lab.report()).toMatchObject(NOTHING_WRONG);
    },
    120_000,
  );
});
