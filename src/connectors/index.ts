import { Connector } from './connector.js';
import { elasticPath } from './elastic-path/elastic-path.connector.js';
import { HTTP_PLATFORM } from './http/http.values.js';
import { connectorOfManifest } from './http/manifest.js';
import { ManifestInput } from './http/manifest.schema.js';
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

/** Every platform that a source can name: those above, and the one whose connectors are declared in manifests. */
export const PLATFORMS: readonly string[] = [...CONNECTORS.map(({ platform }) => platform), HTTP_PLATFORM];

/** The connector of a platform; undefined when there is none, or each source's manifest has one of its own. */
export function connectorFor(platform: string): Connector | undefined {
  return CONNECTORS.find((connector) => connector.platform === platform);
}

/** The connector of a source that was checked: its platform's, or its manifest's. */
export function connectorOf({
  platform,
  manifest,
}: {
  platform: string;
  manifest?: ManifestInput;
}): Connector {
  const connector = manifest === undefined ? connectorFor(platform) : connectorOfManifest(manifest);
  if (connector === undefined) throw new Error(`no connector for ${platform}`);
  return connector;
}
