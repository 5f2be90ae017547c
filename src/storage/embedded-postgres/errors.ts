const WAY_OUT =
  'To use a PostgreSQL of your own, set DATABASE_URL; docker-compose.yml in this repository starts one.';

/** The embedded PostgreSQL cannot be had here. The message says why and names the way out. */
export class EmbeddedPostgresError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(`${message}\n${WAY_OUT}`, options);
    this.name = 'EmbeddedPostgresError';
  }
}

/** The `code` of a system or PostgreSQL error (`ENOENT`, `57P03`), else null. */
export function errorCode(error: unknown): string | null {
  // Not `instanceof`: inside a vm context, as in tests, Node's own errors are of another realm.
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
  return typeof code === 'string' ? code : null;
}

export function errorText(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error
    ? String(error.message)
    : String(error);
}
