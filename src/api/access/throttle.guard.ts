import { ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { ThrottlerGuard, ThrottlerRequest } from '@nestjs/throttler';
import { FastifyReply, FastifyRequest } from 'fastify';
import { AuditLog } from './audit.log.js';
import { ANYBODY, knownPrincipal } from './principal.js';
import { applyLimit } from './throttle.headers.js';

/** Limits what one token asks of this process, whatever it asks for. Where nobody needs a token there is nobody to tell apart. */
@Injectable()
export class TokenThrottle extends ThrottlerGuard {
  @Inject(AuditLog) private readonly audit!: AuditLog;

  protected override shouldSkip(context: ExecutionContext): Promise<boolean> {
    const principal = knownPrincipal(context.switchToHttp().getRequest<FastifyRequest>());
    return Promise.resolve(principal === null || principal === ANYBODY);
  }

  protected override async handleRequest({ context, limit, ttl }: ThrottlerRequest): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    const { name } = knownPrincipal(request)!;
    const record = await this.storageService.increment(name, ttl, limit, 0, 'token');
    if (record.isBlocked) this.audit.refused(request, 429);
    applyLimit(reply, { name: 'token', requests: limit, windowMs: ttl }, record);
    return true;
  }
}
