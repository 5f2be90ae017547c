import { Page, PageFeedback } from '../connectors/connector.js';
import { mapInTurns, Turns } from '../connectors/shared/turns.js';
import { Instant, Json, RecordShape } from '../domain/job.js';
import { JobLookup } from '../storage/job.lookup.js';
import { Candidate, JobWriter, MAX_CANDIDATES, WriteContext } from '../storage/job.writer.js';
import { Reject, RejectStore } from '../storage/reject.store.js';
import { isReject, Sighting } from './observer.js';
import { SourceRuntime } from './source-runtimes.js';

export interface IntakeStores {
  writer: JobWriter;
  lookup: JobLookup;
  rejects: RejectStore;
}

/** The poll that an intake works for. */
export interface IntakeHost {
  /** A stored job was met, whether its record changed or not. @returns whether this poll had met it before */
  met(ordinal: number): boolean;
  /** Pages of its walk show some rows again, so that nothing slips between them. */
  readonly pagesOverlap: boolean;
  /** Of rejects that were stored before this poll. */
  readonly hasStoredRejects: boolean;
  /** Proves in a write's transaction that this process still holds the source. */
  readonly fence: WriteContext['fence'];
  /** For a write after which the walk goes on at this place. */
  writeContext(place: Json): WriteContext;
  /** Everything before this place of the walk is stored. */
  passed(place: Json): void;
}

/** Between reading and storing: what a poll has read is compared with what is known, and what differs is written in batches. */
export class Intake {
  readonly counts = { records: 0, discovered: 0, changed: 0, rejected: 0, skippedOld: 0 };
  /** Records without a usable id: each could be any job. */
  nameless = 0;
  /** A row was there twice where nothing repeats rows: another may be missing in its place. */
  repeated = false;
  private readonly candidates: Candidate[] = [];
  /** Ids of the candidates: not stored yet. */
  private readonly waiting = new Set<string>();
  private readonly rejects: Reject[] = [];
  /** Under way while the next page is read and compared; null when its end was seen. */
  private storing: Promise<void> | null = null;
  /** Behind the last page that was taken. */
  private place: Json = null;
  private passed: Json = null;

  constructor(
    private readonly runtime: SourceRuntime,
    private readonly stores: IntakeStores,
    private readonly host: IntakeHost,
  ) {}

  /** A walk begins, or goes on, at this place. */
  walkFrom(place: Json): void {
    this.place = place;
    this.passed = place;
  }

  async take(page: Page, readAt: Instant): Promise<PageFeedback> {
    this.counts.records += page.records.length;
    this.counts.skippedOld += page.skippedOld;
    const { observer } = this.runtime;
    const items = await mapInTurns(page.records, (raw) => observer.identifyOne(raw, page.shape, readAt));
    const rejects = items.filter(isReject);
    const sightings = items.filter((item): item is Sighting => !isReject(item));
    this.nameless += rejects.length;
    this.reject(rejects);
    if (hasRepeats(sightings)) this.repeated = true;
    const settled = await this.absorb(sightings, page.shape, readAt);
    this.place = page.resume;
    await this.storeWhenMany();
    return { settled: settled && rejects.length === 0 };
  }

  /** One record of a job's own page. */
  async takeOne(sighting: Sighting, shape: RecordShape, readAt: Instant): Promise<void> {
    this.counts.records++;
    await this.absorb([sighting], shape, readAt);
    await this.storeWhenMany();
  }

  /** Stores all that waits. @throws also what went wrong beside the reading, though what failed there is stored now */
  async flush(): Promise<void> {
    const [beside] = await Promise.allSettled([this.storing]);
    this.storing = null;
    await this.store();
    if (beside.status === 'rejected') throw beside.reason;
  }

  /** Nothing is being stored any more. For a poll that has lost its source, or is told to stop: another one reads again what is not. */
  async rest(): Promise<void> {
    await Promise.allSettled([this.storing]);
  }

