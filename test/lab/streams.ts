import { setTimeout as delay } from 'node:timers/promises';
import { Database } from '../../src/storage/database.js';
import { appendEvents } from '../../src/storage/event.log.js';
import { newEvent } from '../support/events.js';
import { HeardEvent, StreamConnection } from './streams-connection.js';

/** What is written, and by how many at once; each writer has a source with jobs of its own. */
export interface Writing {
  writers: number;
  transitions: number;
  jobsPerWriter: number;
}

const STATES = ['queued', 'running', 'paused', 'failed'] as const;
/** Events of one transaction, at most: as a poll that finds a little, or much. */
const LARGEST = 40;
/** Between two words of progress, milliseconds. */
const TELL_MS = 10_000;

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

/** What a question asks for: a part of the address, and what of all that is written it lets through. */
interface Question {
  search: string;
  /** Null: all. */
  writers: readonly number[] | null;
  states: readonly string[] | null;
}

function questionOf({ writers }: Writing, kind: number): Question {
  const writer = kind % writers;
  const source = sourceOf(writer);
  const questions: Question[] = [
    { search: '', writers: null, states: null },
    { search: `&source=${source}`, writers: [writer], states: null },
    { search: '&to=failed', writers: null, states: ['failed'] },
    { search: `&source=${source}&state=queued,failed`, writers: [writer], states: ['queued', 'failed'] },
  ];
  return questions[kind % questions.length]!;
}

/** The sequences of each job that a question lets through, by {@link placeOf}. Shared by all who ask it. */
function sequencesOf(writing: Writing, { writers, states }: Question): number[][] {
  const { jobsPerWriter } = writing;
  return Array.from({ length: writing.writers * jobsPerWriter }, (_, place) => {
    const writer = Math.floor(place / jobsPerWriter);
    if (writers !== null && !writers.includes(writer)) return [];
    const last = Math.ceil((countOf(writing, writer) - (place % jobsPerWriter)) / jobsPerWriter);
    const all = Array.from({ length: Math.max(0, last) }, (_, index) => index + 1);
    return states === null ? all : all.filter((sequence) => states.includes(stateOf(sequence)));
  });
}

/** Of a job among all. @throws RangeError when nobody wrote such a job */
function placeOf({ writers, jobsPerWriter }: Writing, { source, externalId }: HeardEvent): number {
  const [writer, job] = [Number(source.slice(sourceOf(0).length - 1)), Number(externalId)];
  if (!(writer >= 0 && writer < writers && job >= 0 && job < jobsPerWriter))
    throw new RangeError(`nobody wrote ${source}/${externalId}`);
  return writer * jobsPerWriter + job;
}

/** What one reader has to be given: of each job these sequences, in this order, each once. */
class Expectation {
  private readonly heard: Uint32Array;
  private left: number;

  constructor(
    private readonly writing: Writing,
    private readonly sequences: readonly (readonly number[])[],
  ) {
    this.heard = new Uint32Array(sequences.length);
    this.left = this.total;
  }

  get total(): number {
    return this.sequences.reduce((sum, { length }) => sum + length, 0);
  }

  get lacking(): number {
    return this.left;
  }

  get isMet(): boolean {
    return this.left === 0;
  }

  /** @returns what is wrong with it; null when it is the next one of its job */
  meet(event: HeardEvent): string | null {
    const place = placeOf(this.writing, event);
    const next = this.sequences[place]![this.heard[place]!];
    if (next !== event.sequence)
      return `of ${event.source}/${event.externalId} came ${event.sequence} in place of ${String(next)}`;
    this.heard[place]!++;
    this.left--;
    return null;
  }
}

/** A client that comes back whenever its connection ends, until it was given everything. */
class Follower {
  fault: string | null = null;
  connections = 0;
  events = 0;
  bytes = 0;
  private connection: StreamConnection | null = null;
  private lastId: string;
  /** Events until its connection breaks. */
  private untilBreak: number;

  /** @param nextBreak draws after how many events the connection breaks */
  constructor(
    private readonly url: string,
    start: string,
    private readonly expectation: Expectation,
    private readonly nextBreak: () => number,
  ) {
    this.lastId = start;
    this.untilBreak = nextBreak();
  }

  get isDone(): boolean {
    return this.fault !== null || this.expectation.isMet;
  }

  async follow(): Promise<void> {
    while (!this.isDone) {
      try {
        await this.connect();
      } catch (error) {
        // refused while thousands connect: comes back as any client does
        if (!(error instanceof Error && 'code' in error)) throw error;
        await delay(50);
      }
    }
  }

  /** Nobody waits for ever for what does not come. */
  giveUp(): void {
    if (this.isDone) return;
    this.fault = `lacks ${this.expectation.lacking} events at the end`;
    this.connection?.drop();
  }

  private async connect(): Promise<void> {
    this.connections++;
    const connection = await StreamConnection.open(this.url, this.lastId, (event) => this.hear(event));
    this.connection = connection;
    if (connection.status !== 200) this.fault = `answered ${connection.status}`;
    if (this.isDone) connection.drop();
    await connection.over;
    this.bytes += connection.bytes;
    if (connection.lastId !== '') this.lastId = connection.lastId;
  }

  /** @returns false when the connection is to break */
  private hear(event: HeardEvent): boolean {
    this.events++;
    this.fault = this.expectation.meet(event);
    const breaks = --this.untilBreak <= 0;
    if (breaks) this.untilBreak = this.nextBreak();
    return !breaks && !this.isDone;
  }
}

export interface Following {
  readers: number;
  /** How often each connection is broken while its reader is given everything, about. */
  breaks: number;
  /** All of it, milliseconds: who lacks something then has a fault. */
  withinMs: number;
}

export interface Followed {
  complete: number;
  faults: string[];
  connections: number;
  events: number;
  bytes: number;
}

/**
 * Readers with several questions, all from the same place on, whose connections break at random; each until it was given everything, or
 * something wrong.
 *
 * @param url of the stream
 * @param start cursor of the place before the first event
 * @param progress told how many readers have come to their end, and events so far, now and then
 */
export async function followAll(
  url: string,
  start: string,
  { readers, breaks, withinMs }: Following,
  writing: Writing,
  progress?: (done: number, events: number) => void,
): Promise<Followed> {
  const draw = draws(readers);
  const known = new Map<string, number[][]>();
  const followers = Array.from({ length: readers }, (_, index) => {
    const question = questionOf(writing, index);
    const sequences = known.get(question.search) ?? sequencesOf(writing, question);
    known.set(question.search, sequences);
    const expectation = new Expectation(writing, sequences);
    return new Follower(
      `${url}?types=job.discovered,job.transitioned${question.search}`,
      start,
      expectation,
      () => 1 + draw(Math.ceil((2 * expectation.total) / breaks)),
    );
  });
  const sum = (count: (follower: Follower) => number) =>
    followers.reduce((total, follower) => total + count(follower), 0);
  const events = () => sum((follower) => follower.events);
  const telling = setInterval(
    () =>
      progress?.(
        sum(({ isDone }) => Number(isDone)),
        events(),
      ),
    TELL_MS,
  );
  const waiting = setTimeout(() => followers.forEach((follower) => follower.giveUp()), withinMs);
  try {
    await Promise.all(followers.map((follower) => follower.follow()));
  } finally {
    clearInterval(telling);
    clearTimeout(waiting);
  }
  const faults = followers.map(({ fault }) => fault).filter((fault) => fault !== null);
  return {
    complete: followers.length - faults.length,
    faults,
    connections: sum(({ connections }) => connections),
    events: events(),
    bytes: sum(({ bytes }) => bytes),
  };
}
