import { isIP } from 'node:net';
import { FastifyRequest } from 'fastify';

/**
 * Where a request comes from, as far as `server.trustProxy` believes its proxies. What a proxy's header says is an address or nothing:
 * a client may have written it.
 *
 * @returns null when the connection is gone
 */
export function addressOf(request: FastifyRequest): string | null {
  if (isIP(request.ip) !== 0) return request.ip;
  return request.socket.remoteAddress ?? null;
}
