import { Controller, Get, Headers, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { FastifyReply } from 'fastify';
import Negotiator from 'negotiator';
import { FormName, FORMS } from '../../metrics/metrics.js';
import { NoParameters } from '../dto/no.parameters.js';
import { MetricsService } from './metrics.service.js';
import { InForms, Refuses } from '../openapi/openapi.js';
import { Caller, Principal } from '../access/principal.js';
import { RequireScope } from '../access/token.guard.js';

@ApiTags('metrics')
@RequireScope('metrics:read')
@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: MetricsService) {}

  @Get()
  @ApiOperation({ operationId: 'getMetrics', summary: 'What Prometheus scrapes' })
  @InForms(
    Object.fromEntries(
      Object.keys(FORMS).map((form) => [form, { schema: { $ref: '#/components/schemas/Metrics' } }]),
    ),
  )
  @Refuses(400, 401, 403, 503)
  async get(
    @Query() _parameters: NoParameters,
    @Headers('accept') accept: string | undefined,
    @Caller() caller: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const form = formOf(accept);
    void reply.type(FORMS[form]);
    return this.metrics.write(form, caller);
  }
}

/** Whoever accepts neither form gets the older one, as with every exporter: a scraper rather tries than gives up. */
function formOf(accept: string | undefined): FormName {
  // a version is no reason to refuse: there is one of each
  const header = accept?.replace(/;(?!\s*q\s*=)[^;,]*/gi, '').trim();
  const forms = Object.keys(FORMS) as FormName[];
  const [best] = new Negotiator({ headers: header ? { accept: header } : {} }).mediaTypes(forms);
  return (best as FormName | undefined) ?? 'text/plain';
}
