import { applyDecorators } from '@nestjs/common';
import { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiHeader, ApiResponse, DocumentBuilder, OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { completeDocument } from './openapi.complete.js';
import { REFUSALS, RefusalStatus } from './openapi.responses.js';

const SUCCESS: Record<string, number> = {
  PollRequested: 202,
  MadeToken: 201,
  MadeWebhook: 201,
  WebhookAccepted: 202,
};

/** What a route answers: a schema by name, and problem documents with these statuses. */
export function Answers(schema: string, ...failures: RefusalStatus[]): MethodDecorator {
  return applyDecorators(
    ApiResponse({
      status: SUCCESS[schema] ?? 200,
      description: 'The answer.',
      schema: { $ref: `#/components/schemas/${schema}` },
    }),
    Refuses(...failures),
  );
}

/** Problem documents with these statuses. */
export function Refuses(...failures: RefusalStatus[]): MethodDecorator {
  return applyDecorators(
    ...failures.map((status) =>
      ApiResponse({
        status,
        description: REFUSALS[status][1],
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      }),
    ),
  );
}

/** A 200 in several forms, each with its schema, by media type. */
export function InForms(content: Record<string, { schema: object }>): MethodDecorator {
  return ApiResponse({ status: 200, description: 'The answer.', content });
}

/** A route that honours If-None-Match. */
export function NotModified(): MethodDecorator {
  return applyDecorators(
    ApiHeader({
      name: 'If-None-Match',
      required: false,
      description: 'The ETag of an answer that the client has: 304 when it is still true.',
      schema: { type: 'string' },
    }),
    ApiResponse({ status: 304, description: 'What the ETag of `If-None-Match` names is still true.' }),
  );
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

/** The OpenAPI 3.1 document of every route. */
export function documentOf(app: NestFastifyApplication, version: string): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('Rollcall')
    .setDescription(DESCRIPTION)
    .setVersion(version)
    .setOpenAPIVersion('3.1.1')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addServer('/', 'Where the document came from.')
    .addTag('jobs', 'The state of every job, and what was done about it.')
    .addTag('sources', 'The configured sources: how they are, and what they sent that is no job.')
    .addTag('events', 'The change feed: page by page, or as a stream.')
    .addTag('webhooks', 'Endpoints that are told of events, what they were told, and once more.')
    .addTag('access', 'Tokens, and who did what with them.')
    .addTag('metrics', 'For Prometheus; docs/metrics.md says what each number means.')
    .addTag('health', 'For whoever keeps the process running. No token is needed.')
    .addBearerAuth({
      type: 'http',
      scheme: 'bearer',
      description:
        'A token of the configuration, of `rollcall token create` or of `POST /api/v1/tokens`; `x-required-scope` of an operation is the scope that it needs. With `auth: none` nobody needs one.',
    })
    .build();
  return completeDocument(SwaggerModule.createDocument(app, config));
}

const DESCRIPTION = [
  'What is the state of every job, how sure are we, and what just changed?',
  'Every refusal is a problem document (RFC 9457). A path that no operation has is a 404, another method of a path that is known a 405 with `Allow`. HEAD is answered as GET without a body, OPTIONS with `Allow`.',
].join('\n\n');
