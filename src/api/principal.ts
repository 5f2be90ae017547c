import { ExecutionContext, createParamDecorator } from '@nestjs/common';
import { FastifyRequest } from 'fastify';
import { SCOPES } from '../config/config.js';

/** Who asks, and what they may. */
export interface Principal {
  /** The token's name. */
  name: string;
  scopes: ReadonlySet<string>;
  /** The sources that exist for it; null: all of them. */
  sources: readonly string[] | null;
}

/** Everybody, where the configuration says `auth: none`. */
export const ANYBODY: Principal = { name: 'anybody', scopes: new Set(SCOPES), sources: null };

const principals = new WeakMap<FastifyRequest, Principal>();

export function setPrincipal(request: FastifyRequest, principal: Principal): void {
  principals.set(request, principal);
}

/** @throws Error on a public route: it has no principal */
export function principalOf(request: FastifyRequest): Principal {
  const principal = principals.get(request);
  if (!principal) throw new Error('this route is public: nobody was authenticated');
  return principal;
}

/** The principal of the request, as a parameter of a handler. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext) =>
  principalOf(context.switchToHttp().getRequest<FastifyRequest>()),
);
