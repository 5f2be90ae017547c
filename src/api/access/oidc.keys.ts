import { createRemoteJWKSet, JWTVerifyGetKey } from 'jose';
import { request } from 'undici';
import { OidcConfig } from '../../config/config.js';

/** The identity provider, or its keys, cannot be had: nothing can be said of a token. */
export class IdentityUnavailableError extends Error {
  override readonly name = 'IdentityUnavailableError';
}

/** Of one request to the provider, milliseconds. */
const TIMEOUT_MS = 5_000;
/** An unknown key asks for the keys again, but no sooner than this; so does a provider that failed, milliseconds. */
const COOLDOWN_MS = 30_000;
const FAILURE_COOLDOWN_MS = 5_000;
/** After this a key that the provider withdrew is no longer believed, milliseconds. */
const MAX_AGE_MS = 600_000;

const MAX_DISCOVERY_BYTES = 256 * 1024;

/** The keys of one identity provider, fetched when the first token wants them. */
export class OidcKeys {
  private keys: Promise<JWTVerifyGetKey> | null = null;
  private failure: { error: IdentityUnavailableError; until: number } | null = null;

  constructor(
    private readonly config: OidcConfig,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** @throws IdentityUnavailableError, at once for a few seconds after a failure */
  async get(): Promise<JWTVerifyGetKey> {
    if (this.failure !== null && this.now() < this.failure.until) throw this.failure.error;
    this.keys ??= this.find();
    try {
      return await this.keys;
    } catch (error) {
      this.keys = null;
      throw this.fail(error);
    }
  }

  /** Remembers that the provider failed. @returns what to throw */
  fail(cause: unknown): IdentityUnavailableError {
    const error = new IdentityUnavailableError('the identity provider cannot be asked for its keys', {
      cause,
    });
    this.failure = { error, until: this.now() + FAILURE_COOLDOWN_MS };
    return error;
  }

  private async find(): Promise<JWTVerifyGetKey> {
    const uri = this.config.jwksUri ?? (await discover(this.config.issuer));
    return createRemoteJWKSet(new URL(uri), {
      timeoutDuration: TIMEOUT_MS,
      cooldownDuration: COOLDOWN_MS,
      cacheMaxAge: MAX_AGE_MS,
    });
  }
}

/** OpenID Connect Discovery 1.0, section 4: the document is only believed when it names this issuer. */
async function discover(issuer: string): Promise<string> {
  const { statusCode, body } = await request(
    `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
    {
      headers: { accept: 'application/json' },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    },
  );
  const text = await readText(body);
  if (statusCode !== 200) throw new Error(`discovery answered ${statusCode}`);
  const document = JSON.parse(text) as { issuer?: unknown; jwks_uri?: unknown } | null;
  if (document?.issuer !== issuer) throw new Error('the discovery document is of another issuer');
  const uri = typeof document.jwks_uri === 'string' ? URL.parse(document.jwks_uri) : null;
  // what came over TLS leads to nothing in clear
  if (uri === null || (uri.protocol !== 'https:' && uri.protocol !== new URL(issuer).protocol))
    throw new Error('the discovery document names no usable jwks_uri');
  return uri.href;
}

async function readText(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > MAX_DISCOVERY_BYTES) throw new Error('the discovery document is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
