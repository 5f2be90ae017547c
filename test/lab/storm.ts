import { isDeepStrictEqual } from 'node:util';
import { Answer, Call } from '../../src/simulators/http/answer.js';
import { Fault } from '../../src/simulators/http/faults.js';
import {
  canSpoil,
  isList,
  READABLE_SPOILS,
  RECORD_PATHS,
  rewriteRecords,
  Spoil,
  spoilRecord,
  STATUS_SPOILS,
  UNREADABLE_SPOILS,
  valueAt,
} from '../../src/simulators/http/spoil.js';
import { ManualClock } from '../../src/simulators/clock.js';
import { SimulatedPlatform } from '../../src/simulators/life.js';
import { mix, mixText, Random } from '../../src/simulators/random.js';
import { Simulators } from '../../src/simulators/simulators.js';
import { DISTURBANCES, disturbs, leavesTheAnswer } from './disturbances.js';
import { floodOf } from './flood.js';
import { Removed, removeOne } from './removal.js';
import { Tally } from './tally.js';

/** How far Elastic Path's reads may lag behind its writes (its guide, "Eventual Consistency"). */
const SETTLE_MS = 60_000;
/** Nobody says that these lag, but a replica may; their times tell an old record from a new one. */
const LONGEST_LAG_MS: Partial<Record<SimulatedPlatform, number>> = {
  'elastic-path': SETTLE_MS,
  vectorcharts: 20_000,
  'vectorcharts-oem': 20_000,
};
export const LAG = 'reads that lag';
export const FLOOD = 'an array without end';

/** The most requests of a poll that pass before a disturbance strikes: about as many as a poll has. */
const LATEST_REQUEST: Record<SimulatedPlatform, number> = {
  vectorcharts: 0,
  'vectorcharts-oem': 2,
  'elastic-path': 4,
  workfloplus: 4,
  'integrate-io': 2,
  'veeva-vault': 3,
};

/** A seeded mixture of everything that can go wrong between a platform and its reader, with a count of what really did. */
export class Storm {
  readonly struck = new Tally();
  readonly removed: Removed[] = [];
  /** Ids that no platform ever gave out, as `platform/id`. */
  readonly strangers = new Set<string>();
  /** Jobs of which a record was served whose status word has no rule, as `platform/id`. */
  readonly mangled = new Set<string>();
  private polls = 0;

  constructor(
    readonly simulators: Simulators,
    readonly clock: ManualClock,
    private readonly seed: number,
  ) {}

  /** Disturbs the next poll of a platform; the returned function ends it. `records`: whether rows are spoiled too. */
  begin(platform: SimulatedPlatform, { records }: { records: boolean }): () => void {
    // Each poll has chances of its own: one that took another turn, because the machine was busy, changes no other.
    const random = new Random(mix(this.seed, mixText(platform), this.polls++));
    const undo = this.disturb(platform, records, random);
    const lag = records ? (LONGEST_LAG_MS[platform] ?? 0) : platform === 'elastic-path' ? SETTLE_MS : 0;
    if (lag > 0 && random.chance(0.2)) {
      const ms = random.int(1_000, lag);
      undo.push(this.inject(platform, LAG, { kind: 'lag', ms, times: Infinity }));
    }
    if (records && random.chance(0.5)) undo.push(this.spoilSome(platform, random));
    return () => undo.forEach((end) => end());
  }

  /**
   * From now on, one record in `every` is unreadable, and stays so. Returns what was served of them: ids of those that still have one,
   * and the distinct texts of the others; and how to end it.
   */
  spoilForGood(
    platform: SimulatedPlatform,
    every: number,
  ): { named: Set<string>; nameless: Set<string>; end: () => void } {
    const [named, nameless] = [new Set<string>(), new Set<string>()];
    const paths = RECORD_PATHS[platform];
    const rewrite = (answer: Answer): Answer =>
      rewriteRecords(answer, (records) =>
        records.flatMap((record, place) => {
          const id = String(valueAt(record, paths.id));
          // By the id alone: the same record is spoiled in the same way on every page and in every poll.
          const lot = mix(mixText(id));
          if (lot % every !== 0) return [record];
          const random = new Random(lot);
          const spoil = random.pick(UNREADABLE_SPOILS);
          this.struck.count(spoil, platform);
          const rows = spoilRecord(spoil, record, { paths, random, before: records[place - 1] ?? record });
          if (spoil === 'wrong type of a time') named.add(id);
          else for (const row of rows) nameless.add(JSON.stringify(row));
          return rows;
        }),
      );
    const match = (call: Call): boolean => isList(platform, call);
    return {
      named,
      nameless,
      end: this.simulators.inject(platform, { kind: 'rewrite', rewrite, match, times: Infinity }),
    };
  }

