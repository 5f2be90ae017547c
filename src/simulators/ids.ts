import { mix } from './random.js';

// Odd, so that multiplication modulo 2^32 can be undone.
const SPREAD = 0x9e3779b1;
const UNSPREAD = inverse(SPREAD);

/**
 * A world of a million jobs keeps no table of its ids: an id carries its job's index, scrambled, and the rest of it
 * proves that the id belongs to this world.
 */
export function scramble(index: number, key: number): number {
  const spread = Math.imul(index ^ key, SPREAD);
  return (spread ^ (spread >>> 16)) >>> 0;
}

export function unscramble(scrambled: number, key: number): number {
  const spread = scrambled ^ (scrambled >>> 16);
  return (Math.imul(spread, UNSPREAD) ^ key) >>> 0;
}

export function uuidOf(index: number, key: number): string {
  const [b, c, d] = [hex(mix(key, index, 1)), hex(mix(key, index, 2)), hex(mix(key, index, 3))] as const;
  return `${hex(scramble(index, key))}-${b.slice(0, 4)}-4${b.slice(4, 7)}-a${c.slice(0, 3)}-${c.slice(3, 7)}${d}`;
}

/** The index that an id of {@link uuidOf} (or any text that begins like one) carries; null when it cannot be one. */
export function indexIn(id: string, key: number): number | null {
  return /^[0-9a-f]{8}/.test(id) ? unscramble(Number.parseInt(id.slice(0, 8), 16), key) : null;
}

// Ids are most of what a life costs to write: a table makes that a quarter of what `toString(16)` does.
const HEX_OF_BYTE = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

export function hex(number: number): string {
  const byte = (shift: number): string => HEX_OF_BYTE[(number >>> shift) & 0xff] ?? '';
  return byte(24) + byte(16) + byte(8) + byte(0);
}

/** Newton's iteration modulo 2^32: each round doubles the number of right bits. */
function inverse(odd: number): number {
  let result = odd;
  for (let round = 0; round < 5; round += 1) result = Math.imul(result, 2 - Math.imul(odd, result));
  return result;
}
