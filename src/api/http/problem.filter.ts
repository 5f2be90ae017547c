import {
  ArgumentsHost,
  Catch,
  ExceptionFilter,
  HttpException,
  Logger,
  NotFoundException,
} from '@nestjs/common';
import { FastifyReply, FastifyRequest } from 'fastify';
import { QueryTooBroadError } from '../../storage/bounded-query.js';
import { isDatabaseFault } from '../../storage/database-fault.js';
import { allowedMethods } from './method-table.js';
import { PROBLEMS, Problem, ProblemName, problemDocument } from './problem.js';

const MEDIA_TYPE = 'application/problem+json; charset=utf-8';

/** Every refusal and every failure leaves as a problem document. A failure is logged here, once. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Api');

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    this.answer(error, request, reply);
  }

  answer(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const problem = problemOf(error, request);
    const document = problemDocument(problem, pathOf(request));
    if (document.status >= 500) {
      document.requestId = request.id;
      this.logger.error({
        err: error,
        requestId: request.id,
        method: request.method,
        path: document.instance,
      });
    }
    if (reply.sent) return;
    void reply
      .status(document.status)
      .headers({ ...problem.headers, 'cache-control': 'no-store', 'x-request-id': request.id })
      .type(MEDIA_TYPE)
      .send(JSON.stringify(document));
  }
}

function problemOf(error: unknown, request: FastifyRequest): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof NotFoundException && request.is404) return notRouted(request);
  if (error instanceof QueryTooBroadError) {
    return new Problem(
      'query-too-broad',
      'No index bounds this query, and it took too long. A time range on the sort field, a source, a state or a type narrows it.',
    );
  }
  if (error instanceof HttpException) return fromStatus(error.getStatus(), error.message);
  if (isFileRefusal(error)) return refusedFile(error.statusCode, error.message, request);
  if (isDatabaseFault(error))
    return new Problem('database-unavailable', 'Try again in a moment.', { headers: { 'retry-after': '5' } });
  return fromStatus(500, '');
}

/** What serves files throws errors of its own, marked with the status twice. */
function isFileRefusal(error: unknown): error is Error & { statusCode: number } {
  const { status, statusCode } = error as { status?: unknown; statusCode?: unknown };
  return error instanceof Error && status === statusCode && Number(status) >= 400 && Number(status) < 500;
}

/** A path that leads out of the folder leads nowhere. */
function refusedFile(status: number, message: string, request: FastifyRequest): Problem {
  return status === 403 ? notRouted(request) : fromStatus(status, message, 'path');
}

/** A path that no route has is a 404; a method that its route lacks is a 405. */
function notRouted(request: FastifyRequest): Problem {
  const methods = allowedMethods(request.server, pathOf(request));
  if (methods.length === 0 || methods.includes(request.method))
    return new Problem('not-found', `There is nothing at ${pathOf(request)}.`);
  const allow = methods.join(', ');
  return new Problem('method-not-allowed', `Allowed here: ${allow}.`, { headers: { allow } });
}

/** Refusals of the framework. Their own words are kept below 500 only. */
export function fromStatus(status: number, message: string, parameter = 'body'): Problem {
  const name = (Object.keys(PROBLEMS) as ProblemName[]).find((known) => PROBLEMS[known][0] === status);
  if (status >= 500) return new Problem('internal-error', 'The fault is logged under the request id.');
  if (name === undefined || name === 'invalid-request')
    return new Problem('invalid-request', message || 'The request is not valid.', {
      errors: [{ parameter, detail: message }],
    });
  return new Problem(name, message || PROBLEMS[name][1]);
}

function pathOf(request: FastifyRequest): string {
  const url = request.raw.url ?? '/';
  const end = url.search(/[?#;]/);
  return end === -1 ? url : url.slice(0, end);
}
