import { OpenAPIObject } from '@nestjs/swagger';
import { Ajv2020, ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { PROBLEMS, ProblemName, problemType } from '../../src/api/http/problem.js';
import { JOB_FIELDS } from '../../src/storage/job.fields.js';

/** An answer as a client has it, after its transport coding is undone. */
export interface CheckedAnswer {
  method: string;
  /** Path and query, as sent. */
  url: string;
  status: number;
  /** Lower-case names. */
  headers: Record<string, string | string[] | number | undefined>;
  body: string;
}

type Headers = CheckedAnswer['headers'];
type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
type Response = Exclude<NonNullable<Operation['responses'][string]>, { $ref: string }>;

const PROBLEM = 'application/problem+json';
const FIELD_NAMES = JOB_FIELDS.map(({ name }) => name);

/** What is no operation of the API: the pages for people, and the document itself. */
const PAGES =
  /^\/(?:$|docs(?:$|\/)|docs-|openapi\.json$|assets\/|jobs(?:$|\/)|sources(?:$|\/)|webhooks$|alerts$)/;

/** Compares answers with what the OpenAPI document says of them. Strict: what the document does not know is a fault. */
export class AnswerCheck {
  private readonly ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true });
  private readonly validators = new Map<string, ValidateFunction>();
  private readonly routes: { pattern: RegExp; path: string }[];

  constructor(private readonly document: OpenAPIObject) {
    addFormats.default(this.ajv);
    const schemas = JSON.stringify(document.components!.schemas);
    const $defs = JSON.parse(schemas.replaceAll('#/components/schemas/', '#/$defs/')) as object;
    this.ajv.addSchema({ $id: 'rollcall', $defs });
    // what is concrete comes before what is templated
    const paths = Object.keys(document.paths).sort((a, b) => a.split('{').length - b.split('{').length);
    this.routes = paths.map((path) => ({
      path,
      pattern: new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`),
    }));
  }

  /** The path of the document that a request is for; null when it has none. */
  pathOf(url: string, prefix = ''): string | null {
    const path = decoded(within(url, prefix));
    if (path === null) return null;
    return this.routes.find(({ pattern }) => pattern.test(path))?.path ?? null;
  }

  /**
   * @param prefix the base path of the service
   * @returns what is wrong with the answer; nothing when the document says all of it
   */
  faults(answer: CheckedAnswer, prefix = ''): string[] {
    const { method, url, status, body } = answer;
    const path = this.pathOf(url, prefix);
    const asked = (method === 'HEAD' ? 'GET' : method).toLowerCase() as 'get';
    const operation = path === null ? undefined : this.document.paths[path]![asked];
    const faults = operation
      ? this.ofOperation(operation, answer)
      : this.ofNone(path, within(url, prefix), answer);
    const shown = body.length > 300 ? `${body.slice(0, 300)}…` : body;
    return faults.map((fault) => `${method} ${url.slice(0, 200)} → ${status}: ${fault}\n    ${shown}`);
  }

  /** @returns what is wrong with a body by itself, such as an example */
  ofExample(type: string, reference: string | undefined, example: unknown): string[] {
    const body = typeof example === 'string' ? example : JSON.stringify(example);
    return this.ofBody(reference, type, { url: '/?fields=', body });
  }

  private ofNone(path: string | null, asked: string, answer: CheckedAnswer): string[] {
    const { method, status, headers, body } = answer;
    if (method === 'OPTIONS' && status === 204) return body === '' ? [] : ['a 204 has a body'];
    if (PAGES.test(asked) && status < 400) return [];
    if (status < 400) return ['the document has no such operation'];
    const allow = status === 405 && headers['allow'] === undefined ? ['a 405 without Allow'] : [];
    const known = path !== null && status === 404 ? ['a path of the document is not there'] : [];
    return [...allow, ...known, ...this.ofProblem(answer)];
  }

  private ofOperation(operation: Operation, answer: CheckedAnswer): string[] {
    const { method, status, headers, body } = answer;
    const response = this.resolve(operation.responses[status]);
    if (response === undefined) return ['the document does not know this status of the operation'];
    const faults = this.ofHeaders(response, headers);
    const type = mediaType(headers);
    if (response.content === undefined) return body === '' ? faults : [...faults, 'it has a body'];
    const content = response.content[type];
    if (content === undefined) return [...faults, `the document does not know the media type ${type}`];
    if (method === 'HEAD' && body !== '') return [...faults, 'HEAD has a body'];
    if (method === 'HEAD') return faults;
    if (type === PROBLEM) return [...faults, ...this.ofProblem(answer)];
    return [...faults, ...this.ofBody((content.schema as { $ref?: string }).$ref, type, answer)];
  }

  private resolve(response: Operation['responses'][string]): Response | undefined {
    if (response === undefined || !('$ref' in response)) return response;
    return this.document.components!.responses![response.$ref.split('/').pop()!] as Response;
  }

  private ofHeaders({ headers = {} }: Response, given: Headers): string[] {
    return Object.keys(headers).flatMap((name) => {
      const { required, schema } = this.document.components!.headers![name] as {
        required?: boolean;
        schema: { type: string };
      };
      const value = given[name.toLowerCase()];
      if (value === undefined) return required ? [`the header ${name} is missing`] : [];
      const read = schema.type === 'integer' ? Number(value) : String(value);
      return this.errors(`header ${name}`, schema, read);
    });
  }

  private ofBody(
    reference: string | undefined,
    type: string,
    { url, body }: Pick<CheckedAnswer, 'url' | 'body'>,
  ): string[] {
    const isWhole = !new URLSearchParams(url.split('?')[1]).has('fields');
    if (type === 'text/csv') return ofCsv(body, isWhole);
    if (type === 'application/x-ndjson') return this.ofLines(body, isWhole);
    if (type === 'text/event-stream') return this.ofEvents(body);
    const name = reference!.split('/').pop()!;
    const value = /[/+]json$/.test(type) ? parsed(body) : body;
    if (value === undefined) return ['the body is no JSON'];
    if (name === 'JobPage' && isWhole)
      return [...this.named(name, value), ...this.ofJobs((value as { data: unknown[] }).data, isWhole)];
    return this.named(name, value);
  }

  private ofLines(body: string, isWhole: boolean): string[] {
    const lines = body.split('\n');
    const last = lines.pop() === '' ? [] : ['the last line has no end'];
    return [...last, ...this.ofJobs(lines.map(parsed), isWhole)];
  }

  private ofEvents(body: string): string[] {
    const data = [...body.matchAll(/^data: ([^\n]*)$/gm)].map(([, json]) => parsed(json!));
    return data.flatMap((event) => this.named('Event', event)).slice(0, 5);
  }

  /** Without `fields` a job is whole. */
  private ofJobs(jobs: readonly unknown[], isWhole: boolean): string[] {
    return jobs.flatMap((job) => this.named(isWhole ? 'Job' : 'SelectedJob', job)).slice(0, 5);
  }

  private ofProblem({ method, url, status, headers, body }: CheckedAnswer): string[] {
    if (mediaType(headers) !== PROBLEM) return [`a refusal that is ${mediaType(headers)}`];
    if (method === 'HEAD') return [];
    const problem = parsed(body) as Record<string, unknown>;
    const name = (Object.keys(PROBLEMS) as ProblemName[]).find((one) => problemType(one) === problem['type']);
    return [
      ...this.named('Problem', problem),
      ...(name !== undefined && PROBLEMS[name][0] === status ? [] : ['type and status disagree']),
      ...(name !== undefined && PROBLEMS[name][1] === problem['title'] ? [] : ['type and title disagree']),
      ...(problem['status'] === status ? [] : ['the status of the document is another']),
      ...((problem['requestId'] !== undefined) === status >= 500 ? [] : ['requestId is of a 5xx, always']),
      ...((problem['errors'] !== undefined) === (status === 400) ? [] : ['errors are of a 400, always']),
      ...(url.startsWith(problem['instance'] as string) ? [] : ['instance is not the path']),
    ];
  }

  private named(name: string, value: unknown): string[] {
    return this.errors(name, { $ref: `rollcall#/$defs/${name}` }, value);
  }

  private errors(name: string, schema: object, value: unknown): string[] {
    const validate = this.validators.get(name) ?? this.ajv.compile(schema);
    this.validators.set(name, validate);
    if (validate(value)) return [];
    return validate
      .errors!.slice(0, 5)
      .map(
        ({ instancePath, message, params }) => `${name}${instancePath} ${message} ${JSON.stringify(params)}`,
      );
  }
}

function ofCsv(body: string, isWhole: boolean): string[] {
  const head = body.split('\r\n', 1)[0]!.split(',');
  const unknown = head.filter((name) => !FIELD_NAMES.includes(name));
  const missing = isWhole ? FIELD_NAMES.filter((name) => !head.includes(name)) : [];
  return [...unknown, ...missing].map((name) => `the column ${name}`);
}

function mediaType(headers: Headers): string {
  return String(headers['content-type'] ?? 'nothing').split(';', 1)[0]!;
}

/** Undefined for what is no JSON, which JSON cannot say. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The path below the base path; what is outside of it keeps nothing that any route could match. */
function within(url: string, prefix: string): string {
  const path = url.split('?', 1)[0]!;
  if (!path.startsWith(prefix)) return '';
  return path === prefix ? '/' : path.slice(prefix.length);
}

/** Null for a path that cannot be decoded: no route has it. */
function decoded(path: string): string | null {
  try {
    return decodeURI(path);
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
}
