import {
  FieldRule,
  Instant,
  JOB_ACTIONS,
  JobAction,
  JobError,
  JobFacts,
  JobLinks,
  Json,
  RecordShape,
  TimeField,
} from '../../domain/job.js';
import { isTerminal, JobState } from '../../domain/job-state.js';
import { StatusMap, StatusRule } from '../../domain/status-map.js';
import { NormalizeContext } from '../connector.js';
import { attributesOf, boundedAttributes, jsonAttribute, timeAttribute } from '../shared/attributes.js';
import { safeLink } from '../shared/links.js';
import { statusRule } from '../shared/record-reader.js';
import { Expression, OF_A_RECORD, Steps } from './expression.js';
import { IdRule } from './http.id.js';
import { ProgressRule, progressRule } from './http.progress.js';
import { ManifestReader, placeOf } from './http.reader.js';
import { ManifestTime } from './http.times.js';
import { ManifestInput, StateWord, TimeInput } from './manifest.schema.js';
import { PlaceholderValues } from './template.js';

/** The most of a platform's word that is kept, characters. */
const MAX_WORD = 500;

interface TimeRule {
  /** Null: when we saw it so. */
  from: Expression | null;
  format: ManifestTime;
  applies: (state: JobState) => boolean;
  inferred: boolean;
  key: string;
}

interface AttributeRule {
  from: Expression;
  isTime: boolean;
}

type Normalizing = Pick<NormalizeContext, 'shape' | 'statusMap' | 'baseUrl' | 'observedAt' | 'explains'> & {
  options: PlaceholderValues;
};

/** How a manifest's records become jobs. Compiled once, pure. */
export class Normalizer {
  readonly statusMap: StatusMap;
  readonly attributeKeys: readonly string[];
  readonly volatileAttributes: readonly string[];
  readonly id: IdRule;
  readonly times: ManifestTime;
  private readonly origin: string;
  private readonly detailId: IdRule;
  private readonly status: readonly Expression[];
  private readonly reason: { from: Expression; table: ReadonlyMap<string, string> } | null;
  private readonly timeRules: Readonly<Record<TimeField, readonly TimeRule[]>>;
  private readonly progress: readonly ProgressRule[];
  private readonly parent: IdRule | null;
  private readonly attributes: readonly (readonly [string, AttributeRule])[];
  private readonly type: Expression | null;
  private readonly name: Expression | null;
  private readonly owner: Expression | null;
  private readonly error: { message: Expression; code: Expression | null; details: Expression | null } | null;
  private readonly links: readonly (readonly [keyof JobLinks, Expression])[];
  private readonly absent: Readonly<Record<RecordShape, 'keep' | 'none'>>;

  constructor(private readonly manifest: ManifestInput) {
    const { record, one } = manifest;
    this.origin = `${manifest.name}/${manifest.version}`;
    this.statusMap = new StatusMap(
      this.origin,
      Object.fromEntries(Object.entries(record.states).map(([word, rule]) => [word, ruleOf(rule)])),
    );
    this.id = new IdRule(record.id);
    this.detailId = one?.id === undefined ? this.id : new IdRule(one.id);
    this.status = [record.status].flat().map((source) => new Expression(source));
    this.reason =
      record.reason === undefined
        ? null
        : { from: new Expression(record.reason.from), table: new Map(Object.entries(record.reason.table)) };
    const { createdAt, scheduledFor, startedAt, finishedAt, updatedAt, ...format } = record.times;
    this.times = new ManifestTime(format);
    const rules = { createdAt, scheduledFor, startedAt, finishedAt, updatedAt };
    this.timeRules = Object.fromEntries(
      Object.entries(rules).map(([field, given]) => [field, this.compileTimes(field as TimeField, given)]),
    ) as Record<TimeField, TimeRule[]>;
    this.progress = [record.progress ?? []].flat().map(progressRule);
    this.parent = record.parent === undefined ? null : new IdRule(record.parent);
    this.attributes = Object.entries(record.attributes).map(([key, given]) => [
      key,
      typeof given === 'string'
        ? { from: new Expression(given), isTime: false }
        : { from: new Expression(given.from), isTime: given.time },
    ]);
    this.attributeKeys = this.attributes.map(([key]) => key);
    this.volatileAttributes = Object.entries(record.attributes).flatMap(([key, given]) =>
      typeof given !== 'string' && given.volatile ? [key] : [],
    );
    this.type = expressionOf(record.type);
    this.name = expressionOf(record.name);
    this.owner = expressionOf(record.owner);
    this.error =
      record.error === undefined
        ? null
        : {
            message: new Expression(record.error.message),
            code: expressionOf(record.error.code),
            details: expressionOf(record.error.details),
          };
    this.links = (['self', 'html', 'log'] as const).flatMap((name) => {
      const source = record.links?.[name];
      return source === undefined ? [] : [[name, new Expression(source)] as const];
    });
    this.absent = { list: record.absent, detail: one?.absent ?? record.absent };
  }

