import { Client } from 'pg';
import { Database, openDatabase } from '../../src/storage/database.js';
import { migrate } from '../../src/storage/migrate.js';
import { createBareDatabase } from '../support/postgres.js';
import { quietLog } from '../support/quiet-log.js';

// Functions of the same names, which every session of this database finds before those of PostgreSQL: in statements, in defaults of columns
// and in views alike. So the code under test is the product's own, as it is, and a year passes for all of it at once.
const SEARCH_PATH = `
  DO $$ BEGIN
    EXECUTE format('ALTER DATABASE %I SET search_path = simulated_time, pg_catalog, public', current_database());
  END $$;`;

/** Made anew for each moment: with a constant in it, the planner puts the body in the function's place, and time costs nothing. */
function clocks(aheadMs: number): string {
  const clock = (name: string, volatility: string) =>
    `CREATE OR REPLACE FUNCTION simulated_time.${name}() RETURNS timestamptz LANGUAGE sql ${volatility} AS $$
       SELECT pg_catalog.${name}() + interval '${aheadMs} milliseconds' $$;`;
  return [
    clock('now', 'STABLE'),
    clock('statement_timestamp', 'STABLE'),
    clock('clock_timestamp', 'VOLATILE'),
  ].join('\n');
}

/** A migrated, empty database whose clock runs as any, and can be put forward. */
export class DatabaseInTime {
  private aheadMs = 0;

  private constructor(
    readonly database: Database,
    private readonly dropIt: () => Promise<void>,
  ) {}

  static async create({ poolSize = 5 } = {}): Promise<DatabaseInTime> {
    const { url, drop } = await createBareDatabase();
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      await client.query(`CREATE SCHEMA simulated_time; ${clocks(0)} ${SEARCH_PATH}`);
    } finally {
      await client.end();
    }
    const database = await openDatabase({ url, dataDir: '', poolSize, log: quietLog() });
    await migrate(database);
    return new DatabaseInTime(database, drop);
  }

  /** For every statement that begins from now on; nothing may be under way. */
  async advance(ms: number): Promise<void> {
    this.aheadMs += ms;
    await this.database.query(clocks(this.aheadMs));
  }

  async drop(): Promise<void> {
    await this.database.close();
    await this.dropIt();
  }
}
