import { gunzipSync, gzipSync } from 'node:zlib';

/**
 * The jobs that a walk has met, as a bitmap over their numbers: a million jobs are 125 kB, so that a sweep can tell who is absent
 * without writing to a single row.
 */
export class SeenJobs {
  private bits: Uint8Array;
  private met = 0;

  constructor(bits = new Uint8Array(1024)) {
    this.bits = bits;
    for (const byte of bits) this.met += popcount(byte);
  }

  get size(): number {
    return this.met;
  }

  add(ordinal: number): void {
    const index = Math.floor(ordinal / 8);
    if (index >= this.bits.length) this.grow(index);
    const mask = 1 << (ordinal % 8);
    if ((this.bits[index]! & mask) !== 0) return;
    this.bits[index]! |= mask;
    this.met++;
  }

  has(ordinal: number): boolean {
    return ((this.bits[Math.floor(ordinal / 8)] ?? 0) & (1 << (ordinal % 8))) !== 0;
  }

  /** For a walk that goes on in a later poll. */
  serialize(): string {
    return gzipSync(this.bits).toString('base64');
  }

  static deserialize(text: string): SeenJobs {
    return new SeenJobs(new Uint8Array(gunzipSync(Buffer.from(text, 'base64'))));
  }

  private grow(index: number): void {
    const larger = new Uint8Array(Math.max(index + 1, this.bits.length * 2));
    larger.set(this.bits);
    this.bits = larger;
  }
}

function popcount(byte: number): number {
  let count = 0;
  for (let rest = byte; rest !== 0; rest &= rest - 1) count++;
  return count;
}
