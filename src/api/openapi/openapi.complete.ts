import { OpenAPIObject } from '@nestjs/swagger';
import examples from './openapi.examples.json';
import {
  ON_EVERY_ANSWER,
  REFUSALS,
  RefusalStatus,
  WITH_A_TOKEN,
  headerComponents,
  headers,
  problemResponses,
} from './openapi.responses.js';
import { SCHEMAS } from './openapi.schemas.js';
import { toFramework } from './openapi.words.js';

/** Answers as they once were, by operation and media type, and problem documents by the name of their problem. */
export interface Examples {
  answers: Record<string, Record<string, unknown>>;
  problems: Record<string, unknown>;
}

type Paths = OpenAPIObject['paths'][string];
type Operation = NonNullable<Paths['get']>;
type Response = Exclude<NonNullable<Operation['responses'][string]>, { $ref: string }>;
type Parameter = Exclude<NonNullable<Operation['parameters']>[number], { $ref: string }>;

const METHODS = ['get', 'post', 'patch', 'delete'] as const;

/** Whatever the route: what is no HTTP, its limits, and faults of our own. */
const ALWAYS: RefusalStatus[] = [400, 408, 414, 431, 500];
/** Of routes whose request may have a body, wanted or not. */
const OF_A_BODY: RefusalStatus[] = [413, 415];

const PATH_PARAMETERS: Record<string, Pick<Parameter, 'description' | 'schema'>> = {
  id: { description: "The job's Rollcall id.", schema: { type: 'string', format: 'uuid' } },
  action: { description: 'What to do.' },
  key: { description: "The source's key in the configuration." },
  name: { description: "The token's name." },
  delivery: { description: "The delivery's id: the `webhook-id` of its requests." },
};

/** Says of every operation what its decorators need not repeat: security, headers, the refusals that all have, examples. */
export function completeDocument(document: OpenAPIObject): OpenAPIObject {
  const known: Examples = examples;
  for (const operation of operationsOf(document)) {
    const isPublic = operation.tags?.includes('health') ?? false;
    const method = methodOf(document, operation);
    operation.security = isPublic ? [] : [{ bearer: [] }];
    describeParameters(operation);
    const refusals = [...ALWAYS, ...(method === 'get' ? [] : OF_A_BODY)];
    for (const status of refusals) operation.responses[status] ??= { description: '' };
    for (const [status, response] of Object.entries(operation.responses)) {
      if (isRefusal(status))
        operation.responses[status] = { $ref: `#/components/responses/${REFUSALS[status][0]}` };
      else completeAnswer(operation, response as Response, isPublic, known);
    }
  }
  const own = toFramework(SCHEMAS);
  for (const schema of Object.values(document.components?.schemas ?? {})) modernize(schema);
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, ...own },
    headers: headerComponents(),
    responses: problemResponses(known.problems),
  };
  return document;
}

function operationsOf(document: OpenAPIObject): Operation[] {
  return Object.values(document.paths).flatMap((path) =>
    METHODS.map((method) => path[method]).filter((operation) => operation !== undefined),
  );
}

function methodOf(document: OpenAPIObject, operation: Operation): string {
  const paths = Object.values(document.paths);
  return METHODS.find((method) => paths.some((path) => path[method] === operation))!;
}

function isRefusal(status: string | RefusalStatus): status is RefusalStatus {
  return Object.hasOwn(REFUSALS, status);
}

function describeParameters(operation: Operation): void {
  for (const parameter of (operation.parameters ?? []) as Parameter[]) {
    if (parameter.in === 'path' && !parameter.description)
      Object.assign(parameter, PATH_PARAMETERS[parameter.name]);
    const { type } = (parameter.schema ?? {}) as { type?: string };
    // repeated; commas in place of that are read too
    if (type === 'array') Object.assign(parameter, { style: 'form', explode: true });
  }
}

function completeAnswer(operation: Operation, response: Response, isPublic: boolean, known: Examples): void {
  const isTagged = operation.responses['304'] !== undefined;
  const isList = (operation.parameters as Parameter[]).some(({ name }) => name === 'limit');
  response.headers = headers([
    ...ON_EVERY_ANSWER,
    ...(isPublic ? [] : WITH_A_TOKEN),
    ...(isTagged ? ['ETag'] : []),
    ...(isList ? ['Link'] : []),
    ...(response.content?.['text/csv'] ? ['Content-Disposition'] : []),
  ]);
  for (const [mediaType, content] of Object.entries(response.content ?? {})) {
    const example = known.answers[operation.operationId!]?.[mediaType];
    if (example !== undefined) content.example = example;
  }
}

/** The framework writes the schemas of bodies as OpenAPI 3.0 has them. Bodies are closed: an unknown member is refused. */
function modernize(schema: object): void {
  const { properties = {} } = schema as {
    properties?: Record<string, { nullable?: boolean; type?: unknown }>;
  };
  for (const property of Object.values(properties)) {
    if (property.nullable) property.type = [property.type, 'null'];
    delete property.nullable;
  }
  Object.assign(schema, { additionalProperties: false });
}
