import { PoolClient } from 'pg';
import { JobState } from '../domain/job-state.js';
import { selectRows } from './sql-values.js';
import { statement } from './statement.js';

interface Count {
  jobs: number;
  absent: number;
}

/** How one transaction moves the kept counts of a source. */
export class CountDelta {
  private readonly states = new Map<JobState, Count>();

  add(state: JobState, absent: boolean): void {
    this.move(state, 1, absent ? 1 : 0);
  }

  remove(state: JobState, absent: boolean): void {
    this.move(state, -1, absent ? -1 : 0);
  }

  /** A job of this state that the last complete sweep no longer lists. */
  markAbsent(state: JobState): void {
    this.move(state, 0, 1);
  }

  moved(): [JobState, Count][] {
    return [...this.states].filter(([, { jobs, absent }]) => jobs !== 0 || absent !== 0);
  }

  private move(state: JobState, jobs: number, absent: number): void {
    const count = this.states.get(state) ?? { jobs: 0, absent: 0 };
    this.states.set(state, { jobs: count.jobs + jobs, absent: count.absent + absent });
  }
}

/** Counts are kept in the transaction of the change, so that summaries and metrics never scan. */
export async function addJobCounts(client: PoolClient, source: string, delta: CountDelta): Promise<void> {
  const moved = delta.moved().sort(([a], [b]) => (a < b ? -1 : 1));
  if (moved.length === 0) return;
  const { text, values } = selectRows(
    [
      { name: 'source_key', type: 'text', value: () => source },
      { name: 'state', type: 'text', value: ([state]: [JobState, Count]) => state },
      { name: 'jobs', type: 'bigint', value: ([, count]: [JobState, Count]) => count.jobs },
      { name: 'absent', type: 'bigint', value: ([, count]: [JobState, Count]) => count.absent },
    ],
    moved,
  );
  // a handful of shapes, whatever the number of states: each has one row
  const { name, text: insert } = statement(
    `INSERT INTO rollcall.job_count (source_key, state, jobs, absent) ${text}
     ON CONFLICT (source_key, state) DO UPDATE
     SET jobs = job_count.jobs + excluded.jobs, absent = job_count.absent + excluded.absent`,
  );
  await client.query({ name, text: insert, values });
}
