import { isDeepStrictEqual } from 'node:util';
import { REDACTED } from '../connectors/shared/record-reader.js';
import { FieldRule, Job, JobFacts, Json, RecordPath, RecordShape, RuledField } from '../domain/job.js';
import { rawAt, ReplayedRecord } from './replay.js';

/** Where a value comes from in the upstream records, and how. */
export interface FieldOrigin {
  path: FieldRule['from'];
  raw: Json;
  /** The record that it was read from; null for none, and where its parts come from both. */
  shape: RecordShape | null;
  /** Null when no stored record can tell. */
  rule: string | null;
  /** The place is redacted, so that nothing below it was ever known. */
  redacted: boolean;
  notes: string[];
}

/** What records decide, by the canonical field that shows it. */
export const RULED_BY = {
  externalId: 'externalId',
  type: 'type',
  name: 'name',
  state: 'state',
  reason: 'reason',
  rawStatus: 'rawStatus',
  progress: 'progress',
  createdAt: 'createdAt',
  scheduledFor: 'scheduledFor',
  startedAt: 'startedAt',
  finishedAt: 'finishedAt',
  updatedAt: 'updatedAt',
  error: 'error',
  owner: 'owner',
  parentId: 'parentExternalId',
  attributes: 'attributes',
  links: 'links',
  actions: 'actions',
} as const satisfies Partial<Record<keyof Job, RuledField>>;
export type RuledJobField = keyof typeof RULED_BY;

/** @param records the newest first */
export function originOf(field: RuledJobField, job: Job, records: readonly ReplayedRecord[]): FieldOrigin {
  if (field === 'attributes') return attributesOrigin(job, records);
  if (field === 'updatedAt') return updatedAtOrigin(job, records);
  const carriers = records.filter(({ facts }) => carries(field, facts));
  const decider =
    carriers.find((record) => isDeepStrictEqual(record.job[field], job[field])) ??
    // What is observed keeps its first instant, which a later record cannot repeat.
    carriers.find((record) => isObservedAs(field, record, job)) ??
    carriers[0];
  if (decider === undefined) return silentOrigin(field, job, records);
  const origin = originIn(decider, RULED_BY[field]);
  const repeats = isDeepStrictEqual(decider.job[field], job[field]) || isObservedAs(field, decider, job);
  if (!repeats) origin.notes.push(decider.sameRules ? KEPT : REREAD);
  return origin;
}

function originIn({ record, shape, facts }: ReplayedRecord, field: RuledField): FieldOrigin {
  const rule = facts.rules[field];
  const path = rule?.from ?? null;
  const raw = rawAt(record, path);
  return {
    path,
    raw,
    shape: path === null ? null : shape,
    rule: rule?.rule ?? null,
    redacted: raw === REDACTED,
    notes: rule?.note === undefined ? [] : [rule.note],
  };
}

/** Whether this shape of record says anything of the field. */
function carries(field: RuledJobField, facts: JobFacts): boolean {
  if (field === 'updatedAt') return true;
  if (field === 'name') return facts.name !== undefined || facts.type !== undefined;
  return facts[RULED_BY[field] as Exclude<RuledField, 'updatedAt'>] !== undefined;
}

function isObservedAs(field: RuledJobField, { facts }: ReplayedRecord, job: Job): boolean {
  if (field !== 'finishedAt') return false;
  return facts.provenance[field] === 'observed' && job.provenance[field] === 'observed';
}

const KEPT = 'the value is kept from an earlier record';
const REREAD = 'the record was read under other rules; the present ones would give another value';

/** No stored record carries the field: what is there was kept. */
function silentOrigin(field: RuledJobField, job: Job, records: readonly ReplayedRecord[]): FieldOrigin {
  const newest = records[0];
  const origin = newest === undefined ? NOTHING_STORED : originIn(newest, RULED_BY[field]);
  const value = job[field];
  const kept = newest !== undefined && value !== null && !isDeepStrictEqual(value, {});
  return { ...origin, notes: kept ? [...origin.notes, KEPT] : origin.notes };
}

