import { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Holes in the numbering of events are remembered for as long as an endpoint stands before them: how many events it missed is counted by
 * positions. By the age of events alone they would be gone with the events.
 */
export class EventGaps1763944300000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      takeEventTurn(`least((SELECT position FROM rollcall.event_floor),
          (SELECT min(least(position, coalesce(replay_position, position))) FROM rollcall.webhook))`),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(takeEventTurn('(SELECT position FROM rollcall.event_floor)'));
  }
}

/** As in migration 1763944100000, but for what is forgotten. */
function takeEventTurn(forgottenThrough: string): string {
  return `
      CREATE OR REPLACE FUNCTION rollcall.take_event_turn() RETURNS void LANGUAGE plpgsql AS $$
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
        DELETE FROM rollcall.event_gap WHERE before <= ${forgottenThrough};
        INSERT INTO rollcall.event_gap (after, before) VALUES (newest, given)
        ON CONFLICT (after) DO UPDATE SET before = excluded.before;
        INSERT INTO rollcall.event_history (server_started_at, relation)
        VALUES (pg_postmaster_start_time(), 'rollcall.event'::regclass)
        ON CONFLICT (single) DO UPDATE SET server_started_at = excluded.server_started_at, relation = excluded.relation;
      END $$;`;
}
