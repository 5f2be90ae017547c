/**
 * What a job's record leaves to a request of its own: the job's own page (`detail`), or the route that lists its tasks (`tasks`). Read
 * once when the job has ended, and on refresh.
 */
export const FINAL_READS = ['detail', 'tasks'] as const;
export type FinalRead = (typeof FINAL_READS)[number];
