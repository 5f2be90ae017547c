import { Connector } from './connector.js';
import { elasticPath } from './elastic-path/elastic-path.connector.js';
import { integrateIo } from './integrate-io/integrate-io.connector.js';
import { vectorcharts } from './vectorcharts/vectorcharts.connector.js';
import { veevaVault } from './veeva-vault/veeva-vault.connector.js';
import { workfloplus } from './workfloplus/workfloplus.connector.js';

/** Every platform that Rollcall reads: one line for each connector's folder. */
export const CONNECTORS: readonly Connector[] = [
  vectorcharts,
  elasticPath,
  workfloplus,
  integrateIo,
  veevaVault,
];

/** The connector of a platform; undefined when there is none. */
export function connectorFor(platform: string): Connector | undefined {
  return CONNECTORS.find((connector) => connector.platform === platform);
}
