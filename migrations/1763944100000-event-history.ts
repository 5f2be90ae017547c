import { MigrationInterface, QueryRunner } from 'typeorm';

/** Positions of the feed that a lost past may have given are never given again, and whoever has one is told. */
export class EventHistory1763944100000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- One row: which server, since when, and which table gave the last positions. A standby that was promoted, a backup that was brought
      -- back and a copy of a folder have another one; so has a mere restart, which loses nothing, and which nothing else tells apart.
      CREATE TABLE rollcall.event_history (
        single boolean PRIMARY KEY DEFAULT true CONSTRAINT event_history_single_check CHECK (single),
        server_started_at timestamptz NOT NULL,
        relation oid NOT NULL
      );
      -- Events of before this migration may be of whatever past.
      INSERT INTO rollcall.event_history (server_started_at, relation)
      SELECT CASE WHEN is_called THEN '-infinity' ELSE pg_postmaster_start_time() END, 'rollcall.event'::regclass
      FROM rollcall.event_position_seq;

      -- Places strictly between these two are of a past that this database does not know: nothing is there, and nothing ever will be.
      CREATE TABLE rollcall.event_gap (
        after bigint PRIMARY KEY,
        before bigint NOT NULL,
        CONSTRAINT event_gap_before_check CHECK (before > after)
      );

      -- The turn to give positions: one transaction has it until it ends, so that they grow in the order of commits. The first turn of a
      -- history steps over more positions than a lost past can have given, by a step that no other history makes.
      CREATE FUNCTION rollcall.take_event_turn() RETURNS void LANGUAGE plpgsql AS $$
      DECLARE
        newest bigint;
        given bigint;
      BEGIN
        PERFORM pg_advisory_xact_lock(21185);
        PERFORM FROM rollcall.event_history
        WHERE server_started_at = pg_postmaster_start_time() AND relation = 'rollcall.event'::regclass;
        IF FOUND THEN
          RETURN;
        END IF;
        newest := greatest((SELECT max(position) FROM rollcall.event), (SELECT position FROM rollcall.event_floor));
        SELECT last_value INTO given FROM rollcall.event_position_seq;
        given := greatest(newest, given) + ((1 + random()) * 1073741824)::bigint;
        PERFORM setval('rollcall.event_position_seq', given);
        DELETE FROM rollcall.event_gap WHERE before <= (SELECT position FROM rollcall.event_floor);
        INSERT INTO rollcall.event_gap (after, before) VALUES (newest, given)
        ON CONFLICT (after) DO UPDATE SET before = excluded.before;
        INSERT INTO rollcall.event_history (server_started_at, relation)
        VALUES (pg_postmaster_start_time(), 'rollcall.event'::regclass)
        ON CONFLICT (single) DO UPDATE SET server_started_at = excluded.server_started_at, relation = excluded.relation;
      END $$;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP FUNCTION rollcall.take_event_turn();
      DROP TABLE rollcall.event_gap;
      DROP TABLE rollcall.event_history;
    `);
  }
}
