import { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The newest job of each source and type, one probe a group (src/storage/job.latest.ts, which spells the key of a type in the same
 * words). A type has no length limit and a btree entry has, so a long one is there as its hash; a job without a type has a key too.
 */
export class LatestJobs1763942500000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE INDEX job_source_type_created_at_idx ON rollcall.job (
        source_key,
        (coalesce(CASE WHEN length(type) <= 128 THEN '=' || type
          ELSE '#' || encode(sha256(replace(type, '\\', '\\\\')::bytea), 'hex') END, '')),
        created_at DESC NULLS LAST,
        id DESC
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX rollcall.job_source_type_created_at_idx');
  }
}
