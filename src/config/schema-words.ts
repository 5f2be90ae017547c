import { z } from 'zod';
import { parseDuration } from '../domain/duration.js';

/** Kinds of values that several parts of the configuration are made of. */

export const DURATION_HINT = 'expected a duration such as 30s, 10m, 1h, 7d or PT30S';

/** In milliseconds. */
export function duration(min: string, max: string) {
  return z.string({ error: DURATION_HINT }).transform((text, context) => {
    const ms = parseDuration(text);
    if (ms === null) context.addIssue(DURATION_HINT);
    else if (ms < parseDuration(min)! || ms > parseDuration(max)!)
      context.addIssue(`must be between ${min} and ${max}`);
    return ms ?? z.NEVER;
  });
}

/** Text that PostgreSQL, a header and a terminal can carry. */
export function text(max: number) {
  return z
    .string()
    .min(1)
    .max(max)
    .refine((value) => value.isWellFormed() && !/\p{Cc}/u.test(value), 'must not contain control characters');
}
