/** What an entry of the change feed tells of (contract, section 7). */
export const EVENT_TYPES = [
  'job.discovered',
  'job.transitioned',
  'job.changed',
  'job.vanished',
  'job.reappeared',
  'source.health',
  'alert.firing',
  'alert.resolved',
  'webhook.disabled',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];
