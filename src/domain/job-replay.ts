import { compareEvidence, supersedes } from './evidence.js';
import { Instant, Job, JobFacts, RecordShape, TIME_FIELDS } from './job.js';
import { changeOf, Fold, FoldContext, mergeFacts } from './job-change.js';
import { isTerminal } from './job-state.js';

/** A stored record as the present rules read it. */
export interface Reread {
  shape: RecordShape;
  /** When the read that brought it began (database time). */
  readAt: Instant;
  facts: JobFacts;
}

/** What becomes of a stored job when its stored records are read again under other rules. */
export type Refold =
  /** The record that decided what is stored is not there any more, and those that are left are older. */
  | { kind: 'outlived' }
  /** `facts` are those of all records together, `decidedAt` is when the read began that brought the deciding one (database time). */
  | (Exclude<Fold, { kind: 'older' }> & { facts: JobFacts; decidedAt: Instant; decider: RecordShape });

/**
 * Folds the stored records of a job into it once more. Nothing was read of the platform, and so nothing is seen: what vanished stays so,
 * unless the new rules say that it had ended. Pure.
 *
 * @param records of different shapes, at least one
 * @param mapping names the rules by which they were read now
 */
export function refoldJob(
  stored: Job,
  records: readonly Reread[],
  mapping: string,
  context: FoldContext,
): Refold {
  const inOrder = [...records].sort((a, b) => a.readAt - b.readAt);
  const decider = inOrder.reduce((decided, next) =>
    supersedes(dated(next), dated(decided)) ? next : decided,
  );
  const facts = records
    .filter((record) => record !== decider)
    .reduce((known, other) => factsOfBoth(known, other.facts, stored), decider.facts);
  const readAt = inOrder.at(-1)!.readAt;
  // The very records by which the job stands are no older evidence, whatever times the present rules read in them.
  if (readAt < stored.readAt && !supersedes({ ...dated(decider), state: stored.state }, stored))
    return { kind: 'outlived' };
  const next = mergeFacts(stored, { facts, readAt: decider.readAt, mapping }, context);
  const job = isTerminal(next.state) ? { ...next, vanishedAt: null } : next;
  const { readAt: decidedAt, shape } = decider;
  return { ...changeOf(stored, job, decidedAt, context), facts, decidedAt, decider: shape };
}

function dated({ facts: { state, evidence }, readAt }: Reread) {
  return { state, evidence, readAt };
}

/** What one record says, and of the other only what the first one does not carry. */
function factsOfBoth(decider: JobFacts, other: JobFacts, stored: Job): JobFacts {
  const isSame = decider.state === other.state;
  // What an end leaves is not that of an earlier run's end. Without newer times no job goes on after its end.
  const isOneEnd = isTerminal(decider.state) && compareEvidence(decider.evidence, other.evidence) !== 'older';
  const takes = (field: 'error' | 'finishedAt'): boolean =>
    decider[field] === undefined && isSame && (isOneEnd || stored[field] !== null);
  const both: JobFacts = {
    ...decider,
    // A type without a name is the name.
    name: decider.type === undefined && decider.name === undefined ? other.name : decider.name,
    type: decider.type === undefined ? other.type : decider.type,
    progress: decider.progress === undefined ? other.progress : decider.progress,
    error: takes('error') ? other.error : decider.error,
    owner: decider.owner === undefined ? other.owner : decider.owner,
    parentExternalId:
      decider.parentExternalId === undefined ? other.parentExternalId : decider.parentExternalId,
    links: decider.links ?? other.links,
    attributes: { ...other.attributes, ...decider.attributes },
    evidence: { ...other.evidence, ...decider.evidence },
    provenance: { ...decider.provenance },
    rules: { ...decider.rules },
  };
  for (const field of TIME_FIELDS) {
    if (field === 'updatedAt' || decider[field] !== undefined) continue;
    if (field === 'finishedAt' && !takes(field)) continue;
    // A record without a plan keeps the last one seen, of which records that came between may have told.
    if (field === 'scheduledFor')
      both.scheduledFor = stored.scheduledFor === null ? other.scheduledFor : undefined;
    else both[field] = other[field];
    const how = other.provenance[field];
    if (how !== undefined) both.provenance[field] = how;
  }
  for (const [field, rule] of Object.entries(other.rules) as [keyof JobFacts['rules'], never][])
    if (saysNothing(decider, field)) both.rules[field] = rule;
  return both;
}

function saysNothing(facts: JobFacts, field: keyof JobFacts['rules']): boolean {
  return field !== 'updatedAt' && facts[field] === undefined;
}
