import { CanActivate, ExecutionContext, Injectable, OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { FastifyInstance, FastifyRequest } from 'fastify';
import { AuditLog } from './audit.log.js';
import { knownPrincipal } from './principal.js';

const READS: readonly string[] = ['GET', 'HEAD'];

/**
 * Writes every request that changes something into the audit log, before it is handled, and its outcome before it is answered. A new route
 * needs to do nothing for that. Comes after the guards that let a request in: it refuses nothing. An interceptor would do as well, but Nest
 * binds an asynchronous resource for every request that has one, reads included: measured as 4 % of a small read.
 */
@Injectable()
export class AuditGuard implements CanActivate, OnModuleInit {
  private readonly acts = new WeakMap<FastifyRequest, string>();

  constructor(
    private readonly audit: AuditLog,
    private readonly host: HttpAdapterHost,
  ) {}

  onModuleInit(): void {
    const instance = this.host.httpAdapter.getInstance<FastifyInstance>();
    instance.addHook('onSend', (request, reply, payload, done) => {
      const act = this.acts.get(request);
      if (act === undefined) return done(null, payload);
      this.acts.delete(request);
      this.audit.end(request, act, reply.statusCode).then(() => done(null, payload), done);
    });
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (READS.includes(request.method) || knownPrincipal(request) === null) return true;
    this.acts.set(request, await this.audit.begin(request));
    return true;
  }
}
