import { RecordError } from '../../domain/errors.js';
import {
  FieldRule,
  Instant,
  JobFacts,
  Json,
  RuledField,
  TimeField,
  TimeProvenance,
} from '../../domain/job.js';
import { ProgressScale, readProgress } from '../../domain/progress.js';
import { StatusMap } from '../../domain/status-map.js';
import { parseInstant, TimeFormat, UnreadableTimeError } from '../../domain/timestamps.js';
import { NormalizeContext } from '../connector.js';

type Fields = Record<string, unknown>;

/** What stands in a stored record in place of a redacted value. */
export const REDACTED = '[redacted]';

/** The rules of facts that nobody asked to be explained. */
export const UNTOLD: JobFacts['rules'] = Object.freeze({});

/**
 * Reads one upstream record field by field: remembers which path gave which canonical field where that is asked for, and collects
 * every fault so that a reject names all of them at once. Paths are dotted (`metadata.currentStep.singleStep`), relative to the record.
 */
export class RecordReader {
  private readonly faults: string[] = [];
  /** Whether rules are told: what only they need is not worked out otherwise. */
  readonly explains: boolean;
  readonly rules: JobFacts['rules'];
  readonly provenance: Partial<Record<TimeField, TimeProvenance>> = {};
  readonly evidence: Record<string, Instant> = {};

  /** @throws RecordError when the record is not an object */
  constructor(
    private readonly record: unknown,
    private readonly context: Pick<NormalizeContext, 'statusMap' | 'explains'>,
  ) {
    asObject(record);
    this.explains = context.explains === true;
    this.rules = this.explains ? {} : UNTOLD;
  }

  /** The value at a path; undefined when any step of it is absent, so that absent and null stay two things; null when redacted. */
  raw(path: string): unknown {
    const value = valueAt(this.record, path);
    return value === REDACTED ? null : value;
  }

  isRedacted(path: string): boolean {
    return valueAt(this.record, path) === REDACTED;
  }

  /** Text at a path: numbers and booleans become text, null stays null, absent stays undefined, empty text becomes null. */
  text(path: string): string | null | undefined {
    return asText(this.raw(path));
  }

  /** Text for a canonical field, with its rule. */
  field(name: RuledField, path: string, rule = 'as given'): string | null | undefined {
    this.rule(name, path, rule);
    return this.text(path);
  }

  /**
   * A job-level time of the upstream. It counts as evidence of which record is newer unless `plan` says that it is only planned.
   * @returns undefined when absent, null when the platform says null
   */
  time(path: string, format: TimeFormat, plan: 'fact' | 'plan' = 'fact'): Instant | null | undefined {
    const value = this.raw(path);
    if (value === undefined) return undefined;
    try {
      const instant = parseInstant(value, format);
      if (instant !== null && plan === 'fact') this.evidence[path] = instant;
      return instant;
    } catch (error) {
      if (!(error instanceof UnreadableTimeError)) throw error;
      this.faults.push(`${path}: ${error.message}`);
      return undefined;
    }
  }

  /** Says where a canonical time came from; a redacted path wins over every other provenance. */
  timeFrom(name: TimeField, path: string, rule: string, provenance?: TimeProvenance): void {
    this.rule(name, path, rule);
    if (this.isRedacted(path)) this.provenance[name] = 'redacted';
    else if (provenance !== undefined) this.provenance[name] = provenance;
  }

  progress(path: string, scale: ProgressScale): number | null | undefined {
    const value = this.raw(path);
    const { value: progress, note } = readProgress(value, scale);
    const rule = scale === 'percent' ? 'progress 0–100 → 0–1' : 'progress 0–1, as given';
    this.rule('progress', path, rule, note ?? undefined);
    return value === undefined ? undefined : progress;
  }

  /** The vendor's word and what the status map makes of it; a missing or unknown word gives `unknown`. */
  status(path: string): Pick<JobFacts, 'state' | 'statusMapped' | 'reason' | 'rawStatus'> {
    const rawStatus = this.text(path) ?? null;
    const { statusMap } = this.context;
    const rule = statusMap.lookup(rawStatus);
    const state = rule?.state ?? 'unknown';
    const reason = rule?.reason ?? null;
    if (this.explains) {
      this.rule('rawStatus', path, 'as given');
      this.rule('state', path, statusRule(statusMap, rawStatus, state));
      this.rule('reason', path, statusRule(statusMap, rawStatus, reason ?? 'none'));
    }
    return { state, statusMapped: rule !== null, reason, rawStatus };
  }

  /** Says where a canonical field comes from, and how; `note` what could not be taken as it was. */
  rule(name: RuledField, from: FieldRule['from'], rule: string, note?: string): void {
    if (!this.explains) return;
    this.rules[name] = { from, rule, ...(note === undefined ? {} : { note }) };
  }

