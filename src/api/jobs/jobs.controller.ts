import { Readable } from 'node:stream';
import {
  Body,
  Controller,
  Get,
  HttpCode,
  Param,
  Post,
  Query,
  Req,
  Res,
  StreamableFile,
} from '@nestjs/common';
import { ApiBody, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { FastifyReply, FastifyRequest } from 'fastify';
import { JOB_ACTIONS, JobAction } from '../../domain/job.js';
import { ActionPipe } from '../http/action.pipe.js';
import { BodyPipe } from '../http/body.pipe.js';
import { sendFresh, sendTagged, tag } from '../http/conditional.js';
import { ListJobsParameters } from '../dto/list-jobs.parameters.js';
import { NoBody } from '../dto/no.body.js';
import { NoParameters } from '../dto/no.parameters.js';
import { GetJobParameters } from '../dto/other.parameters.js';
import { PageParameters } from '../dto/page.parameters.js';
import { ExportForm, formOf } from './export.form.js';
import { ExportService } from './export.service.js';
import { ExplainService } from './explain.service.js';
import { JobActionsService } from './job-actions.service.js';
import { JobsService } from './jobs.service.js';
import { Answers, InForms, NotModified, Refuses } from '../openapi/openapi.js';
import { linkPages, sendPage } from '../http/page-answer.js';
import { Caller, Principal } from '../access/principal.js';
import { TasksService } from './tasks.service.js';
import { RequireScope } from '../access/token.guard.js';
import { TransitionsService } from './transitions.service.js';
import { UuidPipe } from '../http/uuid.pipe.js';

/** What a list of jobs depends on beside its address. */
const LIST_VARIES = 'Authorization, Accept';

@ApiTags('jobs')
@RequireScope('jobs:read')
@Controller('api/v1/jobs')
export class JobsController {
  constructor(
    private readonly jobs: JobsService,
    private readonly exports: ExportService,
    private readonly transitions: TransitionsService,
    private readonly tasks: TasksService,
    private readonly explanations: ExplainService,
    private readonly actions: JobActionsService,
  ) {}

  @Get()
  @ApiOperation({
    operationId: 'listJobs',
    summary: 'Jobs of every platform: a page, or with `Accept` of NDJSON or CSV the whole list as one stream',
  })
  @InForms({
    'application/json': { schema: { $ref: '#/components/schemas/JobPage' } },
    'application/x-ndjson': { schema: { type: 'string', description: 'A job a line.' } },
    'text/csv': { schema: { type: 'string', description: 'A head, and a job a record (RFC 4180).' } },
  })
  @Refuses(400, 401, 403, 406, 422, 503)
  @NotModified()
  async list(
    @Query() parameters: ListJobsParameters,
    @Caller() caller: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string | StreamableFile | undefined> {
    const form = formOf(request.headers.accept);
    if (form) return this.export(form, parameters, caller, request, reply);
    return sendPage(request, reply, await this.jobs.list(parameters, caller), LIST_VARIES);
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
    return sendPage(request, reply, await this.transitions.list(id, parameters, caller));
  }

  @Get(':id/tasks')
  @ApiOperation({
    operationId: 'listTasks',
    summary: "A job's steps, outputs or tasks, in the platform's order",
  })
  @Answers('TaskPage', 400, 401, 403, 404, 503)
  @NotModified()
  async listTasks(
    @Param('id', UuidPipe) id: string,
    @Query() parameters: PageParameters,
    @Caller() caller: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string | undefined> {
    return sendPage(request, reply, await this.tasks.list(id, parameters, caller));
  }

  @Get(':id/explain')
  @ApiOperation({ operationId: 'explainJob', summary: 'Why every field of a job is what it is' })
  @Answers('JobExplanation', 400, 401, 403, 404, 422, 503)
  @NotModified()
  async explain(
    @Param('id', UuidPipe) id: string,
    @Query() _parameters: NoParameters,
    @Caller() caller: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string | undefined> {
    return sendTagged(request, reply, await this.explanations.explain(id, caller));
  }

  @Post(':id/refresh')
  @HttpCode(200)
  @RequireScope('jobs:act')
  @ApiBody({ type: NoBody, required: false })
  @ApiOperation({ operationId: 'refreshJob', summary: 'Read one job upstream now, and answer it' })
  @Answers('Job', 400, 401, 403, 404, 409, 429, 502, 503, 504)
  async refresh(
    @Param('id', UuidPipe) id: string,
    @Query() _parameters: NoParameters,
    @Body(BodyPipe) _body: NoBody,
    @Caller() caller: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    return sendFresh(reply, await this.actions.refresh(id, caller));
  }

  @Post(':id/actions/:action')
  @HttpCode(200)
  @RequireScope('jobs:act')
  @ApiBody({ type: NoBody, required: false })
  @ApiOperation({ operationId: 'actOnJob', summary: 'Do what the job lists in `actions`, exactly once' })
  @ApiParam({ name: 'action', enum: JOB_ACTIONS })
  @Answers('Job', 400, 401, 403, 404, 409, 429, 502, 503, 504)
  @ApiResponse({
    status: 202,
    description: 'The platform took it; its outcome could not be read back yet, and comes with the next poll',
    schema: { $ref: '#/components/schemas/Job' },
  })
  async act(
    @Param('id', UuidPipe) id: string,
    @Param('action', ActionPipe) action: JobAction,
    @Query() _parameters: NoParameters,
    @Body(BodyPipe) _body: NoBody,
    @Caller() caller: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const { job, outcome } = await this.actions.act(id, action, caller);
    if (outcome === 'accepted') void reply.status(202);
    return sendFresh(reply, job);
  }

  private async export(
    form: ExportForm,
    parameters: ListJobsParameters,
    caller: Principal,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<StreamableFile | undefined> {
    const { stable, page, stream } = await this.exports.prepare(parameters, form, caller);
    linkPages(request, reply, page);
    if (tag(request, reply, stable, LIST_VARIES)) return undefined;
    void reply.type(form.mediaType).header('content-disposition', `attachment; filename="${form.fileName}"`);
    // the framework reads a stream to its end to find out that HEAD has no body
    return new StreamableFile(request.method === 'HEAD' ? Readable.from([]) : stream());
  }
}
