import { Answer, Call } from './answer.js';

/** What can go wrong with a request. New kinds belong here and in the one place of `platform-server.ts` that plays them. */
export type Fault = FaultKind & {
  /** How many requests it spoils; default 1. `Infinity` until it is removed. */
  times?: number;
  /** Which requests; default all, logins too. */
  match?: (call: Call) => boolean;
};

type FaultKind =
  /** Answers so instead of the platform. */
  | { kind: 'status'; status: number; headers?: Record<string, string>; json?: unknown; text?: string }
  /** Takes the request and never answers. */
  | { kind: 'hang' }
  | Delivery
  /** A login page, with status 200. */
  | { kind: 'html' }
  /** The platform's own answer, cut in the middle, its length as promised. */
  | { kind: 'truncated-json' }
  /** The platform's own answer under another name. */
  | { kind: 'content-type'; type: string }
  /** The platform's own answer, changed. */
  | { kind: 'rewrite'; rewrite: (answer: Answer, call: Call) => Answer }
  /** Runs before the platform answers: lets a test move the clock or the world in the middle of a walk. */
  | { kind: 'before'; run: (call: Call) => void }
  /** Reads show the world as it was so long ago. */
  | { kind: 'lag'; ms: number }
  /** The platform's clock is so far ahead (negative: behind). */
  | { kind: 'skew'; ms: number };

/** How the platform's own answer comes over the wire. Of several for one request the last one counts. */
export type Delivery =
  /** Half of the body, and then nothing more. */
  | { kind: 'hang-in-body' }
  /** The connection breaks: before the answer, or in the middle of its body. */
  | { kind: 'reset'; in: 'headers' | 'body' }
  /** The body a few bytes at a time. */
  | { kind: 'drip'; bytes: number; everyMs: number }
  /** Compressed, whether the client asked for it or not. */
  | { kind: 'gzip' }
  /** After the records of a list go on further elements (JSON text, by their number from 0) until so many bytes of them were sent. */
  | { kind: 'flood'; bytes: number; element: (number: number) => string };

/** The faults that wait for requests of one platform. */
export class Faults {
  private waiting: { fault: Fault; left: number }[] = [];

  /** Returns a function that takes the fault back. */
  add(fault: Fault): () => void {
    const entry = { fault, left: fault.times ?? 1 };
    this.waiting.push(entry);
    return () => {
      this.waiting = this.waiting.filter((other) => other !== entry);
    };
  }

  /** The faults of this request, in the order in which they were added; each counts it. */
  take(call: Call): Fault[] {
    const hit = this.waiting.filter(({ fault }) => fault.match?.(call) ?? true);
    for (const entry of hit) entry.left -= 1;
    this.waiting = this.waiting.filter(({ left }) => left > 0);
    return hit.map(({ fault }) => fault);
  }
}
