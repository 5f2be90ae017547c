import { jobId } from '../src/domain/job-id.js';
import { PollService } from '../src/polling/poll.service.js';
import { ManualClock } from '../src/simulators/clock.js';
import { startSimulators } from '../src/simulators/simulators.js';
import { sourceConfig, testConfig } from './support/config.js';
import { createTestDatabase } from './support/postgres.js';

/** Requests an hour that leave ten by-id reads to a poll (the least that a poll is given). */
const SMALL_BUDGET = 1_000;

it('a round over the open jobs that takes several polls loses nothing that it read', async () => {
  const test = await createTestDatabase();
  const clock = new ManualClock(Date.UTC(2025, 0, 15, 14, 0, 0));
  const simulators = await startSimulators({
    seed: 3,
    jobs: 800,
    clock,
    platforms: ['workfloplus'],
    historyMs: 3_600_000,
    paceMs: 400_000,
    endless: false,
  });
  const source = sourceConfig({
    ...simulators.sources[0]!,
    poll: { everyMs: 1_000, maxRequestsPerHour: SMALL_BUDGET, pageSize: 20 },
  });
  const polls = new PollService(testConfig([source]), test.database);
  await polls.reconcile();
  try {
    await polls.pollNow('field', 'sweep');
    const open = async (): Promise<number> => {
      const rows = await test.database.query<{ open: number }>(
        'SELECT count(*) AS open FROM rollcall.job WHERE NOT terminal',
      );
      return rows[0]!.open;
    };
    expect(await open()).toBeGreaterThan(50);
    clock.advance(24 * 3_600_000);
    let rounds = 0;
    for (let before = -1; before !== (await open()) && rounds < 60; rounds++) {
      before = await open();
      await polls.pollNow('field', 'incremental');
    }
    expect(rounds).toBeGreaterThan(2);
    const truth = new Map(
      simulators.world.truth(clock.now()).map((job) => [jobId('field', job.externalId), job.state]),
    );
    const stored = await test.database.query<{ id: string; state: string }>(
      'SELECT id, state FROM rollcall.job',
    );
    expect(stored.filter(({ id, state }) => truth.get(id) !== state)).toEqual([]);
  } finally {
    await polls.onApplicationShutdown();
    await simulators.close();
    await test.drop();
  }
}, 120_000);
