import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { FastifyReply, FastifyRequest } from 'fastify';
import { AuditService } from './audit.service.js';
import { PageParameters } from '../dto/page.parameters.js';
import { Answers, NotModified } from '../openapi/openapi.js';
import { sendPage } from '../http/page-answer.js';
import { Caller, Principal } from './principal.js';
import { RequireScope } from './token.guard.js';

@ApiTags('access')
@RequireScope('audit:read')
@Controller('api/v1/audit')
export class AuditController {
  constructor(private readonly audit: AuditService) {}

  @Get()
  @ApiOperation({ operationId: 'listAudit', summary: 'Who did what, and who was refused, newest first' })
  @Answers('AuditPage', 400, 401, 403, 503)
  @NotModified()
  async list(
    @Query() parameters: PageParameters,
    @Caller() caller: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string | undefined> {
    return sendPage(request, reply, await this.audit.list(parameters, caller));
  }
}
