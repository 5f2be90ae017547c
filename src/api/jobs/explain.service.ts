import { Injectable } from '@nestjs/common';
import { RECORD_SHAPES } from '../../domain/job.js';
import { formatInstant } from '../../domain/timestamps.js';
import { explainJob, FieldExplanation } from '../../explain/explain-job.js';
import { RulesBySource } from '../../explain/source-rules.js';
import { ExplanationQuery, PollReference } from '../../storage/explanation.query.js';
import { JOB_FIELDS, TaggedJson } from '../../storage/job.fields.js';
import { JobsService } from './jobs.service.js';
import { Principal } from '../access/principal.js';
import { Problem } from '../http/problem.js';

/** Answers why a job is what it is: from what is stored, without asking its platform. */
@Injectable()
export class ExplainService {
  constructor(
    private readonly jobs: JobsService,
    private readonly explanations: ExplanationQuery,
    private readonly rules: RulesBySource,
  ) {}

  /** @throws Problem `not-found` when the job is not there for the caller */
  async explain(id: string, caller: Principal): Promise<TaggedJson> {
    const { now } = await this.jobs.find(id, caller);
    const stored = await this.explanations.byId(id, now);
    if (stored === null) throw new Problem('not-found', `There is no job ${id}.`);
    const { row, job } = stored;
    const explanation = explainJob(stored, this.rules.get(job.source));
    const head = JSON.stringify({
      id,
      source: job.source,
      platform: job.platform,
      externalId: job.externalId,
      notes: explanation.notes,
      records: Object.fromEntries(
        RECORD_SHAPES.map((shape) => {
          const record = explanation.records.find((one) => one.shape === shape);
          return [
            shape,
            record === undefined
              ? null
              : {
                  readAt: formatInstant(record.readAt),
                  poll: pollJson(record.poll),
                  sameRules: record.sameRules,
                },
          ];
        }),
      ),
    });
    let json = '';
    let stable = head;
    for (const shown of JOB_FIELDS) {
      const { name } = shown;
      const field = explanation.fields.get(name);
      if (field === undefined) throw new Error(`the field ${name} has no explanation`);
      const value = row.json(shown);
      const rest = JSON.stringify(fieldJson(field)).slice(1);
      json += `,"${name}":{"value":${value},${rest}`;
      stable += `,"${name}":${row.isMoving(shown) ? '' : value}${rest}`;
    }
    return { json: `${head.slice(0, -1)},"fields":{${json.slice(1)}}}`, stable };
  }
}

function fieldJson({ raw, path, shape, rule, provenance, poll, note }: FieldExplanation): object {
  return { raw, path, shape, rule, provenance, poll: pollJson(poll), note };
}

function pollJson(poll: PollReference | null): object | null {
  return poll && { id: poll.id, kind: poll.kind, beganAt: formatInstant(poll.beganAt) };
}
