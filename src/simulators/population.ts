import { Births } from './births.js';
import { Instant } from './clock.js';
import { Birth, endOf, Life, Script, SimulatedPlatform } from './life.js';
import { mix, Random } from './random.js';

// Room for what actions add to a life after its script would have ended, in paces, and for times printed as whole seconds.
const ACTION_PACES = 6;
const PRINT_SLACK_MS = 1000;
/** So much of an order by update is worked out at once: for a walk of all of it, and to both sides for whoever pages while time stands still. */
const STRETCH = 2000;

/** When a life's record was updated last, as it shows at a moment. */
export type UpdatedAt<L> = (life: L, now: Instant) => Instant;

/** A stretch of an order by update at one moment. */
interface Stretch<L> {
  now: Instant;
  /** Which order: told apart by the function that says when a life was updated. */
  updated: unknown;
  first: number;
  lives: readonly L[];
}

/**
 * The jobs of one platform. Lives are written when asked for and thrown away: a million jobs cost no memory, and a page of a
 * list costs its own length, because a job's times are never far from its birth.
 */
export class Population<L extends Life = Life> {
  /** No time of a job lies further than this from its birth. */
  private readonly reachMs: number;
  private readonly amended = new Map<number, L>();
  /** Indices of deleted jobs, ascending. */
  private gone: number[] = [];
  /** Everybody with a smaller index was purged. */
  private purged = 0;
  /** The last stretch of an order that was asked for. */
  private stretch: Stretch<L> | null = null;
  /** How many come before a time in it, as it was last asked for. */
  private before: (Pick<Stretch<L>, 'now' | 'updated'> & { since: Instant; count: number }) | null = null;

  constructor(
    readonly script: Script<L>,
    private readonly births: Births,
    private readonly key: number,
    readonly paceMs: number,
  ) {
    this.reachMs = script.longestMs(paceMs) + ACTION_PACES * paceMs + PRINT_SLACK_MS;
  }

  get platform(): SimulatedPlatform {
    return this.script.platform;
  }

  /** How many the platform shows. */
  count(now: Instant): number {
    return this.rankOf(this.births.count(now));
  }

  /** Everything the platform shows, oldest first. */
  *all(now: Instant): Generator<L> {
    const count = this.count(now);
    for (let rank = 0; rank < count; rank += 1) yield this.at(rank);
  }

  /** The job at a place among those that exist, oldest first. */
  at(rank: number): L {
    return this.life(this.indexAt(rank));
  }

  /** Newest birth first. */
  newest(now: Instant, offset: number, limit: number): L[] {
    const count = this.count(now);
    const length = Math.max(0, Math.min(limit, count - offset));
    return Array.from({ length }, (_, place) => this.at(count - 1 - offset - place));
  }

  /** The ranks [first, end) of the jobs born in a stretch of time, both ends included. */
  ranksBornBetween(from: Instant, to: Instant, now: Instant): [number, number] {
    const first = this.rankOf(this.births.firstAfter(from - 1));
    return [first, Math.max(first, this.rankOf(this.births.firstAfter(Math.min(to, now))))];
  }

  /** The jobs that can still change or changed lately; all that were born before them never change again. Oldest first. */
  unsettled(now: Instant): L[] {
    const [first, end] = this.ranksBornBetween(now - this.reachMs, now, now);
    return this.ranks(first, end);
  }

  /** How many jobs lie before {@link unsettled}. */
  settledCount(now: Instant): number {
    return this.ranksBornBetween(now - this.reachMs, now, now)[0];
  }

  /**
   * A stretch of the order by `updated` (ascending, ties by birth). Only jobs born near the wanted places can take them: whoever
   * was born more than a reach earlier was certainly updated earlier.
   */
  byUpdated(now: Instant, offset: number, limit: number, updated: UpdatedAt<L>): L[] {
    const end = Math.min(offset + limit, this.count(now));
    if (offset >= end) return [];
    const isOfLast = this.stretch?.now === now && this.stretch.updated === updated;
    if (!isOfLast || !covers(this.stretch!, offset, end)) {
      const first = isOfLast ? Math.max(0, offset - STRETCH) : offset;
      const last = isOfLast ? Math.min(end + STRETCH, this.count(now)) : end;
      this.stretch = { now, updated, first, lives: this.inOrder(now, first, last, updated) };
    }
    const { first, lives } = this.stretch!;
    return lives.slice(offset - first, end - first);
  }

