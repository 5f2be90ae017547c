import { ValidateBy, isISO8601 } from 'class-validator';
import { Instant } from '../../domain/job.js';
import { UnreadableTimeError, parseInstant } from '../../domain/timestamps.js';

/** A member of a body that is a time to come, ISO 8601 with zone. */
export const IsFutureTime = (): PropertyDecorator =>
  ValidateBy({
    name: 'future',
    validator: {
      validate: (value) => (instantOf(value) ?? -Infinity) > Date.now(),
      defaultMessage: () => 'is not a time in the future: ISO 8601 with zone, such as 2030-01-15T10:00:00Z',
    },
  });

/** Null for what is no time. */
export function instantOf(value: unknown): Instant | null {
  if (!isISO8601(value, { strict: true, strictSeparator: true })) return null;
  try {
    return parseInstant(value);
  } catch (error) {
    if (error instanceof UnreadableTimeError) return null;
    throw error;
  }
}