  /** Says that the platform has nothing for these fields. */
  none(...names: RuledField[]): void {
    if (!this.explains) return;
    for (const name of names) this.rule(name, null, 'the platform gives none');
  }

  /** Says that the type stands in for the name. To be called behind the type's own rule. */
  nameIsType(why = 'the platform has no title'): void {
    if (!this.explains) return;
    this.rule('name', this.rules.type?.from ?? null, `the type: ${why}`);
  }

  /** @throws RecordError naming every fault that the reads above met */
  assertReadable(): void {
    if (this.faults.length > 0) throw new RecordError(this.faults);
  }
}

/** The most of a vendor's word that a rule repeats, characters. */
const MAX_WORD_LENGTH = 100;

/** What the status map makes of a word, in words; `meaning` is the state or the reason that it gives. */
export function statusRule(statusMap: StatusMap, word: string | null, meaning: string): string {
  if (word === null) return `no status → ${meaning}`;
  const origin = statusMap.lookup(word) === null ? 'no rule for' : `${statusMap.originOf(word)}:`;
  return `${origin} ${JSON.stringify(word.slice(0, MAX_WORD_LENGTH).toWellFormed())} → ${meaning}`;
}

/** @throws RecordError when the value is not a JSON object */
export function asObject(record: unknown): Fields {
  if (typeof record !== 'object' || record === null || Array.isArray(record)) {
    throw new RecordError([
      `not an object but ${record === null ? 'null' : Array.isArray(record) ? 'an array' : `a ${typeof record}`}`,
    ]);
  }
  return record as Fields;
}

/**
 * The record's id as text. Integers past 2^53 are refused: JSON parsing has already rounded them, and two jobs would become one.
 * @throws RecordError when there is no usable id
 */
export function identifyBy(path: string, record: unknown): string {
  asObject(record);
  const value = valueAt(record, path);
  const usable =
    (typeof value === 'string' && value.trim() !== '') ||
    (typeof value === 'number' && Number.isSafeInteger(value));
  if (!usable) throw new RecordError([`no usable id at ${path}`]);
  return cleanText(String(value));
}

/** The value at a dotted path: undefined when absent, {@link REDACTED} when it or anything above it is redacted. */
export function valueAt(record: unknown, path: string): unknown {
  // Most paths are one step, which needs no look at the others.
  if (!path.includes('.')) return stepInto(record, path);
  let value = record;
  for (const step of stepsOf(path)) value = stepInto(value, step);
  return value;
}

/** The paths of connectors and manifests: few, and read of every record. */
const paths = new Map<string, readonly string[]>();
const MOST_PATHS = 10_000;

function stepsOf(path: string): readonly string[] {
  const known = paths.get(path);
  if (known !== undefined) return known;
  const steps = path.split('.');
  if (paths.size >= MOST_PATHS) paths.clear();
  paths.set(path, steps);
  return steps;
}

function stepInto(value: unknown, step: string): unknown {
  if (typeof value !== 'object' || value === null) return value === REDACTED ? REDACTED : undefined;
  const found = (value as Fields)[step];
  if (found === undefined) return undefined;
  // Only functions and objects can be inherited: the prototypes of JSON's values have no other property.
  const isInheritable = typeof found === 'function' || (typeof found === 'object' && found !== null);
  return isInheritable && !Object.hasOwn(value, step) ? undefined : found;
}

/** Numbers and booleans as text; objects are no text and read as null; empty text is null; undefined stays undefined. */
export function asText(value: unknown): string | null | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string') return value === '' ? null : cleanText(value);
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
}

/** What PostgreSQL can store: no NUL, no lone surrogate. Both become U+FFFD. */
export function cleanText(text: string): string {
  // To look first costs a third of replacing nothing.
  if (text.isWellFormed() && !text.includes('\0')) return text;
  return text.toWellFormed().replaceAll('\0', '\uFFFD');
}

/** Any JSON value with {@link cleanText} applied throughout. */
export function cleanJson(value: unknown): Json {
  if (typeof value === 'string') return cleanText(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'boolean' || value === null || value === undefined) return value ?? null;
  if (Array.isArray(value)) return value.map(cleanJson);
  const cleaned: Record<string, Json> = {};
  for (const key of Object.keys(value)) {
    // To assign to this one would set the prototype.
    if (key === '__proto__') return cleanEntries(value as Fields);
    cleaned[cleanText(key)] = cleanJson((value as Fields)[key]);
  }
  return cleaned;
}

function cleanEntries(value: Fields): Json {
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [cleanText(key), cleanJson(item)]));
}
