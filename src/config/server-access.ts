import { Config } from './config.js';

/**
 * Whether the API must not be opened without at least one token: it is reachable from other hosts, `auth: none` was not said, and no
 * identity provider gives tokens out. Tokens may be declared in the file or made by the CLI, so the start asks the database too before
 * it refuses.
 */
export function needsToken({ server }: Pick<Config, 'server'>): boolean {
  return server.auth === 'tokens' && server.oidc === null && !isLoopback(server.host);
}

export function isLoopback(host: string): boolean {
  return (
    host === 'localhost' ||
    host === '::1' ||
    host === '[::1]' ||
    /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host)
  );
}
