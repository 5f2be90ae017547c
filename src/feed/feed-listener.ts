import { Logger } from '@nestjs/common';
import { Client } from 'pg';
import { Config } from '../config/config.js';
import { Database } from '../storage/database.js';
import { FEED_CHANNEL } from '../storage/event.log.js';
import { Session, SessionConfig } from '../storage/session.js';

/** How long after a connection that failed the next one is tried, milliseconds. */
const RETRY_MS = 10_000;
/** Behind a pooler the next one would hear as little, unless the address leads somewhere else by then. */
const RETRY_POOLED_MS = 300_000;
/** How often a connection is asked whether it is still there, milliseconds: it hears nothing by itself, also when it is cut. */
const PROVE_MS = 15_000;

/** Said again it changes nothing. */
const LISTEN = `LISTEN ${FEED_CHANNEL}`;

const UNHEARD = 'not told of new events: they are looked for every second';

/** The connection to listen on: straight to the server where the configuration names one, since a pooler passes no notifications on. */
export function listeningConnection(
  { database: { directUrl } }: Config,
  database: Database,
): () => SessionConfig {
  return () => ({ ...database.session, ...(directUrl === null ? {} : { connectionString: directUrl }) });
}

/**
 * Hears that events were committed, on a connection of its own. What it misses is found by looking, only later. Behind a pooler it does
 * not listen: a session that is anybody's would be left listening, and hear for nobody.
 */
export class FeedListener {
  private readonly log = new Logger('Feed');
  private session: Session | null = null;
  private nextTryAt = 0;
  private proveAt = Infinity;
  private failed = false;

  constructor(
    private readonly config: () => SessionConfig,
    private readonly heard: () => void,
  ) {}

  /** Listens if it does not already, and sees to it that it still does; never throws, and never waits. */
  ensure(): void {
    const now = performance.now();
    if (this.session !== null && now > this.proveAt) this.prove(this.session);
    if (this.session !== null || now < this.nextTryAt) return;
    // what is asked of it is answered at once, or never
    const session = new Session({ ...this.config(), patienceMs: PROVE_MS });
    this.session = session;
    session.on('notification', () => this.heard());
    session.on('error', (error) => this.lost(session, error));
    session.on('end', () => this.lost(session, null));
    this.listen(session).then(
      () => undefined,
      (error: unknown) => this.lost(session, error),
    );
  }

  close(): void {
    const { session } = this;
    this.session = null;
    session?.cut();
  }

  private async listen(session: Session): Promise<void> {
    await session.connect();
    await session.prepare();
    if (session.isPooled) return this.leave(session);
    await (session as Client).query(LISTEN);
    this.proveAt = performance.now() + PROVE_MS;
    this.failed = false;
    // what was committed before that was not heard of
    this.heard();
  }

  private prove(session: Session): void {
    this.proveAt = Infinity;
    (session as Client).query(LISTEN).then(
      () => (this.proveAt = performance.now() + PROVE_MS),
      (error: unknown) => this.lost(session, error),
    );
  }

  private leave(session: Session): void {
    this.drop(session, RETRY_POOLED_MS);
    if (!this.failed)
      this.log.log(
        `${UNHEARD}, since a pooler stands before the database. database.directUrl names the server`,
      );
    this.failed = true;
  }

  private lost(session: Session, error: unknown): void {
    if (this.session !== session) return;
    this.drop(session, RETRY_MS);
    if (!this.failed) this.log.warn({ err: error, msg: UNHEARD });
    this.failed = true;
  }

  private drop(session: Session, retryMs: number): void {
    if (this.session === session) this.session = null;
    this.nextTryAt = performance.now() + retryMs;
    session.cut();
  }
}