  /** How many come before `since` in the order by `updated`. */
  updatedBefore(now: Instant, since: Instant, updated: UpdatedAt<L>): number {
    const { before } = this;
    if (before?.now === now && before.since === since && before.updated === updated) return before.count;
    const [first, end] = this.ranksBornBetween(since - this.reachMs, since + PRINT_SLACK_MS, now);
    const count = first + this.ranks(first, end).filter((life) => updated(life, now) < since).length;
    this.before = { now, updated, since, count };
    return count;
  }

  /** The whole order by `updated`, latest first, a stretch at a time. */
  *latestUpdated(now: Instant, updated: UpdatedAt<L>): Generator<L> {
    for (let end = this.count(now); end > 0; end -= STRETCH) {
      const offset = Math.max(0, end - STRETCH);
      yield* this.byUpdated(now, offset, end - offset, updated).reverse();
    }
  }

  /** The job with this id, if the platform shows it at `now`. `idOf` says which of its ids is meant. */
  find(id: string, now: Instant, idOf: (life: L) => string = externalIdOf): L | undefined {
    const life = this.lookup(id, idOf);
    if (life === undefined || life.bornAt > now || life.index < this.purged) return undefined;
    return this.gone.includes(life.index) ? undefined : life;
  }

  /** The job with this id, not yet born or deleted ones too. */
  lookup(id: string, idOf: (life: L) => string = externalIdOf): L | undefined {
    const index = this.script.indexOf(id, this.key);
    if (index === null || !this.births.has(index)) return undefined;
    const life = this.life(index);
    return idOf(life) === id ? life : undefined;
  }

  /** Whoever has this index, shown or not. */
  life(index: number): L {
    return this.amended.get(index) ?? this.script.write(this.birth(index));
  }

  /**
   * Rewrites a life, as an action of a client or a test does. Its past should stay as it was.
   * @throws RangeError when it ends too long after its birth for the platform's lists to find it
   */
  amend(life: L): void {
    if (!this.script.listsByBirth && endOf(life) > life.bornAt + this.reachMs)
      throw new RangeError(`${life.externalId} would live longer than any job of ${this.platform}`);
    this.amended.set(life.index, life);
    this.forgetOrder();
  }

  /** Deletes a job: it vanishes from every list and its own page. */
  remove(life: L): void {
    if (!this.gone.includes(life.index)) this.gone = [...this.gone, life.index].sort((a, b) => a - b);
    this.forgetOrder();
  }

  /** Whoever was born earlier vanishes from every list and its own page, as where a platform keeps its jobs for some days. */
  purge(bornBefore: Instant): void {
    this.purged = Math.max(this.purged, this.births.firstAfter(bornBefore - 1));
    this.gone = this.gone.filter((index) => index >= this.purged);
    for (const index of [...this.amended.keys()]) if (index < this.purged) this.amended.delete(index);
    this.forgetOrder();
  }

  private forgetOrder(): void {
    this.stretch = null;
    this.before = null;
  }

  /** The places [offset, end) of the order. */
  private inOrder(now: Instant, offset: number, end: number, updated: UpdatedAt<L>): L[] {
    const [first] = this.ranksBornBetween(this.bornAtRank(offset) - this.reachMs, now, now);
    const [, last] = this.ranksBornBetween(0, this.bornAtRank(end - 1) + this.reachMs, now);
    const lives = sortedBy(this.ranks(first, last), (life) => updated(life, now));
    return lives.slice(offset - first, end - first);
  }

  private birth(index: number): Birth {
    return {
      index,
      bornAt: this.births.bornAt(index),
      slotAt: this.births.slotAt(index),
      slotMs: this.births.slotMs(index),
      paceMs: this.paceMs,
      key: this.key,
      random: new Random(mix(this.key, index, 9)),
    };
  }

  private ranks(first: number, end: number): L[] {
    return Array.from({ length: Math.max(0, end - first) }, (_, place) => this.at(first + place));
  }

  private bornAtRank(rank: number): Instant {
    return this.births.bornAt(this.indexAt(rank));
  }

  private indexAt(rank: number): number {
    let index = rank + this.purged;
    for (const gone of this.gone) if (gone <= index) index += 1;
    return index;
  }

  private rankOf(index: number): number {
    let before = this.purged;
    for (const gone of this.gone) if (gone < index) before += 1;
    return Math.max(0, index - before);
  }
}

function covers({ first, lives }: Stretch<Life>, offset: number, end: number): boolean {
  return offset >= first && end <= first + lives.length;
}

function sortedBy<L extends Life>(lives: L[], value: (life: L) => number): L[] {
  return lives
    .map((life) => ({ life, value: value(life) }))
    .sort((a, b) => a.value - b.value || a.life.index - b.life.index)
    .map(({ life }) => life);
}

function externalIdOf(life: Life): string {
  return life.externalId;
}
