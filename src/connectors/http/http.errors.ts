import {
  AuthError,
  ContractError,
  JobGoneError,
  RateLimitError,
  SourceConfigError,
  UnavailableError,
} from '../../domain/errors.js';
import { HttpResponse } from '../shared/http-client.js';
import { LONGEST_PAUSE_MS, readRetryAfter } from '../shared/http-faults.js';
import { upstreamWords } from '../shared/upstream-words.js';
import { Expression, ExpressionCostError, ExpressionError, Steps } from './expression.js';
import { ErrorRuleInput } from './manifest.schema.js';

/** What a request is for: rules can be limited to some of them. */
export type Purpose = 'list' | 'one' | 'action' | 'login';

/** The platform's words, by a rule of the manifest, for a session that has ended. */
export class SessionEndedError extends AuthError {}

/** An answer as rules see it. */
export interface Answer extends Pick<HttpResponse, 'status' | 'headers' | 'requestedAt'> {
  /** Undefined where it is not JSON. */
  body: unknown;
  /** What expressions over the body may still cost. */
  steps: Steps;
}

interface CompiledRule extends Omit<ErrorRuleInput, 'body' | 'message' | 'retryAfter'> {
  body: Expression | null;
  message: Expression | null;
  retryAfter: Expression | null;
}

/** What the manifest says of answers that are not what was asked for. */
export class ErrorRules {
  private readonly rules: readonly CompiledRule[];

  constructor(rules: readonly ErrorRuleInput[]) {
    this.rules = rules.map(({ body, message, retryAfter, ...rule }) => ({
      ...rule,
      body: compiled(body),
      message: compiled(message),
      retryAfter: compiled(retryAfter),
    }));
  }

  /** Whether any rule has something to say of a status that is no success, so that its answer has to be looked at. */
  isAbout(status: number, purpose: Purpose): boolean {
    return this.rules.some((rule) => isFor(rule, purpose) && rule.status?.includes(status) === true);
  }

  /**
   * The fault that an answer is, by the first rule that applies; null when it is none.
   * @throws ContractError when a rule cannot be evaluated within its bounds
   */
  faultOf(what: string, answer: Answer, purpose: Purpose, secrets: readonly string[]): Error | null {
    const rule = this.rules.find((candidate) => isFor(candidate, purpose) && applies(candidate, answer));
    if (rule === undefined) return null;
    const words = upstreamWords(rule.message === null ? null : evaluated(rule.message, answer), secrets);
    const message = `${what}: ${answer.status}${words === '' ? '' : ` ${words}`}`;
    return faultOfKind(rule.kind, message, waitMs(rule, answer));
  }
}

function compiled(source: string | undefined): Expression | null {
  return source === undefined ? null : new Expression(source);
}

function isFor({ on, kind }: Pick<CompiledRule, 'on' | 'kind'>, purpose: Purpose): boolean {
  if (kind === 'gone' && purpose !== 'one' && purpose !== 'action') return false;
  return on?.includes(purpose) ?? true;
}

function applies({ status, header, body }: CompiledRule, answer: Answer): boolean {
  if (!(status?.includes(answer.status) ?? (answer.status >= 200 && answer.status < 300))) return false;
  if (header !== undefined) {
    const value = answer.headers[header.name.toLowerCase()];
    if (value === undefined || !value.toLowerCase().includes((header.contains ?? '').toLowerCase()))
      return false;
  }
  return body === null || isTrue(evaluated(body, answer));
}

/** As JMESPath has it: what is empty is false. */
export function isTrue(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === '') return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

/** An expression that does not fit the answer (a function of text over a list) says nothing; one that costs too much is a fault. */
function evaluated(expression: Expression, { body, steps }: Answer): unknown {
  if (body === undefined) return null;
  try {
    return expression.evaluate(body, steps);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    if (error instanceof ExpressionCostError)
      throw new ContractError(`${expression.source} ${error.message}`, 'schema');
    return null;
  }
}

function waitMs({ retryAfter }: CompiledRule, answer: Answer): number | null {
  const seconds = retryAfter === null ? null : Number(evaluated(retryAfter, answer) ?? NaN);
  if (seconds !== null && seconds >= 0) return Math.min(seconds * 1_000, LONGEST_PAUSE_MS);
  return readRetryAfter(answer.headers, answer.requestedAt);
}

function faultOfKind(kind: ErrorRuleInput['kind'], message: string, retryAfterMs: number | null): Error {
  switch (kind) {
    case 'gone':
      return new JobGoneError(message);
    case 'renew':
      return new SessionEndedError(message);
    case 'authentication':
    case 'permission':
      return new AuthError(message, kind);
    case 'rate-limited':
      return new RateLimitError(message, retryAfterMs);
    case 'timeout':
    case 'network':
    case 'upstream-error':
      return new UnavailableError(message, kind, retryAfterMs);
    case 'malformed-response':
    case 'schema':
      return new ContractError(message, kind);
    case 'configuration':
      return new SourceConfigError(message);
  }
}
