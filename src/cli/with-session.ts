import { SourceConfig } from '../config/config.js';
import { Connector, Session } from '../connectors/connector.js';
import { createHttpClient, HttpClientOptions } from '../connectors/shared/undici-http-client.js';

/** Opens a session with a source as a poll would, for as long as `work` takes. */
export async function withSession<T>(
  source: SourceConfig,
  connector: Connector,
  how: Pick<HttpClientOptions, 'userAgent' | 'spend' | 'dispatcher'>,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const { key, baseUrl, auth, options, poll } = source;
  const { pageSize, overlapMs, historyMs, timeoutMs, concurrency } = poll;
  const allowedHosts = connector.extraHosts(auth);
  const http = createHttpClient({ baseUrl, timeoutMs, concurrency, allowedHosts, ...how });
  try {
    const session = connector.connect({ key, baseUrl, auth, options, pageSize, overlapMs, historyMs }, http);
    try {
      return await work(session);
    } finally {
      await session.close();
    }
  } finally {
    await http.close();
  }
}
