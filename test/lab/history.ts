import { isTerminal, JobState } from '../../src/domain/job-state.js';
import { SimulatedPlatform } from '../../src/simulators/life.js';

/** What is known of one job beside its stored transitions. */
export interface JobBackground {
  platform: SimulatedPlatform;
  /** Every state that the platform showed, oldest first. */
  shown: readonly JobState[];
  /** A record of it was served whose status word has no rule. */
  mangled: boolean;
  /** It was deleted from its platform. */
  removed: boolean;
}

export interface Move {
  from_state: JobState | null;
  to_state: JobState;
}

export interface HistoryVerdict {
  /** Each transition that should not be there, in words. */
  stray: string[];
  /** How often it left its end for a word without a rule, as the contract wants it, and came back to the same end. */
  detours: number;
}

/**
 * Whether stored transitions are what the platform showed, in its order. `unknown` is what a mangled word gives. Where such a record
 * is newer evidence than what is stored (a list record with a later `modified_date` than the job's own page has), the contract lets it
 * win over an end too: then, and only then, a job may leave its end, for `unknown` and for nothing else, and the next that it shows
 * must be the same end again. A deleted job can show nothing any more, and may stay as it was read last.
 */
export function judgeHistory(
  { platform, shown, mangled, removed }: JobBackground,
  moves: readonly Move[],
): HistoryVerdict {
  const stray: string[] = [];
  let detours = 0;
  let place = 0;
  moves.forEach(({ from_state: from, to_state: to }, index) => {
    if (from !== null && isTerminal(from)) {
      const next = moves[index + 1];
      const comesBack = next === undefined ? removed : next.to_state === from;
      if (mangled && to === 'unknown' && comesBack) detours++;
      else stray.push(`left ${from} for ${to}`);
    }
    if (to === 'unknown') {
      if (!mangled) stray.push('was never shown with a word that has no rule');
      return;
    }
    // Reads that lag may show an open state once more: the platform's times do not tell which of the two is older.
    const found = shown.indexOf(to, platform === 'elastic-path' && !isTerminal(to) ? 0 : place);
    if (found < 0) stray.push(`was never ${to}, at least not after ${shown.slice(0, place + 1).join(', ')}`);
    else place = Math.max(place, found);
  });
  return { stray, detours };
}
