import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { ContractError, UnavailableError } from '../../domain/errors.js';
import { errorCode, transportFault } from './http-faults.js';
import { Patience } from './patience.js';

/** The most that a body may take when it is read into memory, bytes after decompression. Streams have no limit. */
export const MAX_BUFFERED_BYTES = 64 * 1024 * 1024;

/**
 * What a streamed body has to bring in every timeout, bytes after decompression. No list of jobs is sent so slowly, and half a gigabyte
 * takes as long as it takes.
 */
const STREAMED_BYTES_PER_TIMEOUT = 64 * 1024;

/** The content codings that requests accept. */
export const ACCEPT_ENCODING = 'gzip';

/**
 * The body of one response, decompressed. It can be read once: as a stream, or whole by {@link text} and {@link json}, which
 * remember what they read.
 */
export class HttpBody {
  private readonly source: Readable;
  private whole: Promise<Buffer> | null = null;

  /** @throws ContractError when the body is in a coding that the request did not accept */
  constructor(
    private readonly body: Readable,
    private readonly label: string,
    status: number,
    private readonly headers: Record<string, string>,
    private readonly signal: AbortSignal,
    /** Of the whole request, and what of it is left for the body when that is read whole; milliseconds. */
    private readonly timing: { timeoutMs: number; leftMs: number },
    private readonly maxBufferedBytes = MAX_BUFFERED_BYTES,
  ) {
    // 204 and 304 name the coding that a body would have had.
    this.source = status === 204 || status === 304 ? body : this.decoded(body);
  }

  /** @throws UnavailableError `timeout` when it stops, or only drips */
  stream(): AsyncGenerator<Uint8Array, void, void> {
    return this.pieces(STREAMED_BYTES_PER_TIMEOUT);
  }

  /** UTF-8 without its byte order mark. @throws UnavailableError `timeout` when its end is not there in time */
  async text(): Promise<string> {
    return new TextDecoder().decode(await this.buffered());
  }

  /** @throws ContractError `malformed-response` when the body is not JSON */
  async json(): Promise<unknown> {
    const text = await this.text();
    try {
      return JSON.parse(text) as unknown;
    } catch {
      // The parser's own message quotes the body.
      throw this.malformed(`answered ${this.kind(text)}, not JSON`);
    }
  }

  private async *pieces(bytesPerTimeout: number): AsyncGenerator<Uint8Array, void, void> {
    const { timeoutMs, leftMs } = this.timing;
    const patience = new Patience(timeoutMs, leftMs, bytesPerTimeout, () => {
      const late = `${this.label}: the answer was not here within ${timeoutMs} ms`;
      this.body.destroy(new UnavailableError(late, 'timeout'));
    });
    try {
      patience.wait();
      for await (const chunk of this.source) {
        const piece = chunk as Uint8Array;
        patience.received(piece.length);
        yield piece;
        patience.wait();
      }
    } catch (error) {
      throw this.readFault(error);
    } finally {
      patience.stop();
    }
  }

  private buffered(): Promise<Buffer> {
    this.whole ??= this.readWhole();
    return this.whole;
  }

  private async readWhole(): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of this.pieces(Infinity)) {
      size += chunk.length;
      if (size > this.maxBufferedBytes)
        throw this.malformed(`answered more than ${this.maxBufferedBytes} bytes`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks, size);
  }

  private decoded(body: Readable): Readable {
    const coding = (this.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
    if (coding === 'identity' || coding === '') return body;
    if (coding !== 'gzip' && coding !== 'x-gzip') {
      body.on('error', ignoreOnceRefused).destroy();
      throw this.malformed('answered in a content coding that was not asked for');
    }
    const gunzip = createGunzip();
    // A fault of either stream destroys both; whoever reads gunzip is told.
    return pipeline(body, gunzip, ignoreOnceRefused);
  }

  private readFault(error: unknown): Error {
    const broken = errorCode(error)?.startsWith('Z_') ?? false;
    if (broken && !this.signal.aborted) return this.malformed('answered a broken gzip body');
    return transportFault(this.label, error, this.signal).error;
  }

  private kind(text: string): string {
    if (text.trim() === '') return 'nothing';
    const html =
      (this.headers['content-type'] ?? '').toLowerCase().includes('html') ||
      /^\s*<(?:!doctype|html)/i.test(text);
    return html ? 'HTML' : 'text';
  }

  private malformed(what: string): ContractError {
    return new ContractError(`${this.label}: ${what}`, 'malformed-response');
  }
}

/** The stream's reader reports its fault; without a listener Node would end the process for a body that nobody reads. */
function ignoreOnceRefused(): void {}
