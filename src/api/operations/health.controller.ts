import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Answers } from '../openapi/openapi.js';
import { Problem } from '../http/problem.js';
import { Readiness } from '../http/readiness.js';
import { Public } from '../access/token.guard.js';

@ApiTags('health')
@Public()
@Controller('health')
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  @Get('live')
  @ApiOperation({ operationId: 'live', summary: 'The process answers' })
  @Answers('Status')
  live(): { status: string } {
    return { status: 'ok' };
  }

  @Get('ready')
  @ApiOperation({ operationId: 'ready', summary: 'Migrated, database reachable, not draining' })
  @Answers('Status', 503)
  async ready(): Promise<{ status: string }> {
    const obstacle = await this.readiness.obstacle();
    if (obstacle !== null) throw new Problem('not-ready', obstacle);
    return { status: 'ok' };
  }
}
