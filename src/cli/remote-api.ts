import { Agent, request } from 'undici';
import { EnvironmentVariables, variable } from '../config/environment.js';
import { USER_AGENT } from '../version.js';
import { ApiClient, RawAnswer, TransientError } from './api-client.js';
import { CommandError, EXIT } from './exit-codes.js';

const TIMEOUT_MS = 30_000;

/** What may stand in a header as one word. */
const SENDABLE = /^[\x21-\x7e]+$/;

/**
 * The API at ROLLCALL_URL with the token ROLLCALL_TOKEN (left out where the service runs with `auth: none`).
 * @returns null when ROLLCALL_URL is not set
 * @throws CommandError when it is no http address, or the token cannot be sent
 */
export function remoteApi(env: EnvironmentVariables): ApiClient | null {
  const address = variable(env, 'ROLLCALL_URL');
  if (address === null) return null;
  const base = URL.parse(address);
  if (base === null || !/^https?:$/.test(base.protocol))
    throw new CommandError('ROLLCALL_URL: expected an http or https address', EXIT.config);
  const token = variable(env, 'ROLLCALL_TOKEN');
  if (token !== null && !SENDABLE.test(token))
    throw new CommandError('ROLLCALL_TOKEN: has characters that no token has', EXIT.config);
  return new RemoteApi(base, token);
}

class RemoteApi extends ApiClient {
  private readonly agent = new Agent({ connect: { timeout: TIMEOUT_MS } });

  constructor(
    private readonly base: URL,
    private readonly token: string | null,
  ) {
    super();
  }

  async close(): Promise<void> {
    // Whoever closes no longer waits for an answer.
    await this.agent.destroy();
  }

  protected async send(
    path: string,
    query: URLSearchParams,
    headers: Record<string, string>,
  ): Promise<RawAnswer> {
    const url = new URL(`${this.base.origin}${this.base.pathname.replace(/\/+$/, '')}/api/v1${path}`);
    url.search = query.toString();
    try {
      const answer = await request(url, {
        dispatcher: this.agent,
        headers: {
          accept: 'application/json',
          'user-agent': USER_AGENT,
          ...(this.token === null ? {} : { authorization: `Bearer ${this.token}` }),
          ...headers,
        },
        headersTimeout: TIMEOUT_MS,
        bodyTimeout: TIMEOUT_MS,
      });
      const { etag } = answer.headers;
      return {
        status: answer.statusCode,
        etag: typeof etag === 'string' ? etag : null,
        body: await answer.body.text(),
      };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new TransientError(
        `${this.base.origin} cannot be reached (${code ?? (error as Error).message})`,
        EXIT.failed,
        { cause: error },
      );
    }
  }
}
