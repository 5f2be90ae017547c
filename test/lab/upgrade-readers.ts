import { setTimeout as pause } from 'node:timers/promises';
import { StreamConnection } from './streams-connection.js';
import { Running } from './upgrade-release.js';

/** Between two questions of a reader, milliseconds. */
const REST_MS = 20;
/** Pages of one walk; each is asked of another process. */
const PAGES = 4;

interface Page {
  data: { id: string }[];
  page: { next: string | null };
}
interface FeedPage {
  data: { type: string; source: string; sequence: number; job: { externalId: string } | null }[];
  page: { next: string };
}

/**
 * Who reads while processes of two releases answer: each question goes to another process that answers. A balancer knows who is leaving;
 * whoever else refuses, fails or answers with an error is a fault.
 */
export class Readers {
  readonly faults: string[] = [];
  readonly answers = { pages: 0, cursorsTakenOver: 0, jobs: 0, feed: 0, streams: 0 };
  /** By `source/externalId`: the last sequence that each reader of the feed has. */
  readonly heard = { polled: new Map<string, number>(), streamed: new Map<string, number>() };
  private turn = 0;
  private isOver = false;
  private stream: StreamConnection | null = null;
  private reading: Promise<unknown> = Promise.resolve();

  constructor(private readonly processes: readonly Running[]) {}

  start(): void {
    this.reading = Promise.all([this.walk(), this.look(), this.pollFeed(), this.followStream()]);
  }

  async end(): Promise<void> {
    this.isOver = true;
    this.stream?.drop();
    await this.reading;
  }

  /** The next in turn of those that are there. */
  private next(serves: (running: Running) => boolean = () => true): Running | null {
    const there = this.processes.filter((running) => !running.isLeaving && serves(running));
    return there[this.turn++ % there.length] ?? null;
  }

  /** Null: it left while it was asked, as it may. */
  private async ask<T>(running: Running, target: string): Promise<T | null> {
    const fault = (what: string): null => {
      if (!running.isLeaving)
        this.faults.push(`${running.name} ${target.slice(0, 60)}: ${what.slice(0, 300)}`);
      return null;
    };
    try {
      const answer = await running.ask(target);
      const text = await answer.text();
      return answer.ok ? (JSON.parse(text) as T) : fault(`${answer.status} ${text}`);
    } catch (error) {
      return fault(String(error));
    }
  }

  private async whileReading(question: () => Promise<void>): Promise<void> {
    while (!this.isOver) {
      await question();
      await pause(REST_MS);
    }
  }

  /** Pages of jobs; the cursor that one process gave is taken to the next one. */
  private walk(): Promise<void> {
    return this.whileReading(async () => {
      let target = '/api/v1/jobs?limit=40&sort=-changedAt';
      let giver: string | null = null;
      for (let place = 0; place < PAGES; place++) {
        const running = this.next();
        if (running === null) return;
        const page: Page | null = await this.ask<Page>(running, target);
        if (page === null) return;
        this.answers.pages++;
        if (giver !== null && giver.split(':')[0] !== running.name.split(':')[0])
          this.answers.cursorsTakenOver++;
        if (page.page.next === null) return;
        giver = running.name;
        target = `/api/v1/jobs?limit=40&sort=-changedAt&cursor=${encodeURIComponent(page.page.next)}`;
      }
    });
  }

  /** Single jobs, and what belongs to them. */
  private look(): Promise<void> {
    return this.whileReading(async () => {
      const running = this.next();
      const page = running && (await this.ask<Page>(running, '/api/v1/jobs?state=active,terminal&limit=3'));
      if (!page) return;
      for (const { id } of page.data)
        for (const target of [`${id}?include=payload`, `${id}/transitions`, `${id}/tasks`]) {
          const asked = this.next();
          if (asked && (await this.ask(asked, `/api/v1/jobs/${target}`)) !== null) this.answers.jobs++;
        }
      const asked = this.next();
      if (asked !== null) await this.ask(asked, '/api/v1/sources');
    });
  }

  /** The feed from its beginning, a page at a time, each of another process: of those that have a feed. */
  private pollFeed(): Promise<void> {
    let after = '';
    return this.whileReading(async () => {
      const running = this.next(({ servesFeed }) => servesFeed);
      const page = running && (await this.ask<FeedPage>(running, `/api/v1/events?limit=200${after}`));
      if (!page) return;
      for (const { source, sequence, job } of page.data)
        if (job !== null) this.hear('polled', `${source}/${job.externalId}`, sequence);
      after = `&after=${encodeURIComponent(page.page.next)}`;
      this.answers.feed++;
    });
  }

  /** The stream from the beginning of the feed; when its process leaves, on from the last id with another. */
  private async followStream(): Promise<void> {
    let lastId = '';
    while (!this.isOver) {
      const running = this.next(({ servesFeed }) => servesFeed);
      if (running === null) {
        await pause(REST_MS);
        continue;
      }
      if (lastId === '') {
        const page = await this.ask<FeedPage>(running, '/api/v1/events?limit=1');
        for (const { source, sequence, job } of page?.data ?? [])
          if (job !== null) this.hear('streamed', `${source}/${job.externalId}`, sequence);
        lastId = page?.page.next ?? '';
        continue;
      }
      const heard = (event: { source: string; externalId: string; sequence: number }): boolean => {
        this.hear('streamed', `${event.source}/${event.externalId}`, event.sequence);
        return !this.isOver;
      };
      const types = 'job.discovered,job.transitioned,job.changed,job.vanished,job.reappeared';
      this.stream = await StreamConnection.open(
        `${running.url}/api/v1/events/stream?types=${types}`,
        lastId,
        heard,
      ).catch(() => null);
      if (this.stream === null) continue;
      this.answers.streams++;
      if (this.stream.status !== 200 && !running.isLeaving)
        this.faults.push(`${running.name} /api/v1/events/stream: ${this.stream.status}`);
      await this.stream.over.catch((error: unknown) => this.faults.push(`${running.name}: ${String(error)}`));
      lastId = this.stream.lastId || lastId;
    }
  }

  /** Every event once more at most, and none left out. */
  private hear(reader: keyof Readers['heard'], job: string, sequence: number): void {
    const known = this.heard[reader].get(job) ?? 0;
    if (sequence > known + 1)
      this.faults.push(`the ${reader} feed has ${job}#${sequence} after ${job}#${known}`);
    if (sequence > known) this.heard[reader].set(job, sequence);
  }
}
