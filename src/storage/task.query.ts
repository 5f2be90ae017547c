import { TaskFacts } from '../domain/task.js';
import { Page, Position, readPage } from './page-cursor.js';
import { Reader } from './reader.js';
import { statement } from './statement.js';

/** A task at its place, from 1. */
export interface TaskRow {
  ordinal: number;
  task: TaskFacts;
}

export class TaskQuery {
  constructor(private readonly database: Reader) {}

  /** Those of the job's record and then those of their own route, each in the platform's order. Whether the caller may see the job is decided before. */
  page(jobId: string, limit: number, position: Position): Promise<Page<TaskRow>> {
    const beyond = `${position.backward ? '<' : '>'}${position.inclusive ? '=' : ''}`;
    const text = `SELECT t.ordinal, t.task
      FROM rollcall.job_task, jsonb_array_elements(tasks || coalesce(fetched, '[]')) WITH ORDINALITY AS t (task, ordinal)
      WHERE job_id = $1::uuid AND ($2::bigint IS NULL OR t.ordinal ${beyond} $2)
      ORDER BY t.ordinal ${position.backward ? 'DESC' : 'ASC'} LIMIT $3`;
    return readPage(
      position,
      limit,
      (count) => this.database.query<TaskRow>(statement(text), [jobId, position.key?.[0] ?? null, count]),
      ({ ordinal }) => [ordinal],
    );
  }
}
