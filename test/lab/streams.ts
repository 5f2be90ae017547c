import { setTimeout as delay } from 'node:timers/promises';
import { Database } from '../../src/storage/database.js';
import { appendEvents } from '../../src/storage/event.log.js';
import { newEvent } from '../support/events.js';
import { SseEvent, SseReader } from '../support/sse-reader.js';

/** What is written, and by how many at once; each writer has a source with jobs of its own. */
export interface Writing {
  writers: number;
  transitions: number;
  jobsPerWriter: number;
}

const STATES = ['queued', 'running', 'paused', 'failed'] as const;
/** Events of one transaction, at most: as a poll that finds a little, or much. */
const LARGEST = 40;

const sourceOf = (writer: number) => `source-${writer}`;
const stateOf = (sequence: number) => STATES[(sequence - 1) % STATES.length]!;

export function sourcesOf({ writers }: Writing): string[] {
  return Array.from({ length: writers }, (_, writer) => sourceOf(writer));
}

/** Numbers that are the same in every run. */
export function draws(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** All writers at once, each as fast as it can: every job in the order of its sequence, in transactions of any size. */
export async function write(database: Database, writing: Writing): Promise<void> {
  const { writers, transitions, jobsPerWriter } = writing;
  const each = async (writer: number) => {
    const draw = draws(writer + 1);
    const count = countOf(writing, writer);
    for (let written = 0; written < count;) {
      const size = Math.min(1 + draw(LARGEST), count - written);
      const events = Array.from({ length: size }, (_, index) => {
        const sequence = Math.floor((written + index) / jobsPerWriter) + 1;
        const externalId = String((written + index) % jobsPerWriter);
        return newEvent({
          source: sourceOf(writer),
          sequence,
          to: stateOf(sequence),
          job: { externalId, attributes: { parameters: { tiles: written } } },
        });
      });
      await database.transaction((client) => appendEvents(client, events));
      written += size;
    }
  };
  if (transitions < writers) throw new RangeError('fewer transitions than writers');
  await Promise.all(Array.from({ length: writers }, (_, writer) => each(writer)));
}

function countOf({ writers, transitions }: Writing, writer: number): number {
  return Math.floor(transitions / writers) + Number(writer < transitions % writers);
}

/** The sequences of one job of a writer, as far as a question lets them through. */
function expectedOf(
  writing: Writing,
  writer: number,
  job: number,
  states: readonly string[] | null,
): number[] {
  const last = Math.ceil((countOf(writing, writer) - job) / writing.jobsPerWriter);
  const all = Array.from({ length: Math.max(0, last) }, (_, index) => index + 1);
  return states === null ? all : all.filter((sequence) => states.includes(stateOf(sequence)));
}

/** What one reader asks, and what it has to be given for it: of each job these sequences, in this order, each once. */
class Expectation {
  readonly search: string;
  private readonly jobs = new Map<string, number[]>();
  private readonly places = new Map<string, number>();
  private left = 0;

  constructor(writing: Writing, kind: number) {
    const writer = kind % writing.writers;
    const [search, writers, states] = (
      [
        ['', null, null],
        [`&source=${sourceOf(writer)}`, [writer], null],
        ['&to=failed', null, ['failed']],
        [`&source=${sourceOf(writer)}&state=queued,failed`, [writer], ['queued', 'failed']],
      ] as const
    )[kind % 4]!;
    this.search = search;
    for (const one of writers ?? Array.from({ length: writing.writers }, (_, index) => index))
      for (let job = 0; job < writing.jobsPerWriter; job++) {
        const expected = expectedOf(writing, one, job, states);
        this.jobs.set(`${sourceOf(one)}/${job}`, expected);
        this.left += expected.length;
      }
  }

  get isMet(): boolean {
    return this.left === 0;
  }

  /** @returns what is wrong with it; null when it is the next one of its job */
  meet(source: string, externalId: string, sequence: number): string | null {
    const job = `${source}/${externalId}`;
    const place = this.places.get(job) ?? 0;
    const next = this.jobs.get(job)?.[place];
    if (next !== sequence) return `of ${job} came ${sequence} in place of ${String(next)}`;
    this.places.set(job, place + 1);
    this.left--;
    return null;
  }
}

// quicker than to parse all of what a thousand readers are given
const KEY = /"source":"([^"]+)","sequence":(\d+),.*?"externalId":"([^"]+)"/;

/** A client that comes back whenever its connection ends, until it was given everything. */
class Follower {
  fault: string | null = null;
  connections = 0;
  events = 0;
  private reader: SseReader | null = null;
  private lastId: string;

  constructor(
    private readonly url: string,
    start: string,
    private readonly expectation: Expectation,
  ) {
    this.lastId = start;
  }

  get isDone(): boolean {
    return this.fault !== null || this.expectation.isMet;
  }

  drop(): void {
    this.reader?.drop();
  }

  async follow(): Promise<void> {
    while (!this.isDone) {
      try {
        await this.connection();
      } catch (error) {
        // refused while thousands connect: comes back as any client does
        if (!(error instanceof Error && 'code' in error)) throw error;
        await delay(50);
      }
    }
    this.reader?.drop();
  }

  private async connection(): Promise<void> {
    this.connections++;
    const reader = await SseReader.open(
      `${this.url}?types=job.discovered,job.transitioned${this.expectation.search}`,
      { 'last-event-id': this.lastId },
      (event) => this.hear(event),
    );
    this.reader = reader;
    if (reader.status !== 200) this.fault = `answered ${reader.status}`;
    if (this.isDone) return;
    await reader.over;
    if (reader.lastId !== '') this.lastId = reader.lastId;
  }

  private hear({ data }: SseEvent): void {
    if (this.fault !== null) return;
    this.events++;
    const [, source, sequence, externalId] = KEY.exec(data) ?? [];
    this.fault = this.expectation.meet(String(source), String(externalId), Number(sequence));
    if (this.isDone) this.reader?.drop();
  }
}

export interface Following {
  readers: number;
  /** Connections that are broken a second, at random, while any reader goes on. */
  dropsPerSecond: number;
}

export interface Followed {
  complete: number;
  faults: string[];
  connections: number;
  events: number;
}

/**
 * Readers with several questions, all from the same place on, broken off at random; each until it was given everything, or something wrong.
 *
 * @param url of the stream
 * @param start cursor of the place before the first event
 */
export async function followAll(
  url: string,
  start: string,
  { readers, dropsPerSecond }: Following,
  writing: Writing,
): Promise<Followed> {
  const followers = Array.from(
    { length: readers },
    (_, index) => new Follower(url, start, new Expectation(writing, index)),
  );
  const draw = draws(readers);
  const breaking = setInterval(
    () => followers[draw(followers.length)]!.drop(),
    Math.max(1, Math.round(1_000 / dropsPerSecond)),
  );
  try {
    await Promise.all(followers.map((follower) => follower.follow()));
  } finally {
    clearInterval(breaking);
  }
  const faults = followers.map(({ fault }) => fault).filter((fault) => fault !== null);
  return {
    complete: followers.length - faults.length,
    faults,
    connections: followers.reduce((sum, { connections }) => sum + connections, 0),
    events: followers.reduce((sum, { events }) => sum + events, 0),
  };
}
