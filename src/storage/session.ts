import { Client, ClientConfig } from 'pg';

/** What the connections of one pool find out about their way to the server, and share. */
export interface Route {
  /** The pooler before the server has been seen to bring prepared statements along to every session of the server. */
  keepsStatements: boolean;
}

export interface SessionConfig extends ClientConfig {
  route: Route;
  /** `primary`: a server that only repeats another one is refused. */
  server: 'primary' | 'any';
  /** How long a statement may take, milliseconds, before its connection is given up; null: as long as it takes. */
  patienceMs: number | null;
}

/** The server repeats another one: what it shows is older, and it takes no changes. */
export class StandbyError extends Error {
  override readonly name = 'StandbyError';

  constructor() {
    super('this PostgreSQL is a standby; Rollcall needs the primary');
  }
}

/** No such prepared statement, and one of that name already: by name alone, which a pooler may have mixed up. */
const MIXED_UP = /^(26000|42P05)$/;

/** A statement that neither answered nor failed in time leaves its connection behind it: what comes back belongs to nobody. */
const NO_ANSWER = 'Query read timeout';

/**
 * A connection to PostgreSQL, or to a pooler before it, where each transaction may be another session of the server: then nothing may
 * be left in a session that a later statement relies on, and nothing that a later stranger would trip over.
 */
export class Session extends Client {
  patienceMs: number | null;
  private readonly route: Route;
  private readonly wanted: SessionConfig['server'];
  private pooled = false;

  constructor(config: SessionConfig) {
    super(config);
    this.route = config.route;
    this.wanted = config.server;
    this.patienceMs = config.patienceMs;
    // A connection that breaks rejects its query in flight or the next one; without a listener Node would end the process.
    this.on('error', () => undefined);
    this.connection.on('errorMessage', ({ code }: { code?: string }) => {
      if (this.pooled && MIXED_UP.test(code ?? '')) this.route.keepsStatements = false;
    });
  }

  /** Something between gives each transaction any session of the server. Known once it is prepared. */
  get isPooled(): boolean {
    return this.pooled;
  }

  /**
   * What every session of ours relies on, whatever the server, the role or a pooler has as defaults; once, after it is connected.
   *
   * @throws StandbyError
   */
  async prepare(): Promise<void> {
    // A server tells each client the process that serves it; a pooler tells a number of its own.
    const direct = `pg_backend_pid() = ${(this as unknown as { processID: number }).processID}`;
    const set = ([name, value]: readonly [string, string]) => `set_config('${name}', '${value}', false)`;
    const { rows } = await super.query<{ direct: boolean; standby: boolean }>({
      ...this.timeout,
      text: `SELECT ${direct} AS direct, pg_is_in_recovery() AS standby, ${FOLLOWED.map(set).join()},
         CASE WHEN ${direct} THEN concat(${SETTINGS.map(set).join()}) END`,
    });
    this.pooled = !rows[0]!.direct;
    if (rows[0]!.standby && this.wanted === 'primary') throw new StandbyError();
  }

  /** As the driver's; statements are named only where their names are kept. What its overloads say of the types holds. */
  override query(...[asked, ...rest]: never[]): never {
    return super.query(this.shaped(asked) as never, ...rest) as never;
  }

  /** Ends it without a word: whoever is at the other end may not be there any more. */
  cut(): void {
    (this.connection as unknown as { stream: { destroy(): void } }).stream.destroy();
  }

  private shaped(asked: unknown): unknown {
    if (typeof asked === 'string') return this.patienceMs === null ? asked : { text: asked, ...this.timeout };
    if (typeof asked !== 'object' || asked === null || 'submit' in asked) return asked;
    const isNamed = !this.pooled || this.route.keepsStatements;
    return { ...asked, ...this.timeout, ...(isNamed ? {} : { name: undefined }) };
  }

  private get timeout(): object {
    return this.patienceMs === null ? {} : { query_timeout: this.patienceMs };
  }
}

/** How instants are written. PostgreSQL reports these two to its client, so a pooler that knows its trade brings them along. */
const FOLLOWED: readonly (readonly [string, string])[] = [
  ['TimeZone', 'UTC'],
  ['DateStyle', 'ISO'],
];

/** What no pooler brings along: there each transaction says it for itself, as far as it matters. */
const SETTINGS: readonly (readonly [string, string])[] = [
  ['IntervalStyle', 'postgres'],
  // A process that is stopped in the middle of a transaction must not keep its locks: the feed's would hold every other writer up.
  ['idle_in_transaction_session_timeout', '15s'],
  // No bitmap scans: where the planner expects fewer jobs than a page has, it reads all that match and sorts them, and it expects
  // far too few where the time of a job goes with its source (measured: 200 blocks where the page in order takes 54).
  ['enable_bitmapscan', 'off'],
];

/** Statements of this connection take as long as they take from here on: it is used for nothing else. */
export function takeYourTime(session: object): void {
  if (session instanceof Session) session.patienceMs = null;
}

/** How a transaction begins, on a connection that a pooler may stand before too. */
export function begin(session: object): string {
  if (!(session instanceof Session && session.isPooled)) return 'BEGIN';
  return ['BEGIN', ...SETTINGS.map(([name, value]) => `SET LOCAL ${name} = '${value}'`)].join('; ');
}

/** Whether the connection is of no use after this: nobody knows what it answers next, or it leads to a server that cannot do our work. */
export function isUseless(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.message === NO_ANSWER || ('code' in error && error.code === '25006');
}
