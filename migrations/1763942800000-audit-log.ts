import { MigrationInterface, QueryRunner } from 'typeorm';

/** Who did what with the API, and who was refused. */
export class AuditLog1763942800000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE rollcall.audit (
        -- no number: it would tell whoever sees a part how much else there is
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        -- act: written before it is done, its status after; refusal: one row for many that are alike
        kind text NOT NULL CONSTRAINT audit_kind_check CHECK (kind IN ('act', 'refusal')),
        at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
        -- the last of the refusals
        last_at timestamptz(3),
        count bigint NOT NULL DEFAULT 1,
        -- null: nobody that a token names
        actor text,
        -- the sources that existed for the actor: a reader for whom all of these exist sees the row; null: every source
        actor_sources text[],
        address text,
        method text NOT NULL,
        path text NOT NULL,
        -- null: not answered yet, or never, because the process ended
        status integer,
        request_id text,
        details jsonb
      );
      -- read newest first; retention goes by age
      CREATE INDEX audit_at_idx ON rollcall.audit (at DESC, id DESC);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE rollcall.audit');
  }
}
