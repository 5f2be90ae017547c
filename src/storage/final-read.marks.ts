import { PoolClient } from 'pg';
import { FinalRead } from '../domain/final-read.js';
import { Instant } from '../domain/job.js';
import { toPg } from './pg-time.js';
import { Column, columnNames, selectRows } from './sql-values.js';

interface NewMark {
  jobId: string;
  kind: FinalRead;
}

/** What one transaction's records mean for the marks of what is still to be read ({@link FinalReadStore}). */
export class FinalReadMarks {
  private readonly made = new Map<string, FinalRead>();
  /** What their own page leaves, of jobs that may be marked. */
  private readonly moved = new Map<string, FinalRead>();
  private readonly cleared = new Set<string>();

  /** The job has ended, and its record leaves this to be read; null for nothing. */
  ended(jobId: string, unread: FinalRead | null): void {
    if (unread === null) this.forget(jobId);
    else this.made.set(jobId, unread);
  }

  /** The own page of a job that ended before was read: what it gave need not be read again. */
  ownPageRead(jobId: string, unread: FinalRead | null): void {
    if (unread === null) this.forget(jobId);
    else if (this.made.has(jobId)) this.made.set(jobId, unread);
    else if (unread === 'tasks') this.moved.set(jobId, unread);
  }

  /** The job goes on: what its last end left is no longer of interest. */
  goesOn(jobId: string): void {
    this.forget(jobId);
  }

  async write(client: PoolClient, source: string, now: Instant): Promise<void> {
    if (this.cleared.size > 0) {
      await client.query('DELETE FROM rollcall.final_read WHERE job_id = ANY($1::uuid[])', [
        [...this.cleared],
      ]);
    }
    if (this.moved.size > 0) {
      await client.query(
        `UPDATE rollcall.final_read SET kind = 'tasks', attempts = 0, not_before = $2, given_up_at = NULL
         WHERE job_id = ANY($1::uuid[]) AND kind = 'detail'`,
        [[...this.moved.keys()], toPg(now)],
      );
    }
    if (this.made.size > 0) await this.insert(client, source, now);
  }

  private forget(jobId: string): void {
    this.made.delete(jobId);
    this.moved.delete(jobId);
    this.cleared.add(jobId);
  }

  private async insert(client: PoolClient, source: string, now: Instant): Promise<void> {
    const columns: readonly Column<NewMark>[] = [
      { name: 'job_id', type: 'uuid', value: ({ jobId }) => jobId },
      { name: 'source_key', type: 'text', value: () => source },
      { name: 'kind', type: 'text', value: ({ kind }) => kind },
      { name: 'marked_at', type: 'timestamptz', value: () => toPg(now) },
      { name: 'not_before', type: 'timestamptz', value: () => toPg(now) },
    ];
    const marks = [...this.made].map(([jobId, kind]) => ({ jobId, kind }));
    const { text, values } = selectRows(columns, marks);
    await client.query(
      `INSERT INTO rollcall.final_read (${columnNames(columns)}) ${text}
       ON CONFLICT (job_id) DO UPDATE
       SET kind = excluded.kind, marked_at = excluded.marked_at, not_before = excluded.not_before, attempts = 0, given_up_at = NULL`,
      values,
    );
  }
}
