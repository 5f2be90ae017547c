import { Answer, Call } from '../../src/simulators/http/answer.js';
import { Fault } from '../../src/simulators/http/faults.js';
import {
  isList,
  READABLE_SPOILS,
  RECORD_PATHS,
  rewriteRecords,
  Spoil,
  spoilRecord,
  UNREADABLE_SPOILS,
  valueAt,
} from '../../src/simulators/http/spoil.js';
import { ManualClock } from '../../src/simulators/clock.js';
import { SimulatedPlatform } from '../../src/simulators/life.js';
import { mix, mixText, Random } from '../../src/simulators/random.js';
import { Simulators } from '../../src/simulators/simulators.js';

const TEN_MINUTES = 600_000;
/** How far Elastic Path's reads may lag behind its writes (its guide, "Eventual Consistency"). */
const SETTLE_MS = 60_000;
/** Nobody says that these lag, but a replica may; their times tell an old record from a new one. */
const LONGEST_LAG_MS: Partial<Record<SimulatedPlatform, number>> = {
  'elastic-path': SETTLE_MS,
  vectorcharts: 20_000,
  'vectorcharts-oem': 20_000,
};

/** One way to disturb a request. What only happens on the way is apart from what happens to the world. */
type Disturbance = (storm: Storm, platform: SimulatedPlatform, random: Random) => Fault;

const ON_THE_WAY: Record<string, Disturbance> = {
  '429 with Retry-After': (_storm, _platform, random) => ({
    kind: 'status',
    status: 429,
    headers: { 'Retry-After': random.pick(['0', '30', 'Thu, 01 Jan 2026 00:00:00 GMT']) },
  }),
  '429 without Retry-After': () => ({ kind: 'status', status: 429 }),
  '500': () => ({ kind: 'status', status: 500, text: 'Internal Server Error' }),
  '502': () => ({ kind: 'status', status: 502, text: '<html>Bad Gateway</html>' }),
  '503': (_storm, _platform, random) => ({
    kind: 'status',
    status: 503,
    headers: random.pick<Record<string, string>>([{}, { 'Retry-After': '60' }]),
  }),
  'hang before headers': () => ({ kind: 'hang' }),
  'hang in the body': () => ({ kind: 'hang-in-body' }),
  'connection reset': () => ({ kind: 'reset', in: 'headers' }),
  'connection reset in the body': () => ({ kind: 'reset', in: 'body' }),
  'truncated JSON': () => ({ kind: 'truncated-json' }),
  'HTML with 200': () => ({ kind: 'html' }),
  'wrong content type': () => ({ kind: 'content-type', type: 'image/png' }),
  'slow drip': () => ({ kind: 'drip', bytes: 8_192, everyMs: 5 }),
  gzip: () => ({ kind: 'gzip' }),
  'expired session': ({ simulators }, platform) => ({
    kind: 'before',
    run: () => simulators.revokeLogins(platform),
  }),
  'clock skew of 10 minutes': (_storm, _platform, random) => ({
    kind: 'skew',
    ms: random.pick([TEN_MINUTES, -TEN_MINUTES]),
    times: Infinity,
  }),
  'rows moving between pages': ({ clock }, _platform, random) => ({
    kind: 'before',
    run: () => clock.advance(random.int(200, 3_000)),
    times: random.int(1, 4),
  }),
  deletion: (storm, platform) => ({ kind: 'before', run: () => storm.removeOne(platform), times: 2 }),
};
type OnTheWay = keyof typeof ON_THE_WAY;

// A hang costs a timeout of real time, so that they come less often.
const RARE: ReadonlySet<OnTheWay> = new Set(['hang before headers', 'hang in the body']);

/** A job that was deleted from its platform, and when (the world's time). */
export interface Removed {
  platform: SimulatedPlatform;
  externalId: string;
  at: number;
}

