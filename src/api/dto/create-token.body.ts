import { ApiProperty } from '@nestjs/swagger';
import { IsOptional, ValidateBy, ValidationArguments, isISO8601 } from 'class-validator';
import { closest } from 'fastest-levenshtein';
import { SCOPES, Scope } from '../../config/config.js';
import { Instant } from '../../domain/job.js';
import { UnreadableTimeError, parseInstant } from '../../domain/timestamps.js';
import { isTokenName } from '../../storage/token.store.js';
import { quote } from './parsers.js';

/** Far more than anybody names, and little enough to look through. */
const MAX_SOURCES = 1_000;

/** The body of `POST /api/v1/tokens`. */
export class CreateTokenBody {
  @ApiProperty({
    type: String,
    minLength: 1,
    maxLength: 100,
    description: 'What the token is for. The name of a revoked token is free again.',
  })
  @ValidateBy({
    name: 'tokenName',
    validator: {
      validate: isTokenName,
      defaultMessage: () => 'is not a name: 1 to 100 characters, none of them a control character',
    },
  })
  name!: string;

  @ApiProperty({
    required: false,
    isArray: true,
    enum: SCOPES,
    description:
      'Of those of the token that asks. Default: the read scopes (`…:read` of jobs, sources, events, metrics) that it has.',
  })
  @IsOptional()
  @ValidateBy({
    name: 'scopes',
    validator: {
      validate: (value) => scopesFault(value) === null,
      defaultMessage: (parameter) => scopesFault((parameter as ValidationArguments).value)!,
    },
  })
  scopes?: Scope[] | null;

  @ApiProperty({
    required: false,
    type: [String],
    nullable: true,
    description:
      'Keys of sources; what else there is does not exist for the token. Default: those of the token that asks.',
  })
  @IsOptional()
  @ValidateBy({
    name: 'sources',
    validator: {
      validate: isTextList,
      defaultMessage: () => `is not a list of 1 to ${MAX_SOURCES} keys of sources`,
    },
  })
  sources?: string[] | null;

  @ApiProperty({
    required: false,
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'ISO 8601 with zone. Default: it ends with the token that asks, or never.',
  })
  @IsOptional()
  @ValidateBy({
    name: 'future',
    validator: {
      validate: (value) => (instantOf(value) ?? -Infinity) > Date.now(),
      defaultMessage: () => 'is not a time in the future: ISO 8601 with zone, such as 2030-01-15T10:00:00Z',
    },
  })
  expiresAt?: string | null;

  /** Null: nothing was said. */
  get end(): Instant | null {
    return instantOf(this.expiresAt);
  }
}

function isTextList(value: unknown): value is string[] {
  return (
    Array.isArray(value) &&
    value.length >= 1 &&
    value.length <= MAX_SOURCES &&
    value.every((item) => typeof item === 'string')
  );
}

function scopesFault(value: unknown): string | null {
  if (!isTextList(value)) return 'is not a list of scopes, at least one';
  const unknown = value.find((word) => !(SCOPES as readonly string[]).includes(word));
  if (unknown === undefined) return null;
  return `${quote(unknown)} is no scope; did you mean ${closest(unknown.slice(0, 64), SCOPES)}?`;
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
