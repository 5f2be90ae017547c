import { CanActivate, ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { FastifyRequest } from 'fastify';
import { requiredScope } from './access.js';
import { AuditLog } from './audit.log.js';
import { principalOf } from './principal.js';
import { Problem } from '../http/problem.js';

/** Decides for every route whether whoever asks may use it at all. Runs before anything of the request is read. */
@Injectable()
export class ScopeGuard implements CanActivate {
  constructor(
    private readonly audit: AuditLog,
    private readonly reflector: Reflector,
  ) {}

  /** @throws Problem `forbidden` */
  canActivate(context: ExecutionContext): boolean {
    const scope = requiredScope(this.reflector, context);
    if (scope === null) return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (principalOf(request).scopes.has(scope)) return true;
    this.audit.refused(request, 403);
    throw new Problem('forbidden', `The token lacks the scope ${scope}.`, {
      headers: { 'www-authenticate': `Bearer error="insufficient_scope", scope="${scope}"` },
    });
  }
}
