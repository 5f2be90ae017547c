import { SourceConfig } from '../config/config.js';
import { Connector, Session } from '../connectors/connector.js';
import { connectorOf } from '../connectors/index.js';
import { createHttpClient, HttpClientOptions } from '../connectors/shared/undici-http-client.js';
import { SourceError } from '../domain/errors.js';
import { ExchangeLog, secretsIn } from '../preview/exchange-log.js';
import { Preview, Reach, readPreview } from '../preview/source-preview.js';
import { USER_AGENT } from '../version.js';

/** Of the whole visit: the patience with an upstream that drips. */
const DEADLINE_MS = 120_000;

/** Reads the first pages of a source as a poll would, with a login of its own. Stores nothing; what the upstream refuses is part of the answer. */
export async function readSource(
  source: SourceConfig,
  reach: Reach,
  onRequest: () => void = () => undefined,
): Promise<Preview> {
  const connector = connectorOf(source);
  const log = new ExchangeLog(secretsIn(source.auth));
  const readAt = Date.now();
  let read: Pick<Preview, 'pages' | 'result' | 'error'> = { pages: [], result: null, error: null };
  try {
    await withSession(source, connector, { spend: onRequest, onResponse: log.note }, async (session) => {
      const signal = AbortSignal.timeout(DEADLINE_MS);
      read = await readPreview({ source, connector, session }, { readAt, signal, reach });
    });
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    read = { ...read, result: null, error: read.error ?? error };
  }
  return { ...read, exchanges: log.exchanges, readAt };
}

async function withSession(
  source: SourceConfig,
  connector: Connector,
  how: Pick<HttpClientOptions, 'spend' | 'onResponse'>,
  work: (session: Session) => Promise<void>,
): Promise<void> {
  const { key, baseUrl, auth, options, poll } = source;
  const { pageSize, overlapMs, historyMs, timeoutMs, concurrency } = poll;
  const allowedHosts = connector.extraHosts(auth);
  const http = createHttpClient({
    ...{ baseUrl, timeoutMs, concurrency, allowedHosts, userAgent: USER_AGENT },
    ...how,
  });
  try {
    const session = connector.connect({ key, baseUrl, auth, options, pageSize, overlapMs, historyMs }, http);
    try {
      await work(session);
    } finally {
      await session.close();
    }
  } finally {
    await http.close();
  }
}
