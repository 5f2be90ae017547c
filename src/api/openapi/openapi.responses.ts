import { OpenAPIObject } from '@nestjs/swagger';
import { PROBLEMS, ProblemName, problemType } from '../http/problem.js';
import { Schema, count, text, uuid } from './openapi.words.js';

type Components = NonNullable<OpenAPIObject['components']>;

/** Refusals by their status: the name of the response in the document, and what it means. */
export const REFUSALS = {
  400: ['BadRequest', 'Every fault of the request, at once.'],
  401: ['Unauthorized', 'No token, or one that is unknown, expired or revoked.'],
  403: ['Forbidden', 'The token lacks the scope.'],
  404: ['NotFound', 'Not there, or not for this token.'],
  406: ['NotAcceptable', 'There is no form that `Accept` names.'],
  408: ['RequestTimeout', 'The request took too long to arrive.'],
  409: ['Conflict', 'Not possible in the present state.'],
  410: ['Gone', 'Events after the cursor are not kept any more.'],
  413: ['ContentTooLarge', 'The body is too large.'],
  414: ['UriTooLong', 'The path, a part of it, or the query is too long.'],
  415: ['UnsupportedMediaType', 'The body is not JSON.'],
  422: ['QueryTooBroad', 'No index bounds the query, and it took too long; `detail` says what narrows it.'],
  429: ['TooManyRequests', 'Too many requests, or too soon for the platform; `Retry-After` says when.'],
  431: ['HeadersTooLarge', 'The request line or the headers are too large.'],
  500: ['InternalError', 'A fault of Rollcall; it is logged under `requestId`.'],
  502: ['UpstreamFailed', 'The platform refused or failed; `kind` says how.'],
  503: ['Unavailable', 'The database or the identity provider cannot be reached, or the process drains.'],
  504: ['UpstreamTimeout', 'The platform did not answer in time.'],
} as const satisfies Record<number, readonly [string, string]>;

export type RefusalStatus = keyof typeof REFUSALS;

/** Header by header, as the document shows them. */
const HEADERS: Record<string, { description: string; required?: true; schema: Schema }> = {
  'X-Request-Id': {
    description: 'Names the request in the log; never what the client sent.',
    required: true,
    schema: uuid(),
  },
  RateLimit: {
    description:
      'What is left of the limit (draft-ietf-httpapi-ratelimit-headers): `"token";r=left;t=seconds`. Absent where nobody needs a token, or none was sent.',
    schema: { ...text(), pattern: '^"(token|address)";r=[0-9]+;t=[0-9]+$' },
  },
  'RateLimit-Policy': {
    description:
      'The limit itself: `"token";q=requests;w=seconds`. Absent where nobody needs a token, or none was sent.',
    schema: { ...text(), pattern: '^"(token|address)";q=[0-9]+;w=[0-9]+$' },
  },
  ETag: {
    description: 'Weak: what moves only with time or with a quiet poll does not change it.',
    required: true,
    schema: { ...text(), pattern: '^W/"[A-Za-z0-9_-]+"$' },
  },
  'Cache-Control': {
    description: '`no-store`, or `private, no-cache` where there is an ETag.',
    required: true,
    schema: text(),
  },
  Vary: { description: 'Request headers that the answer depends on.', schema: text() },
  Link: {
    description:
      'RFC 8288: `next` and `prev` where they are, and `first`; relative targets. Of a long question only those that fit into 12 KiB.',
    required: true,
    schema: { ...text(), pattern: 'rel="(first|next|prev)"' },
  },
  'Content-Disposition': {
    description: 'What a browser saves an export as; only of NDJSON and CSV.',
    schema: text(),
  },
  'WWW-Authenticate': {
    description: 'RFC 6750.',
    required: true,
    schema: { ...text(), pattern: '^Bearer' },
  },
  'Retry-After': { description: 'Seconds to wait.', schema: count() },
};

/** Of every answer. */
export const ON_EVERY_ANSWER = ['X-Request-Id', 'Cache-Control', 'Vary'];
/** Of every answer to a request that needs a token. */
export const WITH_A_TOKEN = ['RateLimit', 'RateLimit-Policy'];

const OWN_HEADERS: Partial<Record<RefusalStatus, string[]>> = {
  401: ['WWW-Authenticate'],
  429: ['Retry-After'],
  503: ['Retry-After'],
};

export function headers(names: readonly string[]) {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

export function headerComponents(): NonNullable<Components['headers']> {
  return HEADERS as NonNullable<Components['headers']>;
}

/** One response for each status that a problem may have. @param examples problem documents by the name of their problem */
export function problemResponses(examples: Record<string, unknown>): NonNullable<Components['responses']> {
  const responses = Object.entries(REFUSALS).map(([key, [name, meaning]]) => {
    const status = Number(key) as RefusalStatus;
    const problems = (Object.keys(PROBLEMS) as ProblemName[]).filter((one) => PROBLEMS[one][0] === status);
    const shown = problems.filter((problem) => Object.hasOwn(examples, problem));
    const response = {
      description: `${meaning} \`type\` is ${problems.map((one) => `\`${problemType(one)}\``).join(' or ')}.`,
      headers: headers([...ON_EVERY_ANSWER, ...WITH_A_TOKEN, ...(OWN_HEADERS[status] ?? [])]),
      content: {
        'application/problem+json': {
          schema: { $ref: '#/components/schemas/Problem' },
          ...(shown.length > 0
            ? {
                examples: Object.fromEntries(shown.map((problem) => [problem, { value: examples[problem] }])),
              }
            : {}),
        },
      },
    };
    return [name, response];
  });
  return Object.fromEntries(responses) as NonNullable<Components['responses']>;
}
