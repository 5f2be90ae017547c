import { isoFromPg } from './pg-time.js';

/** When the row was last known to be what the upstream says; quiet polls move it on the source, not on a million jobs. */
export const LAST_SEEN_AT = `greatest(j.seen_at,
  CASE WHEN NOT j.terminal AND j.absent_at IS NULL THEN s.open_round_at END,
  CASE WHEN j.absent_at IS NULL THEN s.swept_at END)`;

/** Parameter 1 of every statement over jobs is page one's *now*. */
export const NOW = '$1::timestamptz';

export const FRESHNESS = `CASE WHEN j.terminal THEN 'fresh' WHEN j.vanished_at IS NOT NULL THEN 'vanished'
  WHEN ${LAST_SEEN_AT} < ${NOW} - s.stale_after_ms * interval '1 millisecond' THEN 'stale' ELSE 'fresh' END`;

const RAN_FOR = `CASE WHEN j.terminal THEN j.finished_at ELSE ${NOW} END - j.started_at`;

/** Whole milliseconds as float8: four times as fast as `extract`, which gives a numeric, and as exact. */
export function epochMs(time: string): string {
  return `round(date_part('epoch', ${time}) * 1000)`;
}

/** Null without a start, and of a finished job without an end; never negative. */
export const DURATION_MS = `CASE WHEN ${RAN_FOR} < interval '0' THEN 0 ELSE ${epochMs(RAN_FOR)} END`;

/** A `word` is text of ours, such as an id, a key or a state: nothing in it needs escaping. */
export type FieldKind = 'word' | 'text' | 'number' | 'boolean' | 'instant' | 'json';

/** When a field moves with time or with a quiet poll, and so is no part of an ETag. */
const MOVES = ['never', 'whileOpen', 'always'] as const;

interface FieldRule {
  name: string;
  /** Over `j` (rollcall.job) and `s` (its rollcall.source). */
  sql: string;
  kind: FieldKind;
  moves: (typeof MOVES)[number];
}

/** One field of a job as the API shows it. */
export interface JobField extends FieldRule {
  /** In a {@link SelectedJob}. */
  place: number;
  /** What stands before its value in an object, behind another: `,"id":` */
  head: string;
}

const field = (
  name: string,
  sql: string,
  kind: FieldKind = 'text',
  moves: FieldRule['moves'] = 'never',
): FieldRule => ({ name, sql, kind, moves });

const RULES: readonly FieldRule[] = [
  field('id', 'j.id', 'word'),
  field('source', 'j.source_key', 'word'),
  field('platform', 'j.platform', 'word'),
  field('externalId', 'j.external_id'),
  field('type', 'j.type'),
  field('name', 'j.name'),
  field('state', 'j.state', 'word'),
  field('reason', 'j.reason'),
  field('rawStatus', 'j.raw_status'),
  field('terminal', 'j.terminal', 'boolean'),
  field('progress', 'j.progress', 'number'),
  field('createdAt', 'j.created_at', 'instant'),
  field('scheduledFor', 'j.scheduled_for', 'instant'),
  field('startedAt', 'j.started_at', 'instant'),
  field('finishedAt', 'j.finished_at', 'instant'),
  field('updatedAt', 'j.updated_at', 'instant'),
  field('durationMs', DURATION_MS, 'number', 'whileOpen'),
  field('provenance', 'j.provenance', 'json'),
  field('error', 'j.error', 'json'),
  field('owner', 'j.owner'),
  field('parentId', 'j.parent_id', 'word'),
  field('labels', 's.labels', 'json'),
  field('attributes', 'j.attributes', 'json'),
  field('links', 'j.links', 'json'),
  field('actions', 'to_json(j.actions)', 'json'),
  field('freshness', FRESHNESS, 'word'),
  field('firstSeenAt', 'j.first_seen_at', 'instant'),
  field('lastSeenAt', LAST_SEEN_AT, 'instant', 'always'),
  field('stateChangedAt', 'j.state_changed_at', 'instant'),
  field('changedAt', 'j.changed_at', 'instant'),
  field('version', 'j.version', 'number'),
];

/** What moves comes last, so that the rest is one piece of the text. */
const IN_LINE = MOVES.flatMap((moves) => RULES.filter((rule) => rule.moves === moves));

