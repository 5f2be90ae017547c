/**
 * How long a reader waits for pieces. Only waiting counts: neither the reader's own work nor a busy event loop is the sender's fault.
 * Not {@link wait}ing, it costs nothing.
 */
export class Patience {
  private timer: NodeJS.Timeout | null = null;
  private lastChance: NodeJS.Immediate | null = null;
  private since = 0;
  private bytes = 0;

  constructor(
    /** Of one stretch, milliseconds. */
    private readonly timeoutMs: number,
    /** Of the first one, which may have begun earlier. */
    private leftMs: number,
    /** So much has to come in every stretch, and then the next one begins; Infinity: all has to come in one. */
    private readonly bytesPerStretch: number,
    /** Called when a stretch is over, at most once. */
    private readonly giveUp: () => void,
  ) {}

  wait(): void {
    this.since = performance.now();
    this.timer = setTimeout(
      () => {
        // After a pause of the whole process, what came meanwhile is read first.
        this.lastChance = setImmediate(this.giveUp);
      },
      Math.max(0, this.leftMs),
    );
  }

  received(bytes: number): void {
    this.stop();
    this.leftMs -= performance.now() - this.since;
    this.bytes += bytes;
    if (this.bytes < this.bytesPerStretch) return;
    this.bytes = 0;
    this.leftMs = this.timeoutMs;
  }

  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    if (this.lastChance !== null) clearImmediate(this.lastChance);
  }
}
