import { JsonObject } from '../domain/job.js';
import { Database } from './database.js';

/** What one process made of a request to read its configuration again. */
export interface ReloadAnswer {
  /** Host, process id, something of its own, and roles. */
  process: string;
  answer: JsonObject;
}

/** How long requests and answers are kept. */
const KEPT = '7 days';

/** Requests to every process of an installation to read its configuration again, and their answers. */
export class ReloadStore {
  constructor(private readonly database: Database) {}

  /** @returns the request's number; they grow */
  async ask(): Promise<number> {
    await this.database.query(`DELETE FROM rollcall.reload WHERE asked_at < now() - interval '${KEPT}'`);
    const rows = await this.database.query<{ id: number }>(
      'INSERT INTO rollcall.reload DEFAULT VALUES RETURNING id',
    );
    return rows[0]!.id;
  }

  /** The last request; 0 before the first. */
  async last(): Promise<number> {
    const rows = await this.database.query<{ id: number }>({
      name: 'reload-last',
      text: 'SELECT coalesce((SELECT id FROM rollcall.reload ORDER BY id DESC LIMIT 1), 0) AS id',
    });
    return rows[0]!.id;
  }

  async answer(id: number, { process, answer }: ReloadAnswer): Promise<void> {
    await this.database.query(
      `INSERT INTO rollcall.reload_answer (reload_id, process, answer)
       SELECT id, $2, $3::jsonb FROM rollcall.reload WHERE id = $1
       ON CONFLICT (reload_id, process) DO UPDATE SET answer = excluded.answer, at = now()`,
      [id, process, JSON.stringify(answer)],
    );
  }

  /** In the order in which they came. */
  answers(id: number): Promise<ReloadAnswer[]> {
    return this.database.query<ReloadAnswer>(
      'SELECT process, answer FROM rollcall.reload_answer WHERE reload_id = $1 ORDER BY at, process',
      [id],
    );
  }
}