  /** The next list goes on for so many bytes after its last record. The returned function takes it back. */
  flood(platform: SimulatedPlatform, bytes: number): () => void {
    const { learn, element } = floodOf(platform, bytes, (id) => this.strangers.add(`${platform}/${id}`));
    const match = (call: Call): boolean => isList(platform, call);
    const undo = [
      this.simulators.inject(platform, { kind: 'rewrite', rewrite: learn, match }),
      this.inject(platform, FLOOD, { kind: 'flood', bytes, element, match }),
    ];
    return () => undo.forEach((end) => end());
  }

  removeOne(platform: SimulatedPlatform, random: Random): void {
    const removed = removeOne(this.simulators.world, platform, this.clock.now(), random);
    if (removed !== null) this.removed.push(removed);
  }

  private disturb(platform: SimulatedPlatform, records: boolean, random: Random): (() => void)[] {
    const { simulators, clock } = this;
    const weather = { simulators, clock, random, removeOne: () => this.removeOne(platform, random) };
    const taken = new Set<number>();
    return Array.from({ length: random.chance(0.6) ? random.int(1, 3) : 0 }, () => {
      const name = this.drawn(platform, records, random);
      const fault = DISTURBANCES[name]!.fault(weather, platform);
      let after = random.int(0, LATEST_REQUEST[platform]);
      // Of two that spoil one answer only one would be seen.
      while (!leavesTheAnswer(fault) && taken.has(after)) after++;
      if (!leavesTheAnswer(fault)) taken.add(after);
      const { match } = DISTURBANCES[name]!;
      if (match === undefined) return this.inject(platform, name, fault, after);
      return this.inject(platform, name, { ...fault, match: (call) => match(platform, call) });
    });
  }

  private drawn(platform: SimulatedPlatform, records: boolean, random: Random): string {
    const name = random.pick(Object.keys(DISTURBANCES) as [string, ...string[]]);
    const again =
      !disturbs(name, platform) ||
      (DISTURBANCES[name]!.rare === true && random.chance(0.7)) ||
      // The portal has no page of one job: without a sweep nobody knows what became of an open job that was deleted, so that such a
      // source proves nothing until it sweeps. That is right, and leaves nothing to be checked before.
      (name === 'deletion' && platform === 'vectorcharts-oem' && !records);
    return again ? this.drawn(platform, records, random) : name;
  }

  /** Strikes after so many requests. Counts when it does. */
  private inject(platform: SimulatedPlatform, name: string, fault: Fault, after = 0): () => void {
    let waiting = after;
    const match = (call: Call): boolean => {
      if (fault.match?.(call) === false || waiting-- > 0) return false;
      this.struck.count(name, platform);
      return true;
    };
    return this.simulators.inject(platform, { ...fault, match });
  }

  private spoilSome(platform: SimulatedPlatform, random: Random): () => void {
    const paths = RECORD_PATHS[platform];
    const spoils = [...UNREADABLE_SPOILS, ...READABLE_SPOILS].filter((spoil) => canSpoil(spoil, platform));
    const rewrite = (answer: Answer): Answer =>
      rewriteRecords(answer, (records) =>
        records.flatMap((record, place) => {
          if (!random.chance(0.03)) return [record];
          const spoil = random.pick(spoils as [Spoil, ...Spoil[]]);
          const rows = spoilRecord(spoil, record, { paths, random, before: records[place - 1] ?? record });
          // The first row has no neighbour.
          if (isDeepStrictEqual(rows, [record])) return rows;
          this.struck.count(spoil, platform);
          this.remember(platform, spoil, record, rows);
          return rows;
        }),
      );
    const match = (call: Call): boolean => isList(platform, call);
    return this.simulators.inject(platform, { kind: 'rewrite', rewrite, match, times: Infinity });
  }

  private remember(
    platform: SimulatedPlatform,
    spoil: Spoil,
    record: unknown,
    rows: readonly unknown[],
  ): void {
    const { id } = RECORD_PATHS[platform];
    if (STATUS_SPOILS.includes(spoil)) this.mangled.add(`${platform}/${String(valueAt(record, id))}`);
    if (spoil.startsWith('stranger')) this.strangers.add(`${platform}/${String(valueAt(rows[1], id))}`);
  }
}

/** Every fault that a storm knows, with the platforms whose reader it can strike. */
export function faultsOf(platform: SimulatedPlatform): string[] {
  return [
    ...Object.keys(DISTURBANCES).filter((name) => disturbs(name, platform)),
    ...[...UNREADABLE_SPOILS, ...READABLE_SPOILS].filter((spoil) => canSpoil(spoil, platform)),
    ...(LONGEST_LAG_MS[platform] === undefined ? [] : [LAG]),
    FLOOD,
  ];
}
