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
  const entries = Object.entries(given).flatMap(([key, value]): [string, Json][] => {
    if (value !== undefined) return [[key, value]];
    return shape === 'list' ? [[key, null]] : [];
  });
  return boundedAttributes(Object.fromEntries(entries));
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

function jsonBytes(value: Json): number {
  return Buffer.byteLength(JSON.stringify(value), 'utf8');
}
