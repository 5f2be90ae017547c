import { SourceConfig } from '../config/config.js';
import { Connector } from '../connectors/connector.js';
import { SourceDeclaration } from '../storage/source.store.js';
import { firstDelayMs } from './next-poll-at.js';
import { proofOf } from './poll-kind.js';

/** What every process must know of a configured source, as its row says it. */
export function declare(source: SourceConfig, connector: Connector): SourceDeclaration {
  const { everyMs, idleEveryMs, sweepEveryMs, staleAfterMs, maxRequestsPerHour } = source.poll;
  return {
    key: source.key,
    platform: source.platform,
    baseUrl: source.baseUrl,
    label: source.label,
    labels: source.labels,
    enabled: source.enabled,
    everyMs,
    idleEveryMs,
    sweepEveryMs,
    staleAfterMs,
    proofEveryMs: proofOf(source, connector) === 'sweep' ? sweepEveryMs : Math.max(everyMs, idleEveryMs),
    maxRequestsPerHour,
    firstDelayMs: firstDelayMs(source.key, everyMs),
  };
}
