import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { FastifyReply, FastifyRequest } from 'fastify';
import { sendTagged } from './conditional.js';
import { ListJobsParameters } from './dto/list-jobs.parameters.js';
import { GetJobParameters } from './dto/other.parameters.js';
import { PageParameters } from './dto/page.parameters.js';
import { JobsService } from './jobs.service.js';
import { Answers, NotModified } from './openapi.js';
import { linkPages } from './page-answer.js';
import { Caller, Principal } from './principal.js';
import { RequireScope } from './token.guard.js';
import { TransitionsService } from './transitions.service.js';
import { UuidPipe } from './uuid.pipe.js';

@ApiTags('jobs')
@RequireScope('jobs:read')
@Controller('api/v1/jobs')
export class JobsController {
  constructor(
    private readonly jobs: JobsService,
    private readonly transitions: TransitionsService,
  ) {}

  @Get()
  @ApiOperation({ operationId: 'listJobs', summary: 'Jobs of every platform, one page at a time' })
  @Answers('JobPage', 400, 401, 403, 422, 503)
  @NotModified()
  async list(
    @Query() parameters: ListJobsParameters,
    @Caller() caller: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string | undefined> {
    const { answer, page } = await this.jobs.list(parameters, caller);
    linkPages(request, reply, page);
    return sendTagged(request, reply, answer);
  }

  @Get(':id')
  @ApiOperation({ operationId: 'getJob', summary: 'One job' })
  @Answers('Job', 400, 401, 403, 404, 503)
  @NotModified()
  async get(
    @Param('id', UuidPipe) id: string,
    @Query() { include }: GetJobParameters,
    @Caller() caller: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string | undefined> {
    const payload = include.includes('payload');
    const job = await (payload ? this.jobs.getWithPayload(id, caller) : this.jobs.get(id, caller));
    return sendTagged(request, reply, job);
  }

  @Get(':id/transitions')
  @ApiOperation({ operationId: 'listTransitions', summary: "A job's changes of state, oldest first" })
  @Answers('TransitionPage', 400, 401, 403, 404, 503)
  @NotModified()
  async listTransitions(
    @Param('id', UuidPipe) id: string,
    @Query() parameters: PageParameters,
    @Caller() caller: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string | undefined> {
    const { answer, page } = await this.transitions.list(id, parameters, caller);
    linkPages(request, reply, page);
    return sendTagged(request, reply, answer);
  }
}
