/**
 * What can go wrong with an upstream, a configuration or a record. Thrown low, caught and logged once in
 * `polling/poll.service.ts` (or by the command that asked). Messages never carry a secret.
 */
export const ERROR_KINDS = [
  'authentication',
  'permission',
  'rate-limited',
  'timeout',
  'network',
  'upstream-error',
  'malformed-response',
  'schema',
  'configuration',
] as const;

export type ErrorKind = (typeof ERROR_KINDS)[number];

/** A fault of an upstream or of the way to it; `kind` is what the source's health shows. */
export abstract class SourceError extends Error {
  abstract readonly kind: ErrorKind;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The credential was refused (`authentication`) or may not read jobs (`permission`): long backoff, no retry. */
export class AuthError extends SourceError {
  constructor(
    message: string,
    readonly kind: 'authentication' | 'permission' = 'authentication',
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The upstream asked for patience, or our own request budget is spent. Not a failure of the upstream. */
export class RateLimitError extends SourceError {
  readonly kind = 'rate-limited';

  constructor(
    message: string,
    /** Milliseconds to wait before the next request; null when the upstream named none. */
    readonly retryAfterMs: number | null,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Not reachable, too slow, or a 5xx after its own retries. */
export class UnavailableError extends SourceError {
  constructor(
    message: string,
    readonly kind: 'timeout' | 'network' | 'upstream-error',
    /** Milliseconds the upstream asked us to stay away (Veeva's downtime header, Retry-After), else null. */
    readonly retryAfterMs: number | null = null,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A 2xx that is not as documented: not JSON (`malformed-response`), or JSON of another shape (`schema`). */
export class ContractError extends SourceError {
  constructor(
    message: string,
    readonly kind: 'malformed-response' | 'schema',
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The upstream's answer shows that the source is configured wrongly (another Vault, an unknown account). */
export class SourceConfigError extends SourceError {
  readonly kind = 'configuration';
}

/** The upstream does not know this job (404 on its own page). */
export class JobGoneError extends Error {}

/** One record cannot be normalized. It becomes a reject; its page goes on. */
export class RecordError extends Error {
  constructor(readonly reasons: readonly string[]) {
    super(reasons.join('; '));
    this.name = 'RecordError';
  }
}

/** One fault of a configuration file. `line` and `column` count from 1. */
export interface ConfigFault {
  file: string;
  line: number | null;
  column: number | null;
  path: string;
  message: string;
}

/** Refuse to start, naming every fault at once. The process exits 78 (EX_CONFIG, sysexits.h). */
export class ConfigError extends Error {
  constructor(readonly faults: readonly ConfigFault[]) {
    super(faults.map(formatFault).join('\n'));
    this.name = 'ConfigError';
  }
}

export function formatFault(fault: ConfigFault): string {
  const place = fault.line === null ? fault.file : `${fault.file}:${fault.line}:${fault.column ?? 1}`;
  return `${place}: ${fault.path ? `${fault.path}: ` : ''}${fault.message}`;
}
