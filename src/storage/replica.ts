import { setTimeout as delay } from 'node:timers/promises';
import { Client, DatabaseError, Pool, PoolClient, QueryResult } from 'pg';
import { isDatabaseFault } from './database-fault.js';
import { NEWEST_POSITION } from './event.position.js';
import {
  IDENTITY,
  Identity,
  KNOWN_TIMELINE,
  LogPlace,
  Moment,
  NEWEST,
  Newest,
  REPEATED,
  RepeatedRow,
  SHOWS,
  newestValues,
  parseLogPlace,
} from './replica.lineage.js';
import { inPart } from '../tracing/tracer.js';
import { Session, SessionConfig, begin, isUseless } from './session.js';

/** How long a read waits for a replica that has not come far enough, milliseconds; then the primary answers. */
const WAIT_MS = 50;
/** And so long nobody asks that replica again, milliseconds. */
const REST_MS = 250;
/** A server that is gone without a word answers nothing, for ever; milliseconds. */
const CONNECT_MS = 2_000;
const CHECK_MS = 2_000;
/** Above the longest time bound of a read, milliseconds. What a replica that is lost was asked is not waited for. */
const ANSWER_MS = 30_000;
/** How long a check waits until the replica has come to where the primary was, milliseconds. */
const CATCH_UP_MS = 1_000;
/** After so long a replica that cannot be reached is tried again, milliseconds: at first, and at most. */
const RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;

/** PostgreSQL's answer to a statement past its time bound: that was the question's fault, and no other server's chance. */
const QUERY_CANCELED = '57014';
/** The server goes on, only this read was in its way: conflicts with recovery, deadlocks, transactions that have failed, locks. */
const PASSING = /^(40...|25P0.|55P03)$/;

/** Why a replica cannot answer just now. Whoever meets it asks the primary. */
export class UnfitReplicaError extends Error {
  override readonly name = 'UnfitReplicaError';

  constructor(readonly why: 'behind' | 'busy' | 'promoted') {
    super(`the replica is ${why}`);
  }
}

/** One statement needs no transaction around it. */
export type ReadForm = 'statement' | 'transaction';

/** What a check compares a replica with. */
export interface Original {
  identity: Identity;
  moment: Moment;
  newest: Newest;
  /** Whether the primary shows these too. */
  shows: (newest: Newest) => Promise<boolean>;
}

/** `fit`: it may be read from. `lost`: it cannot be reached. `wrong`: it is no replica of this primary, or not any more. */
export type ReplicaState =
  { is: 'unknown' } | { is: 'fit'; timeline: number } | { is: 'behind' | 'lost' | 'wrong'; why: string };

interface Finding {
  state: ReplicaState;
  /** Its newest, for the primary to confirm; null where nothing is to be confirmed. */
  own: Newest | null;
}

/** One server that repeats the primary. What it shows is only taken for an answer where that is provably no older than the question. */
export class Replica {
  /** Host and port: an address without its secrets. */
  readonly name: string;
  state: ReplicaState = { is: 'unknown' };
  /** How far it had come when it was last looked at; null when that is not known. */
  place: LogPlace | null = null;
  /** Answers that came from it. */
  reads = 0;

  private readonly pool: Pool;
  private readonly config: SessionConfig;
  private readonly busy = new Set<Session>();
  private watch: Session | null = null;
  private restsUntil = 0;
  private retryAt = 0;
  private retryMs = RETRY_MS;

  /** @param session how connections to the primary are made */
  constructor(url: string, session: SessionConfig) {
    const { hostname, port, searchParams } = new URL(url);
    this.name = `${hostname || (searchParams.get('host') ?? 'localhost')}:${port || '5432'}`;
    this.config = {
      ...session,
      connectionString: url,
      server: 'any',
      route: { keepsStatements: false },
      patienceMs: ANSWER_MS,
      connectionTimeoutMillis: CONNECT_MS,
    };
    this.pool = new Pool(this.config as object);
    // it is replaced; whether the replica is lost, the next read or check finds out
    this.pool.on('error', () => undefined);
  }

  /** Whether it is worth asking. */
  get isFit(): boolean {
    return this.state.is === 'fit' && performance.now() >= this.restsUntil;
  }

