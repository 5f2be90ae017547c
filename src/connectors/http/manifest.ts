import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Connector } from '../connector.js';
import { httpConnector } from './http.connector.js';
import { ManifestInput } from './manifest.schema.js';

/** Where the manifests are that come with Rollcall; their names are those of their files. */
export const SHIPPED_FOLDER = join(__dirname, 'manifests');

/** The most of a manifest's text, bytes. */
export const MAX_MANIFEST_BYTES = 256 * 1024;

export function shippedManifests(): string[] {
  return readdirSync(SHIPPED_FOLDER)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => name.slice(0, -'.yaml'.length))
    .sort();
}

const connectors = new WeakMap<ManifestInput, Connector>();

/** The connector of a manifest that was checked; compiled once, however many sources it serves. */
export function connectorOfManifest(manifest: ManifestInput): Connector {
  const known = connectors.get(manifest);
  if (known !== undefined) return known;
  const connector = httpConnector(manifest) as Connector;
  connectors.set(manifest, connector);
  return connector;
}
