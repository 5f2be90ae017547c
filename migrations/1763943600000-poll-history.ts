import { MigrationInterface, QueryRunner } from 'typeorm';

/** A source's polls are shown, newest first, and what it may ask for in an hour beside what it did. */
export class PollHistory1763943600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE INDEX poll_source_key_id_idx ON rollcall.poll (source_key, id);
      -- null: no service of a version that writes it has read the configuration since
      ALTER TABLE rollcall.source ADD COLUMN max_requests_per_hour integer;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE rollcall.source DROP COLUMN max_requests_per_hour;
      DROP INDEX rollcall.poll_source_key_id_idx;
    `);
  }
}
