import { hash } from 'node:crypto';
import { SourceConfig } from '../config/config.js';
import { Connector, NormalizeContext } from '../connectors/connector.js';
import { recordRulesOf } from '../connectors/record-rules.js';
import { boundedTasks } from '../connectors/shared/tasks.js';
import { RecordError } from '../domain/errors.js';
import { Instant, RecordShape } from '../domain/job.js';
import { jobId } from '../domain/job-id.js';
import { TaskFacts } from '../domain/task.js';
import { Candidate } from '../storage/job.writer.js';
import { Reject } from '../storage/reject.store.js';

/** A record after redaction, known by its id and its hash, not yet normalized. */
export interface Sighting {
  id: string;
  externalId: string;
  hash: Buffer;
  record: unknown;
  /** The redacted record as JSON text. */
  text: string;
}

/** Stands for a record that cannot be written down, as JSON text. */
const TOO_DEEP = '"[nested too deeply]"';

/** The most of a rejected record that is kept, characters. */
const MAX_REJECT_TEXT = 64 * 1024;

/**
 * Turns one source's raw records into what the store understands. Redaction comes first: id, hash, facts and rejects see only the
 * redacted record. The hash is over the record and the mapping, so that a changed mapping reaches quiet jobs.
 */
export class Observer {
  readonly mapping: string;
  private readonly redact: (record: unknown) => unknown;
  private readonly hash: (text: string) => Buffer;
  private readonly context: Omit<NormalizeContext, 'shape' | 'observedAt'>;
  /** Of the last record: the same for a whole page. */
  private last: NormalizeContext | null = null;

  /** @param options `explains`: facts tell how each field was decided */
  constructor(
    private readonly source: SourceConfig,
    private readonly connector: Connector,
    { explains }: { explains: boolean } = { explains: false },
  ) {
    const { redact, context, mapping, hash } = recordRulesOf(source, connector);
    this.redact = redact;
    this.hash = hash;
    this.context = { ...context, explains };
    this.mapping = mapping;
  }

  /** Redacts and names every record; one without a usable id becomes a reject. */
  identify(
    records: readonly unknown[],
    shape: RecordShape,
    readAt: Instant,
  ): { sightings: Sighting[]; rejects: Reject[] } {
    const sightings: Sighting[] = [];
    const rejects: Reject[] = [];
    for (const raw of records) {
      const item = this.identifyOne(raw, shape, readAt);
      if (isReject(item)) rejects.push(item);
      else sightings.push(item);
    }
    return { sightings, rejects };
  }

  identifyOne(raw: unknown, shape: RecordShape, readAt: Instant): Sighting | Reject {
    const redacted = this.redacted(raw);
    if (redacted === null) return reject(TOO_DEEP, null, new RecordError(['nested too deeply']), readAt);
    const { record, text } = redacted;
    const hash = this.hash(text);
    const externalId = attempt(() => this.connector.identify(record, shape));
    if (externalId instanceof RecordError) return reject(text, null, externalId, readAt);
    return { id: jobId(this.source.key, externalId), externalId, hash, record, text };
  }

  /** Normalizes one record; a record that cannot be read becomes a reject. */
  normalize(sighting: Sighting, shape: RecordShape, readAt: Instant): Candidate | Reject {
    const context = this.contextOf(shape, readAt);
    const facts = attempt(() => this.connector.normalize(sighting.record, context));
    if (facts instanceof RecordError) return reject(sighting.text, sighting.externalId, facts, readAt);
    const tasks = this.connector.tasks?.(sighting.record, context);
    return {
      id: sighting.id,
      shape,
      hash: sighting.hash,
      record: sighting.text,
      facts,
      tasks: tasks && boundedTasks(tasks),
      unread: this.connector.unread?.(sighting.record, facts, shape) ?? null,
      readAt,
    };
  }

  private contextOf(shape: RecordShape, observedAt: Instant): NormalizeContext {
    const { last } = this;
    if (last !== null && last.shape === shape && last.observedAt === observedAt) return last;
    this.last = { ...this.context, shape, observedAt };
    return this.last;
  }

  /** The tasks that their own route gave. What is redacted of a job's record is redacted of each of theirs. */
  fetchedTasks(records: readonly unknown[]): TaskFacts[] {
    const redacted = records.map((record) => this.redacted(record)?.record ?? null);
    return boundedTasks(this.connector.fetchedTasks?.(redacted, this.context) ?? []);
  }

  /** Null when the record is nested so deeply that it cannot be walked: one hostile record must not fail its page. */
  private redacted(raw: unknown): { record: unknown; text: string } | null {
    try {
      const record = this.redact(raw);
      return { record, text: JSON.stringify(record) ?? 'null' };
    } catch (error) {
      if (error instanceof RangeError) return null;
      throw error;
    }
  }
}

/** The digest leaves the mapping out: the same record is one reject, whatever the rules. */
function reject(text: string, externalId: string | null, error: RecordError, seenAt: Instant): Reject {
  const digest = hash('md5', text, 'buffer');
  return { digest, externalId, reasons: error.reasons, payload: text.slice(0, MAX_REJECT_TEXT), seenAt };
}

export function isReject(item: Candidate | Sighting | Reject): item is Reject {
  return 'reasons' in item;
}

/** A RecordError is an answer here; everything else is a fault of ours and goes on. */
function attempt<T>(work: () => T): T | RecordError {
  try {
    return work();
  } catch (error) {
    if (error instanceof RecordError) return error;
    throw error;
  }
}
