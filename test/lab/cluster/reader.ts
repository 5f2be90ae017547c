/** Somebody who follows the feed of one `api`, by whatever way, and notes what he hears. */
export abstract class Reader {
  /** When each event of a job was heard first, by `performance.now()`, in the order of its sequence; by `source/externalId`. */
  readonly heardAt = new Map<string, number[]>();
  readonly faults: string[] = [];
  /** Distinct ones, since it began last. */
  events = 0;
  heardInAll = 0;
  /** Heard again after a break. */
  repeated = 0;
  /** How often it had to begin again: what it had heard last was of a transaction that a promotion lost. */
  restarts = 0;
  /** Connections that it needed. */
  connections = 0;
  protected isDone = false;
  /** What it would name to go on. */
  protected lastId: string;
  /** Since the last break. */
  protected hasHeardNews = false;
  private running: Promise<void> = Promise.resolve();

  protected constructor(
    readonly name: string,
    private readonly firstId: string,
    /** Whether the feed may lose what it has told. */
    private readonly mayRestart: boolean,
  ) {
    this.lastId = firstId;
  }

  start(): void {
    this.running = this.follow();
  }

  async end(): Promise<void> {
    this.isDone = true;
    this.hangUp();
    await this.running;
  }

  protected abstract follow(): Promise<void>;

  protected abstract hangUp(): void;

  protected hear(job: string, sequence: number): void {
    const times = this.heardAt.get(job) ?? [];
    if (sequence === times.length + 1) {
      times.push(performance.now());
      this.heardAt.set(job, times);
      this.events++;
      this.heardInAll++;
      this.hasHeardNews = true;
    } else if (sequence > times.length) this.fault(`heard ${job}#${sequence} after ${times.length}`);
    // what is repeated after a break comes before all that is new
    else if (this.hasHeardNews) this.fault(`heard ${job}#${sequence} again, after news`);
    else this.repeated++;
  }

  /** What an `api` may answer that is there, but not with the feed. */
  protected refused(status: number): void {
    if (status === 410 && this.mayRestart) this.restart();
    else if (status < 500) this.fault(`was answered ${status}`);
  }

  protected fault(what: string): void {
    this.faults.push(`${this.name} ${what}`);
  }

  private restart(): void {
    this.restarts++;
    this.lastId = this.firstId;
    this.heardAt.clear();
    this.events = 0;
  }
}

export const JOB_EVENTS = 'job.discovered,job.transitioned,job.changed,job.vanished,job.reappeared';

/** Where the feed of an `api` ends now. */
export async function endOfFeed(api: string): Promise<string> {
  const answer = await fetch(`${api}/api/v1/events?after=latest`);
  const { page } = (await answer.json()) as { page: { next: string } };
  return page.next;
}