  /**
   * Reads from it once it has come to this moment, so that what is read is no older.
   *
   * @returns what was read, and the position of the last event that it showed by then
   * @throws UnfitReplicaError, or what the work throws
   */
  read<T>(
    moment: Moment,
    form: ReadForm,
    work: (client: PoolClient) => Promise<T>,
  ): Promise<{ value: T; position: number }> {
    return inPart(
      () => 'read from a replica',
      'client',
      { 'db.system.name': 'postgresql', 'server.address': this.name },
      () => this.readAt(moment, form, work),
    );
  }

  /** Takes note of why a read failed. @returns whether the primary should be asked in its place */
  stumbled(error: unknown): boolean {
    if (error instanceof UnfitReplicaError) {
      if (error.why === 'promoted') this.lose({ is: 'wrong', why: NO_STANDBY });
      else this.rest();
      return true;
    }
    const code = codeOf(error);
    if (!isDatabaseFault(error) || code === QUERY_CANCELED) return false;
    // one connection that broke may have been in the way of recovery: a check finds out whether the server is there
    if (!PASSING.test(code)) this.rest();
    return true;
  }

  /** Looks at what it is and how far it has come. @throws what the primary answers when it is asked whether it shows the same */
  async check(original: Original): Promise<void> {
    if (performance.now() < this.retryAt) return;
    let found: Finding;
    try {
      this.watch ??= await this.open();
      found = await this.look(this.watch, original);
      this.retryMs = RETRY_MS;
    } catch (error) {
      // whether it is still there, the next check finds out
      if (PASSING.test(codeOf(error))) return;
      this.watch?.cut();
      this.watch = null;
      this.retryAt = performance.now() + this.retryMs;
      this.retryMs = Math.min(2 * this.retryMs, MAX_RETRY_MS);
      this.place = null;
      this.lose({ is: 'lost', why: (error as Error).message });
      return;
    }
    const { state, own } = found;
    if (state.is === 'wrong') this.lose(state);
    else if (own !== null && !(await shownSoon(own, original))) this.lose({ is: 'wrong', why: PARTED });
    else this.state = state;
  }

  async close(): Promise<void> {
    this.watch?.cut();
    await this.pool.end();
  }

  private async readAt<T>(
    moment: Moment,
    form: ReadForm,
    work: (client: PoolClient) => Promise<T>,
  ): Promise<{ value: T; position: number }> {
    if (this.state.is !== 'fit' || this.state.timeline !== moment.timeline)
      throw new UnfitReplicaError('behind');
    const client = await this.connection();
    const session = client as Client as Session;
    // a pooler may give each statement another session, of another server: but not in the middle of a transaction
    const isAlone = form === 'statement' && !session.isPooled;
    let broken: Error | undefined;
    this.busy.add(session);
    try {
      await this.beginAt(moment, client, isAlone);
      const value = await work(client);
      const { rows } = await client.query<{ position: number }>(SHOWN);
      if (!isAlone) await client.query('COMMIT');
      return { value, position: rows[0]!.position };
    } catch (error) {
      if (isUseless(error)) broken = error as Error;
      else await client.query('ROLLBACK').catch((failure: Error) => (broken = failure));
      throw error;
    } finally {
      this.busy.delete(session);
      client.release(broken);
    }
  }

  private async connection(): Promise<PoolClient> {
    try {
      return await this.pool.connect();
    } catch (error) {
      // all of them are in use: that says nothing of the server
      if (this.pool.totalCount >= this.pool.options.max) throw new UnfitReplicaError('busy');
      throw error;
    }
  }

  private rest(): void {
    this.restsUntil = performance.now() + REST_MS;
  }

  /** What it was asked meanwhile is not waited for: the primary answers it. */
  private lose(state: ReplicaState): void {
    this.state = state;
    for (const session of this.busy) session.cut();
  }

