import { Database } from '../../src/storage/database.js';
import { insertManyJobs } from '../../test/support/many-jobs.js';
import { TestDatabase, createTestDatabase } from '../../test/support/postgres.js';

const YEAR_MS = 365.25 * 86_400_000;
/** No statement that makes ten million jobs takes longer. */
const LONGEST_MS = 3_600_000;

/** A migrated database in which nobody minds how long a statement takes. */
export function createPatientDatabase(): Promise<TestDatabase> {
  return createTestDatabase({ patience: { answerMs: LONGEST_MS } });
}

/** So many jobs of twenty sources, as a service leaves them that has read them long ago. */
export async function storeJobs(database: Database, jobs: number): Promise<void> {
  await insertManyJobs(database, jobs, { since: new Date(Date.now() - YEAR_MS) });
  await countJobs(database);
}

async function countJobs(database: Database): Promise<void> {
  await database.query(
    `INSERT INTO rollcall.job_count (source_key, state, jobs) SELECT source_key, state, count(*) FROM rollcall.job GROUP BY 1, 2`,
  );
  await database.query('VACUUM (ANALYZE) rollcall.job, rollcall.job_count');
}
