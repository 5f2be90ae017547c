import { Logger } from '@nestjs/common';
import { DatabaseError } from 'pg';
import { RetentionService } from '../src/retention/retention.service.js';
import { Database } from '../src/storage/database.js';
import { testConfig } from './support/config.js';

const LOCK_NOT_AVAILABLE = '55P03';

/** A database in which every transaction of the retention ends like this. */
function endingWith(fault: () => Error | null): Database {
  const database: Pick<Database, 'now' | 'query' | 'transaction'> = {
    now: async () => Date.UTC(2026, 0, 15),
    query: async () => [],
    transaction: async (work) => {
      const error = fault();
      if (error !== null) throw error;
      const answer = { rows: [{ taken: false }] };
      return work({ query: async () => answer } as never);
    },
  };
  return database as Database;
}

function locked(): Error {
  return Object.assign(new DatabaseError('canceling statement due to lock timeout', 0, 'error'), {
    code: LOCK_NOT_AVAILABLE,
  });
}

describe('what the retention could not do', () => {
  const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation();

  beforeEach(() => warn.mockClear());
  afterAll(() => warn.mockRestore());

  const rounds = async (database: Database, count: number) => {
    const service = new RetentionService(testConfig([]), database);
    for (let round = 0; round < count; round++)
      expect(await service.round()).toMatchObject({ isPutOff: true });
  };
  const told = () => warn.mock.calls.map(([line]) => line as { msg: string; reason?: string });

  it('because others were in the way, round after round, is told, and why', async () => {
    const database = endingWith(locked);
    await rounds(database, 9);
    expect(told().filter(({ reason }) => reason !== undefined)).toEqual([]);
    await rounds(database, 10);
    expect(told()).toContainEqual({
      rounds: 10,
      reason: 'canceling statement due to lock timeout',
      msg: 'could not remove jobs for some time',
    });
  });

  it('because another process does it is not worth a word', async () => {
    await rounds(
      endingWith(() => null),
      20,
    );
    expect(told()).toEqual([]);
  });
});
