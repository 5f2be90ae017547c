import { Client } from 'pg';
import { Database, openDatabase } from '../../src/storage/database.js';
import { migrate } from '../../src/storage/migrate.js';
import { createBareDatabase } from '../support/postgres.js';
import { quietLog } from '../support/quiet-log.js';

// Functions of the same names, which every session of this database finds before those of PostgreSQL: in statements, in defaults of columns
// and in views alike. So the code under test is the product's own, as it is, and a year passes for all of it at once.
const CLOCK = `
  CREATE SCHEMA simulated_time;
  CREATE TABLE simulated_time.ahead (ms double precision NOT NULL);
  INSERT INTO simulated_time.ahead VALUES (0);
  ${clock('now', 'STABLE')}
  ${clock('statement_timestamp', 'STABLE')}
  ${clock('clock_timestamp', 'VOLATILE')}
  DO $$ BEGIN
    EXECUTE format('ALTER DATABASE %I SET search_path = simulated_time, pg_catalog, public', current_database());
  END $$;`;

function clock(name: string, volatility: string): string {
  return `CREATE FUNCTION simulated_time.${name}() RETURNS timestamptz LANGUAGE sql ${volatility} AS $$
    SELECT pg_catalog.${name}() + (SELECT ms FROM simulated_time.ahead) * interval '1 millisecond' $$;`;
}

/** A migrated, empty database whose clock runs as any, and can be put forward. */
export class DatabaseInTime {
  private constructor(
    readonly database: Database,
    private readonly dropIt: () => Promise<void>,
  ) {}

  static async create({ poolSize = 5 } = {}): Promise<DatabaseInTime> {
    const { url, drop } = await createBareDatabase();
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      await client.query(CLOCK);
    } finally {
      await client.end();
    }
    const database = await openDatabase({ url, dataDir: '', poolSize, log: quietLog() });
    await migrate(database);
    return new DatabaseInTime(database, drop);
  }

  /** For every statement that begins from now on; nothing may be under way. */
  async advance(ms: number): Promise<void> {
    await this.database.query('UPDATE simulated_time.ahead SET ms = ms + $1', [ms]);
  }

  async drop(): Promise<void> {
    await this.database.close();
    await this.dropIt();
  }
}
