import { MigrationInterface, QueryRunner } from 'typeorm';

/** What removing old things takes: a way to find them, a memory of removed jobs, and events in partitions that can be dropped. */
export class Retention1763943400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- finished jobs that the last complete sweep no longer lists, the oldest change first
      CREATE INDEX job_removable_idx ON rollcall.job (changed_at) WHERE terminal AND absent_at IS NOT NULL;

      -- What is left of a job that was removed because of its age, so that its events go on where they ended should its platform
      -- list it again. Forgotten after another retention; no foreign key: there is nothing left to refer to.
      CREATE TABLE rollcall.removed_job (
        job_id uuid PRIMARY KEY,
        -- of its last event
        version integer NOT NULL,
        state text NOT NULL,
        removed_at timestamptz(3) NOT NULL
      );
      CREATE INDEX removed_job_removed_at_idx ON rollcall.removed_job (removed_at);
    `);
    // What is there stays together until all of it is old enough to be dropped; from tomorrow on there are partitions of their own
    // (src/storage/event.partitions.ts). The default one is for what nobody made a partition for, and mostly empty: to attach a
    // partition, PostgreSQL has to look at each of its rows.
    await runner.query(`
      DO $body$
      DECLARE
        until timestamptz := date_trunc('day', greatest(now(), (SELECT max(at) FROM rollcall.event)), 'UTC') + interval '24 hours';
        name text := 'event_before_' || to_char(until AT TIME ZONE 'UTC', 'YYYYMMDD');
      BEGIN
        ALTER TABLE rollcall.event DETACH PARTITION rollcall.event_default;
        EXECUTE format('ALTER TABLE rollcall.event_default RENAME TO %I', name);
        EXECUTE format('ALTER TABLE rollcall.%I RENAME CONSTRAINT event_default_pkey TO %I', name, name || '_pkey');
        EXECUTE format('ALTER INDEX rollcall.event_default_job_id_sequence_idx RENAME TO %I', name || '_job_id_sequence_idx');
        EXECUTE format('ALTER TABLE rollcall.event ATTACH PARTITION rollcall.%I FOR VALUES FROM (MINVALUE) TO (%L)', name, until);
        CREATE TABLE rollcall.event_default PARTITION OF rollcall.event DEFAULT;
      END $body$;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DO $body$
      DECLARE
        part regclass;
      BEGIN
        FOR part IN SELECT inhrelid FROM pg_inherits
          WHERE inhparent = 'rollcall.event'::regclass AND inhrelid <> 'rollcall.event_default'::regclass
        LOOP
          EXECUTE format('ALTER TABLE rollcall.event DETACH PARTITION %s', part);
          EXECUTE format('INSERT INTO rollcall.event_default SELECT * FROM %s', part);
          EXECUTE format('DROP TABLE %s', part);
        END LOOP;
      END $body$;
      DROP TABLE rollcall.removed_job;
      DROP INDEX rollcall.job_removable_idx;
    `);
  }
}
