import { Expectation } from '../config/config.js';
import { durationText } from '../domain/duration.js';
import { formatInstant } from '../domain/timestamps.js';
import { Verdict } from './judgement.js';

/** What is wrong, for people. */
export function describeBreach(
  rule: Expectation,
  { since, value, limit }: Verdict,
  about: 'job' | 'group',
): string {
  const [took, may] = [durationText(value), durationText(limit)];
  switch (rule.kind) {
    case 'duration':
      return rule.beyondP95 === null
        ? `has run for ${took}, longer than ${may}`
        : `has run for ${took}, longer than ${may}: ${rule.beyondP95} times the p95 of its type`;
    case 'stuck':
      return `has not moved for ${took}, longer than ${may}`;
    case 'start':
      return `has waited ${took} for its start, longer than ${may}`;
    case 'cadence':
      return rule.cron === null
        ? `no run has started for ${took}, longer than ${durationText(rule.everyMs!)} and ${durationText(rule.toleranceMs)}`
        : `no run has started at ${formatInstant(Math.trunc(since))} (${rule.cron}, ${rule.timeZone}), nor within ${may}`;
    case 'queue':
      return rule.max !== null && limit === rule.max && value > limit
        ? `${value} jobs are queued, more than ${limit}`
        : `the queue has grown by ${value} in ${durationText(rule.growsForMs!)}`;
    case 'success-rate':
      return `${percent(value)} of the runs of ${durationText(rule.windowMs)} succeeded, fewer than ${percent(limit)}`;
    case 'learned':
      return about === 'job'
        ? `has run for ${took}, longer than its type usually takes (${may} at most)`
        : `no run has started for ${took}; it usually takes ${may} at most`;
  }
}

function percent(part: number): string {
  return `${Number((part * 100).toFixed(1))} %`;
}
