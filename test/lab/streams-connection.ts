import { IncomingMessage, get } from 'node:http';

/** What a reader of the crowd looks at of an event. */
export interface HeardEvent {
  source: string;
  externalId: string;
  sequence: number;
}

/**
 * One connection to the stream, read as cheaply as can be: a thousand readers share two processes, and are given tens of gigabytes. It looks
 * for the few words it needs and parses no JSON; what does not look as the service writes it is a fault.
 */
export class StreamConnection {
  bytes = 0;
  /** What a client would send as `Last-Event-ID`. */
  lastId = '';
  /** Resolves when it is over, whoever ended it. Rejects when what came cannot be read. */
  readonly over: Promise<void>;
  private rest = '';
  private isDropped = false;

  private constructor(
    private readonly answer: IncomingMessage,
    private readonly heard: (event: HeardEvent) => boolean,
  ) {
    // one byte a character, which costs nothing: nothing is looked for that has characters of more
    answer.setEncoding('latin1');
    this.over = new Promise((resolve, reject) => {
      answer.on('data', (text: string) => {
        try {
          this.read(text);
        } catch (error) {
          reject(error as Error);
          this.drop();
        }
      });
      // a connection that breaks closes too
      answer.on('error', () => {});
      answer.on('close', resolve);
    });
  }

  /** Resolves with the answer's headers. @param heard false: the connection is to break after this event */
  static open(url: string, lastId: string, heard: (event: HeardEvent) => boolean): Promise<StreamConnection> {
    return new Promise((resolve, reject) => {
      get(url, { headers: { 'last-event-id': lastId }, agent: false }, (answer) =>
        resolve(new StreamConnection(answer, heard)),
      ).on('error', reject);
    });
  }

  get status(): number {
    return this.answer.statusCode!;
  }

  /** As a network that fails: not another event is heard. */
  drop(): void {
    this.isDropped = true;
    this.answer.destroy();
  }

  private read(chunk: string): void {
    this.bytes += chunk.length;
    const text = this.rest + chunk;
    let at = 0;
    let last = -1;
    for (let end = text.indexOf('\n\n'); end !== -1 && !this.isDropped; end = text.indexOf('\n\n', at)) {
      last = at;
      if (text.startsWith('id: ', at)) {
        if (!this.heard(eventAt(text, at))) this.drop();
      } else if (!text.startsWith(': \nid: ', at))
        throw new Error(`neither an event nor a comment: ${text.slice(at, at + 80)}`);
      at = end + 2;
    }
    this.rest = text.slice(at);
    if (last !== -1) this.lastId = between(text, 'id: ', '\n', last);
  }
}

function eventAt(text: string, at: number): HeardEvent {
  const data = text.indexOf('\ndata: {', at);
  return {
    source: between(text, '"source":"', '"', data),
    sequence: Number(between(text, '"sequence":', ',', data)),
    externalId: between(text, '"externalId":"', '"', data),
  };
}

/** @param from where to look for the begin */
function between(text: string, begin: string, end: string, from: number): string {
  const start = text.indexOf(begin, from) + begin.length;
  return text.slice(start, text.indexOf(end, start));
}
