import { setTimeout as delay } from 'node:timers/promises';
import { PoolClient } from 'pg';
import { StorageLog } from './log.js';
import {
  IDENTITY,
  Identity,
  LogPlace,
  MOMENT,
  Moment,
  MomentRow,
  NEWEST,
  Newest,
  SHOWS,
  momentOf,
  newestValues,
} from './replica.lineage.js';
import { Reader } from './reader.js';
import { Original, ReadForm, Replica, ReplicaState, UnfitReplicaError } from './replica.js';
import { SessionConfig } from './session.js';
import { SharedReads } from './shared-reads.js';
import { Statement } from './statement.js';

/** From the end of one look at the replicas to the next, milliseconds. */
const CHECK_EVERY_MS = 2_000;
/** Places of the primary's log that are remembered, one a check, to tell how long ago it was where a replica is. */
const MAX_PLACES = 1_800;

/** How one replica stands. */
export interface ReplicaReport {
  /** Host and port. */
  name: string;
  state: ReplicaState;
  /** How long ago the primary was where the replica is, milliseconds, to a few seconds; null when that is not known. */
  lagMs: number | null;
  /** Answers that came from it. */
  reads: number;
}

/**
 * Reads as the primary answers them, with the work done by its replicas (docs/decisions/0021-read-replicas.md): what a replica shows is
 * taken for an answer only where it is provably no older than the question, and no newer than what the primary shows before the answer
 * goes out. In every other case the primary is asked.
 */
export class Replicas implements Reader {
  private readonly replicas: readonly Replica[];
  private readonly moments = new SharedReads<Moment>();
  private readonly places: { at: number; log: LogPlace }[] = [];
  /** What was last logged of each. */
  private readonly told = new Map<Replica, ReplicaState['is']>();
  private turn = 0;
  private primaryReads = 0;
  private readonly closing = new AbortController();
  private watching: Promise<void> | null = null;
  private checking: Promise<void> | null = null;
  private failed = false;

  /** @param session how connections to the primary are made */
  constructor(
    private readonly primary: Reader,
    session: SessionConfig,
    urls: readonly string[],
    private readonly log: StorageLog,
  ) {
    this.replicas = urls.map((url) => new Replica(url, session));
  }

  query<T>(sql: string | Statement, values: readonly unknown[] = []): Promise<T[]> {
    const statement = typeof sql === 'string' ? { text: sql } : sql;
    return this.read(
      'statement',
      () => this.primary.query<T>(sql, values),
      async (client) => (await client.query({ ...statement, values: [...values] })).rows as T[],
    );
  }