  /** @throws RecordError when the record is not an object or has no usable id */
  identify(record: unknown, shape: RecordShape): string {
    return (shape === 'list' ? this.id : this.detailId).identify(record);
  }

  /** @throws RecordError when the record is not an object, has no usable id, or carries an unreadable time */
  normalize(record: unknown, context: Normalizing): JobFacts {
    const { shape } = context;
    const externalId = this.identify(record, shape);
    const reader = new ManifestReader(record, this.absent[shape], this.origin, context);
    const idRule = shape === 'list' ? this.id : this.detailId;
    reader.rule('externalId', 'record.id', () => onePath(idRule.paths), idRule.rule);
    const status = this.readStatus(reader, context.statusMap);
    const facts: JobFacts = {
      externalId,
      ...status,
      type: this.readType(reader),
      name: this.readText(reader, 'name', this.name),
      progress: this.readProgress(reader, record),
      ...this.readTimes(reader, status.state, context.observedAt),
      provenance: reader.provenance,
      evidence: reader.evidence,
      error: this.readError(reader, status.state),
      owner: this.readText(reader, 'owner', this.owner),
      parentExternalId: this.readParent(reader, record),
      attributes: this.readAttributes(reader, shape),
      links: this.readLinks(reader, context.baseUrl),
      actions: this.readActions(reader, status),
      rules: reader.rules,
    };
    if (this.name === null)
      reader.rule(
        'name',
        'record.type',
        () => placeOf(...(this.type ? [this.type] : [])),
        'the type: the manifest names no title',
      );
    reader.assertReadable();
    return facts;
  }

  private compileTimes(field: TimeField, given: TimeInput | TimeInput[] | undefined): TimeRule[] {
    return [given ?? []].flat().map((time, index) => {
      const key = `record.times.${field}${Array.isArray(given) ? `[${index}]` : ''}`;
      if (typeof time === 'string')
        return {
          from: new Expression(time),
          format: this.times,
          applies: inStates(defaultStates(field)),
          inferred: false,
          key,
        };
      const { from, when, inferred, observed: _, ...format } = time;
      return {
        from: expressionOf(from),
        format: this.times.with(format),
        applies: inStates(when ?? defaultStates(field)),
        inferred,
        key,
      };
    });
  }

  private readStatus(reader: ManifestReader, statusMap: StatusMap) {
    const words = this.status.map((expression) => reader.text(expression));
    const said = words.filter((word) => typeof word === 'string');
    const rawStatus = said.length === 0 ? null : said.join('/').slice(0, MAX_WORD).toWellFormed();
    const rule = statusMap.lookup(rawStatus);
    const state = rule?.state ?? ('unknown' as const);
    const reason = rule?.reason ?? this.readReason(reader);
    if (reader.explains) {
      const from = () => placeOf(...this.status);
      const key = 'record.status';
      reader.rule('rawStatus', key, from, this.status.length > 1 ? 'joined with /, as given' : 'as given');
      reader.rule('state', key, from, statusRule(statusMap, rawStatus, state));
      if (rule?.reason != null || this.reason === null)
        reader.rule('reason', key, from, statusRule(statusMap, rawStatus, rule?.reason ?? 'none'));
    }
    return { state, statusMapped: rule !== null, reason, rawStatus };
  }

  private readReason(reader: ManifestReader): string | null {
    if (this.reason === null) return null;
    const { from, table } = this.reason;
    const word = reader.text(from);
    const reason = typeof word === 'string' ? (table.get(word) ?? null) : null;
    reader.rule(
      'reason',
      'record.reason',
      () => placeOf(from),
      reason === null ? 'no reason of the table' : 'by the table',
    );
    return reason;
  }

