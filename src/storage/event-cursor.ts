/**
 * A place in the change feed, as events, lists and streams show it: opaque to clients, and the same for every reader. It is not
 * signed, since any place is harmless: what a reader may see is decided anew with each read.
 */
const PREFIX = 'e1.';
const MAX_LENGTH = 64;

/** @param position of the last event before this place; 0 is before all events */
export function encodeEventCursor(position: number): string {
  return Buffer.from(PREFIX + position.toString(36)).toString('base64url');
}

/** The position, or null when the text is no event cursor. */
export function decodeEventCursor(cursor: string): number | null {
  if (cursor.length > MAX_LENGTH) return null;
  const text = Buffer.from(cursor, 'base64url').toString('latin1');
  if (!text.startsWith(PREFIX)) return null;
  const position = parseInt(text.slice(PREFIX.length), 36);
  return Number.isSafeInteger(position) && position >= 0 && encodeEventCursor(position) === cursor
    ? position
    : null;
}
