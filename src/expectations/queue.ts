import { Instant } from '../domain/job.js';
import { Judgement } from './judgement.js';

export interface QueueTerms {
  max: number | null;
  forMs: number;
  growsForMs: number | null;
  growsBy: number;
}

/** What is remembered of a queue between evaluations: a few numbers, however long it is watched. */
export interface QueueMemory {
  /** Since when it has been longer than it may; null or left out: it is not. */
  aboveSince?: Instant | null;
  /** The least length in each of the last parts of the time, oldest first. */
  parts?: { from: Instant; least: number }[];
}

/** So many parts of the time through which a queue grows are told apart: its least length in each must not fall. */
const PARTS = 12;

/** Takes one more look at a queue. */
export function lookAtQueue(
  terms: QueueTerms,
  memory: QueueMemory,
  length: number,
  at: Instant,
): { judgement: Judgement; memory: QueueMemory } {
  const { max, forMs, growsForMs, growsBy } = terms;
  const next: QueueMemory = {};
  let judgement: Judgement = 'kept';
  if (max !== null) {
    next.aboveSince = length > max ? Math.min(memory.aboveSince ?? at, at) : null;
    if (next.aboveSince !== null && at - next.aboveSince >= forMs)
      judgement = { since: next.aboveSince, value: length, limit: max };
  }
  if (growsForMs !== null) {
    const parts = addToParts(memory.parts ?? [], growsForMs / PARTS, length, at);
    next.parts = parts;
    const growth = grownBy(parts);
    if (judgement === 'kept' && growth !== null && growth >= growsBy)
      judgement = { since: parts[0]!.from, value: growth, limit: growsBy };
  }
  return { judgement, memory: next };
}

function addToParts(
  parts: Required<QueueMemory>['parts'],
  partMs: number,
  length: number,
  at: Instant,
): Required<QueueMemory>['parts'] {
  const from = Math.floor(at / partMs) * partMs;
  const last = parts.at(-1);
  if (last === undefined || from < last.from) return [{ from, least: length }];
  if (from === last.from) return [...parts.slice(0, -1), { from, least: Math.min(last.least, length) }];
  // a part in which nobody looked breaks the row: whether the queue fell meanwhile is not known
  if (from - last.from > 1.5 * partMs) return [{ from, least: length }];
  return [...parts, { from, least: length }].slice(-PARTS - 1);
}

/**
 * By how much the queue grew through all parts, the present one left out; null when it fell, or was not watched for so long. The greatest step
 * is not counted: many jobs that come at once are a burst, and no growth.
 */
function grownBy(parts: Required<QueueMemory>['parts']): number | null {
  if (parts.length <= PARTS) return null;
  const past = parts.slice(0, PARTS);
  const steps = past.slice(1).map(({ least }, place) => least - past[place]!.least);
  if (steps.some((step) => step < 0)) return null;
  return steps.reduce((sum, step) => sum + step, 0) - Math.max(...steps);
}
