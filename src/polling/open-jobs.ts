import { ContractError, JobGoneError, RateLimitError, UnavailableError } from '../domain/errors.js';
import { Instant } from '../domain/job.js';
import { JobLookup, OpenJob } from '../storage/job.lookup.js';
import { OpenRound } from '../storage/lease.js';
import { Intake } from './intake.js';
import { fetchOwnPage } from './own-page.js';
import { SourceRuntime } from './source-runtimes.js';

/** How many open jobs are looked at together. */
const OPEN_BATCH = 500;

/** By-id reads of one poll that the platform may put off; one more, and it is the source that is limited and not a job. */
const MAX_TOO_SOON = 3;

/** Own pages of one poll that may be broken; one more, and the round goes on in the next poll. */
const MAX_UNREADABLE = 3;

/** How many broken pages a source remembers. */
const MAX_FAILING = 100;

/** A job whose own page could not be read, though others could. */
export interface UnreadableJob {
  externalId: string;
  message: string;
}

/** The poll that they are re-read for. */
export interface OpenJobsHost {
  /** A page of this poll showed every job that is open. */
  readonly areOpenJobsRead: boolean;
  /** Transactions that it has begun to write. */
  readonly writes: number;
}

type Answer = 'read' | 'gone' | 'put off' | 'unreadable';

/**
 * Re-reads open jobs by their own pages, as far as an allowance goes. A round takes them by their numbers and goes on in the next
 * poll where it stood, so that the job that was read longest ago is always next.
 */
export class OpenJobs {
  /** Their own page says that they are gone. */
  readonly gone: OpenJob[] = [];
  readonly unreadable: UnreadableJob[] = [];
  private answered = 0;
  private tooSoon = 0;
  private listed: { jobs: OpenJob[]; writes: number } | null = null;
  /** What the first broken page was about, should there be no other. */
  private firstFault: unknown = null;

  constructor(
    private readonly runtime: SourceRuntime,
    private readonly lookup: JobLookup,
    private readonly intake: Intake,
    /** The database's clock. */
    private readonly now: () => Instant,
    private readonly signal: AbortSignal,
    private readonly host: OpenJobsHost,
  ) {}

  async *all(afterOrdinal = 0): AsyncGenerator<OpenJob> {
    if (this.host.areOpenJobsRead) return;
    for (let after = afterOrdinal; ;) {
      const jobs = await this.batch(after);
      yield* jobs;
      if (jobs.length < OPEN_BATCH) return;
      after = jobs.at(-1)!.ordinal;
    }
  }

  /** What was asked for before serves again, as long as it was all and this poll has written nothing since. */
  private async batch(after: number): Promise<OpenJob[]> {
    const { writes } = this.host;
    if (this.listed?.writes === writes) return this.listed.jobs.filter(({ ordinal }) => ordinal > after);
    const jobs = await this.lookup.open(this.runtime.source.key, after, OPEN_BATCH);
    if (after === 0 && jobs.length < OPEN_BATCH) this.listed = { jobs, writes };
    return jobs;
  }

  /** Whether more than so many open jobs are not read yet. */
  async areMoreThan(most: number, isRead: (job: OpenJob) => boolean): Promise<boolean> {
    let unread = 0;
    for await (const job of this.all()) if (!isRead(job) && ++unread > most) return true;
    return false;
  }

  /**
   * Moves the round on.
   * @returns whether it came to its end
   * @throws what is no fault of one job: a refused credential, a limit, an upstream that is down or broken for everybody
   */
  async goOn(round: OpenRound, allowance: number, isRead: (job: OpenJob) => boolean): Promise<boolean> {
    const isComplete = await this.walk(round, allowance, isRead);
    // One broken page is that job's; several and nothing else are the platform's.
    if (this.answered === 0 && this.unreadable.length > 1) throw this.firstFault;
    return isComplete;
  }

  private async walk(
    round: OpenRound,
    allowance: number,
    isRead: (job: OpenJob) => boolean,
  ): Promise<boolean> {
    let left = allowance;
    for await (const job of this.all(round.afterOrdinal)) {
      if (isRead(job)) continue;
      if (this.runtime.upstream.session.fetchOne === undefined || left-- <= 0) return false;
      if (this.unreadable.length >= MAX_UNREADABLE) return false;
      const answer = await this.readOne(job);
      if (answer === 'gone') this.gone.push(job);
      if (answer === 'put off' || answer === 'unreadable') round.skipped++;
      round.failing = round.failing.filter((ordinal) => ordinal !== job.ordinal);
      if (answer === 'unreadable') round.failing = [...round.failing, job.ordinal].slice(-MAX_FAILING);
      round.afterOrdinal = job.ordinal;
    }
    return true;
  }

  private async readOne(job: OpenJob): Promise<Answer> {
    const readAt = this.now();
    try {
      const { sighting, shape } = await fetchOwnPage(this.runtime, job, readAt, this.signal);
      this.answered++;
      await this.intake.takeOne(sighting, shape, readAt);
      return 'read';
    } catch (error) {
      if (error instanceof JobGoneError) {
        this.answered++;
        return 'gone';
      }
      if (isFaultOfOnePage(error)) return this.skip(job, error);
      // A platform may limit the reads of one job (Veeva Vault: one in ten seconds, whoever asks); a spent budget is no such limit.
      if (
        error instanceof RateLimitError &&
        this.runtime.upstream.budget > 0 &&
        ++this.tooSoon <= MAX_TOO_SOON
      )
        return 'put off';
      throw error;
    }
  }

  private skip({ externalId }: OpenJob, error: Error): Answer {
    this.firstFault ??= error;
    this.unreadable.push({ externalId, message: error.message });
    return 'unreadable';
  }
}

/** An upstream that says how long it will be away, cannot be reached or hangs is none; neither is our own database. */
function isFaultOfOnePage(error: unknown): error is ContractError | UnavailableError {
  if (error instanceof ContractError) return true;
  return error instanceof UnavailableError && error.kind === 'upstream-error' && error.retryAfterMs === null;
}
