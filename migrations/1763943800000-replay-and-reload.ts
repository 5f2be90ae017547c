import { MigrationInterface, QueryRunner } from 'typeorm';

/** Stored records that are read again under other rules, and a configuration that changes while processes run. */
export class ReplayAndReload1763943800000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- nothing was read of the platform: a stored record was read again under other rules
      ALTER TABLE rollcall.event ADD COLUMN replayed boolean NOT NULL DEFAULT false;

      -- names the rules by which the last service that brought a configuration reads this source's records; null: none said so yet
      ALTER TABLE rollcall.source ADD COLUMN mapping text;

      -- Somebody asked every process to read its configuration again.
      CREATE TABLE rollcall.reload (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        asked_at timestamptz(3) NOT NULL DEFAULT now()
      );
      -- What became of that in one process.
      CREATE TABLE rollcall.reload_answer (
        reload_id bigint NOT NULL CONSTRAINT reload_answer_reload_id_fkey REFERENCES rollcall.reload (id) ON DELETE CASCADE,
        process text NOT NULL,
        at timestamptz(3) NOT NULL DEFAULT now(),
        answer jsonb NOT NULL,
        PRIMARY KEY (reload_id, process)
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE rollcall.reload_answer;
      DROP TABLE rollcall.reload;
      ALTER TABLE rollcall.source DROP COLUMN mapping;
      ALTER TABLE rollcall.event DROP COLUMN replayed;
    `);
  }
}
