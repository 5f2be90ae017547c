import { ApiProperty } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { Instant } from '../../domain/job.js';
import { IsFutureTime, instantOf } from './future-time.js';

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
  @IsFutureTime()
  until?: string | null;

  /** Null: until somebody resumes the source. */
  get end(): Instant | null {
    return instantOf(this.until);
  }
}