  /**
   * Waits until what is read next sees all of the moment: the place is asked before the snapshot of that is taken.
   *
   * @param isAlone no transaction is begun for it
   */
  private async beginAt(moment: Moment, client: PoolClient, isAlone: boolean): Promise<void> {
    const until = performance.now() + WAIT_MS;
    for (let pauseMs = 1; ; pauseMs *= 2) {
      const { standby, log } = await (isAlone ? repeatedBy(client) : repeatedBeforeBegin(client));
      if (!standby) throw new UnfitReplicaError('promoted');
      if (log !== null && parseLogPlace(log) >= moment.log) return;
      if (performance.now() + pauseMs > until) throw new UnfitReplicaError('behind');
      if (!isAlone) await client.query('ROLLBACK');
      await delay(pauseMs);
    }
  }

  private async look(watch: Client, { identity, moment, newest }: Original): Promise<Finding> {
    const { rows } = await watch.query<RepeatedRow & Identity & { timeline: number }>(
      `${REPEATED}, ${IDENTITY}, ${KNOWN_TIMELINE}`,
    );
    const { standby, log, system, database, timeline } = rows[0]!;
    const finding = (is: 'behind' | 'wrong', why: string): Finding => ({ state: { is, why }, own: null });
    this.place = null;
    if (system !== identity.system || database !== identity.database) return finding('wrong', STRANGER);
    if (!standby) return finding('wrong', NO_STANDBY);
    if (log === null) return finding('wrong', 'it does not say how far it has come');
    this.place = parseLogPlace(log);
    if (timeline !== moment.timeline) {
      const why = `it is known to be on timeline ${timeline} only, and the primary is on ${moment.timeline}`;
      return finding('behind', why);
    }
    if (!(await this.comesTo(moment.log, watch)))
      return finding('behind', 'it has not yet come to where the primary was a second ago');
    const there = await watch.query<{ shows: boolean }>(SHOWS, newestValues(newest));
    if (!there.rows[0]!.shows) return finding('wrong', PARTED);
    const own = await watch.query<Newest>(NEWEST);
    return { state: { is: 'fit', timeline }, own: own.rows[0]! };
  }

  private async comesTo(place: LogPlace, watch: Client): Promise<boolean> {
    const until = performance.now() + CATCH_UP_MS;
    for (let pauseMs = 1; ; pauseMs *= 2) {
      const { rows } = await watch.query<RepeatedRow>(REPEATED);
      const { log } = rows[0]!;
      if (log !== null) this.place = parseLogPlace(log);
      if (this.place !== null && this.place >= place) return true;
      if (performance.now() + pauseMs > until) return false;
      await delay(pauseMs);
    }
  }

  private async open(): Promise<Session> {
    const session = new Session({ ...this.config, patienceMs: CHECK_MS });
    session.once('end', () => {
      if (this.watch === session) this.watch = null;
    });
    try {
      await (session as Client).connect();
      await session.prepare();
      return session;
    } catch (error) {
      session.cut();
      throw error;
    }
  }
}

const STRANGER = 'it has another database than the primary';
const NO_STANDBY = 'it is a server of its own and repeats no other';
const PARTED = 'it is a copy that has parted from the primary';

function codeOf(error: unknown): string {
  return error instanceof DatabaseError ? (error.code ?? '') : '';
}

/** A commit can be seen on a replica a little before the primary shows it. */
async function shownSoon(own: Newest, { shows }: Original): Promise<boolean> {
  const until = performance.now() + CATCH_UP_MS;
  for (let pauseMs = 10; !(await shows(own)); pauseMs *= 2) {
    if (performance.now() + pauseMs > until) return false;
    await delay(pauseMs);
  }
  return true;
}

/** The last event that a server shows. */
const SHOWN = { name: 'replica-shown', text: `SELECT ${NEWEST_POSITION} AS position` };

async function repeatedBy(client: PoolClient): Promise<RepeatedRow> {
  const { rows } = await client.query<RepeatedRow>({ name: 'replica-repeated', text: REPEATED });
  return rows[0]!;
}

/** The same, and begins a transaction: in one message, so that a pooler asks the same server for both. */
async function repeatedBeforeBegin(client: PoolClient): Promise<RepeatedRow> {
  const answers = await client.query(`BEGIN; ${REPEATED}; COMMIT; ${begin(client)}`);
  return (answers as unknown as QueryResult<RepeatedRow>[])[1]!.rows[0]!;
}