  private readType(reader: ManifestReader): string | null | undefined {
    return this.readText(reader, 'type', this.type);
  }

  private readText(
    reader: ManifestReader,
    field: 'type' | 'name' | 'owner',
    expression: Expression | null,
  ): string | null | undefined {
    if (expression === null) {
      reader.none(field);
      return field === 'type' ? null : undefined;
    }
    reader.rule(field, `record.${field}`, () => placeOf(expression), 'as given');
    return reader.text(expression);
  }

  private readProgress(reader: ManifestReader, record: unknown): number | null | undefined {
    if (this.progress.length === 0) {
      reader.none('progress');
      return null;
    }
    // Of its own: what it costs never costs the job.
    const steps = new Steps(record, OF_A_RECORD);
    const readings = this.progress.map((rule) => ({ rule, ...rule.read(record, steps) }));
    const chosen =
      readings.find(({ value }) => value !== null) ??
      readings.find(({ note }) => note !== null) ??
      readings[0]!;
    const index = readings.indexOf(chosen);
    const key = readings.length > 1 ? `record.progress[${index}]` : 'record.progress';
    reader.rule('progress', key, () => placeOf(...chosen.rule.expressions), chosen.rule.rule, chosen.note);
    const says = readings.some(({ absent }) => !absent);
    return says || reader.saysNone ? chosen.value : undefined;
  }

  private readTimes(
    reader: ManifestReader,
    state: JobState,
    observedAt: Instant,
  ): Pick<JobFacts, 'createdAt' | 'scheduledFor' | 'startedAt' | 'finishedAt'> {
    const read = (field: Exclude<TimeField, 'updatedAt'>) => this.readTime(reader, field, state, observedAt);
    const times = {
      createdAt: read('createdAt'),
      scheduledFor: read('scheduledFor') ?? undefined,
      startedAt: read('startedAt'),
      finishedAt: read('finishedAt'),
    };
    for (const { from, format, applies } of this.timeRules.updatedAt)
      if (from !== null && applies(state)) reader.time(from, format, 'fact');
    reader.rule(
      'updatedAt',
      'record.times',
      () => placesOf(Object.values(this.timeRules).flat()),
      'the latest time of the job, planned ones left out',
    );
    return times;
  }

  private readTime(
    reader: ManifestReader,
    field: Exclude<TimeField, 'updatedAt'>,
    state: JobState,
    observedAt: Instant,
  ): Instant | null | undefined {
    const rules = this.timeRules[field];
    if (rules.length === 0) {
      reader.none(field);
      return field === 'finishedAt' && !isTerminal(state) ? null : undefined;
    }
    const applying = rules.filter(({ applies }) => applies(state));
    if (applying.length === 0) {
      const key = `record.times.${field}`;
      reader.rule(field, key, () => placesOf(rules), `no time of a job that is ${state}`);
      // A word that nobody knows does not say whether the job has begun.
      const isUnsaid = field === 'scheduledFor' || (field === 'startedAt' && state === 'unknown');
      return isUnsaid ? undefined : null;
    }
    let given: Instant | null | undefined;
    for (const { from, format, inferred, key } of applying) {
      if (from === null) {
        reader.rule(field, key, () => null, 'when we saw it so');
        reader.provenance[field] = 'observed';
        return observedAt;
      }
      const { instant, redacted } = reader.time(from, format, field === 'scheduledFor' ? 'plan' : 'fact');
      reader.rule(field, key, () => placeOf(from), inferred ? 'inferred from this time' : 'as given');
      if (redacted) {
        reader.provenance[field] = 'redacted';
        return null;
      }
      if (typeof instant === 'number') {
        if (inferred) reader.provenance[field] = 'inferred';
        return instant;
      }
      given = given === null ? null : instant;
    }
    return given;
  }

