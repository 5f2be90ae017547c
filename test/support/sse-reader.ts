import { IncomingHttpHeaders, IncomingMessage, get } from 'node:http';

export interface SseEvent {
  id: string;
  type: string;
  data: string;
}

/** Reads Server-Sent Events as the HTML standard says, of one connection. */
export class SseReader {
  readonly events: SseEvent[] = [];
  comments = 0;
  /** What a client would send as `Last-Event-ID`: also set by a block without data. */
  lastId = '';
  isOver = false;
  /** Resolves when it is. */
  readonly over: Promise<void>;
  /** The connection broke, in place of the answer ending. */
  wasCut = false;
  private rest = '';
  private idHeard = '';

  private constructor(
    private readonly answer: IncomingMessage,
    private readonly heard?: (event: SseEvent) => void,
  ) {
    answer.setEncoding('utf8');
    answer.on('data', (text: string) => this.read(text));
    answer.on('error', () => (this.wasCut = true));
    this.over = new Promise((resolve) => {
      answer.on('close', () => {
        this.isOver = true;
        resolve();
      });
    });
  }

  /** Resolves with the answer's headers. @param heard is given each event, which is then not kept */
  static open(
    url: string,
    headers: Record<string, string> = {},
    heard?: (event: SseEvent) => void,
  ): Promise<SseReader> {
    return new Promise((resolve, reject) => {
      get(url, { headers, agent: false }, (answer) => resolve(new SseReader(answer, heard))).on(
        'error',
        reject,
      );
    });
  }

  get status(): number {
    return this.answer.statusCode!;
  }

  get headers(): IncomingHttpHeaders {
    return this.answer.headers;
  }

  /** As a network that fails. */
  drop(): void {
    this.answer.destroy();
  }

  private read(text: string): void {
    const blocks = (this.rest + text).split('\n\n');
    this.rest = blocks.pop()!;
    for (const block of blocks) this.block(block);
  }

  private block(block: string): void {
    const event: SseEvent = { id: '', type: 'message', data: '' };
    for (const line of block.split('\n')) {
      if (line.startsWith(':')) this.comments++;
      else if (line.startsWith('id: ')) this.idHeard = line.slice(4);
      else if (line.startsWith('event: ')) event.type = line.slice(7);
      else if (line.startsWith('data: ')) event.data += line.slice(6);
    }
    this.lastId = this.idHeard;
    if (event.data === '') return;
    event.id = this.lastId;
    if (this.heard) this.heard(event);
    else this.events.push(event);
  }
}
