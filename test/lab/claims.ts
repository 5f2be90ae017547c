import { Database } from '../../src/storage/database.js';

/** Notes every claim of a source from now on, in `lab.claim`: the row of a source only knows who has it now. */
export async function noteClaims(database: Database): Promise<void> {
  await note(
    database,
    'claim',
    'NEW.key, NEW.lease_owner, NEW.lease_token',
    'lease_token ON rollcall.source',
  );
}

/** Notes every claim of an endpoint of webhooks from now on, in `lab.webhook_claim`. */
export async function noteWebhookClaims(database: Database): Promise<void> {
  await note(database, 'webhook_claim', 'NEW.name, NEW.lease_owner, NEW.fence', 'fence ON rollcall.webhook');
}

/** @param name of a table @param values of its columns, by the row that was claimed @param column of the claim's number, which every claim changes */
async function note(database: Database, name: string, values: string, column: string): Promise<void> {
  await database.query(`
    CREATE SCHEMA IF NOT EXISTS lab;
    CREATE TABLE lab.${name} (
      name text NOT NULL, owner text NOT NULL, token bigint NOT NULL, at timestamptz NOT NULL DEFAULT now());
    CREATE FUNCTION lab.note_${name}() RETURNS trigger LANGUAGE plpgsql AS $note$
    BEGIN
      INSERT INTO lab.${name} VALUES (${values});
      RETURN NULL;
    END $note$;
    CREATE TRIGGER lab_note AFTER UPDATE OF ${column}
      FOR EACH ROW WHEN (NEW.lease_owner IS NOT NULL) EXECUTE FUNCTION lab.note_${name}();
  `);
}

/** Polls of one source that overlapped, by the database's clock: when a poll was claimed and when its result was committed. */
export async function overlappingPolls(database: Database): Promise<string[]> {
  const rows = await database.query<{ source_key: string; id: number }>(
    `SELECT source_key, id FROM (
       SELECT source_key, id, began_at, max(ended_at) OVER (
         PARTITION BY source_key ORDER BY began_at, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS others_ended_at
       FROM rollcall.poll) AS polls
     WHERE began_at + interval '1 millisecond' < others_ended_at`,
  );
  return rows.map(({ source_key: key, id }) => `poll ${id} of ${key} began before another had ended`);
}
