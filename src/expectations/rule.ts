import { createHash } from 'node:crypto';
import { Expectation, ExpectationKind } from '../config/config.js';
import { WebhookFilter } from '../domain/webhook.js';
import { OpenSpan } from '../storage/expectation.facts.js';
import { JobFilter } from '../storage/job.filter.js';

/** Nest's injection token for the {@link Rule}s of this process. */
export const RULES = Symbol('RULES');

/** An expectation whose `match` was read. */
export type Rule = Expectation & { filter: JobFilter };

/** @param read the lists' own rules, which this folder need not know (app.module.ts) */
export function toRules(
  expectations: readonly Expectation[],
  read: (match: WebhookFilter) => JobFilter,
): Rule[] {
  return expectations.map((expectation) => ({ ...expectation, filter: read(expectation.match) }));
}

/** Equal for equal rules: how processes with different configurations tell each other apart. */
export function digestOf(rules: readonly Rule[]): string {
  return createHash('sha256').update(JSON.stringify(rules)).digest('hex').slice(0, 32);
}

/** What of an open job a kind measures; null: it speaks of no single job. */
export const SPAN_OF: Record<ExpectationKind, OpenSpan | null> = {
  duration: 'running',
  stuck: 'unmoved',
  start: 'waiting',
  cadence: null,
  queue: null,
  'success-rate': null,
  learned: 'running',
};

/** A type in few bytes: it has no length limit, what tells breaches apart has. */
export function typeKey(type: string | null): string {
  return type === null ? '' : createHash('sha256').update(type.toWellFormed()).digest('hex').slice(0, 32);
}

/** The one type that a rule speaks of; null: of several, or any. */
export function onlyType({ filter }: Pick<Rule, 'filter'>): string | null {
  return filter.type?.length === 1 ? filter.type[0]! : null;
}
