import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { FastifyReply, FastifyRequest } from 'fastify';
import { ListRejectsParameters } from '../dto/other.parameters.js';
import { Answers, NotModified } from '../openapi/openapi.js';
import { sendPage } from '../http/page-answer.js';
import { Caller, Principal } from '../access/principal.js';
import { RejectsService } from './rejects.service.js';
import { RequireScope } from '../access/token.guard.js';

@ApiTags('sources')
@RequireScope('sources:read')
@Controller('api/v1/rejects')
export class RejectsController {
  constructor(private readonly rejects: RejectsService) {}

  @Get()
  @ApiOperation({
    operationId: 'listRejects',
    summary: 'Upstream records that could not be normalized, with why',
  })
  @Answers('RejectPage', 400, 401, 403, 503)
  @NotModified()
  async list(
    @Query() parameters: ListRejectsParameters,
    @Caller() caller: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string | undefined> {
    return sendPage(request, reply, await this.rejects.list(parameters, caller));
  }
}
