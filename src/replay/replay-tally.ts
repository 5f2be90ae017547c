import { Json } from '../domain/job.js';
import { ChangeField } from '../domain/job-change.js';
import { FieldChange, Replayed } from './replay-job.js';

/** What a replay finds of one source. Every job is counted once. */
export interface ReplayCounts {
  jobs: number;
  /** Stored under the present rules already. */
  current: number;
  changed: number;
  /** Of other rules, which gave the same. */
  unchanged: number;
  /** The record that decided is not stored any more (`retention.payloads`). */
  notReplayable: number;
  /** The present rules cannot read the record. */
  refused: number;
}

/** Changes of one kind. */
export interface ChangeGroup {
  field: ChangeField;
  /** Undefined: of many values; `example` has one. */
  from: Json | undefined;
  to: Json | undefined;
  rule: string | null;
  jobs: number;
  /** A job that changes so. */
  example: { id: string; from: Json; to: Json };
}

/** Fields with few values: each pair of them is a group of its own. */
const WORDS: readonly ChangeField[] = ['state', 'reason', 'rawStatus', 'type', 'actions'];

/** Groups that are told apart; text from outside has no end. What comes later counts as its field's. */
const MAX_GROUPS = 1_000;

/** Counts what a replay finds, in bounded memory. */
export class ReplayTally {
  readonly counts: ReplayCounts = {
    ...{ jobs: 0, current: 0, changed: 0, unchanged: 0, notReplayable: 0, refused: 0 },
  };
  /** Why a record was refused, and of which job. */
  refusal: { id: string; reasons: readonly string[] } | null = null;
  private readonly byKind = new Map<string, ChangeGroup>();

  add(id: string, { outcome, changes, reasons }: Pick<Replayed, 'outcome' | 'changes' | 'reasons'>): void {
    this.counts.jobs++;
    this.counts[outcome === 'outlived' ? 'notReplayable' : outcome]++;
    if (outcome === 'refused') this.refusal ??= { id, reasons };
    for (const change of changes) this.count(id, change);
  }

  /** A job without a record of other rules. */
  addSettled(outcome: 'current' | 'notReplayable'): void {
    this.counts.jobs++;
    this.counts[outcome]++;
  }

  /** The most common first. */
  get groups(): ChangeGroup[] {
    return [...this.byKind.values()].sort((a, b) => b.jobs - a.jobs);
  }

  private count(id: string, { field, from, to, rule }: FieldChange): void {
    const key = WORDS.includes(field) ? JSON.stringify([field, rule, from, to]) : '';
    const isApart = key !== '' && (this.byKind.has(key) || this.byKind.size < MAX_GROUPS);
    const known = this.byKind.get(isApart ? key : field);
    if (known !== undefined) {
      known.jobs++;
      return;
    }
    const values = isApart ? { from, to, rule } : { from: undefined, to: undefined, rule };
    this.byKind.set(isApart ? key : field, { field, ...values, jobs: 1, example: { id, from, to } });
  }
}
