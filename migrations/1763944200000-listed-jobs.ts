import { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A sweep that misses a job walks the finished jobs that still count as listed (src/storage/job.lookup.ts). Without an index of theirs it
 * walks every job of its source: those of half a year, to find yesterday's.
 */
export class ListedJobs1763944200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE INDEX job_listed_idx ON rollcall.job (source_key, ordinal) WHERE terminal AND absent_at IS NULL;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX rollcall.job_listed_idx');
  }
}
