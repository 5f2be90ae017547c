import { Database } from '../../src/storage/database.js';

export const DATABASE_FAULTS = ['connection lost in a transaction', 'disk full', 'deadlock'] as const;
export type DatabaseFault = (typeof DATABASE_FAULTS)[number];

/** Every statement that writes may be the one that fails, also the one that claims a source or gives it back. */
const TABLES = [
  'job',
  'job_payload',
  'job_task',
  'transition',
  'event',
  'job_count',
  'reject',
  'source',
  'poll',
  'upstream_request',
];

/**
 * Lets chosen statements fail inside their transactions. The turns are counted by a sequence, which no rollback takes back, so
 * that each fault strikes exactly once.
 */
export class DatabaseFaults {
  private constructor(private readonly database: Database) {}

  static async install(database: Database): Promise<DatabaseFaults> {
    await database.query(`
      CREATE SCHEMA lab;
      CREATE SEQUENCE lab.turn;
      CREATE TABLE lab.fault (turn bigint PRIMARY KEY, kind text NOT NULL);
      CREATE FUNCTION lab.strike() RETURNS trigger LANGUAGE plpgsql AS $strike$
      DECLARE
        this_turn bigint := nextval('lab.turn');
        struck text := (SELECT kind FROM lab.fault WHERE turn = this_turn);
      BEGIN
        IF struck = 'disk full' THEN
          RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full';
        ELSIF struck = 'deadlock' THEN
          RAISE EXCEPTION 'deadlock detected' USING ERRCODE = 'deadlock_detected';
        ELSIF struck IS NOT NULL THEN
          PERFORM pg_terminate_backend(pg_backend_pid());
          PERFORM pg_sleep(10);
        END IF;
        RETURN NULL;
      END $strike$;
    `);
    for (const table of TABLES) {
      await database.query(
        `CREATE TRIGGER lab_strike BEFORE INSERT OR UPDATE OR DELETE ON rollcall.${table}
         FOR EACH STATEMENT EXECUTE FUNCTION lab.strike()`,
      );
    }
    return new DatabaseFaults(database);
  }

  /** The writing statement that comes so many turns from now will fail. @returns its turn */
  async armAt(turns: number, kind: DatabaseFault): Promise<number> {
    const rows = await this.database.query<{ turn: number }>(
      `INSERT INTO lab.fault SELECT last_value + $1 - CASE WHEN is_called THEN 0 ELSE 1 END, $2 FROM lab.turn
       ON CONFLICT (turn) DO UPDATE SET kind = excluded.kind RETURNING turn`,
      [turns, kind],
    );
    return rows[0]!.turn;
  }

  async hasStruck(turn: number): Promise<boolean> {
    const rows = await this.database.query<{ struck: boolean }>(
      'SELECT $1 <= last_value AS struck FROM lab.turn',
      [turn],
    );
    return rows[0]!.struck;
  }

  /** Takes back what has not struck yet. */
  async disarm(): Promise<void> {
    await this.database.query('DELETE FROM lab.fault WHERE turn > (SELECT last_value FROM lab.turn)');
  }

  /** What has struck, by kind. */
  async struck(): Promise<Map<string, number>> {
    const rows = await this.database.query<{ kind: string; count: number }>(
      'SELECT kind, count(*) FROM lab.fault WHERE turn <= (SELECT last_value FROM lab.turn) GROUP BY kind',
    );
    return new Map(rows.map(({ kind, count }) => [kind, count]));
  }
}
