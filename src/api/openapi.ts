import { applyDecorators } from '@nestjs/common';
import { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiResponse, DocumentBuilder, OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { SCHEMAS } from './openapi.schemas.js';

const SUCCESS: Record<string, number> = { PollRequested: 202 };

const FAILURES = {
  400: 'Every fault of the request, at once',
  401: 'No token, or one that is unknown, expired or revoked',
  403: 'The token lacks the scope',
  404: 'Not there, or not for this token',
  409: 'Not possible in the present state',
  422: 'No index bounds the query, and it took too long',
  429: 'Too soon for the platform, or its request budget is spent; Retry-After says when',
  502: 'The platform refused or failed; `kind` says how',
  503: 'The database cannot be reached, or the process is not ready',
  504: 'The platform did not answer in time',
} as const;

/** What a route answers: a schema by name, and problem documents with these statuses. */
export function Answers(schema: string, ...failures: (keyof typeof FAILURES)[]): MethodDecorator {
  return applyDecorators(
    ApiResponse({
      status: SUCCESS[schema] ?? 200,
      description: 'The answer',
      schema: { $ref: `#/components/schemas/${schema}` },
    }),
    ...failures.map((status) =>
      ApiResponse({
        status,
        description: FAILURES[status],
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      }),
    ),
  );
}

/** A route that honours If-None-Match. */
export function NotModified(): MethodDecorator {
  return ApiResponse({ status: 304, description: 'What the ETag of If-None-Match names is still true' });
}

/** Serves the document at /openapi.json and its page at /docs; the page needs no other host. */
export function serveDocumentation(app: NestFastifyApplication, version: string): void {
  SwaggerModule.setup('docs', app, () => documentOf(app, version), {
    useGlobalPrefix: true,
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    customSiteTitle: 'Rollcall API',
    swaggerOptions: { validatorUrl: null },
  });
}

export function documentOf(app: NestFastifyApplication, version: string): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('Rollcall')
    .setDescription('What is the state of every job, how sure are we, and what just changed?')
    .setVersion(version)
    .setOpenAPIVersion('3.0.3')
    .addBearerAuth({
      type: 'http',
      scheme: 'bearer',
      description: 'A token of the configuration, or of `rollcall token create`.',
    })
    .addSecurityRequirements('bearer')
    .build();
  const document = SwaggerModule.createDocument(app, config);
  document.components = { ...document.components, schemas: { ...document.components?.schemas, ...SCHEMAS } };
  for (const path of Object.values(document.paths)) {
    for (const operation of Object.values(path as Record<string, { tags?: string[]; security?: unknown }>)) {
      if (operation.tags?.includes('health')) operation.security = [];
    }
  }
  return document;
}
