import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { FastifyReply, FastifyRequest } from 'fastify';
import { AuditLog } from '../access/audit.log.js';
import { Caller, Principal } from '../access/principal.js';
import { RequireScope } from '../access/token.guard.js';
import { ListDeliveriesParameters } from '../dto/delivery.parameters.js';
import { NoBody } from '../dto/no.body.js';
import { NoParameters } from '../dto/no.parameters.js';
import { PageParameters } from '../dto/page.parameters.js';
import { ChangeWebhookBody, CreateWebhookBody, ReplayWebhookBody } from '../dto/webhook.bodies.js';
import { BodyPipe } from '../http/body.pipe.js';
import { sendFresh, sendTagged } from '../http/conditional.js';
import { sendPage } from '../http/page-answer.js';
import { UuidPipe } from '../http/uuid.pipe.js';
import { Answers, NotModified, Refuses } from '../openapi/openapi.js';
import { DeliveriesService } from './deliveries.service.js';
import { Acted, WebhooksService } from './webhooks.service.js';

/** The endpoint that a path names. */
const OfEndpoint = () =>
  ApiParam({ name: 'id', description: "The endpoint's id.", schema: { type: 'string', format: 'uuid' } });

@ApiTags('webhooks')
@RequireScope('webhooks:manage')
@Controller('api/v1/webhooks')
export class WebhooksController {
  constructor(
    private readonly webhooks: WebhooksService,
    private readonly deliveries: DeliveriesService,
    private readonly audit: AuditLog,
  ) {}

  @Get()
  @ApiOperation({ operationId: 'listWebhooks', summary: 'Endpoints within the own sources, by name' })
  @Answers('WebhookPage', 400, 401, 403, 503)
  @NotModified()
  async list(
    @Query() parameters: PageParameters,
    @Caller() caller: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string | undefined> {
    return sendPage(request, reply, await this.webhooks.list(parameters, caller));
  }

  @Post()
  @ApiOperation({
    operationId: 'createWebhook',
    summary:
      'Make an endpoint: it is told of what comes from now on. Its secret is shown in this answer only',
  })
  @ApiBody({ type: CreateWebhookBody })
  @Answers('MadeWebhook', 400, 401, 403, 409, 503)
  async create(
    @Query() _parameters: NoParameters,
    @Body() body: unknown,
    @Caller() caller: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    return this.send(request, reply, await this.webhooks.create(body, caller));
  }

  @Get(':id')
  @OfEndpoint()
  @ApiOperation({ operationId: 'getWebhook', summary: 'One endpoint' })
  @Answers('Webhook', 400, 401, 403, 404, 503)
  @NotModified()
  async get(
    @Param('id', UuidPipe) id: string,
    @Query() _parameters: NoParameters,
    @Caller() caller: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string | undefined> {
    return sendTagged(request, reply, await this.webhooks.one(id, caller));
  }

  @Patch(':id')
  @OfEndpoint()
  @ApiOperation({
    operationId: 'changeWebhook',
    summary: 'Change an endpoint that the configuration does not declare',
  })
  @ApiBody({ type: ChangeWebhookBody })
  @Answers('Webhook', 400, 401, 403, 404, 409, 503)
  async change(
    @Param('id', UuidPipe) id: string,
    @Query() _parameters: NoParameters,
    @Body() body: unknown,
    @Caller() caller: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    return this.send(request, reply, await this.webhooks.change(id, body, caller));
  }

  @Delete(':id')
  @HttpCode(204)
  @OfEndpoint()
  @ApiOperation({ operationId: 'deleteWebhook', summary: 'Delete an endpoint and its deliveries' })
  @ApiResponse({ status: 204, description: 'It is deleted' })
  @Refuses(400, 401, 403, 404, 409, 503)
  async delete(
    @Param('id', UuidPipe) id: string,
    @Query() _parameters: NoParameters,
    @Caller() caller: Principal,
    @Req() request: FastifyRequest,
  ): Promise<void> {
    this.audit.note(request, await this.webhooks.delete(id, caller));
  }

  @Post(':id/rotate-secret')
  @HttpCode(200)
  @OfEndpoint()
  @ApiBody({ type: NoBody, required: false })
  @ApiOperation({
    operationId: 'rotateWebhookSecret',
    summary:
      'Give an endpoint a new secret, shown in this answer only; the one before it signs too for 24 hours',
  })
  @Answers('WebhookSecret', 400, 401, 403, 404, 409, 503)
  async rotate(
    @Param('id', UuidPipe) id: string,
    @Query() _parameters: NoParameters,
    @Body(BodyPipe) _body: NoBody,
    @Caller() caller: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    return this.send(request, reply, await this.webhooks.rotate(id, caller));
  }

  @Post(':id/test')
  @HttpCode(202)
  @OfEndpoint()
  @ApiBody({ type: NoBody, required: false })
  @ApiOperation({ operationId: 'testWebhook', summary: 'Send a `webhook.test` message now' })
  @Answers('WebhookAccepted', 400, 401, 403, 404, 409, 503)
  async test(
    @Param('id', UuidPipe) id: string,
    @Query() _parameters: NoParameters,
    @Body(BodyPipe) _body: NoBody,
    @Caller() caller: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    return this.send(request, reply, await this.deliveries.test(id, caller));
  }

  @Post(':id/replay')
  @HttpCode(202)
  @OfEndpoint()
  @ApiOperation({
    operationId: 'replayWebhook',
    summary: 'Deliver once more: one delivery, or what the feed has after a cursor or since a time',
  })
  @ApiBody({ type: ReplayWebhookBody })
  @Answers('WebhookAccepted', 400, 401, 403, 404, 409, 410, 503)
  async replay(
    @Param('id', UuidPipe) id: string,
    @Query() _parameters: NoParameters,
    @Body() body: unknown,
    @Caller() caller: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    return this.send(request, reply, await this.deliveries.replay(id, body, caller));
  }

  @Get(':id/deliveries')
  @OfEndpoint()
  @ApiOperation({
    operationId: 'listDeliveries',
    summary: 'What an endpoint was told and will be, the newest first, each with its last try',
  })
  @Answers('DeliveryPage', 400, 401, 403, 404, 503)
  @NotModified()
  async listDeliveries(
    @Param('id', UuidPipe) id: string,
    @Query() parameters: ListDeliveriesParameters,
    @Caller() caller: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string | undefined> {
    return sendPage(request, reply, await this.deliveries.list(id, parameters, caller));
  }

  @Get(':id/deliveries/:delivery')
  @OfEndpoint()
  @ApiOperation({
    operationId: 'getDelivery',
    summary: 'One delivery with its event and every try: request, response and timing',
  })
  @Answers('DeliveryDetail', 400, 401, 403, 404, 503)
  @NotModified()
  async getDelivery(
    @Param('id', UuidPipe) id: string,
    @Param('delivery') delivery: string,
    @Query() _parameters: NoParameters,
    @Caller() caller: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string | undefined> {
    return sendTagged(request, reply, await this.deliveries.one(id, delivery, caller));
  }

  private send(request: FastifyRequest, reply: FastifyReply, { json, note }: Acted): string {
    this.audit.note(request, note);
    return sendFresh(reply, json);
  }
}
