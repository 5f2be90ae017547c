import { setTimeout as pause } from 'node:timers/promises';
import { Role, ROLES } from '../../../src/config/environment.js';
import { Random } from '../../../src/simulators/random.js';
import { Database } from '../../../src/storage/database.js';
import { Post, Services } from './services.js';

/** Between two disturbances, milliseconds. */
const PEACE_MS = { least: 1_500, most: 6_000 };
/** How long a process is stopped: longer than any lease, and than PostgreSQL lets a transaction wait. */
const STOPPED_MS = 22_000;
/** Of ten disturbances, how many stop a process; no two are stopped at a time. */
const STOPS = 3;

/** A source whose poller was killed or stopped. */
interface Bereft {
  source: string;
  token: number;
  /** The database's time. */
  at: string;
}

/** kill -9 and SIGSTOP at random, one after the other, of all processes alike. */
export class Disturber {
  readonly kills: Record<Role, number> = { api: 0, poller: 0, notifier: 0 };
  readonly stops: Record<Role, number> = { api: 0, poller: 0, notifier: 0 };
  private readonly bereft: Bereft[] = [];
  /** Of a poller that went on: its sources, and when that was by `performance.now()`. */
  private readonly woken: { sources: Set<string>; at: number }[] = [];
  private stopping: Promise<void> | null = null;

  constructor(
    private readonly services: Services,
    private readonly database: Database,
    private readonly random: Random,
  ) {}

  get disturbances(): number {
    return [this.kills, this.stops]
      .flatMap((counts) => ROLES.map((role) => counts[role]))
      .reduce((a, b) => a + b);
  }

  /** Until it is told to end. */
  async disturb(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await pause(this.random.int(PEACE_MS.least, PEACE_MS.most), undefined, { signal }).catch(
        () => undefined,
      );
      if (!signal.aborted) await this.strike();
    }
  }

  /** Waits until nobody is stopped any more. */
  async calm(): Promise<void> {
    await this.stopping;
  }

  /** Seconds from a kill or stop of a poller until another process claimed what it had. */
  async takeovers(): Promise<number[]> {
    const rows = await this.database.query<{ seconds: number }>(
      `SELECT extract(epoch FROM min(c.at) - b.at)::float8 AS seconds
       FROM unnest($1::text[], $2::bigint[], $3::timestamptz[]) AS b (source, token, at)
       JOIN lab.claim c ON c.name = b.source AND c.token > b.token GROUP BY b.source, b.token, b.at`,
      [
        this.bereft.map(({ source }) => source),
        this.bereft.map(({ token }) => token),
        this.bereft.map(({ at }) => at),
      ],
    );
    return rows.map(({ seconds }) => seconds);
  }

  /** Whether a request may be one of a process that went on in the middle of a poll and had not yet heard that its lease is gone. */
  isLate({ source, at }: { source: string; at: number }, withinMs: number): boolean {
    return this.woken.some((one) => one.sources.has(source) && at > one.at && at < one.at + withinMs);
  }

  private async strike(): Promise<void> {
    const post = this.services.pick(this.random);
    if (this.stopping === null && this.random.int(1, 10) <= STOPS) this.stopping = this.stop(post);
    else await this.kill(post);
  }

  private async kill(post: Post): Promise<void> {
    const { pid } = post.replica;
    await this.services.kill(post);
    await this.note(pid);
    this.kills[post.role]++;
  }

  private async stop(post: Post): Promise<void> {
    post.isStopped = true;
    post.replica.stop();
    this.stops[post.role]++;
    const sources = await this.note(post.replica.pid);
    await pause(STOPPED_MS);
    post.replica.goOn();
    if (sources.length > 0) this.woken.push({ sources: new Set(sources), at: performance.now() });
    post.isStopped = false;
    this.stopping = null;
  }

  /** What a process has that is dead or stopped. */
  private async note(pid: number): Promise<string[]> {
    const held = await this.database.query<Bereft>(
      `SELECT key AS source, lease_token AS token, now() AS at FROM rollcall.source
       WHERE split_part(lease_owner, '/', 2) = $1 AND lease_until > now()`,
      [String(pid)],
    );
    this.bereft.push(...held);
    return held.map(({ source }) => source);
  }
}
