import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { FastifyReply, FastifyRequest } from 'fastify';
import { Caller, Principal } from '../access/principal.js';
import { RequireScope } from '../access/token.guard.js';
import { ListAlertsParameters } from '../dto/alerts.parameters.js';
import { sendPage } from '../http/page-answer.js';
import { Answers, NotModified } from '../openapi/openapi.js';
import { AlertsService } from './alerts.service.js';

@ApiTags('jobs')
@RequireScope('jobs:read')
@Controller('api/v1/alerts')
export class AlertsController {
  constructor(private readonly alerts: AlertsService) {}

  @Get()
  @ApiOperation({
    operationId: 'listAlerts',
    summary: 'What breaks the expectations of the configuration, or did, newest first',
  })
  @Answers('AlertPage', 400, 401, 403, 503)
  @NotModified()
  async list(
    @Query() parameters: ListAlertsParameters,
    @Caller() caller: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string | undefined> {
    return sendPage(request, reply, await this.alerts.list(parameters, caller));
  }
}
