import { Instant } from '../clock.js';

export interface LoggedRequest {
  platform: string;
  method: string;
  /** With the query. */
  url: string;
  /** Null while or because nothing was answered. */
  status: number | null;
  /** The world's time. */
  at: Instant;
}

const KEPT = 10_000;

/** What clients asked of the simulators: all of it is counted, the latest of it kept. */
export class RequestLog {
  /** What went wrong in a simulator itself, with its stack: such an answer is a 500 that nobody asked for. */
  readonly failures: string[] = [];
  private kept: LoggedRequest[] = [];
  private readonly counts = new Map<string, number>();

  /** Notes a request when it arrives; the answer's status is filled in later. */
  add(request: LoggedRequest): void {
    this.kept.push(request);
    if (this.kept.length > 2 * KEPT) this.kept = this.kept.slice(-KEPT);
    this.counts.set(request.platform, this.count(request.platform) + 1);
  }

  /** The latest requests (at least 10 000 of them), oldest first. */
  list(platform?: string): LoggedRequest[] {
    return this.kept.filter((request) => platform === undefined || request.platform === platform);
  }

  /** Requests since the start or the last `clear`. */
  count(platform: string): number {
    return this.counts.get(platform) ?? 0;
  }

  clear(): void {
    this.kept = [];
    this.counts.clear();
  }
}
