import { setTimeout as pause } from 'node:timers/promises';
import { request } from 'undici';
import { endOfFeed, JOB_EVENTS, Reader } from './reader.js';

/** Between two pages when nothing is new, and before another try, milliseconds. */
const AGAIN_MS = 250;
/** Whoever does not answer for so long is asked again. */
const PATIENCE_MS = 5_000;

interface EventsPage {
  data: { source: string; sequence: number; job: { externalId: string } }[];
  page: { next: string };
}

/** A reader of the pages of the feed of one `api`, which may come from the standby: one after the other, each by the cursor of the last. */
export class Pager extends Reader {
  private constructor(
    private readonly api: string,
    private readonly sources: readonly string[],
    firstId: string,
    mayRestart: boolean,
  ) {
    super(`the pages of ${api}`, firstId, mayRestart);
  }

  /** Of all events of these sources that are still to come. */
  static async fromNowOn(api: string, sources: readonly string[], mayRestart: boolean): Promise<Pager> {
    return new Pager(api, sources, await endOfFeed(api), mayRestart);
  }

  protected async follow(): Promise<void> {
    while (!this.isDone) {
      const page = await this.ask();
      for (const { source, sequence, job } of page?.data ?? [])
        this.hear(`${source}/${job.externalId}`, sequence);
      this.lastId = page?.page.next ?? this.lastId;
      if (page === null || page.data.length === 0) await pause(AGAIN_MS);
    }
  }

  protected hangUp(): void {
    // its last page is soon there
  }

  /** Null: nobody is there, or who is there is not ready. */
  private async ask(): Promise<EventsPage | null> {
    const query = new URLSearchParams({ after: this.lastId, types: JOB_EVENTS, limit: '500' });
    query.set('source', this.sources.join());
    try {
      // not fetch: one whose server was killed may never end, whatever its signal says (met twice, with Node.js 20)
      const { statusCode, body } = await request(`${this.api}/api/v1/events?${query}`, {
        ...{ headersTimeout: PATIENCE_MS, bodyTimeout: PATIENCE_MS },
      });
      if (statusCode === 200) return (await body.json()) as EventsPage;
      await body.dump();
      this.refused(statusCode);
    } catch {
      // gone, stopped, or not there yet: asked again
    }
    return null;
  }
}
