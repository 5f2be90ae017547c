import { Global, Module } from '@nestjs/common';
import { FastifyAdapter, NestFastifyApplication } from '@nestjs/platform-fastify';
import { OpenAPIObject } from '@nestjs/swagger';
import { Test } from '@nestjs/testing';
import { ApiModule } from '../../src/api/api.module.js';
import { HealthModule } from '../../src/api/operations/health.module.js';
import { documentOf } from '../../src/api/openapi/openapi.js';
import { CONFIG } from '../../src/config/config.js';
import { SourceRuntimesModule } from '../../src/polling/source-runtimes.module.js';
import { Database } from '../../src/storage/database.js';
import { VERSION } from '../../src/version.js';
import { testConfig } from '../support/config.js';

@Global()
@Module({
  providers: [
    { provide: CONFIG, useValue: testConfig([]) },
    // nothing asks it: the application is made, and never initialized
    { provide: Database, useValue: {} },
  ],
  exports: [CONFIG, Database],
})
class GroundModule {}

/** The OpenAPI document as the service answers it, without a service. */
export async function openApiDocument(): Promise<OpenAPIObject> {
  const testing = await Test.createTestingModule({
    imports: [GroundModule, HealthModule, SourceRuntimesModule, ApiModule],
  }).compile();
  const app = testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
  try {
    return documentOf(app, VERSION);
  } finally {
    await app.close();
  }
}