  /**
   * The database writes while this process reads on: each has a core of its own to work on. One batch at a time, so that no more waits than
   * two of them. A fault shows when the next one is due.
   */
  private async storeWhenMany(): Promise<void> {
    if (this.candidates.length < MAX_CANDIDATES && this.rejects.length < MAX_CANDIDATES) return;
    const { storing } = this;
    this.storing = null;
    await storing;
    this.storing = this.store();
    this.storing.catch(() => undefined);
  }

  /** Stores what waits now. Only the last transaction moves the walk on: before it, records of its pages are still missing. */
  private async store(): Promise<void> {
    const { place } = this;
    let left = this.candidates.length;
    // What waits is taken off only once it is stored: after a fault it waits on, and the walk with it.
    const rejects = [...this.rejects];
    await this.stores.rejects.add(this.source, rejects, this.host.fence);
    this.rejects.splice(0, rejects.length);
    while (left > 0) {
      const batch = nextBatch(this.candidates.slice(0, left));
      left -= batch.length;
      const reached = left === 0 ? place : this.passed;
      await this.write(batch, reached);
      this.candidates.splice(0, batch.length);
      for (const { id } of batch) this.waiting.delete(id);
      this.pass(reached);
    }
    this.pass(place);
  }

  private async write(batch: readonly Candidate[], place: Json): Promise<void> {
    const { discovered, changed, ordinals } = await this.stores.writer.write(
      batch,
      this.host.writeContext(place),
    );
    this.counts.discovered += discovered;
    this.counts.changed += changed;
    for (const ordinal of ordinals) this.host.met(ordinal);
  }

  /** @returns whether every one of them was stored before, is unchanged, and is terminal */
  private async absorb(
    sightings: readonly Sighting[],
    shape: RecordShape,
    readAt: Instant,
  ): Promise<boolean> {
    // Before the look at what is stored: what is stored since then is in neither.
    if (!this.host.pagesOverlap && sightings.some(({ id }) => this.waiting.has(id))) this.repeated = true;
    const known = await this.stores.lookup.known(
      sightings.map(({ id }) => id),
      shape,
    );
    const readable: string[] = [];
    let settled = true;
    const turns = new Turns();
    for (const sighting of sightings) {
      if (turns.isOver) await turns.pass();
      const job = known.get(sighting.id);
      if (job !== undefined && this.host.met(job.ordinal) && !this.host.pagesOverlap) this.repeated = true;
      if (job !== undefined && !job.absent && job.hash?.equals(sighting.hash) === true) {
        settled &&= job.terminal;
        readable.push(sighting.externalId);
        continue;
      }
      settled = false;
      const item = this.runtime.observer.normalize(sighting, shape, readAt);
      if (isReject(item)) this.reject([item]);
      else {
        this.candidates.push(item);
        this.waiting.add(item.id);
        readable.push(sighting.externalId);
      }
    }
    if (this.host.hasStoredRejects) await this.stores.rejects.forget(this.source, readable, this.host.fence);
    return settled;
  }

  private reject(rejects: readonly Reject[]): void {
    this.counts.rejected += rejects.length;
    this.rejects.push(...rejects);
  }

  /** Not before the rows are committed: a walk that goes on behind rows that failed would never meet them again. */
  private pass(place: Json): void {
    this.passed = place;
    this.host.passed(place);
  }

  private get source(): string {
    return this.runtime.source.key;
  }
}

/** The most of one transaction, characters of records: a longer one could outlast the lease. One record is always let through. */
const MAX_BATCH_TEXT = 8 * 1024 * 1024;

function nextBatch(candidates: readonly Candidate[]): Candidate[] {
  let text = 0;
  const batch: Candidate[] = [];
  for (const candidate of candidates) {
    text += candidate.record.length;
    if (batch.length === MAX_CANDIDATES || (batch.length > 0 && text > MAX_BATCH_TEXT)) break;
    batch.push(candidate);
  }
  return batch;
}

function hasRepeats(rows: readonly { id: string }[]): boolean {
  return new Set(rows.map(({ id }) => id)).size < rows.length;
}
