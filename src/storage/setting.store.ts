import { Json } from '../domain/job.js';
import { Database } from './database.js';

/** What belongs to this installation as a whole; every process sees the same value. */
export class SettingStore {
  constructor(private readonly database: Database) {}

  /** The stored value, or the given one where there is none yet: of several processes that start at once, one wins for all. */
  async getOrCreate(name: string, initial: Json): Promise<Json> {
    await this.database.query(
      'INSERT INTO rollcall.setting (name, value) VALUES ($1, $2::jsonb) ON CONFLICT (name) DO NOTHING',
      [name, JSON.stringify(initial)],
    );
    const rows = await this.database.query<{ value: Json }>(
      'SELECT value FROM rollcall.setting WHERE name = $1',
      [name],
    );
    return rows[0]!.value;
  }
}
