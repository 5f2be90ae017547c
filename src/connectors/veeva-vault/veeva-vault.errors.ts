import {
  AuthError,
  ContractError,
  RateLimitError,
  SourceConfigError,
  SourceError,
  UnavailableError,
} from '../../domain/errors.js';
import { asText } from '../shared/record-reader.js';
import { upstreamWords } from '../shared/upstream-words.js';

/** A refusal inside an HTTP 200: only `type` is contractual, the words are for people. */
export interface VaultFailure {
  /** As the Vault gives it: what decides, and never shown. Empty when it gives none. */
  type: string;
  /** Type and words for a message, without secrets; `FAILURE` (the request) or `EXCEPTION` (the system) in place of a type. */
  said: string;
}

/** What an error type means for the source. Types: document `38_errors.md` of v25.2. */
type Meaning = 'authentication' | 'permission' | 'configuration' | 'limit' | 'request' | 'unavailable';

/** Credential types stop the source: trying again locks the user out. Every type that is not here is trouble of the platform. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  INVALID_SESSION_ID: 'authentication',
  AUTHENTICATION_FAILED: 'authentication',
  USERNAME_OR_PASSWORD_INCORRECT: 'authentication',
  NO_PASSWORD_PROVIDED: 'authentication',
  PASSWORD_CHANGE_REQUIRED: 'authentication',
  INACTIVE_USER: 'authentication',
  USER_LOCKED_OUT: 'authentication',
  INSUFFICIENT_ACCESS: 'permission',
  OPERATION_NOT_ALLOWED: 'permission',
  MALFORMED_URL: 'configuration',
  METHOD_NOT_SUPPORTED: 'configuration',
  API_LIMIT_EXCEEDED: 'limit',
  INVALID_DATA: 'request',
  PARAMETER_REQUIRED: 'request',
  ATTRIBUTE_NOT_SUPPORTED: 'request',
  CONFIGURATION_MODE_ENABLED: 'unavailable',
  OPERATION_IN_PROGRESS: 'unavailable',
  RACE_CONDITION: 'unavailable',
  UNEXPECTED_ERROR: 'unavailable',
};

/** The refusal in an answer, or in one item of it; null when it is none. `errors` is an array, or one object in a sample. */
export function failureIn(
  envelope: Record<string, unknown>,
  secrets: readonly string[],
): VaultFailure | null {
  const status = String(envelope['responseStatus']).toUpperCase();
  if (status !== 'FAILURE' && status !== 'EXCEPTION') return null;
  const { errors } = envelope;
  const given = (Array.isArray(errors) ? (errors as unknown[]) : [errors]).filter(
    (error): error is Record<string, unknown> => typeof error === 'object' && error !== null,
  );
  const known =
    given.find(({ type }) => typeof type === 'string' && Object.hasOwn(MEANINGS, type)) ?? given[0];
  const type = asText(known?.['type'] ?? envelope['errorType']) ?? '';
  const name = upstreamWords(type, secrets) || status;
  const message = upstreamWords(known?.['message'] ?? envelope['responseMessage'], secrets);
  return { type, said: message === '' ? name : `${name}: ${message}` };
}

/**
 * A refusal as a domain error.
 * @param limitMs how long to stay away where the limit of this call is exceeded, milliseconds
 */
export function faultOf(what: string, failure: VaultFailure, limitMs: number): SourceError {
  const said = `${what}: ${failure.said}`;
  switch (Object.hasOwn(MEANINGS, failure.type) ? MEANINGS[failure.type]! : 'unavailable') {
    case 'authentication':
      return new AuthError(said, 'authentication');
    case 'permission':
      return new AuthError(said, 'permission');
    case 'configuration':
      return new SourceConfigError(`${said} (does this Vault offer options.apiVersion?)`);
    case 'limit':
      return new RateLimitError(said, limitMs);
    case 'request':
      return new ContractError(said, 'schema');
    case 'unavailable':
      return new UnavailableError(said, 'upstream-error');
  }
}
