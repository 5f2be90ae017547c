import { Instant } from '../domain/job.js';
import { AbsenceContext, AbsenceWriter, MAX_ABSENT } from '../storage/job.absence.js';
import { JobLookup, JobNumber, OpenJob } from '../storage/job.lookup.js';
import { SeenJobs } from './seen-jobs.js';

/** Finished jobs that are looked at together: numbers only. */
const FINISHED_BATCH = 10_000;

/** What a complete sweep proves: it met every listed job, each under its own id, and nothing moved. */
export interface WholeWalk {
  seen: SeenJobs;
  /** Who was written since then was there. */
  beganAt: Instant;
}

/** Draws the conclusions from whom a complete sweep did not meet. */
export class Absence {
  constructor(
    private readonly lookup: JobLookup,
    private readonly writer: AbsenceWriter,
    private readonly context: AbsenceContext,
    /** How many jobs the last complete sweep still listed, and who came since. */
    private readonly countPresent: () => Promise<number>,
  ) {}

  /** Unfinished jobs whose own page says that they are gone: with a sweep that did not list them that is proof, else they wait for one. */
  async settleGone(gone: readonly OpenJob[], walk: WholeWalk | null): Promise<void> {
    if (walk === null) await this.markAbsent(gone);
    else await this.vanish(gone);
  }

  /** Where a job has no page of its own, two complete reads in a row without it are the proof. */
  async settleUnlisted(open: AsyncIterable<OpenJob>, { seen, beganAt }: WholeWalk): Promise<void> {
    const vanished: OpenJob[] = [];
    const absent: OpenJob[] = [];
    for await (const job of open) {
      // A sweep of several parts need not meet what came in behind its back.
      if (seen.has(job.ordinal) || job.firstSeenAt >= beganAt) continue;
      (job.absent ? vanished : absent).push(job);
    }
    await this.vanish(vanished);
    await this.markAbsent(absent);
  }

  /** Finished jobs stay as they are; only retention asks whether the platform still lists them. */
  async settleFinished({ seen, beganAt }: WholeWalk): Promise<void> {
    const { source } = this.context;
    if (seen.size === (await this.countPresent())) return;
    for (let after = 0; ;) {
      const jobs = await this.lookup.listedFinished(source, beganAt, after, FINISHED_BATCH);
      if (jobs.length === 0) return;
      await this.markAbsent(jobs.filter(({ ordinal }) => !seen.has(ordinal)));
      after = jobs.at(-1)!.ordinal;
    }
  }

  private vanish(jobs: readonly JobNumber[]): Promise<void> {
    return inBatches(jobs, (ids) => this.writer.vanish(ids, this.context));
  }

  private markAbsent(jobs: readonly JobNumber[]): Promise<void> {
    return inBatches(jobs, (ids) => this.writer.markAbsent(ids, this.context));
  }
}

async function inBatches(
  jobs: readonly JobNumber[],
  write: (ids: string[]) => Promise<unknown>,
): Promise<void> {
  for (let start = 0; start < jobs.length; start += MAX_ABSENT) {
    await write(jobs.slice(start, start + MAX_ABSENT).map(({ id }) => id));
  }
}
