import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { SourceRules } from '../explain/source-rules.js';
import { Database } from '../storage/database.js';
import { JobReplay, MAX_REPLAYED, ReplayPlace } from '../storage/job.replay.js';
import { Lease, LeaseLostError } from '../storage/lease.js';
import { LeaseStore } from '../storage/lease.store.js';
import { FieldChange, Replayed, replayJob } from './replay-job.js';
import { ReplayTally } from './replay-tally.js';

/** Jobs that are looked at together: a few numbers each. */
const PAGE = 1_000;

/** The most of the records of one transaction, bytes. One job is always let through. */
const MAX_BATCH_BYTES = 8 * 1024 * 1024;

/** How long a claim lasts without renewal, as a poll's. */
const LEASE_MS = 15_000;
/** Between two renewals. */
const RENEW_MS = 3_000;
/** So long a source is held at one time: its polls go on in between. */
const TURN_MS = 5_000;
/** Between two tries to claim a source that is being polled, and how long that goes on. */
const CLAIM_EVERY_MS = 250;
const CLAIM_PATIENCE_MS = 600_000;

/** The source is polled for so long that nobody else gets at it, or it is retired. */
export class SourceBusyError extends Error {
  override readonly name = 'SourceBusyError';
}

/** What becomes of one job. */
export interface JobDifference {
  id: string;
  externalId: string;
  changes: FieldChange[];
}

export interface ApplyOptions {
  /** Ends it after the transaction under way. */
  signal: AbortSignal;
  /** Told once each time that a poll has to be waited for. */
  onWait: () => void;
}

/** Reads the stored records of one source again by the present rules: what they would change, and then changes it. */
export class SourceReplay {
  private readonly replay: JobReplay;
  private readonly leases: LeaseStore;
  private readonly source: string;
  private readonly mapping: string;

  constructor(
    private readonly known: SourceRules,
    database: Database,
    private readonly maxTypes: number,
  ) {
    this.replay = new JobReplay(database);
    this.leases = new LeaseStore(database);
    this.source = known.source.key;
    this.mapping = known.rules.mapping;
  }

  /** Whether the last service that brought a configuration reads this source by other rules: its polls would undo what is applied. */
  async isReadOtherwise(): Promise<boolean> {
    const inUse = await this.replay.rulesInUse(this.source);
    return inUse !== null && inUse !== this.mapping;
  }

  /** What would change. Writes nothing, and holds nothing. */
  async preview(
    onDifference: (difference: JobDifference) => void,
    signal: AbortSignal,
  ): Promise<ReplayTally> {
    const tally = new ReplayTally();
    for await (const batch of this.batches(0, tally)) {
      signal.throwIfAborted();
      for (const { job, records } of await this.replay.read(batch.map(({ id }) => id))) {
        const replayed = replayJob(job, records, this.known, 0);
        tally.add(job.id, replayed);
        if (replayed.outcome === 'changed')
          onDifference({ id: job.id, externalId: job.externalId, changes: replayed.changes });
      }
    }
    return tally;
  }

  /**
   * Changes it, in small transactions under the source's lease. What was done is done: ended at any point, another one goes on where it
   * stood, since what is stored under the present rules is passed over.
   *
   * @throws SourceBusyError; the signal's reason
   */
  async apply({ signal, onWait }: ApplyOptions): Promise<ReplayTally> {
    const tally = new ReplayTally();
    const batches = this.batches(0, tally)[Symbol.asyncIterator]();
    for (let next = await batches.next(); !next.done;) {
      const lease = await this.claim(signal, onWait);
      const before = tally.counts.changed;
      try {
        const until = performance.now() + TURN_MS;
        let renewed = performance.now();
        do {
          if (performance.now() - renewed > RENEW_MS) {
            await this.leases.renew(lease, LEASE_MS);
            renewed = performance.now();
          }
          await this.applyBatch(next.value, lease, tally);
          next = await batches.next();
        } while (!next.done && !signal.aborted && performance.now() < until);
      } catch (error) {
        // This process stood still; the batch was not written, and is tried again.
        if (!(error instanceof LeaseLostError)) throw error;
      } finally {
        // What is open only now has not been read as an open job: the next poll shall.
        await this.replay.giveBack(lease, tally.counts.changed > before);
      }
      signal.throwIfAborted();
    }
    return tally;
  }

  private async applyBatch(batch: readonly ReplayPlace[], lease: Lease, tally: ReplayTally): Promise<void> {
    const done: { id: string; replayed: Replayed }[] = [];
    await this.replay.apply(
      batch.map(({ id }) => id),
      {
        ...{ source: this.source, mapping: this.mapping, maxTypes: this.maxTypes },
        refold: (job, records, now) => {
          const replayed = replayJob(job, records, this.known, now);
          done.push({ id: job.id, replayed });
          return replayed;
        },
        fence: (client) => this.leases.fence(client, lease),
      },
    );
    for (const { id, replayed } of done) tally.add(id, replayed);
  }

  private async claim(signal: AbortSignal, onWait: () => void): Promise<Lease> {
    const owner = `${hostname()}/${process.pid}/replay`;
    const begun = performance.now();
    for (let isFirst = true; ; isFirst = false) {
      signal.throwIfAborted();
      const lease = await this.leases.claimNow(owner, this.source, LEASE_MS);
      if (lease !== null) return lease;
      if (performance.now() - begun > CLAIM_PATIENCE_MS) throw new SourceBusyError(this.source);
      if (isFirst) onWait();
      await sleep(CLAIM_EVERY_MS, undefined, { signal });
    }
  }

  /** The jobs with records of other rules, by the keys of their numbers; the others are only counted. */
  private async *batches(after: number, tally: ReplayTally): AsyncGenerator<ReplayPlace[]> {
    for (;;) {
      const places = await this.replay.places(this.source, this.mapping, after, PAGE);
      let batch: ReplayPlace[] = [];
      let bytes = 0;
      for (const place of places) {
        if (place.stale === 0) {
          tally.addSettled(place.current ? 'current' : 'notReplayable');
          continue;
        }
        if (batch.length === MAX_REPLAYED || (batch.length > 0 && bytes + place.bytes > MAX_BATCH_BYTES)) {
          yield batch;
          batch = [];
          bytes = 0;
        }
        batch.push(place);
        bytes += place.bytes;
      }
      if (batch.length > 0) yield batch;
      if (places.length < PAGE) return;
      after = places.at(-1)!.ordinal;
    }
  }
}
