import { Database } from '../../src/storage/database.js';
import { insertManyJobs } from '../../test/support/many-jobs.js';
import { TestDatabase, createTestDatabase } from '../../test/support/postgres.js';

const YEAR_MS = 365.25 * 86_400_000;
/** No statement that makes ten million jobs takes longer. */
const LONGEST_MS = 3_600_000;

/** A database with so many jobs of twenty sources, as a service leaves it that has read them long ago. */
export async function createStoredJobs(jobs: number): Promise<TestDatabase> {
  const test = await createTestDatabase({ patience: { answerMs: LONGEST_MS } });
  await insertManyJobs(test.database, jobs, { since: new Date(Date.now() - YEAR_MS) });
  await countJobs(test.database);
  return test;
}

async function countJobs(database: Database): Promise<void> {
  await database.query(
    `INSERT INTO rollcall.job_count (source_key, state, jobs) SELECT source_key, state, count(*) FROM rollcall.job GROUP BY 1, 2`,
  );
  await database.query('VACUUM (ANALYZE) rollcall.job, rollcall.job_count');
}
