import { SimulatedPlatform } from '../life.js';
import { Random } from '../random.js';
import { Answer, Call, textOf } from './answer.js';

type Fields = Record<string, unknown>;

/** Where the records of a platform's lists say what (dotted paths). */
export interface RecordPaths {
  list: RegExp;
  id: string;
  status: string;
  created: string;
  /** The platform's own `updated`; with several, the one that its name promises most. */
  updated: string;
  /** Null where the platform shows none. */
  progress: string | null;
}

export const RECORD_PATHS: Record<SimulatedPlatform, RecordPaths> = {
  vectorcharts: {
    list: /^\/api\/v1\/jobs$/,
    id: 'id',
    status: 'job_state',
    created: 'created_at',
    updated: 'updated_at',
    progress: 'percent_complete',
  },
  'vectorcharts-oem': {
    list: /^\/api\/portal\/v1\/jobs$/,
    id: 'id',
    status: 'jobState',
    created: 'createdAt',
    updated: 'updatedAt',
    progress: 'percentComplete',
  },
  'elastic-path': {
    list: /^\/pcm\/jobs$/,
    id: 'id',
    status: 'attributes.status',
    created: 'attributes.created_at',
    updated: 'attributes.updated_at',
    progress: null,
  },
  workfloplus: {
    list: /^\/jobs\/v1\/?$/,
    id: 'jobId',
    status: 'metadata.status',
    created: 'metadata.created',
    updated: 'metadata.updated',
    progress: null,
  },
  'integrate-io': {
    list: /^\/[^/]+\/api\/jobs$/,
    id: 'id',
    status: 'status',
    created: 'created_at',
    updated: 'updated_at',
    progress: 'progress',
  },
  'veeva-vault': {
    list: /\/services\/jobs\/(?:monitors|histories)$/,
    id: 'job_id',
    status: 'status',
    created: 'created_date',
    updated: 'modified_date',
    progress: null,
  },
};

/** What can stand in a list in place of a record. The first group cannot become a job; the others are jobs, oddly written. */
export const UNREADABLE_SPOILS = ['missing id', 'null id', 'wrong type of a time', 'no object'] as const;
export const READABLE_SPOILS = [
  'duplicate row',
  'row in place of its neighbour',
  'unknown word',
  'missing status',
  'status of a wrong type',
  'number as text',
  'progress outside its range',
  'nulls everywhere',
  'stranger with an id of 10,000 characters',
] as const;
export type Spoil = (typeof UNREADABLE_SPOILS)[number] | (typeof READABLE_SPOILS)[number];

/** Those that leave the job without a status word that any rule knows. */
export const STATUS_SPOILS: readonly Spoil[] = [
  'unknown word',
  'missing status',
  'status of a wrong type',
  'nulls everywhere',
];

/** Whether the platform's records have what this spoils. */
export function canSpoil(spoil: Spoil, platform: SimulatedPlatform): boolean {
  if (spoil === 'progress outside its range') return RECORD_PATHS[platform].progress !== null;
  // Elastic Path's records have no number at all.
  return spoil !== 'number as text' || platform !== 'elastic-path';
}

/** The rows that stand in place of one row. `before` is the row above it. */
export function spoilRecord(
  spoil: Spoil,
  record: unknown,
  { paths, random, before }: { paths: RecordPaths; random: Random; before: unknown },
): unknown[] {
  const copy = structuredClone(record) as Fields;
  switch (spoil) {
    case 'missing id':
      return [without(copy, paths.id)];
    case 'null id':
      return [putAt(copy, paths.id, random.pick([null, '', {}, []]))];
    case 'wrong type of a time':
      return [
        putAt(
          copy,
          paths.created,
          random.pick<unknown>([true, {}, [], 'last Tuesday', '2025-02-30T10:00:00Z']),
        ),
      ];
    case 'no object':
      return [random.pick<unknown>([null, 7, 'job', [], true])];
    case 'duplicate row':
      return [record, record];
    case 'row in place of its neighbour':
      return [before];
    case 'unknown word':
      return [
        putAt(
          copy,
          paths.status,
          random.pick(['archived', '__proto__', 'ÉTAT', '\u0000', 'x'.repeat(3_000)]),
        ),
      ];
    case 'missing status':
      return [without(copy, paths.status)];
    case 'status of a wrong type':
      return [putAt(copy, paths.status, random.pick<unknown>([7, {}, [], true]))];
    case 'number as text':
      return [numbersAsText(copy) as Fields];
    case 'progress outside its range':
      return paths.progress === null
        ? [record]
        : [putAt(copy, paths.progress, random.pick<unknown>([-4, 250, 1e308, 'half']))];
    case 'nulls everywhere':
      return [nullsBut(copy, paths.id)];
    case 'stranger with an id of 10,000 characters':
      return [record, putAt(copy, paths.id, longId(valueAt(copy, paths.id)))];
  }
}

/** The same answer with other records. Answers that are no list of records, or no longer JSON, stay as they are. */
export function rewriteRecords(answer: Answer, change: (records: unknown[]) => unknown[]): Answer {
  if (answer.status !== 200 || answer.text !== undefined) return answer;
  const body = JSON.parse(textOf(answer)[0]) as unknown;
  const headers = answer.headers ?? {};
  if (Array.isArray(body)) return { status: 200, headers, json: change(body) };
  const fields = body as Fields;
  const name = ['jobs', 'data'].find((key) => Array.isArray(fields[key]));
  if (name === undefined) return answer;
  return { status: 200, headers, json: { ...fields, [name]: change(fields[name] as unknown[]) } };
}

export function isList(platform: SimulatedPlatform, call: Call): boolean {
  return call.method === 'GET' && RECORD_PATHS[platform].list.test(call.path);
}

export function valueAt(record: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, step) => (value as Fields | null | undefined)?.[step], record);
}

/** Begins like its model, so that a reader who cuts ids short takes one for the other. */
function longId(model: unknown): string {
  return String(model).padEnd(10_000, '7');
}

/** The record itself, with this value there. */
export function putAt(record: unknown, path: string, value: unknown): Fields {
  const steps = path.split('.');
  const last = steps.pop() ?? '';
  const holder = steps.reduce((fields, step) => fields[step] as Fields, record as Fields);
  holder[last] = value;
  return record as Fields;
}

function without(record: Fields, path: string): Fields {
  const steps = path.split('.');
  const last = steps.pop() ?? '';
  const holder = steps.reduce((fields, step) => fields[step] as Fields, record);
  delete holder[last];
  return record;
}

/** At any depth. */
function numbersAsText(value: unknown): unknown {
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return value.map(numbersAsText);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, numbersAsText(inner)]));
}

/** Empties every field but the id, and the objects on the way to it. */
function nullsBut(record: Fields, path: string): Fields {
  const [kept = ''] = path.split('.');
  return Object.fromEntries(
    Object.entries(record).map(([key, value]) => [key, key === kept ? value : emptied(value)]),
  );
}

function emptied(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  return Object.fromEntries(Object.keys(value).map((key) => [key, null]));
}
