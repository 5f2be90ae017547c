import { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What expectations found, and what they remember from one evaluation to the next. Nothing here refers to rollcall.source or rollcall.job by
 * a foreign key: its check would lock rows that polls hold, and a breach outlives its job.
 */
export class Expectations1763943300000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- One row: which rules are evaluated, and when they last were. Whoever evaluates claims the turn here.
      CREATE TABLE rollcall.expectation_evaluation (
        single boolean PRIMARY KEY DEFAULT true CONSTRAINT expectation_evaluation_single_check CHECK (single),
        -- of the rules of the configuration; null: nobody has evaluated yet
        rules_digest text,
        evaluated_at timestamptz(3)
      );
      INSERT INTO rollcall.expectation_evaluation DEFAULT VALUES;

      -- One row for each rule and source that it covers.
      CREATE TABLE rollcall.expectation_state (
        rule text NOT NULL,
        source_key text NOT NULL,
        watched_since timestamptz(3) NOT NULL,
        -- why the rule cannot be evaluated for this source now, and since when; null: it is
        suspended text,
        suspended_since timestamptz(3),
        -- what its kind remembers
        memory jsonb NOT NULL DEFAULT '{}',
        PRIMARY KEY (rule, source_key)
      );

      CREATE TABLE rollcall.expectation_breach (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        rule text NOT NULL,
        kind text NOT NULL,
        source_key text NOT NULL,
        -- what of the source breaks the rule, in few bytes: a job, a type, or (empty) the source as a whole
        subject text NOT NULL,
        job_id uuid,
        type text,
        -- since when it is broken, and when that was noticed
        since timestamptz(3) NOT NULL,
        fired_at timestamptz(3) NOT NULL,
        resolved_at timestamptz(3),
        value double precision NOT NULL,
        limit_value double precision NOT NULL,
        message text NOT NULL
      );
      CREATE UNIQUE INDEX expectation_breach_firing_key ON rollcall.expectation_breach (rule, source_key, subject)
        WHERE resolved_at IS NULL;
      CREATE INDEX expectation_breach_overdue_idx ON rollcall.expectation_breach (job_id)
        WHERE resolved_at IS NULL AND job_id IS NOT NULL;
      CREATE INDEX expectation_breach_fired_at_idx ON rollcall.expectation_breach (fired_at DESC, id DESC);
      CREATE INDEX expectation_breach_resolved_at_idx ON rollcall.expectation_breach (resolved_at)
        WHERE resolved_at IS NOT NULL;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'DROP TABLE rollcall.expectation_breach, rollcall.expectation_state, rollcall.expectation_evaluation',
    );
  }
}
