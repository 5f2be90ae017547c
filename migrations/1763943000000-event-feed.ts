import { MigrationInterface, QueryRunner } from 'typeorm';

/** What the feed has lost to its age, so that a reader who missed some of it is told, and nobody else. */
export class EventFeed1763943000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- One row: the greatest position that was removed. Neither the oldest event that is left nor the sequence tells it, since a writer
      -- that gave up leaves a hole. Whoever detaches or drops a partition, or deletes from one, raises it in the same transaction.
      CREATE TABLE rollcall.event_floor (
        single boolean PRIMARY KEY DEFAULT true CONSTRAINT event_floor_single_check CHECK (single),
        position bigint NOT NULL
      );
      INSERT INTO rollcall.event_floor (position) VALUES (0);

      CREATE FUNCTION rollcall.raise_event_floor() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        UPDATE rollcall.event_floor SET position = gone.position
        FROM (SELECT max(position) AS position FROM gone) gone WHERE gone.position > event_floor.position;
        RETURN NULL;
      END $$;
      CREATE TRIGGER event_floor_trigger AFTER DELETE ON rollcall.event
        REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION rollcall.raise_event_floor();
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TRIGGER event_floor_trigger ON rollcall.event;
      DROP FUNCTION rollcall.raise_event_floor();
      DROP TABLE rollcall.event_floor;
    `);
  }
}
