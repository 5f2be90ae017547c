import { JobState } from './job-state.js';

/** Milliseconds since 1970-01-01T00:00:00Z. Every instant is truncated to milliseconds before it is used. */
export type Instant = number;

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** The job's own times. Of these, `scheduledFor` is a plan; the others are facts. */
export const TIME_FIELDS = ['createdAt', 'scheduledFor', 'startedAt', 'finishedAt', 'updatedAt'] as const;
export type TimeField = (typeof TIME_FIELDS)[number];

/**
 * How a time that the platform does not plainly report came about: `inferred` from another field, `observed` by us,
 * `unknown` (null although its moment has passed), or `redacted` (its path is redacted).
 */
export type TimeProvenance = 'inferred' | 'observed' | 'unknown' | 'redacted';
export type Provenance = { [field: string]: TimeProvenance };

export interface JobError {
  message: string;
  code: string | null;
  details: Json;
}

export interface JobLinks {
  self?: string;
  html?: string;
  log?: string;
}

export const JOB_ACTIONS = ['cancel', 'start'] as const;
export type JobAction = (typeof JOB_ACTIONS)[number];

/** The shapes in which a platform shows the same job: as an item of a list, or on its own page. */
export const RECORD_SHAPES = ['list', 'detail'] as const;
export type RecordShape = (typeof RECORD_SHAPES)[number];

/** Places in an upstream record that one value was read from: a dotted path, or several; null where no part of the record was. */
export type RecordPath = string | readonly string[] | null;

/** How one canonical field was decided; `explain` shows it. */
export interface FieldRule {
  /** Of a field with parts (`attributes`, `links`), the place of each part by its name. */
  from: RecordPath | Readonly<Record<string, RecordPath>>;
  rule: string;
  /** Said where the platform's value could not be taken as it was. */
  note?: string;
}

/** What a record decides of its job, each with a {@link FieldRule}. */
export const RULED_FIELDS = [
  'externalId',
  'type',
  'name',
  'state',
  'reason',
  'rawStatus',
  'progress',
  'createdAt',
  'scheduledFor',
  'startedAt',
  'finishedAt',
  'updatedAt',
  'error',
  'owner',
  'parentExternalId',
  'attributes',
  'links',
  'actions',
] as const;
export type RuledField = (typeof RULED_FIELDS)[number];

/**
 * What one upstream record says of one job. `undefined` means that this shape of record does not carry the field, so the
 * stored value stays; `null` means that the platform says there is none.
 */
export interface JobFacts {
  externalId: string;
  state: JobState;
  /** False when the status has no rule: `state` is then `unknown` and the word is counted as unmapped. */
  statusMapped: boolean;
  reason: string | null;
  rawStatus: string | null;
  type: string | null | undefined;
  /** The title of this run; null or undefined falls back to the type. */
  name: string | null | undefined;
  /** 0 to 1. */
  progress: number | null | undefined;
  createdAt: Instant | null | undefined;
  /** Only a planned start; a record without a plan leaves it undefined so that the last plan is kept. */
  scheduledFor: Instant | undefined;
  startedAt: Instant | null | undefined;
  finishedAt: Instant | null | undefined;
  /** Only the times above that are `inferred`, `observed` or `redacted`; `unknown` is decided when facts are folded. */
  provenance: Partial<Record<TimeField, TimeProvenance>>;
  /**
   * The upstream's own job-level times by the vendor's field name, for deciding which of two records is newer and for
   * `updatedAt`. Never planned times, deadlines or our own observations.
   */
  evidence: Record<string, Instant>;
  error: JobError | null | undefined;
  owner: string | null | undefined;
  parentExternalId: string | null | undefined;
  /** Only the contract's keys of the platform; a key that is absent here leaves the stored value. */
  attributes: JsonObject;
  links: JobLinks | undefined;
  actions: JobAction[];
  /** How each field was decided; empty unless the reader asked to be told. */
  rules: Partial<Record<RuledField, FieldRule>>;
}

/** A job as it is stored: facts folded over time, with what Rollcall itself knows about it. */
export interface Job {
  id: string;
  source: string;
  platform: string;
  externalId: string;
  type: string | null;
  name: string | null;
  state: JobState;
  /** False when the platform's word has no rule. */
  statusMapped: boolean;
  reason: string | null;
  rawStatus: string | null;
  progress: number | null;
  createdAt: Instant | null;
  scheduledFor: Instant | null;
  startedAt: Instant | null;
  finishedAt: Instant | null;
  /** The latest upstream time known for the job; null when the platform gave none. */
  updatedAt: Instant | null;
  provenance: Provenance;
  error: JobError | null;
  owner: string | null;
  /** The parent's Rollcall id. */
  parentId: string | null;
  attributes: JsonObject;
  links: JobLinks;
  actions: JobAction[];
  /** When Rollcall first stored the job (database time). */
  firstSeenAt: Instant;
  /** `occurredAt` of the last transition. */
  stateChangedAt: Instant;
  /** When Rollcall recorded the last change (database time); never goes back. */
  changedAt: Instant;
  /** Counts changes from 1; equals the sequence of the job's last event. */
  version: number;
  /** Merged evidence of the records that won; see {@link JobFacts.evidence}. */
  evidence: Record<string, Instant>;
  /** When the read that gave the winning record began (database time). */
  readAt: Instant;
  /** Version of the mapping under which the winning record was read. */
  mapping: string;
  /** Since when the job counts as vanished; null while it does not. Unfinished jobs only. */
  vanishedAt: Instant | null;
}
