import { Database } from '../../src/storage/database.js';
import { startApp } from '../support/app.js';
import { testConfig } from '../support/config.js';
import { insertManyJobs } from '../support/many-jobs.js';
import { createTestDatabase } from '../support/postgres.js';
import { startTestServer, stopTestServer } from '../support/test-server.js';

const DAY = 86_400_000;
/** The jobs were created in a year that ends before now by more than the longest of them takes. */
const YEAR = 365 * DAY + DAY / 4;
/** Younger jobs have the transitions that the page of a job shows. */
const WITH_HISTORY = '60 days';

export interface BenchWorld {
  url: string;
  close(): Promise<void>;
}

/** A service over so many stored jobs that no platform is asked for. */
export async function startBenchWorld(size: { jobs: number; sources: number }): Promise<BenchWorld> {
  await startTestServer();
  const test = await createTestDatabase({ poolSize: 10 });
  await insertManyJobs(test.database, size.jobs, {
    sources: size.sources,
    since: new Date(Date.now() - YEAR),
  });
  await tellTheRest(test.database);
  const app = await startApp(testConfig([]), test.database);
  await app.listen(0, '127.0.0.1');
  return {
    url: await app.getUrl(),
    async close() {
      await app.close();
      await test.drop();
      await stopTestServer();
    },
  };
}

/** What a service keeps beside its jobs: how many there are, and how the younger ones came to their state. */
async function tellTheRest(database: Database): Promise<void> {
  await database.query(
    `INSERT INTO rollcall.job_count (source_key, state, jobs) SELECT source_key, state, count(*) FROM rollcall.job GROUP BY 1, 2`,
  );
  await database.query(
    `INSERT INTO rollcall.transition (job_id, sequence, from_state, to_state, raw_status, occurred_at, observed_at, mapping)
     SELECT id, sequence, from_state, to_state, upper(to_state), at, at + interval '5 seconds', 'test/1'
     FROM rollcall.job, LATERAL (VALUES (1, NULL, 'queued', created_at), (2, 'queued', 'running', started_at),
       (3, 'running', state, finished_at)) AS step (sequence, from_state, to_state, at)
     WHERE created_at > now() - interval '${WITH_HISTORY}' AND at IS NOT NULL`,
  );
  await database.query('VACUUM (ANALYZE) rollcall.job, rollcall.job_count, rollcall.transition');
}
