import { timingSafeEqual } from 'node:crypto';
import { CanActivate, ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { FastifyReply, FastifyRequest } from 'fastify';
import { CONFIG, Config } from '../../config/config.js';
import { fromPg } from '../../storage/pg-time.js';
import { TokenStore, tokenHash } from '../../storage/token.store.js';
import { requiredScope } from './access.js';
import { AuditLog } from './audit.log.js';
import { OidcVerifier } from './oidc.verifier.js';
import { ANYBODY, Principal, setPrincipal } from './principal.js';
import { Problem } from '../http/problem.js';
import { GuessThrottle } from './throttle.guesses.js';

export { Public, RequireScope } from './access.js';

// RFC 6750, section 2.1: the scheme's name in any case, then one token; of every character that a declared one may have
const BEARER = /^Bearer +([\x21-\x7e]+)$/i;

/** The token of a request; null where there is none, or nothing that could be one. */
export function bearerToken({ headers: { authorization } }: FastifyRequest): string | null {
  return BEARER.exec(authorization ?? '')?.[1] ?? null;
}

/** Finds out for every route who asks. What they may is for the next guards. */
@Injectable()
export class TokenGuard implements CanActivate {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly tokens: TokenStore,
    private readonly oidc: OidcVerifier,
    private readonly guesses: GuessThrottle,
    private readonly audit: AuditLog,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (requiredScope(this.reflector, context) === null) return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    setPrincipal(request, await this.authenticate(request, reply));
    return true;
  }

  /** @throws Problem `unauthorized`, `too-many-requests` or `identity-unavailable` */
  private async authenticate(request: FastifyRequest, reply: FastifyReply): Promise<Principal> {
    if (this.config.server.auth === 'none') return ANYBODY;
    const token = bearerToken(request);
    const principal = token === null ? null : await this.identify(token, request, reply);
    if (principal !== null) return principal;
    this.audit.refused(request, 401);
    throw request.headers.authorization === undefined ? missing() : invalid();
  }

  /** @returns null when the token is not valid. @throws Problem `too-many-requests` or `identity-unavailable` */
  private async identify(
    token: string,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<Principal | null> {
    const hash = tokenHash(token);
    try {
      this.guesses.begin(request, reply, hash);
    } catch (refusal) {
      this.audit.refused(request, 429);
      throw refusal;
    }
    const principal = await this.find(token, hash);
    if (principal === null) this.guesses.fail(hash);
    else this.guesses.succeed(request, hash);
    return principal;
  }

  private async find(token: string, hash: Buffer): Promise<Principal | null> {
    // Digests of equal length, compared in constant time. The database looks one up by an index, whose timing tells at most of
    // digests, and nobody can choose those.
    const declared = this.config.server.tokens.find((known) => timingSafeEqual(known.hash, hash));
    if (declared) return { ...declared, scopes: new Set(declared.scopes), until: null };
    if (this.oidc.accepts(token)) return this.oidc.verify(token);
    const stored = await this.tokens.findByHash(hash);
    if (stored === null) return null;
    const { name, scopes, sources, expiresAt } = stored;
    return {
      name,
      scopes: new Set(scopes),
      sources,
      until: expiresAt === null ? null : fromPg(expiresAt),
    };
  }
}

function missing(): Problem {
  return new Problem('unauthorized', 'Send a token as `Authorization: Bearer <token>`.', {
    headers: { 'www-authenticate': 'Bearer' },
  });
}

function invalid(): Problem {
  return new Problem('unauthorized', 'The token is unknown, expired or revoked.', {
    headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
  });
}
