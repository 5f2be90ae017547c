import { Instant, Json, JsonObject, RecordShape } from '../../domain/job.js';
import { formatInstant } from '../../domain/timestamps.js';
import { cleanJson } from './record-reader.js';

/** The most that a job's attributes may take as JSON in UTF-8, bytes (contract, section 6). */
export const ATTRIBUTES_LIMIT_BYTES = 8_192;

/**
 * The attributes as they are where they fit into {@link ATTRIBUTES_LIMIT_BYTES}; else with the largest top-level values replaced
 * by null, one after another, until they do. A value is kept whole or not at all: a cut one would look like what the platform said.
 * Keys are never dropped, so that a platform's keys stay the contract's.
 */
export function boundedAttributes(attributes: JsonObject): JsonObject {
  if (leftOf(ATTRIBUTES_LIMIT_BYTES, attributes) >= 0) return attributes;
  let excess = jsonBytes(attributes) - ATTRIBUTES_LIMIT_BYTES;
  if (excess <= 0) return attributes;
  const largestFirst = Object.entries(attributes)
    .map(([key, value]) => ({ key, bytes: jsonBytes(value) }))
    .sort((a, b) => b.bytes - a.bytes || (a.key < b.key ? -1 : 1));
  const dropped = new Set<string>();
  for (const { key, bytes } of largestFirst) {
    if (excess <= 0) break;
    dropped.add(key);
    excess -= bytes - jsonBytes(null);
  }
  return Object.fromEntries(
    Object.entries(attributes).map(([key, value]) => [key, dropped.has(key) ? null : value]),
  );
}

/**
 * A record's attributes, bounded. What the record does not carry (undefined) is null on a list, so that every key of the platform
 * is there, and is left out on a detail read, which never nulls what the list gave.
 */
export function attributesOf(
  shape: RecordShape,
  given: Readonly<Record<string, Json | undefined>>,
): JsonObject {
  const attributes = { ...given };
  for (const key of Object.keys(attributes)) {
    if (attributes[key] !== undefined) continue;
    if (shape === 'list') attributes[key] = null;
    else delete attributes[key];
  }
  return boundedAttributes(attributes as JsonObject);
}

/** Any value of a record as an attribute; undefined stays undefined. */
export function jsonAttribute(value: unknown): Json | undefined {
  return value === undefined ? undefined : cleanJson(value);
}

/** A time as an attribute: ISO 8601 in UTC; null and undefined stay as they are. */
export function timeAttribute(instant: Instant | null | undefined): string | null | undefined {
  return typeof instant === 'number' ? formatInstant(instant) : instant;
}

/** How many items a list has; null when the value is no list, undefined when it is absent. */
export function countAttribute(list: unknown): number | null | undefined {
  if (list === undefined) return undefined;
  return Array.isArray(list) ? list.length : null;
}

/** What a value surely leaves of so many bytes of JSON in UTF-8, counted as if every character were escaped; below 0 when it may be too large. */
function leftOf(bytes: number, value: Json): number {
  if (typeof value === 'string') return bytes - 2 - MOST_BYTES_OF_A_CHARACTER * value.length;
  if (typeof value === 'number') return bytes - MOST_BYTES_OF_A_NUMBER;
  if (typeof value !== 'object' || value === null) return bytes - MOST_BYTES_OF_A_WORD;
  let left = bytes - 2;
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length && left >= 0; at++) left = leftOf(left - 1, value[at]!);
    return left;
  }
  for (const key of Object.keys(value)) {
    left = leftOf(left - 4 - MOST_BYTES_OF_A_CHARACTER * key.length, value[key]!);
    if (left < 0) return left;
  }
  return left;
}

/** `\u0000`. */
const MOST_BYTES_OF_A_CHARACTER = 6;
/** `-1.2345678901234567e-308`. */
const MOST_BYTES_OF_A_NUMBER = 24;
/** `false`. */
const MOST_BYTES_OF_A_WORD = 5;

function jsonBytes(value: Json): number {
  return Buffer.byteLength(JSON.stringify(value), 'utf8');
}
