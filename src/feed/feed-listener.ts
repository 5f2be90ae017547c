import { Logger } from '@nestjs/common';
import { Client, ClientConfig } from 'pg';
import { Config } from '../config/config.js';
import { Database } from '../storage/database.js';
import { FEED_CHANNEL } from '../storage/event.log.js';

/** How long after a connection that failed the next one is tried, milliseconds. */
const RETRY_MS = 10_000;

/** The connection to listen on: straight to the server where the configuration names one, since a pooler may not pass notifications on. */
export function listeningConnection(
  { database: { directUrl } }: Config,
  database: Database,
): () => ClientConfig {
  return () => ({ ...database.pool.options, ...(directUrl === null ? {} : { connectionString: directUrl }) });
}

/** Hears that events were committed, on a connection of its own. What it misses is found by looking, only later. */
export class FeedListener {
  private readonly log = new Logger('Feed');
  private client: Client | null = null;
  private nextTryAt = 0;
  private failed = false;

  constructor(
    private readonly config: () => ClientConfig,
    private readonly heard: () => void,
  ) {}

  /** Listens if it does not already; never throws, and never waits. */
  ensure(): void {
    if (this.client !== null || performance.now() < this.nextTryAt) return;
    const client = new Client(this.config());
    this.client = client;
    client.on('notification', () => this.heard());
    client.on('error', (error) => this.lost(client, error));
    client.on('end', () => this.lost(client, null));
    client
      .connect()
      .then(() => client.query(`LISTEN ${FEED_CHANNEL}`))
      .then(
        () => (this.failed = false),
        (error: unknown) => this.lost(client, error),
      );
  }

  async close(): Promise<void> {
    const { client } = this;
    this.client = null;
    await client?.end();
  }

  private lost(client: Client, error: unknown): void {
    if (this.client !== client) return;
    this.client = null;
    this.nextTryAt = performance.now() + RETRY_MS;
    if (!this.failed)
      this.log.warn({ err: error, msg: 'not told of new events: they are looked for every second' });
    this.failed = true;
    client.end().catch((failure: unknown) => this.log.debug({ err: failure, msg: 'a broken connection' }));
  }
}
