import { Controller, Get, Inject, Redirect } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { CONFIG, Config } from '../../config/config.js';
import { Public } from '../access/token.guard.js';

/** Until there is a dashboard, the documentation is the front page. */
@ApiExcludeController()
@Public()
@Controller()
export class HomeController {
  constructor(@Inject(CONFIG) private readonly config: Config) {}

  @Get()
  @Redirect()
  home(): { url: string; statusCode: number } {
    return { url: `${this.config.server.basePath}/docs`, statusCode: 302 };
  }
}
