import { z } from 'zod';
import { AuthError, ContractError, SourceConfigError } from '../../domain/errors.js';
import { HttpClient } from './http-client.js';
import { LoginResult } from './login.js';

export interface ClientCredentials {
  /** A path under the source's base URL, or an absolute URL on a host that the client may call. */
  tokenUrl: string;
  clientId: string;
  clientSecret: string;
}

/** RFC 6749 section 5.1. */
const tokenSchema = z.looseObject({ access_token: z.string().min(1), expires_in: z.unknown().optional() });

/**
 * OAuth 2 client credentials (RFC 6749 section 4.4) with the credentials in the form, for {@link Login}. The value is the access
 * token. Asking twice only makes a second token, so it is repeated like a read.
 *
 * @throws AuthError `authentication` when the token endpoint refuses the credentials (400 or 401)
 * @throws ContractError when it answers no token
 */
export function oauthClientCredentials(
  http: HttpClient,
  { tokenUrl, clientId, clientSecret }: ClientCredentials,
): (signal: AbortSignal) => Promise<LoginResult<string>> {
  return async (signal) => {
    const response = await http.request(
      {
        method: 'POST',
        url: tokenUrl,
        form: { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret },
        signal,
        retry: true,
      },
      (status) => status === 400 || status === 401,
    );
    const { status } = response;
    // RFC 6749 section 5.2: `invalid_client` is a 401 or a 400.
    if (status === 400 || status === 401)
      throw new AuthError(`the token endpoint refused the client credentials (${status})`);
    if (status >= 300)
      throw new SourceConfigError(`no token endpoint answers at the configured address (${status})`);
    const token = tokenSchema.safeParse(await response.json());
    if (!token.success) throw new ContractError('the token endpoint answered no access_token', 'schema');
    // Some send the seconds as text. Without a readable life the token is used until it is refused.
    const seconds = Number(token.data.expires_in);
    return { value: token.data.access_token, expiresInMs: seconds > 0 ? seconds * 1_000 : null };
  };
}
