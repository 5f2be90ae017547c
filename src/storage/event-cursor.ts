import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { SettingStore } from './setting.store.js';

/** A cursor's 16 bytes as base64url. */
const LENGTH = 22;
const SHAPE = /^[A-Za-z0-9_-]{22}$/;
/** Stands before the position. Eight bytes: what was not made here begins with them once in 2^64 tries. */
const MARK = Buffer.from('event/1\0', 'latin1');

/** Whether a text could be an event cursor, as far as its form tells. */
export function isEventCursorShaped(text: string): boolean {
  return text.length === LENGTH && SHAPE.test(text);
}

/**
 * Writes and reads places in the change feed, as events, lists and streams show them: the same text for the same place, whoever reads,
 * and nobody can tell from it how many events others have, or make one up. One block of AES does both.
 */
export class EventCursorCodec {
  constructor(private readonly key: Buffer) {}

  /** @param position of the last event before this place; 0 is before all events */
  encode(position: number): string {
    const block = Buffer.alloc(16);
    MARK.copy(block);
    block.writeBigUInt64BE(BigInt(position), MARK.length);
    const cipher = createCipheriv('aes-256-ecb', this.key, null).setAutoPadding(false);
    return Buffer.concat([cipher.update(block), cipher.final()]).toString('base64url');
  }

  /** The position, or null when the text was not made here. */
  decode(cursor: string): number | null {
    if (!isEventCursorShaped(cursor)) return null;
    const bytes = Buffer.from(cursor, 'base64url');
    // the last character has four bits that say nothing
    if (bytes.toString('base64url') !== cursor) return null;
    const decipher = createDecipheriv('aes-256-ecb', this.key, null).setAutoPadding(false);
    const block = Buffer.concat([decipher.update(bytes), decipher.final()]);
    if (!block.subarray(0, MARK.length).equals(MARK)) return null;
    const position = Number(block.readBigUInt64BE(MARK.length));
    return Number.isSafeInteger(position) ? position : null;
  }
}

/** The codec of this installation: its key outlives restarts and serves every process. */
export class EventCursors {
  private made: Promise<EventCursorCodec> | null = null;

  constructor(private readonly settings: SettingStore) {}

  codec(): Promise<EventCursorCodec> {
    this.made ??= this.settings
      .getOrCreate('cursorKey', randomBytes(32).toString('base64'))
      .then((key) => {
        // the cursors of lists are signed with the same secret: a key of its own for each use
        const own = createHmac('sha256', Buffer.from(key as string, 'base64'))
          .update('event cursor')
          .digest();
        return new EventCursorCodec(own);
      })
      .catch((error: unknown) => {
        this.made = null;
        throw error;
      });
    return this.made;
  }
}
