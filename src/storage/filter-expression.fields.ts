import { DURATION_MS, FRESHNESS, LAST_SEEN_AT } from './job.fields.js';

/**
 * What a field is compared with: `text`, `uuid`, `state` and `freshness` are words; `scalar` is an attribute, text in one job and a number
 * in another; a `duration` is in milliseconds.
 */
export type ComparedAs =
  'text' | 'uuid' | 'state' | 'freshness' | 'boolean' | 'number' | 'duration' | 'instant' | 'scalar';

export interface FilterField {
  comparedAs: ComparedAs;
  /** Over `j` (rollcall.job) and, where `joinsSource`, over `s` (its rollcall.source). Of a field with keys, `KEY` is the key. */
  sql: string;
  joinsSource?: true;
  /** `field.key`. */
  keyed?: true;
}

const instant = (column: string): FilterField => ({ comparedAs: 'instant', sql: `j.${column}` });
const text = (column: string): FilterField => ({ comparedAs: 'text', sql: `j.${column}` });

/** What an expression may speak of. Nothing else of a row is reached, whatever the expression says. */
export const FILTER_FIELDS: ReadonlyMap<string, FilterField> = new Map(
  Object.entries({
    id: { comparedAs: 'uuid', sql: 'j.id' },
    source: text('source_key'),
    platform: text('platform'),
    externalId: text('external_id'),
    type: text('type'),
    name: text('name'),
    state: { comparedAs: 'state', sql: 'j.state' },
    reason: text('reason'),
    rawStatus: text('raw_status'),
    terminal: { comparedAs: 'boolean', sql: 'j.terminal' },
    progress: { comparedAs: 'number', sql: 'j.progress' },
    createdAt: instant('created_at'),
    scheduledFor: instant('scheduled_for'),
    startedAt: instant('started_at'),
    finishedAt: instant('finished_at'),
    updatedAt: instant('updated_at'),
    durationMs: { comparedAs: 'duration', sql: `(${DURATION_MS})` },
    'error.message': { comparedAs: 'text', sql: `(j.error ->> 'message')` },
    'error.code': { comparedAs: 'text', sql: `(j.error ->> 'code')` },
    owner: text('owner'),
    parentId: { comparedAs: 'uuid', sql: 'j.parent_id' },
    labels: { comparedAs: 'text', sql: '(s.labels ->> KEY)', joinsSource: true, keyed: true },
    attributes: { comparedAs: 'scalar', sql: '(j.attributes -> KEY)', keyed: true },
    freshness: { comparedAs: 'freshness', sql: `(${FRESHNESS})`, joinsSource: true },
    firstSeenAt: instant('first_seen_at'),
    lastSeenAt: { comparedAs: 'instant', sql: `(${LAST_SEEN_AT})`, joinsSource: true },
    stateChangedAt: instant('state_changed_at'),
    changedAt: instant('changed_at'),
    version: { comparedAs: 'number', sql: 'j.version::float8' },
  } satisfies Record<string, FilterField>),
);

/** Other words for a field, as in `sort`. */
export const FIELD_ALIASES: ReadonlyMap<string, string> = new Map([['duration', 'durationMs']]);

/** As it is written in an expression, for messages. */
export const FIELD_WORDS = [...FILTER_FIELDS].map(([name, { keyed }]) => (keyed ? `${name}.…` : name));
