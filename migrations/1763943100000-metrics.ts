import { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What `GET /metrics` shows and nothing else remembers: counters and histograms that every process adds to in the transaction of what they
 * count, so that any of them can show the whole truth, after a restart as well.
 *
 * None of these tables refers to rollcall.source by a foreign key: its check would lock the source's row, which a poll holds while it waits
 * for a job that a refresh has locked. Sources are never deleted.
 */
export class Metrics1763943100000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE rollcall.metric_counter (
        source_key text NOT NULL,
        name text NOT NULL CONSTRAINT metric_counter_name_check CHECK (name IN ('transitions', 'requests', 'rejects')),
        -- of transitions the state, of requests the status; of rejects empty
        label text NOT NULL,
        value bigint NOT NULL,
        PRIMARY KEY (source_key, name, label)
      );

      -- Types that metrics tell apart, in the order of their arrival. A type's name never changes to the rest and back.
      CREATE TABLE rollcall.metric_type (
        source_key text NOT NULL,
        type text NOT NULL,
        position integer NOT NULL,
        PRIMARY KEY (source_key, type)
      );

      -- Jobs that became known as terminal, by the name that metrics have for their type.
      CREATE TABLE rollcall.metric_finished (
        source_key text NOT NULL,
        type text NOT NULL,
        state text NOT NULL,
        -- history excepted
        jobs bigint NOT NULL,
        -- by the upstream's clock, history included
        last_finished_at timestamptz(3) NOT NULL,
        PRIMARY KEY (source_key, type, state)
      );

      CREATE TABLE rollcall.metric_histogram (
        source_key text NOT NULL,
        name text NOT NULL
          CONSTRAINT metric_histogram_name_check CHECK (name IN ('job_duration', 'detection_lag', 'poll_duration')),
        -- of durations of jobs the state, of polls the result; else empty
        label text NOT NULL,
        -- observations in each bucket (not added up), the last one without an upper bound
        buckets bigint[] NOT NULL,
        -- of all observations, seconds
        sum double precision NOT NULL,
        PRIMARY KEY (source_key, name, label)
      );

      -- The oldest open job of a source in a state, from one entry.
      CREATE INDEX job_oldest_open_idx ON rollcall.job (source_key, state, coalesce(created_at, first_seen_at))
        WHERE NOT terminal AND vanished_at IS NULL;

      -- Rejects come and go in several places: whoever adds or deletes one, their number follows.
      CREATE FUNCTION rollcall.count_rejects() RETURNS trigger LANGUAGE plpgsql AS $function$
      BEGIN
        INSERT INTO rollcall.metric_counter (source_key, name, label, value)
        SELECT source_key, 'rejects', '', count(*) * CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END
        FROM moved GROUP BY source_key ORDER BY source_key
        ON CONFLICT (source_key, name, label) DO UPDATE SET value = metric_counter.value + excluded.value;
        RETURN NULL;
      END $function$;
      CREATE TRIGGER reject_added AFTER INSERT ON rollcall.reject
        REFERENCING NEW TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION rollcall.count_rejects();
      CREATE TRIGGER reject_deleted AFTER DELETE ON rollcall.reject
        REFERENCING OLD TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION rollcall.count_rejects();
      INSERT INTO rollcall.metric_counter (source_key, name, label, value)
        SELECT source_key, 'rejects', '', count(*) FROM rollcall.reject GROUP BY source_key;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TRIGGER reject_added ON rollcall.reject;
      DROP TRIGGER reject_deleted ON rollcall.reject;
      DROP FUNCTION rollcall.count_rejects();
      DROP INDEX rollcall.job_oldest_open_idx;
      DROP TABLE rollcall.metric_counter, rollcall.metric_type, rollcall.metric_finished, rollcall.metric_histogram;
    `);
  }
}