/** A seeded mixture of everything that can go wrong between a platform and its reader, with a count of what really did. */
export class Storm {
  /** How often each fault struck, by its name. */
  readonly struck = new Map<string, number>();
  readonly removed: Removed[] = [];
  /** Ids that no platform ever gave out, as `platform/id`. */
  readonly strangers = new Set<string>();

  constructor(
    readonly simulators: Simulators,
    readonly clock: ManualClock,
    private readonly random: Random,
  ) {}

  /** Disturbs the next poll of a platform; the returned function ends it. `records`: whether rows are spoiled too. */
  begin(platform: SimulatedPlatform, { records }: { records: boolean }): () => void {
    const { random } = this;
    const undo: (() => void)[] = [];
    for (let count = random.chance(0.6) ? random.int(1, 3) : 0; count > 0; count--)
      undo.push(this.disturb(platform, this.drawn(platform, records)));
    const lag = records ? (LONGEST_LAG_MS[platform] ?? 0) : platform === 'elastic-path' ? SETTLE_MS : 0;
    if (lag > 0 && random.chance(0.2)) {
      const ms = random.int(1_000, lag);
      undo.push(this.inject(platform, 'reads that lag', { kind: 'lag', ms, times: Infinity }));
    }
    if (records && random.chance(0.5)) undo.push(this.spoilSome(platform));
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
          this.count(spoil);
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

  removeOne(platform: SimulatedPlatform): void {
    const { world } = this.simulators;
    const population = world.population(platform);
    const count = population.count(this.clock.now());
    if (count === 0) return;
    // Mostly young ones: those that are still open when they go are the ones that matter.
    const rank = this.random.chance(0.8)
      ? this.random.int(Math.max(0, count - 60), count - 1)
      : this.random.int(0, count - 1);
    const { externalId } = population.at(rank);
    world.remove(platform, externalId);
    this.removed.push({ platform, externalId, at: this.clock.now() });
  }

  private drawn(platform: SimulatedPlatform, records: boolean): OnTheWay {
    const names = Object.keys(ON_THE_WAY) as [OnTheWay, ...OnTheWay[]];
    const name = this.random.pick(names);
    if (RARE.has(name) && this.random.chance(0.7)) return this.drawn(platform, records);
    // The portal has no page of one job: without a sweep nobody knows what became of an open job that was deleted, so that such a
    // source proves nothing until it sweeps. That is right, and leaves nothing to be checked before.
    if (name === 'deletion' && platform === 'vectorcharts-oem' && !records)
      return this.drawn(platform, records);
    return name;
  }

  private disturb(platform: SimulatedPlatform, name: OnTheWay): () => void {
    const fault = ON_THE_WAY[name]!(this, platform, this.random);
    return this.inject(platform, name, fault, this.random.int(0, 4));
  }

  /** Strikes after so many requests. Counts when it does. */
  private inject(platform: SimulatedPlatform, name: string, fault: Fault, after = 0): () => void {
    let waiting = after;
    const match = (): boolean => {
      if (waiting-- > 0) return false;
      this.count(name);
      return true;
    };
    return this.simulators.inject(platform, { ...fault, match });
  }

  private spoilSome(platform: SimulatedPlatform): () => void {
    const { random } = this;
    const paths = RECORD_PATHS[platform];
    const rewrite = (answer: Answer): Answer =>
      rewriteRecords(answer, (records) =>
        records.flatMap((record, place) => {
          if (!random.chance(0.03)) return [record];
          const spoil = random.pick<Spoil>([...UNREADABLE_SPOILS, ...READABLE_SPOILS]);
          this.count(spoil);
          const rows = spoilRecord(spoil, record, { paths, random, before: records[place - 1] ?? record });
          if (spoil.startsWith('stranger'))
            this.strangers.add(`${platform}/${String(valueAt(rows[1], paths.id))}`);
          return rows;
        }),
      );
    const match = (call: Call): boolean => isList(platform, call);
    return this.simulators.inject(platform, { kind: 'rewrite', rewrite, match, times: Infinity });
  }

  private count(name: string): void {
    this.struck.set(name, (this.struck.get(name) ?? 0) + 1);
  }
}