/** Contract, section 6, in its order. */
export const JOB_FIELDS: readonly JobField[] = RULES.map((rule) => ({
  ...rule,
  place: IN_LINE.indexOf(rule),
  head: `,"${rule.name}":`,
}));

const BY_NAME = new Map(JOB_FIELDS.map((one) => [one.name, one]));
const TERMINAL = BY_NAME.get('terminal')!;

/**
 * A job as the database gives it: one text, in which each field has its place. Rows with a column for each field cost the driver, which
 * makes a string of every one, more than three times as much (measured: 930 and 300 µs for a page of fifty), and the database 7 % less.
 */
export interface SelectedJob {
  line: string;
}

/** Between two fields. None holds it: JSON text escapes it, and words, times, numbers and `true` have no use for it. */
const SEPARATOR = '\x1f';

/** Text as JSON text, which costs most here (0.3 µs each), the rest as the database writes it; null is nothing. */
const inLine = ({ sql, kind }: FieldRule): string => {
  if (kind === 'text') return `to_json(${sql})`;
  return kind === 'boolean' ? `(${sql})::text` : sql;
};

/** What a statement selects for a {@link SelectedJob}. Fields that are not asked for are empty, and read as null. */
export function selectFields(fields: readonly JobField[]): string {
  const asked = new Set(fields.map(({ place }) => place));
  const members = IN_LINE.map((rule, place) => (asked.has(place) ? inLine(rule) : `''`));
  return `concat(${members.join(`, E'\\x1f', `)}) AS line`;
}

export const SELECT_JOB = selectFields(JOB_FIELDS);

/** The fields of a job that was read, taken apart once. */
export class JobMembers {
  private readonly texts: readonly string[];

  constructor(private readonly row: SelectedJob) {
    this.texts = row.line.split(SEPARATOR);
  }

  /** Text, words and instants as the database has them, numbers as numbers, the rest as JSON text. */
  value(name: string): string | number | null {
    const { place, kind } = BY_NAME.get(name)!;
    const text = this.texts[place]!;
    if (text === '') return null;
    if (kind === 'text') return JSON.parse(text) as string;
    return kind === 'number' ? Number(text) : text;
  }

  /** These fields as an object. Text grows fastest piece by piece: measured at three quarters of a template for each field. */
  write(fields: readonly JobField[]): string {
    let json = '';
    for (const { head, place, kind } of fields) {
      json += json === '' ? `{${head.slice(1)}` : head;
      const text = this.texts[place]!;
      if (text === '') json += 'null';
      else if (kind === 'word') json += '"' + text + '"';
      else if (kind === 'instant') json += '"' + isoFromPg(text) + '"';
      else if (kind === 'number') json += String(Number(text));
      else json += text;
    }
    return json + '}';
  }

  /** One field as JSON text. */
  json(field: JobField): string {
    return this.write([field]).slice(field.head.length, -1);
  }

  /** Whether the field moves with time or with a quiet poll. */
  isMoving({ moves }: JobField): boolean {
    return moves === 'always' || (moves === 'whileOpen' && !this.isTerminal);
  }

  /** All that does not move, of a job of which every field was read. */
  get stable(): string {
    const { line } = this.row;
    const last = line.lastIndexOf(SEPARATOR);
    return line.slice(0, this.isTerminal ? last : line.lastIndexOf(SEPARATOR, last - 1));
  }

  private get isTerminal(): boolean {
    return this.texts[TERMINAL.place] === 'true';
  }
}

/** JSON text, and a text that changes when it does, but not with what only moves with time: what an ETag is made of. */
export interface TaggedJson {
  json: string;
  stable: string;
}

/**
 * A job as JSON text, written without parsing what the database gave as JSON, and without a Date.
 *
 * @param fields in the order in which they are shown
 */
export function writeJob(row: SelectedJob, fields: readonly JobField[] = JOB_FIELDS): TaggedJson {
  const job = new JobMembers(row);
  const stable =
    fields === JOB_FIELDS
      ? job.stable
      : fields.map((one) => (job.isMoving(one) ? '' : `${one.name} ${job.json(one)}`)).join();
  return { json: job.write(fields), stable };
}
