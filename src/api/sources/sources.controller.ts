import { Body, Controller, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { FastifyReply, FastifyRequest } from 'fastify';
import { BodyPipe } from '../http/body.pipe.js';
import { sendFresh, sendTagged } from '../http/conditional.js';
import { NoBody } from '../dto/no.body.js';
import { NoParameters } from '../dto/no.parameters.js';
import { PollParameters } from '../dto/other.parameters.js';
import { PageParameters } from '../dto/page.parameters.js';
import { PauseSourceBody } from '../dto/pause-source.body.js';
import { Answers, NotModified } from '../openapi/openapi.js';
import { sendPage } from '../http/page-answer.js';
import { Caller, Principal } from '../access/principal.js';
import { PollsService } from './polls.service.js';
import { PreviewsService } from './previews.service.js';
import { SourcesService } from './sources.service.js';
import { RequireScope } from '../access/token.guard.js';

@ApiTags('sources')
@RequireScope('sources:read')
@Controller('api/v1/sources')
export class SourcesController {
  constructor(
    private readonly sources: SourcesService,
    private readonly polls: PollsService,
    private readonly previews: PreviewsService,
  ) {}

  @Get()
  @ApiOperation({ operationId: 'listSources', summary: 'The configured sources and how they are' })
  @Answers('SourcePage', 400, 401, 403, 503)
  @NotModified()
  async list(
    @Query() parameters: PageParameters,
    @Caller() caller: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string | undefined> {
    return sendPage(request, reply, await this.sources.list(parameters, caller));
  }

  @Get(':key')
  @ApiOperation({ operationId: 'getSource', summary: 'One source' })
  @Answers('Source', 400, 401, 403, 404, 503)
  @NotModified()
  async get(
    @Param('key') key: string,
    @Query() _parameters: NoParameters,
    @Caller() caller: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string | undefined> {
    return sendTagged(request, reply, await this.sources.get(key, caller));
  }

  @Get(':key/polls')
  @ApiOperation({
    operationId: 'listPolls',
    summary: 'What came of the polls of a source, newest first: those of the last seven days',
  })
  @Answers('PollReportPage', 400, 401, 403, 404, 503)
  @NotModified()
  async listPolls(
    @Param('key') key: string,
    @Query() parameters: PageParameters,
    @Caller() caller: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string | undefined> {
    return sendPage(request, reply, await this.polls.list(key, parameters, caller));
  }

  @Post(':key/poll')
  @HttpCode(202)
  @RequireScope('sources:act')
  @ApiBody({ type: NoBody, required: false })
  @ApiOperation({ operationId: 'pollSource', summary: 'Poll a source as soon as possible' })
  @Answers('PollRequested', 400, 401, 403, 404, 409, 503)
  poll(
    @Param('key') key: string,
    @Query() { sweep }: PollParameters,
    @Body(BodyPipe) _body: NoBody,
    @Caller() caller: Principal,
  ): Promise<{ source: string; poll: string }> {
    return this.sources.requestPoll(key, sweep ? 'sweep' : 'incremental', caller);
  }

  @Post(':key/preview')
  @HttpCode(200)
  @RequireScope('sources:act')
  @ApiBody({ type: NoBody, required: false })
  @ApiOperation({
    operationId: 'previewSource',
    summary: 'Read one page of a source now and show what would become of it; store none of it',
  })
  @Answers('SourcePreview', 400, 401, 403, 404, 409, 429, 502, 503, 504)
  async preview(
    @Param('key') key: string,
    @Query() _parameters: NoParameters,
    @Body(BodyPipe) _body: NoBody,
    @Caller() caller: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    return sendFresh(reply, await this.previews.preview(key, caller));
  }

  @Post(':key/pause')
  @HttpCode(200)
  @RequireScope('sources:act')
  @ApiBody({ type: PauseSourceBody, required: false })
  @ApiOperation({
    operationId: 'pauseSource',
    summary: 'Poll a source no more, for a time or until it is resumed',
  })
  @Answers('Source', 400, 401, 403, 404, 409, 503)
  async pause(
    @Param('key') key: string,
    @Query() _parameters: NoParameters,
    @Body(BodyPipe) { end }: PauseSourceBody,
    @Caller() caller: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    return sendFresh(reply, await this.sources.pause(key, end, caller));
  }

  @Post(':key/resume')
  @HttpCode(200)
  @RequireScope('sources:act')
  @ApiBody({ type: NoBody, required: false })
  @ApiOperation({ operationId: 'resumeSource', summary: 'End the pause of a source: it is due at once' })
  @Answers('Source', 400, 401, 403, 404, 409, 503)
  async resume(
    @Param('key') key: string,
    @Query() _parameters: NoParameters,
    @Body(BodyPipe) _body: NoBody,
    @Caller() caller: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    return sendFresh(reply, await this.sources.resume(key, caller));
  }
}