export const NOTHING_STORED: Readonly<FieldOrigin> = {
  path: null,
  raw: null,
  shape: null,
  rule: null,
  redacted: false,
  notes: [],
};

/** The latest of the times that all records together gave: the place is the one that gave it. */
function updatedAtOrigin(job: Job, records: readonly ReplayedRecord[]): FieldOrigin {
  const newest = records[0];
  if (newest === undefined) return NOTHING_STORED;
  const origin = originIn(newest, 'updatedAt');
  if (job.updatedAt === null) return origin;
  for (const { facts, record, shape } of records) {
    const path = Object.keys(facts.evidence).findLast((name) => facts.evidence[name] === job.updatedAt);
    if (path !== undefined) return { ...origin, path, shape, raw: rawAt(record, path) };
  }
  return { ...origin, path: null, shape: null, raw: null, notes: [...origin.notes, KEPT] };
}

/** Part by part: a detail record may give some of them, and the list the others. */
function attributesOrigin(job: Job, records: readonly ReplayedRecord[]): FieldOrigin {
  const newest = records[0];
  if (newest === undefined) return NOTHING_STORED;
  const parts = Object.keys(job.attributes).map((key) => ({
    key,
    ...attributeOrigin(key, job.attributes[key] ?? null, records),
  }));
  const shapes = new Set(parts.flatMap(({ raw, shape }) => (raw === null ? [] : [shape])));
  const keysOf = (wanted: (part: (typeof parts)[number]) => boolean) =>
    parts
      .filter(wanted)
      .map(({ key }) => key)
      .join(', ');
  const fromDetail = shapes.size > 1 ? keysOf(({ raw, shape }) => raw !== null && shape === 'detail') : '';
  const kept = keysOf((part) => part.kept);
  const unfit = keysOf(({ unfit }) => unfit);
  return {
    path: Object.fromEntries(parts.map(({ key, path }) => [key, path])),
    raw: Object.fromEntries(parts.map(({ key, raw }) => [key, raw])),
    shape: shapes.size === 1 ? [...shapes][0]! : shapes.size === 0 ? newest.shape : null,
    rule: newest.facts.rules.attributes?.rule ?? null,
    redacted: false,
    notes: [
      ...(fromDetail === '' ? [] : [`from the detail record: ${fromDetail}`]),
      ...(kept === '' ? [] : [`kept from an earlier record: ${kept}`]),
      ...(unfit === '' ? [] : [`null because it is of another kind, or past 8 KiB: ${unfit}`]),
    ],
  };
}

interface AttributeOrigin {
  path: RecordPath;
  raw: Json;
  shape: RecordShape;
  kept: boolean;
  unfit: boolean;
}

function attributeOrigin(key: string, value: Json, records: readonly ReplayedRecord[]): AttributeOrigin {
  const carriers = records.filter(({ facts }) => facts.attributes[key] !== undefined);
  const same = carriers.find(({ facts }) => isDeepStrictEqual(facts.attributes[key], value));
  const decider = same ?? carriers[0] ?? records[0]!;
  const paths = decider.facts.rules.attributes?.from ?? null;
  const path = isParts(paths) ? (paths[key] ?? null) : null;
  const raw = rawAt(decider.record, path) as Json;
  const kept = same === undefined && value !== null;
  const unfit = same !== undefined && value === null && raw !== null && raw !== REDACTED && raw !== '';
  return { path, raw, shape: decider.shape, kept, unfit: unfit && !isEveryNull(raw) };
}

function isParts(from: FieldRule['from']): from is Readonly<Record<string, RecordPath>> {
  return typeof from === 'object' && from !== null && !Array.isArray(from);
}

function isEveryNull(raw: Json): boolean {
  return Array.isArray(raw) && raw.every((one) => one === null);
}
