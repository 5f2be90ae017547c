import { ExecutionContext, SetMetadata, applyDecorators } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiExtension, ApiResponse } from '@nestjs/swagger';
import { Scope } from '../../config/config.js';

/** Where a route's scope is kept, or that it is public. */
export const ACCESS = 'rollcall:access';
export const PUBLIC = 'public';

/** A route that needs no token. */
export const Public = () => SetMetadata(ACCESS, PUBLIC);

/** A route that needs a token with this scope. The document shows it as `x-required-scope`. */
export const RequireScope = (scope: Scope) =>
  applyDecorators(
    SetMetadata(ACCESS, scope),
    ApiExtension('x-required-scope', scope),
    ApiResponse({
      status: 429,
      description:
        'Too many requests of this token or address, or too soon for the platform; Retry-After says when',
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    }),
  );

/**
 * The scope that a route needs; null when it needs no token.
 *
 * @throws Error when the route says neither who may use it nor that all may: it is refused
 */
export function requiredScope(reflector: Reflector, context: ExecutionContext): string | null {
  const access = reflector.getAllAndOverride<string | undefined>(ACCESS, [
    context.getHandler(),
    context.getClass(),
  ]);
  if (access === undefined)
    throw new Error(`${context.getClass().name}.${context.getHandler().name} names no scope`);
  return access === PUBLIC ? null : access;
}
