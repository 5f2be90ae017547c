import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { FastifyReply, FastifyRequest } from 'fastify';
import { sendTagged } from '../http/conditional.js';
import { SummaryParameters } from '../dto/summary.parameters.js';
import { Answers, NotModified } from '../openapi/openapi.js';
import { Caller, Principal } from '../access/principal.js';
import { SummaryService } from './summary.service.js';
import { RequireScope } from '../access/token.guard.js';

@ApiTags('jobs')
@RequireScope('jobs:read')
@Controller('api/v1/jobs/summary')
export class SummaryController {
  constructor(private readonly summaries: SummaryService) {}

  @Get()
  @ApiOperation({
    operationId: 'summarizeJobs',
    summary: 'How many jobs there are, by what they have in common',
  })
  @Answers('JobSummary', 400, 401, 403, 422, 503)
  @NotModified()
  async summarize(
    @Query() parameters: SummaryParameters,
    @Caller() caller: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string | undefined> {
    return sendTagged(request, reply, await this.summaries.summarize(parameters, caller));
  }
}
