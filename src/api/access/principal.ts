import { ExecutionContext, createParamDecorator } from '@nestjs/common';
import { FastifyRequest } from 'fastify';
import { SCOPES } from '../../config/config.js';
import { Instant } from '../../domain/job.js';

/** Who asks, and what they may. */
export interface Principal {
  /** The token's name. */
  name: string;
  scopes: ReadonlySet<string>;
  /** The sources that exist for it; null: all of them. */
  sources: readonly string[] | null;
  /** When what it was given ends; null: it has no end. */
  until: Instant | null;
}

/** Everybody, where the configuration says `auth: none`. */
export const ANYBODY: Principal = {
  name: 'anybody',
  scopes: new Set(SCOPES),
  sources: null,
  until: null,
};

const principals = new WeakMap<FastifyRequest, Principal>();

export function setPrincipal(request: FastifyRequest, principal: Principal): void {
  principals.set(request, principal);
}

/** Null on a public route, and while nobody was authenticated. */
export function knownPrincipal(request: FastifyRequest): Principal | null {
  return principals.get(request) ?? null;
}

/** @throws Error on a public route: it has no principal */
export function principalOf(request: FastifyRequest): Principal {
  const principal = knownPrincipal(request);
  if (!principal) throw new Error('this route is public: nobody was authenticated');
  return principal;
}

/** The principal of the request, as a parameter of a handler. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext) =>
  principalOf(context.switchToHttp().getRequest<FastifyRequest>()),
);
