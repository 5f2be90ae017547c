import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { ContractError } from '../../domain/errors.js';
import { errorCode, transportFault } from './http-faults.js';

/** The most that a body may take when it is read into memory, bytes after decompression. Streams have no limit. */
export const MAX_BUFFERED_BYTES = 64 * 1024 * 1024;

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
    body: Readable,
    private readonly label: string,
    status: number,
    private readonly headers: Record<string, string>,
    private readonly signal: AbortSignal,
    private readonly maxBufferedBytes = MAX_BUFFERED_BYTES,
  ) {
    // 204 and 304 name the coding that a body would have had.
    this.source = status === 204 || status === 304 ? body : this.decoded(body);
  }

  async *stream(): AsyncGenerator<Uint8Array, void, void> {
    try {
      for await (const chunk of this.source) yield chunk as Uint8Array;
    } catch (error) {
      throw this.readFault(error);
    }
  }

  /** UTF-8 without its byte order mark. */
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

  private buffered(): Promise<Buffer> {
    this.whole ??= this.readWhole();
    return this.whole;
  }

  private async readWhole(): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of this.stream()) {
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
