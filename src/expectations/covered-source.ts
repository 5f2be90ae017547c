import { Instant } from '../domain/job.js';
import { ExpectationState } from '../storage/expectation.store.js';

/** A source that a rule covers. */
export interface CoveredSource {
  key: string;
  /** By our clock; null: nothing was ever proven. */
  completeThrough: Instant | null;
  /** Why it cannot be told what is missing there; null: it can. */
  blind: string | null;
  state: ExpectationState;
}
