import { MigrationInterface, QueryRunner } from 'typeorm';

/** What is still to be read of jobs that have ended, and the tasks that such a read gave. */
export class FinalReads1763942400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- One row a job whose last record leaves something to a request of its own; made in the transaction of the end, gone with the
      -- write of what was read. A job that needs none never has a row.
      CREATE TABLE rollcall.final_read (
        job_id uuid PRIMARY KEY CONSTRAINT final_read_job_id_fkey REFERENCES rollcall.job (id) ON DELETE CASCADE,
        source_key text NOT NULL CONSTRAINT final_read_source_key_fkey REFERENCES rollcall.source (key),
        kind text NOT NULL CONSTRAINT final_read_kind_check CHECK (kind IN ('detail', 'tasks')),
        -- when the job ended for us
        marked_at timestamptz(3) NOT NULL,
        -- tries that failed; being put off by the platform is none
        attempts integer NOT NULL DEFAULT 0,
        not_before timestamptz(3) NOT NULL,
        -- not tried again by polls; the row stays, to be counted
        given_up_at timestamptz(3)
      );
      CREATE INDEX final_read_source_key_marked_at_idx ON rollcall.final_read (source_key, marked_at)
        WHERE given_up_at IS NULL;

      -- Tasks of a route of their own, apart from those of the job's record: neither takes away what the other showed.
      ALTER TABLE rollcall.job_task ADD COLUMN fetched jsonb, ADD COLUMN fetched_at timestamptz(3);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE rollcall.job_task DROP COLUMN fetched, DROP COLUMN fetched_at;
      DROP TABLE rollcall.final_read;
    `);
  }
}
