import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Connector } from '../connectors/connector.js';
import { HTTP_PLATFORM } from '../connectors/http/http.values.js';
import {
  connectorOfManifest,
  MAX_MANIFEST_BYTES,
  SHIPPED_FOLDER,
  shippedManifests,
} from '../connectors/http/manifest.js';
import { manifestFaults } from '../connectors/http/manifest.rules.js';
import { ManifestInput, manifestSchema } from '../connectors/http/manifest.schema.js';
import { ConfigFault } from '../domain/errors.js';
import { pathText } from './path-text.js';
import { check, nearest, valueAt } from './schema-faults.js';
import { YamlFile } from './yaml-file.js';

/** What became of one manifest. */
interface LoadedManifest {
  /** Undefined when it cannot be read, or has faults. */
  manifest: ManifestInput | undefined;
  /** Why the name leads to no manifest; null when it does. */
  fault: string | null;
}

/** A name of a manifest that comes with Rollcall; everything else is a path. */
const SHIPPED_NAME = /^[a-z0-9][a-z0-9-]*$/;

const MISSING = 'is required: a file, or the name of a manifest that comes with Rollcall';

/** The manifests that the sources of one configuration name, each read once. */
export class ManifestFiles {
  /** Of the manifests themselves, in the order in which they were read, each file by its lines. */
  readonly faults: ConfigFault[] = [];
  private readonly loaded = new Map<string, LoadedManifest>();

  constructor(
    /** The text of a file; relative paths begin where the configuration stands. Throws what `fs.readFileSync` throws. */
    private readonly readFile: (path: string) => string,
  ) {}

  /** What reads a source, from its plain values: its platform's connector, or its manifest's. Undefined where there is none. */
  connectorOf(
    source: unknown,
    connectors: readonly Connector[],
  ): LoadedManifest & { connector: Connector | undefined } {
    const platform = valueAt(source, ['platform']);
    if (platform !== HTTP_PLATFORM) {
      const connector = connectors.find((candidate) => candidate.platform === platform);
      return { connector, manifest: undefined, fault: null };
    }
    const { manifest, fault } = this.load(valueAt(source, ['manifest']));
    return { connector: manifest && connectorOfManifest(manifest), manifest, fault };
  }

  private load(name: unknown): LoadedManifest {
    if (name === undefined) return { manifest: undefined, fault: MISSING };
    // The schema says that it is no text.
    if (typeof name !== 'string' || name === '') return { manifest: undefined, fault: null };
    const loaded = this.loaded.get(name) ?? this.read(name);
    this.loaded.set(name, loaded);
    return loaded;
  }

  private read(name: string): LoadedManifest {
    const isShipped = SHIPPED_NAME.test(name);
    if (isShipped && !shippedManifests().includes(name)) {
      const near = nearest(name, shippedManifests());
      const fault = `no such manifest comes with Rollcall (a file is written ./${name}.yaml); ${near}`;
      return { manifest: undefined, fault };
    }
    try {
      const text = isShipped
        ? readFileSync(join(SHIPPED_FOLDER, `${name}.yaml`), 'utf8')
        : this.readFile(name);
      const { manifest, faults } = parseManifest(text, name);
      this.faults.push(...faults);
      return { manifest, fault: null };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      const fault = code === 'ENOENT' ? 'no such file' : `cannot be read (${code})`;
      return { manifest: undefined, fault };
    }
  }
}

/**
 * The manifest that a text says, or every fault of it.
 * @param file its name in faults
 */
export function parseManifest(
  text: string,
  file: string,
): { manifest: ManifestInput | undefined; faults: ConfigFault[] } {
  if (Buffer.byteLength(text) > MAX_MANIFEST_BYTES) {
    const message = `has more than ${MAX_MANIFEST_BYTES} bytes`;
    return { manifest: undefined, faults: [{ file, line: null, column: null, path: '', message }] };
  }
  const yaml = new YamlFile(text, null);
  const value = yaml.value();
  const isReadable = yaml.broken.length === 0;
  const { data, faults } = isReadable ? check(manifestSchema, value) : { data: null, faults: [] };
  const rules = isReadable ? manifestFaults(value) : [];
  const placed = [...faults, ...rules].flatMap((fault) => yaml.place(fault) ?? []);
  const all = [...yaml.broken, ...yaml.faults, ...placed]
    .sort((a, b) => a.line - b.line || a.column - b.column)
    .map(({ path, ...fault }): ConfigFault => ({ file, ...fault, path: pathText(path) }));
  const distinct = [...new Map(all.map((fault) => [JSON.stringify(fault), fault])).values()];
  return { manifest: distinct.length === 0 ? data! : undefined, faults: distinct };
}
