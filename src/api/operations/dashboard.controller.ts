import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { FastifyReply, FastifyRequest } from 'fastify';
import { CONFIG, Config } from '../../config/config.js';
import { Public } from '../access/token.guard.js';
import { tag } from '../http/conditional.js';
import { dashboardPage } from './dashboard.page.js';

/** Every place of the dashboard that has an address. What stands there is for the page itself to find out, from the API. */
const PAGES = [
  '',
  'jobs',
  'jobs/:id',
  'sources',
  'sources/:key',
  'sources/:key/preview',
  'webhooks',
  'alerts',
];

/** Stricter than that of the documentation: nothing that is written into the page itself runs or styles it. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The dashboard: one page under several addresses, which asks the API for everything else. */
@ApiExcludeController()
@Public()
@Controller()
export class DashboardController {
  private readonly page: string;

  constructor(@Inject(CONFIG) config: Config) {
    this.page = dashboardPage(config);
  }

  @Get(PAGES)
  show(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): string | undefined {
    void reply.header('content-security-policy', POLICY);
    if (tag(request, reply, this.page, 'accept-encoding')) return undefined;
    void reply.type('text/html; charset=utf-8');
    return this.page;
  }
}
