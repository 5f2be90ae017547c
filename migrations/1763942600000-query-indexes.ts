import { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What a page of jobs reads in order, beside the indexes of the first schema: one for each question that has to be answered at any
 * depth from a few blocks (docs/database.md, "Indexes"). Text from outside has no length limit, a btree entry has: hence the prefixes.
 */
export class QueryIndexes1763942600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE INDEX job_platform_updated_at_idx ON rollcall.job (platform, updated_at DESC NULLS LAST, id DESC);
      -- several platforms have no owners at all
      CREATE INDEX job_owner_updated_at_idx ON rollcall.job (left(owner, 128), updated_at DESC NULLS LAST, id DESC)
        WHERE owner IS NOT NULL;
      CREATE INDEX job_source_type_updated_at_idx
        ON rollcall.job (source_key, left(type, 128), updated_at DESC NULLS LAST, id DESC);
      CREATE INDEX job_started_at_idx ON rollcall.job (started_at DESC NULLS LAST, id DESC);
      CREATE INDEX job_finished_at_idx ON rollcall.job (finished_at DESC NULLS LAST, id DESC);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX rollcall.job_platform_updated_at_idx, rollcall.job_owner_updated_at_idx,
        rollcall.job_source_type_updated_at_idx, rollcall.job_started_at_idx, rollcall.job_finished_at_idx;
    `);
  }
}