  transaction<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    return this.read('transaction', () => this.primary.transaction(work), work);
  }

  /** Answers that the primary gave in place of a replica. */
  get readsOfPrimary(): number {
    return this.primaryReads;
  }

  reports(): ReplicaReport[] {
    return this.replicas.map(({ name, state, place, reads }) => ({
      ...{ name, state, reads },
      lagMs: this.lagOf(place),
    }));
  }

  /** Looks at the replicas from now on, until `close`. Until the first look has shown what they are, the primary answers. */
  start(): void {
    this.watching ??= this.watch();
  }

  /** Looks at every replica. Never throws: what is wrong is logged when it begins. */
  check(): Promise<void> {
    this.checking ??= this.look().finally(() => (this.checking = null));
    return this.checking;
  }

  async close(): Promise<void> {
    this.closing.abort();
    await this.watching;
    await this.checking;
    await Promise.all(this.replicas.map((replica) => replica.close()));
  }

  private get isClosing(): boolean {
    return this.closing.signal.aborted;
  }

  private async watch(): Promise<void> {
    while (!this.isClosing) {
      await this.check();
      // rejects when it is closed meanwhile, which ends the loop
      await delay(CHECK_EVERY_MS, undefined, { ref: false, signal: this.closing.signal }).catch(
        () => undefined,
      );
    }
  }

  private async read<T>(
    form: ReadForm,
    atPrimary: () => Promise<T>,
    work: (client: PoolClient) => Promise<T>,
  ): Promise<T> {
    const replica = this.next();
    if (replica !== null) {
      const found = await this.readFrom(replica, form, work);
      if (found !== null) return found.value;
    }
    this.primaryReads++;
    return atPrimary();
  }

  /** @returns null when the replica cannot answer as the primary would */
  private async readFrom<T>(
    replica: Replica,
    form: ReadForm,
    work: (client: PoolClient) => Promise<T>,
  ): Promise<{ value: T } | null> {
    const asked = await this.moment();
    let found: { value: T; position: number };
    try {
      found = await replica.read(asked, form, work);
    } catch (error) {
      if (!replica.stumbled(error)) throw error;
      if (!(error instanceof UnfitReplicaError)) void this.check();
      return null;
    }
    // A commit can be seen on a replica before the primary shows it, above all where commits wait for replicas.
    if (found.position > asked.position && !(await this.showsBy(found.position, asked.timeline))) return null;
    replica.reads++;
    return found;
  }

  private async showsBy(position: number, timeline: number): Promise<boolean> {
    const now = await this.moment();
    return now.timeline === timeline && position <= now.position;
  }

  /** Of the primary, no older than this call. Those who ask at the same time share one question. */
  private moment(): Promise<Moment> {
    return this.moments.ask('moment', async () => {
      const [row] = await this.primary.query<MomentRow>({ name: 'replica-moment', text: MOMENT });
      return momentOf(row!);
    });
  }

  /** In turn. */
  private next(): Replica | null {
    for (let tries = 0; tries < this.replicas.length; tries++) {
      const replica = this.replicas[this.turn++ % this.replicas.length]!;
      if (replica.isFit) return replica;
    }
    return null;
  }

  private async look(): Promise<void> {
    let original: Original;
    try {
      original = await this.original();
      this.failed = false;
    } catch (error) {
      if (!this.failed && !this.isClosing)
        this.log.warn({ err: error }, 'the primary cannot be asked, so its replicas cannot be looked at');
      this.failed = true;
      return;
    }
    await Promise.all(this.replicas.map((replica) => this.lookAt(replica, original)));
  }

  private async lookAt(replica: Replica, original: Original): Promise<void> {
    const { name } = replica;
    try {
      await replica.check(original);
    } catch (error) {
      this.log.warn({ err: error, replica: name }, 'a replica could not be compared with the primary');
      return;
    }
    const { state } = replica;
    if (state.is === this.told.get(replica) || this.isClosing) return;
    this.told.set(replica, state.is);
    if (state.is === 'fit') this.log.info({ replica: name }, 'reads go to this replica');
    else if (state.is === 'wrong')
      this.log.error({ replica: name, why: state.why }, 'not read from: this is no replica of the primary');
    else if (state.is !== 'unknown')
      this.log.warn(
        { replica: name, state: state.is, why: state.why },
        'not read from for now: this replica',
      );
  }

  private async original(): Promise<Original> {
    const [identity] = await this.primary.query<Identity>(`SELECT ${IDENTITY}`);
    const [newest] = await this.primary.query<Newest>(NEWEST);
    // after the newest, so that who has come to it shows them
    const moment = await this.moment();
    this.places.push({ at: performance.now(), log: moment.log });
    if (this.places.length > MAX_PLACES) this.places.shift();
    const shows = async (own: Newest): Promise<boolean> => {
      const [row] = await this.primary.query<{ shows: boolean }>(SHOWS, newestValues(own));
      return row!.shows;
    };
    return { identity: identity!, newest: newest!, moment, shows };
  }

  private lagOf(place: LogPlace | null): number | null {
    if (place === null) return null;
    const passed = this.places.find(({ log }) => log > place);
    return passed === undefined ? 0 : performance.now() - passed.at;
  }
}
