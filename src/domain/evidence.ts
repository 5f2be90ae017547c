import { Instant } from './job.js';
import { isTerminal, JobState } from './job-state.js';

/** What is known of the moment of a record: the upstream's own times, and when our read of it began (database time). */
export interface Dated {
  state: JobState;
  evidence: Readonly<Record<string, Instant>>;
  readAt: Instant;
}

export type EvidenceOrder = 'older' | 'newer' | 'equal' | 'incomparable';

/** Compares the upstream times that both records carry; `older` means that the incoming record is older than the stored one. */
export function compareEvidence(
  stored: Readonly<Record<string, Instant>>,
  incoming: Readonly<Record<string, Instant>>,
): EvidenceOrder {
  let earlier = false;
  let later = false;
  let common = false;
  for (const [field, instant] of Object.entries(incoming)) {
    const known = stored[field];
    if (known === undefined) continue;
    common = true;
    if (instant < known) earlier = true;
    if (instant > known) later = true;
  }
  if (!common || (earlier && later)) return 'incomparable';
  if (earlier) return 'older';
  return later ? 'newer' : 'equal';
}

/**
 * Which record wins (contract, section 6): upstream times decide; where they are equal or cannot be compared, terminal wins over
 * open, else the read that began later. So two lists that disagree resolve the same way in any order of arrival.
 */
export function supersedes(incoming: Dated, stored: Dated): boolean {
  const order = compareEvidence(stored.evidence, incoming.evidence);
  if (order === 'older') return false;
  if (order === 'newer') return true;
  const ended = isTerminal(incoming.state);
  if (ended !== isTerminal(stored.state)) return ended;
  return incoming.readAt >= stored.readAt;
}
