import { simulateMonth } from './lab/expectations-world.js';
import { lookForPlanted } from './lab/expectations.js';
import { createTestDatabase } from './support/postgres.js';

jest.setTimeout(120_000);

/** One month with one of each problem and much that is harmless; `npm run lab:expectations` has many. The same world in every run. */
test('the learned expectations find what was planted, and nothing else', async () => {
  const { database, drop } = await createTestDatabase();
  try {
    const month = simulateMonth(1, { copies: 1, isLarge: false });
    expect(month.planted.length).toBeGreaterThan(20);
    const { tallies, missed, falseAlarms } = await lookForPlanted(database, month, {
      timeZone: 'Europe/Berlin',
      stepMs: 300_000,
    });
    const told = {
      missed: missed.map(({ problem, type }) => `${problem} of ${type}`),
      falseAlarms: falseAlarms.map(({ type, message }) => `${type}: ${message}`),
    };
    expect(told).toEqual({ missed: [], falseAlarms: [] });
    expect(tallies.map(({ planted }) => planted)).not.toContain(0);
  } finally {
    await drop();
  }
});
