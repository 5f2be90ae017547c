import { ApiProperty } from '@nestjs/swagger';
import { IsOptional, ValidateBy, isISO8601 } from 'class-validator';
import { UnreadableTimeError, parseInstant } from '../../domain/timestamps.js';
import { Instant } from '../../domain/job.js';

/** The body of `POST /api/v1/sources/{key}/pause`. */
export class PauseSourceBody {
  @ApiProperty({
    type: String,
    format: 'date-time',
    required: false,
    nullable: true,
    description:
      'When the pause ends by itself: ISO 8601 with zone. Without it, when somebody resumes the source.',
  })
  @IsOptional()
  @ValidateBy({
    name: 'future',
    validator: {
      validate: (value) => (instantOf(value) ?? -Infinity) > Date.now(),
      defaultMessage: () => 'is not a time in the future: ISO 8601 with zone, such as 2030-01-15T10:00:00Z',
    },
  })
  until?: string | null;

  /** Null: until somebody resumes the source. */
  get end(): Instant | null {
    return instantOf(this.until);
  }
}

/** Null for what is no time. */
function instantOf(value: unknown): Instant | null {
  if (!isISO8601(value, { strict: true, strictSeparator: true })) return null;
  try {
    return parseInstant(value);
  } catch (error) {
    if (error instanceof UnreadableTimeError) return null;
    throw error;
  }
}
