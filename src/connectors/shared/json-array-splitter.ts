import { ContractError } from '../../domain/errors.js';

/** A piece of a JSON text: some elements of its top-level array in order, or its one value when it is an object. */
export type JsonPiece = { elements: unknown[] } | { value: unknown };

export interface SplitLimits {
  /** A piece ends with the element that reaches this, */
  elements: number;
  /** or with the one that reaches this, or a later one of the same chunk. */
  bytes: number;
  /** The most that one element may take, bytes. */
  elementBytes: number;
  /** The most that a top-level object may take, bytes: it is parsed whole. */
  valueBytes: number;
}

const MIB = 1024 * 1024;
const DEFAULT_LIMITS: SplitLimits = {
  elements: 1_000,
  bytes: MIB,
  elementBytes: 16 * MIB,
  valueBytes: 64 * MIB,
};

/**
 * Parses a JSON text of any length in bounded memory. A byte scan finds where top-level elements end, and JSON.parse reads them a
 * piece at a time, which also checks everything that the scan does not. An array that never ends in the text, or goes on after its
 * end, is an error after the pieces that were whole.
 *
 * Most arrays need no scan: where `},{` stands, an element most likely ends, and JSON.parse itself says whether it does. Text that ends
 * inside of a string, an object or an inner array is no list of elements. From the first wrong guess on, an answer is scanned.
 *
 * Measured on 40 MB of VectorCharts jobs in 64 KiB chunks, by CPU time (2 busy cores, Node 20.20): 260 MB/s, and 150 MB/s scanned.
 *
 * @throws ContractError `malformed-response`, and what `body` throws
 */
export async function* splitJson(
  body: AsyncIterable<Uint8Array>,
  limits: Partial<SplitLimits> = {},
): AsyncGenerator<JsonPiece, void, void> {
  const scanner = new Scanner({ ...DEFAULT_LIMITS, ...limits });
  for await (const chunk of body) yield* whatIsFound((pieces) => scanner.scan(chunk, pieces));
  yield* whatIsFound((pieces) => scanner.finish(pieces));
}

/** Also what was found before a fault. */
function* whatIsFound(work: (pieces: JsonPiece[]) => void): Generator<JsonPiece, void, void> {
  const pieces: JsonPiece[] = [];
  try {
    work(pieces);
  } finally {
    yield* pieces;
  }
}

/** Where an element most likely ends and another begins, in text without blanks. */
const LIKELY_END = '},{';
/** So much text without a likely end is scanned, bytes, or as much as an element may take. */
const MOST_UNENDED = 256 * 1024;

const BOM = [0xef, 0xbb, 0xbf];
const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** 1 for each byte that means something to the scan outside of a string. */
const MARKS = new Uint8Array(256);
for (const byte of [QUOTE, COMMA, OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT]) MARKS[byte] = 1;

class Scanner {
  /** Bytes of the text before the current chunk. */
  private position = 0;
  private place: 'before' | 'array' | 'object' | 'after' = 'before';
  private depth = 0;
  private inString = false;
  private escaped = false;
  /** What belongs to the piece under way, from earlier chunks. */
  private held: Uint8Array[] = [];
  private heldBytes = 0;
  private elements = 0;
  /** Bytes of what is held up to the last comma. */
  private elementFrom = 0;
  /** Elements of the piece under way that are parsed already, and their bytes. */
  private parsed: unknown[] = [];
  private parsedBytes = 0;
  /** What follows them, while ends of elements are guessed; null once the text is scanned. */
  private unended: Buffer | null = Buffer.alloc(0);
  private pieces = 0;
  /** The array's last piece: held back until nothing but blanks followed. */
  private last: unknown[] = [];

  private readonly mostUnended: number;

  constructor(private readonly limits: SplitLimits) {
    this.mostUnended = Math.min(MOST_UNENDED, limits.elementBytes);
  }

  scan(chunk: Uint8Array, pieces: JsonPiece[]): void {
    const from = this.place === 'before' ? this.open(chunk) : 0;
    if (this.place === 'array') this.readArray(chunk.subarray(from), pieces);
    else if (this.place === 'object') this.hold(chunk.subarray(from), this.limits.valueBytes);
    else if (this.place === 'after') this.assertBlank(chunk, 0);
    this.position += chunk.length;
  }

  /** The object, or the array's last elements. */
  finish(pieces: JsonPiece[]): void {
    if (this.place === 'array') this.scanUnended(pieces);
    if (this.place === 'before') throw malformed('the answer is empty');
    if (this.place === 'array') throw malformed('the answer ends inside its array');
    pieces.push(this.place === 'object' ? { value: parse(this.take()) } : { elements: this.last });
  }

