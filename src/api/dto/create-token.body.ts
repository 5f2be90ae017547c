import { ApiProperty } from '@nestjs/swagger';
import { IsOptional, ValidateBy, ValidationArguments } from 'class-validator';
import { closest } from 'fastest-levenshtein';
import { SCOPES, Scope } from '../../config/config.js';
import { Instant } from '../../domain/job.js';
import { isTokenName } from '../../storage/token.store.js';
import { IsFutureTime, instantOf } from './future-time.js';
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
  @IsFutureTime()
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
