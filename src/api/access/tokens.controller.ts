import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { FastifyReply, FastifyRequest } from 'fastify';
import { AuditLog } from './audit.log.js';
import { BodyPipe } from '../http/body.pipe.js';
import { sendFresh } from '../http/conditional.js';
import { CreateTokenBody } from '../dto/create-token.body.js';
import { NoParameters } from '../dto/no.parameters.js';
import { PageParameters } from '../dto/page.parameters.js';
import { Answers, NotModified, Refuses } from '../openapi/openapi.js';
import { sendPage } from '../http/page-answer.js';
import { Caller, Principal } from './principal.js';
import { RequireScope } from './token.guard.js';
import { TokensService } from './tokens.service.js';

@ApiTags('access')
@RequireScope('tokens:manage')
@Controller('api/v1/tokens')
export class TokensController {
  constructor(
    private readonly tokens: TokensService,
    private readonly audit: AuditLog,
  ) {}

  @Get()
  @ApiOperation({ operationId: 'listTokens', summary: 'Tokens that have nothing the own one lacks, by name' })
  @Answers('TokenPage', 400, 401, 403, 503)
  @NotModified()
  async list(
    @Query() parameters: PageParameters,
    @Caller() caller: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string | undefined> {
    return sendPage(request, reply, await this.tokens.list(parameters, caller));
  }

  @Post()
  @ApiOperation({ operationId: 'createToken', summary: 'Make a token; it is shown in this answer only' })
  @Answers('MadeToken', 400, 401, 403, 409, 503)
  async create(
    @Query() _parameters: NoParameters,
    @Body(BodyPipe) body: CreateTokenBody,
    @Caller() caller: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const made = await this.tokens.create(body, caller);
    const { name, scopes, sources, expiresAt } = made;
    this.audit.note(request, { name, scopes: [...scopes], sources: sources && [...sources], expiresAt });
    return sendFresh(reply, JSON.stringify(made));
  }

  @Delete(':name')
  @HttpCode(204)
  @ApiOperation({
    operationId: 'revokeToken',
    summary: 'Revoke a token: it is refused from its next request on',
  })
  @ApiResponse({ status: 204, description: 'It is revoked' })
  @Refuses(400, 401, 403, 404, 409, 503)
  revoke(
    @Param('name') name: string,
    @Query() _parameters: NoParameters,
    @Caller() caller: Principal,
  ): Promise<void> {
    return this.tokens.revoke(name, caller);
  }
}
