import { PollConfig } from '../../config/config.js';
import { ConnectorLimits } from '../../connectors/connector.js';
import { ErrorKind } from '../../domain/errors.js';
import { Instant } from '../../domain/job.js';
import { JobState } from '../../domain/job-state.js';
import { Exchange } from '../../preview/exchange-log.js';

/** One record as one read showed it. */
export interface SeenJob {
  externalId: string;
  state: JobState;
  rawStatus: string | null;
  createdAt: Instant | null;
  startedAt: Instant | null;
  finishedAt: Instant | null;
  /** The platform's own times by its own names: plans and deadlines are none of them. */
  evidence: Readonly<Record<string, Instant>>;
  /** Equal for records that are equal, after redaction. */
  fingerprint: string;
}

export interface SeenPage {
  jobs: readonly SeenJob[];
  /** Records that the platform answered and that are no jobs here: rejects. */
  rejected: number;
  /** The list of a manifest; null where a connector has one collection. */
  list: string | null;
}

/** One read of the collection. */
export interface SeenRead {
  /**
   * `whole`: everything. `probe`: everything, in smaller pages and as a reader would who trusts that pages join. `changes`: what may have
   * changed since the read of changes before it.
   */
  kind: 'whole' | 'probe' | 'changes';
  /** Ours. */
  beganAt: Instant;
  pageSize: number;
  /** Every record that the platform answered is in `pages`: no overlap of pages was asked for, and none taken away. */
  naive: boolean;
  pages: readonly SeenPage[];
  /** Ended before its end, because it would have taken too many requests; or by a fault. */
  cut: boolean;
  fault: { kind: ErrorKind; message: string } | null;
  /** The walk says that nothing can have slipped away. */
  whole: boolean;
  /** The platform does not let the collection be read to its end. */
  truncated: boolean;
  total: number | null;
  requests: number;
  /** How long it took, milliseconds. */
  ms: number;
}

/** What a list request did that said `If-None-Match`. */
export type ConditionalAnswer = 'none-offered' | 'honoured' | 'ignored' | 'not-asked';

/** Everything that the doctor saw of one upstream. Checks read this and nothing else. */
export interface Watched {
  /** In the order in which they were made. */
  reads: readonly SeenRead[];
  exchanges: readonly Exchange[];
  conditional: ConditionalAnswer;
  poll: PollConfig;
  proof: ConnectorLimits['proof'];
  /** How long after a change reads may lack it, milliseconds. */
  settleMs: number;
  /** The platform has a page of each job, which polls read while it is open. */
  readsById: boolean;
  /** What the manifest takes for a job's last change; empty where the names of its times have to tell. */
  updatedNames: readonly string[];
  /** The largest page that the connector asks for. */
  maxPageSize: number;
}

/** Whole reads that came to their end, in their order. */
export function wholeReads({ reads }: Pick<Watched, 'reads'>, kind: SeenRead['kind'] = 'whole'): SeenRead[] {
  return reads.filter((read) => read.kind === kind && isComplete(read));
}

export function isComplete({ cut, fault, truncated }: SeenRead): boolean {
  return !cut && fault === null && !truncated;
}

/** A read's jobs by id, each as it was shown last. */
export function jobsOf(read: SeenRead): Map<string, SeenJob> {
  return new Map(read.pages.flatMap(({ jobs }) => jobs).map((job) => [job.externalId, job]));
}

export function pairs<T>(items: readonly T[]): [T, T][] {
  return items.slice(1).map((item, index) => [items[index]!, item]);
}

/** The name of a platform's own "updated" among a job's times; null where it has none. */
export function updatedField(
  { evidence }: Pick<SeenJob, 'evidence'>,
  { updatedNames }: Pick<Watched, 'updatedNames'>,
): string | null {
  const names = Object.keys(evidence);
  const named = names.find((name) => updatedNames.includes(name));
  return named ?? names.find((name) => /updat|modif|chang/i.test(name)) ?? null;
}
