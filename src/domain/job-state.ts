/** The one axis on which every job of every platform is placed. Contract, section 6. */
export const JOB_STATES = [
  'scheduled',
  'queued',
  'running',
  'paused',
  'stopping',
  'succeeded',
  'failed',
  'cancelled',
  'skipped',
  'missed',
  'unknown',
] as const;

export type JobState = (typeof JOB_STATES)[number];

export const TERMINAL_STATES = ['succeeded', 'failed', 'cancelled', 'skipped', 'missed'] as const;

/** `active` means not terminal, so `unknown` belongs to it: we do not know that such a job has ended. */
export const STATE_GROUPS: Record<'active' | 'terminal', readonly JobState[]> = {
  active: JOB_STATES.filter((state) => !isTerminal(state)),
  terminal: TERMINAL_STATES,
};

export function isTerminal(state: JobState): boolean {
  return (TERMINAL_STATES as readonly JobState[]).includes(state);
}