  private readError(reader: ManifestReader, state: JobState): JobError | null | undefined {
    if (this.error === null) {
      reader.none('error');
      return undefined;
    }
    const { when } = this.manifest.record.error!;
    const { message, code, details } = this.error;
    const key = 'record.error';
    if (when !== undefined && !inStates(when)(state)) {
      reader.rule('error', key, () => placeOf(message), `none of a job that is ${state}`);
      return null;
    }
    reader.rule('error', key, () => placeOf(message), 'as given; without a message there is none');
    const text = reader.text(message);
    if (text === undefined) return undefined;
    if (text === null || text.trim() === '') return null;
    return {
      message: text,
      code: code === null ? null : (reader.text(code) ?? null),
      details: details === null ? null : boundedJson(reader.read(details).value),
    };
  }

  private readParent(reader: ManifestReader, record: unknown): string | null | undefined {
    if (this.parent === null) {
      reader.none('parentExternalId');
      return undefined;
    }
    const { parent } = this;
    reader.rule('parentExternalId', 'record.parent', () => onePath(parent.paths), parent.rule);
    const named = parent.refer(record, reader.steps);
    return named === undefined && reader.saysNone ? null : named;
  }

  private readAttributes(reader: ManifestReader, shape: RecordShape): JobFacts['attributes'] {
    const places = () =>
      Object.fromEntries(this.attributes.map(([key, { from }]) => [key, onePath(from.paths)]));
    reader.rule('attributes', 'record.attributes', places, 'as given; times as ISO 8601');
    const values = this.attributes.map(([key, { from, isTime }]): [string, Json | undefined] => [
      key,
      isTime
        ? timeAttribute(reader.time(from, this.times, 'plan').instant)
        : jsonAttribute(reader.read(from).value),
    ]);
    return attributesOf(shape, Object.fromEntries(values));
  }

  private readLinks(reader: ManifestReader, baseUrl: string): JobLinks | undefined {
    if (this.links.length === 0) {
      reader.none('links');
      return undefined;
    }
    const places = () => Object.fromEntries(this.links.map(([name, from]) => [name, onePath(from.paths)]));
    reader.rule('links', 'record.links', places, "https on the source's host or a named one, without query");
    const values = this.links.map(([name, from]) => [name, reader.read(from).value] as const);
    if (values.every(([, value]) => value === undefined)) return undefined;
    const hosts = this.manifest.record.links?.hosts ?? [];
    return Object.fromEntries(
      values.flatMap(([name, value]) => {
        const link = safeLink(value, { baseUrl, hosts });
        return link === undefined ? [] : [[name, link]];
      }),
    );
  }

  private readActions(
    reader: ManifestReader,
    { state, rawStatus }: Pick<JobFacts, 'state' | 'rawStatus'>,
  ): JobAction[] {
    const { actions } = this.manifest;
    reader.rule(
      'actions',
      'actions',
      () => placeOf(...this.status),
      'by the states, and the words, that each is for',
    );
    return JOB_ACTIONS.filter((name) => {
      const action = actions[name];
      if (action === undefined || !inStates(action.when)(state)) return false;
      const word = rawStatus?.toLowerCase() ?? '';
      return action.words === undefined || action.words.some((allowed) => allowed.toLowerCase() === word);
    });
  }
}

function ruleOf(rule: JobState | StatusRule): StatusRule {
  return typeof rule === 'string' ? { state: rule, reason: null } : rule;
}

function defaultStates(field: TimeField): readonly StateWord[] | null {
  return field === 'finishedAt' ? ['terminal'] : null;
}

/** Null: in all of them. */
function inStates(words: readonly StateWord[] | null): (state: JobState) => boolean {
  if (words === null) return () => true;
  return (state) =>
    words.some((word) => word === state || (isTerminal(state) ? word === 'terminal' : word === 'active'));
}

function expressionOf(source: string | undefined): Expression | null {
  return source === undefined ? null : new Expression(source);
}

function placesOf(times: readonly TimeRule[]): FieldRule['from'] {
  return placeOf(...times.flatMap(({ from }) => (from === null ? [] : [from])));
}

function onePath(paths: readonly string[]): string | readonly string[] | null {
  return paths.length === 0 ? null : paths.length === 1 ? paths[0]! : [...new Set(paths)];
}

/** Details of an error as any attribute: whole or not at all. */
function boundedJson(value: unknown): Json {
  return boundedAttributes({ details: jsonAttribute(value) ?? null })['details'] ?? null;
}
