import { Controller, Get, Query, Req, Res, StreamableFile } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import { FastifyReply, FastifyRequest } from 'fastify';
import { tokenHash } from '../../storage/token.store.js';
import { sendFresh } from '../http/conditional.js';
import { EventParameters, ListEventsParameters } from '../dto/events.parameters.js';
import { EventsService } from './events.service.js';
import { Answers, InForms, Refuses } from '../openapi/openapi.js';
import { linkPages } from '../http/page-answer.js';
import { ANYBODY, Caller, Principal } from '../access/principal.js';
import { RequireScope, bearerToken } from '../access/token.guard.js';

const EVENT_STREAM = 'text/event-stream';

@ApiTags('events')
@RequireScope('events:read')
@Controller('api/v1/events')
export class EventsController {
  constructor(private readonly events: EventsService) {}

  @Get()
  @ApiOperation({
    operationId: 'listEvents',
    summary:
      'The change feed: every change of a job or of the health of a source, in the order of their commits',
  })
  @Answers('EventPage', 400, 401, 403, 410, 503)
  async list(
    @Query() parameters: ListEventsParameters,
    @Caller() caller: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const { answer, page } = await this.events.list(parameters, caller);
    linkPages(request, reply, page, 'after');
    return sendFresh(reply, answer.json);
  }

  @Get('stream')
  @ApiOperation({
    operationId: 'streamEvents',
    summary: 'The change feed as Server-Sent Events: from now on, or after a cursor',
  })
  @ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description: 'The `id` of the last event that arrived; counts more than `after`.',
    schema: { type: 'string' },
  })
  @InForms({
    [EVENT_STREAM]: {
      schema: {
        type: 'string',
        description:
          'Of each event `id` (its cursor), `event` (its type) and `data` (an `Event`, on one line).',
      },
    },
  })
  @Refuses(400, 401, 403, 410, 503)
  async stream(
    @Query() parameters: EventParameters,
    @Caller() caller: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile | undefined> {
    const lastEventId = request.headers['last-event-id'] as string | undefined;
    // the framework reads a stream to its end to find out that HEAD has no body
    const body =
      request.method === 'HEAD'
        ? await this.events.check(parameters, lastEventId)
        : await this.events.stream(parameters, lastEventId, caller, rightOf(caller, request));
    // not nginx's to collect
    void reply.type(EVENT_STREAM).headers({ 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
    return body === null ? undefined : new StreamableFile(body);
  }
}

function rightOf(caller: Principal, request: FastifyRequest) {
  const token = caller === ANYBODY ? null : bearerToken(request);
  return { tokenHash: token === null ? null : tokenHash(token).toString('hex'), until: caller.until };
}
