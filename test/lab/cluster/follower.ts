import { setTimeout as pause } from 'node:timers/promises';
import { StreamConnection } from '../streams-connection.js';
import { endOfFeed, JOB_EVENTS, Reader } from './reader.js';

/** Between two tries to connect, milliseconds. */
const AGAIN_MS = 100;

/** A reader of the stream of one `api`, who comes again with the last id whenever its connection ends. */
export class Follower extends Reader {
  private connection: StreamConnection | null = null;

  private constructor(
    private readonly api: string,
    firstId: string,
    mayRestart: boolean,
  ) {
    super(`the stream of ${api}`, firstId, mayRestart);
  }

  /** Of all events that are still to come. */
  static async fromNowOn(api: string, mayRestart: boolean): Promise<Follower> {
    return new Follower(api, await endOfFeed(api), mayRestart);
  }

  protected async follow(): Promise<void> {
    while (!this.isDone) {
      const connection = await this.connect();
      if (connection === null) {
        await pause(AGAIN_MS);
        continue;
      }
      this.connection = connection;
      this.connections++;
      await connection.over.catch((error: unknown) => this.fault(String(error)));
      this.lastId = connection.lastId || this.lastId;
    }
  }

  protected hangUp(): void {
    this.connection?.drop();
  }

  /** Null: nobody is there, or who is there is not ready. */
  private async connect(): Promise<StreamConnection | null> {
    this.hasHeardNews = false;
    const connection = await StreamConnection.open(
      `${this.api}/api/v1/events/stream?types=${JOB_EVENTS}`,
      this.lastId,
      ({ source, externalId, sequence }) => {
        this.hear(`${source}/${externalId}`, sequence);
        return !this.isDone;
      },
    ).catch(() => null);
    if (connection === null || connection.status === 200) return connection;
    connection.drop();
    this.refused(connection.status);
    return null;
  }
}
