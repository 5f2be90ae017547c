import { HttpException } from '@nestjs/common';
import { ErrorKind } from '../../domain/errors.js';

/** One fault of a request: which parameter, or which place of the body (JSON pointer), and what is wrong with it. */
export type RequestFault = { parameter: string; detail: string } | { pointer: string; detail: string };

/** What an error answer says (RFC 9457, application/problem+json). */
export interface ProblemDocument {
  type: string;
  title: string;
  status: number;
  detail: string;
  /** The path that was asked for. */
  instance: string;
  /** Of a 400: every fault of the request. */
  errors?: readonly RequestFault[];
  /** Where a platform is the reason: the kind of its fault, as in the source's `lastError`. */
  kind?: ErrorKind;
  /** Of a preview: what was asked of the platform until then. */
  requests?: readonly object[];
  /** Of a 5xx: what to look for in the log. */
  requestId?: string;
}

/** Every kind of problem: its name, which never changes, with its status and title. */
export const PROBLEMS = {
  'invalid-request': [400, 'The request is not valid'],
  'cursor-mismatch': [400, 'The cursor belongs to another question'],
  unauthorized: [401, 'A valid token is needed'],
  forbidden: [403, 'The token does not allow this'],
  'not-found': [404, 'There is no such thing'],
  'method-not-allowed': [405, 'The method is not allowed here'],
  'not-acceptable': [406, 'There is no such form of the answer'],
  'request-timeout': [408, 'The request took too long to arrive'],
  conflict: [409, 'Not possible in the present state'],
  'not-shown': [409, 'The platform does not show this job'],
  'cursor-expired': [410, 'What follows the cursor is not kept any more'],
  'content-too-large': [413, 'The request body is too large'],
  'uri-too-long': [414, 'The path is too long'],
  'unsupported-media-type': [415, 'The media type is not supported'],
  'query-too-broad': [422, 'The query is too broad'],
  'too-many-requests': [429, 'Too many requests'],
  'too-soon': [429, 'Too soon for the platform, or for its request budget'],
  'headers-too-large': [431, 'The request line or headers are too large'],
  'internal-error': [500, 'Something went wrong in Rollcall'],
  'upstream-failed': [502, 'The platform refused or failed'],
  'identity-unavailable': [503, 'The identity provider cannot be reached'],
  'not-ready': [503, 'Not ready for requests'],
  'database-unavailable': [503, 'The database cannot be reached'],
  'upstream-timeout': [504, 'The platform did not answer in time'],
} as const satisfies Record<string, readonly [number, string]>;

export type ProblemName = keyof typeof PROBLEMS;

/** Names the kind of a problem, wherever Rollcall is installed. */
export function problemType(name: ProblemName): string {
  return `urn:rollcall:problem:${name}`;
}

export interface ProblemExtras {
  errors?: readonly RequestFault[];
  /** Lower-case names. */
  headers?: Readonly<Record<string, string>>;
  kind?: ErrorKind;
  requests?: ProblemDocument['requests'];
  /** For the log. */
  cause?: Error;
}

/** Thrown anywhere in the API; becomes the answer. */
export class Problem extends HttpException {
  readonly errors: readonly RequestFault[] | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly kind: ErrorKind | undefined;
  readonly requests: ProblemDocument['requests'];

  constructor(
    readonly problem: ProblemName,
    readonly detail: string,
    { errors, headers = {}, kind, requests, cause }: ProblemExtras = {},
  ) {
    super(detail, PROBLEMS[problem][0], { cause });
    this.errors = errors;
    this.headers = headers;
    this.kind = kind;
    this.requests = requests;
  }
}

/** A 400 that names every fault of the request at once. */
export function invalidRequest(errors: readonly RequestFault[]): Problem {
  const places = errors.map((fault) => ('parameter' in fault ? fault.parameter : fault.pointer));
  const detail =
    errors.length === 1
      ? `${places[0]!}: ${errors[0]!.detail}`
      : `${errors.length} faults: ${places.join(', ')}`;
  return new Problem('invalid-request', detail, { errors });
}

export function problemDocument(problem: Problem, instance: string): ProblemDocument {
  const [status, title] = PROBLEMS[problem.problem];
  return {
    type: problemType(problem.problem),
    title,
    status,
    detail: problem.detail,
    instance,
    ...(problem.errors ? { errors: problem.errors } : {}),
    ...(problem.kind ? { kind: problem.kind } : {}),
    ...(problem.requests ? { requests: problem.requests } : {}),
  };
}
