import { Agent, request } from 'undici';
import { EnvironmentVariables, variable } from '../config/environment.js';
import { ApiClient, readAnswer } from './api-client.js';
import { CommandError, EXIT } from './exit-codes.js';
import { USER_AGENT } from './version.js';

const TIMEOUT_MS = 30_000;

/**
 * The API at ROLLCALL_URL with the token ROLLCALL_TOKEN (left out where the service runs with `auth: none`).
 * @returns null when ROLLCALL_URL is not set
 * @throws CommandError when it is no http address
 */
export function remoteApi(env: EnvironmentVariables): ApiClient | null {
  const address = variable(env, 'ROLLCALL_URL');
  if (address === null) return null;
  const base = URL.parse(address);
  if (base === null || !/^https?:$/.test(base.protocol))
    throw new CommandError('ROLLCALL_URL: expected an http or https address', EXIT.config);
  return new RemoteApi(base, variable(env, 'ROLLCALL_TOKEN'));
}

class RemoteApi implements ApiClient {
  private readonly agent = new Agent({ connect: { timeout: TIMEOUT_MS } });

  constructor(
    private readonly base: URL,
    private readonly token: string | null,
  ) {}

  async get<Answer>(path: string, query = new URLSearchParams()): Promise<Answer> {
    const url = new URL(`${this.base.origin}${this.base.pathname.replace(/\/+$/, '')}/api/v1${path}`);
    url.search = query.toString();
    const headers = {
      accept: 'application/json',
      'user-agent': USER_AGENT,
      ...(this.token === null ? {} : { authorization: `Bearer ${this.token}` }),
    };
    const answer = await this.send(url, headers);
    return readAnswer<Answer>(answer.status, answer.body);
  }

  async close(): Promise<void> {
    await this.agent.close();
  }

  private async send(url: URL, headers: Record<string, string>): Promise<{ status: number; body: string }> {
    try {
      const { statusCode, body } = await request(url, {
        dispatcher: this.agent,
        headers,
        headersTimeout: TIMEOUT_MS,
        bodyTimeout: TIMEOUT_MS,
      });
      return { status: statusCode, body: await body.text() };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new CommandError(
        `${this.base.origin} cannot be reached (${code ?? (error as Error).message})`,
        EXIT.failed,
        { cause: error },
      );
    }
  }
}