  /** Skips what stands before the text's first bracket. @returns where the scan goes on */
  private open(chunk: Uint8Array): number {
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (this.position + at < BOM.length && byte === BOM[this.position + at]) continue;
      if (isBlank(byte)) continue;
      if (byte === OPEN_OBJECT) {
        this.place = 'object';
        return at;
      }
      if (byte !== OPEN_ARRAY) throw malformed('the answer is neither a JSON array nor an object');
      this.place = 'array';
      this.depth = 1;
      return at + 1;
    }
    return chunk.length;
  }

  private readArray(chunk: Uint8Array, pieces: JsonPiece[]): void {
    if (this.unended === null) {
      this.scanArray(chunk, 0, pieces);
      return;
    }
    this.unended = Buffer.concat([this.unended, chunk]);
    const end = this.unended.lastIndexOf(LIKELY_END);
    const elements = end < 0 ? null : elementsOf(this.unended, end + 1);
    if (elements === null) {
      if (end >= 0 || this.unended.length > this.mostUnended) this.scanUnended(pieces);
      return;
    }
    this.unended = this.unended.subarray(end + 2);
    this.parsedBytes += end + 2;
    for (const element of elements) {
      this.parsed.push(element);
      if (this.parsed.length === this.limits.elements) pieces.push(this.takeParsed());
    }
    if (this.parsedBytes >= this.limits.bytes && this.parsed.length > 0) pieces.push(this.takeParsed());
  }

  private scanUnended(pieces: JsonPiece[]): void {
    const { unended } = this;
    if (unended === null) return;
    this.unended = null;
    this.elements = this.parsed.length;
    this.scanArray(unended, 0, pieces);
  }

  private scanArray(chunk: Uint8Array, from: number, pieces: JsonPiece[]): void {
    const { limits } = this;
    const { length } = chunk;
    let { depth, inString, escaped } = this;
    let start = from;
    // Two loops that look at one thing each: half again as fast as one that asks every byte where it is.
    for (let at = from; at < length; at++) {
      let byte = chunk[at]!;
      if (inString) {
        while (escaped || (byte !== QUOTE && byte !== BACKSLASH)) {
          escaped = false;
          if (++at === length) break;
          byte = chunk[at]!;
        }
        if (at === length) break;
        escaped = byte === BACKSLASH;
        inString = escaped;
        continue;
      }
      while (MARKS[byte] === 0) {
        if (++at === length) break;
        byte = chunk[at]!;
      }
      if (at === length) break;
      if (byte === QUOTE) {
        inString = true;
      } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        depth++;
      } else if (byte === COMMA) {
        if (depth > 1) continue;
        this.elements++;
        this.elementFrom = this.heldBytes + at - start;
        if (this.elements < limits.elements && this.parsedBytes + this.elementFrom < limits.bytes) continue;
        this.hold(chunk.subarray(start, at), Infinity);
        pieces.push({ elements: this.takeElements(false) });
        start = at + 1;
      } else {
        if (--depth > 0) continue;
        if (byte !== CLOSE_ARRAY) throw malformed('the answer is not valid JSON');
        this.hold(chunk.subarray(start, at), Infinity);
        this.last = this.takeElements(true);
        this.place = 'after';
        this.assertBlank(chunk, at + 1);
        return;
      }
    }
    this.hold(chunk.subarray(start), this.elementFrom + limits.elementBytes);
    this.depth = depth;
    this.inString = inString;
    this.escaped = escaped;
  }

  private hold(bytes: Uint8Array, limit: number): void {
    if (bytes.length === 0) return;
    this.held.push(bytes);
    this.heldBytes += bytes.length;
    if (this.heldBytes > limit) throw malformed('a record of the answer is too large');
  }

  private take(): string {
    const text = Buffer.concat(this.held, this.heldBytes).toString('utf8');
    this.held = [];
    this.heldBytes = 0;
    this.elements = 0;
    this.elementFrom = 0;
    return text;
  }

  /** A piece may be blank only when it is the whole array. */
  private takeElements(isLast: boolean): unknown[] {
    const held = parse(`[${this.take()}]`) as unknown[];
    if (held.length === 0 && !(isLast && this.pieces === 0 && this.parsedBytes === 0))
      throw malformed('the answer is not valid JSON');
    return this.takeParsed(held).elements;
  }

  private takeParsed(further: readonly unknown[] = []): { elements: unknown[] } {
    const elements = this.parsed.concat(further);
    this.parsed = [];
    this.parsedBytes = 0;
    this.pieces++;
    return { elements };
  }

  private assertBlank(chunk: Uint8Array, from: number): void {
    for (let at = from; at < chunk.length; at++)
      if (!isBlank(chunk[at]!)) throw malformed('the answer goes on after its JSON');
  }
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** The elements that the text has up to there; null when that is not a list of whole elements. */
function elementsOf(text: Buffer, end: number): unknown[] | null {
  try {
    return JSON.parse(`[${text.toString('utf8', 0, end)}]`) as unknown[];
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // The parser's own message quotes the text.
    throw malformed('the answer is not valid JSON');
  }
}

function malformed(what: string): ContractError {
  return new ContractError(what, 'malformed-response');
}
