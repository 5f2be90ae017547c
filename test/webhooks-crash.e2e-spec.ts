import { runWebhookLab } from './lab/webhooks.js';
import { TestDatabase, createTestDatabase } from './support/postgres.js';

// Notifiers that are killed at random while endpoints fail at random (npm run lab:webhooks is the same with twenty thousand events).

let test: TestDatabase;

beforeAll(async () => {
  test = await createTestDatabase({ poolSize: 5 });
});
afterAll(() => test?.drop());

it('loses no event, keeps the order of each job, and signs everything', async () => {
  const report = await runWebhookLab(test, {
    transitions: 300,
    writers: 2,
    jobsPerWriter: 30,
    endpoints: 2,
    notifiers: 2,
    kills: 2,
    failing: 80,
    leaseMs: 1_000,
    patience: 0,
    seed: 7,
  });
  expect(report.faults).toEqual([]);
  expect(report).toMatchObject({ delivered: 600, kills: 2 });
  // some did fail
  expect(report.refused).toBeGreaterThan(0);
}, 180_000);
