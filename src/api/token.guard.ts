import { timingSafeEqual } from 'node:crypto';
import { CanActivate, ExecutionContext, Inject, Injectable, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { FastifyRequest } from 'fastify';
import { CONFIG, Config, Scope } from '../config/config.js';
import { TokenStore, tokenHash } from '../storage/token.store.js';
import { ANYBODY, Principal, setPrincipal } from './principal.js';
import { Problem } from './problem.js';

const ACCESS = 'rollcall:access';
const PUBLIC = 'public';

/** A route that needs no token. */
export const Public = () => SetMetadata(ACCESS, PUBLIC);

/** A route that needs a token with this scope. */
export const RequireScope = (scope: Scope) => SetMetadata(ACCESS, scope);

// RFC 6750, section 2.1: the scheme's name in any case, then one token
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i;

/** Decides for every route who asks and whether they may. A route that says neither who may use it nor that all may is refused. */
@Injectable()
export class TokenGuard implements CanActivate {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly tokens: TokenStore,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = this.reflector.getAllAndOverride<string | undefined>(ACCESS, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (access === PUBLIC) return true;
    if (access === undefined)
      throw new Error(`${context.getClass().name}.${context.getHandler().name} names no scope`);
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const principal = await this.authenticate(request.headers.authorization);
    if (!principal.scopes.has(access)) {
      throw new Problem('forbidden', `The token lacks the scope ${access}.`, {
        headers: { 'www-authenticate': `Bearer error="insufficient_scope", scope="${access}"` },
      });
    }
    setPrincipal(request, principal);
    return true;
  }

  private async authenticate(header: string | undefined): Promise<Principal> {
    if (this.config.server.auth === 'none') return ANYBODY;
    if (header === undefined)
      throw new Problem('unauthorized', 'Send a token as `Authorization: Bearer <token>`.', {
        headers: { 'www-authenticate': 'Bearer' },
      });
    const token = BEARER.exec(header)?.[1];
    const principal = token === undefined ? null : await this.find(tokenHash(token));
    if (principal) return principal;
    throw new Problem('unauthorized', 'The token is unknown, expired or revoked.', {
      headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
    });
  }

  private async find(hash: Buffer): Promise<Principal | null> {
    const declared = this.config.server.tokens.find((known) => timingSafeEqual(known.hash, hash));
    const found = declared ?? (await this.tokens.findByHash(hash));
    return found && { name: found.name, scopes: new Set(found.scopes), sources: found.sources };
  }
}
