import { readFileSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { SourceConfig } from '../config/config.js';
import { EnvironmentVariables } from '../config/environment.js';
import { parseConfig } from '../config/load-config.js';
import { ManifestFiles } from '../config/manifest-file.js';
import { ManifestInput } from '../connectors/http/manifest.schema.js';
import { HTTP_PLATFORM } from '../connectors/http/http.values.js';
import { ConfigError } from '../domain/errors.js';
import { CommandError, EXIT } from './exit-codes.js';

export interface ManifestSource {
  /** A file, relative to the working folder; or the name of a manifest that comes with Rollcall. */
  manifest: string;
  baseUrl: string;
  options: Readonly<Record<string, string | string[]>>;
}

/** How the one source is named where no configuration names it. */
const KEY = 'preview';
const FILE = 'the command line';

/**
 * The source that a manifest and an address make, without a configuration: its credentials come from the environment,
 * `ROLLCALL_AUTH_<NAME>` for each `{{auth.NAME}}` of the manifest.
 * @throws ConfigError for faults of the manifest and for variables that are not set; CommandError for options that do not fit
 */
export function manifestSource(
  { manifest: name, baseUrl, options }: ManifestSource,
  env: EnvironmentVariables,
  cwd: string,
): SourceConfig {
  const readFile = (path: string) => readFileSync(isAbsolute(path) ? path : resolve(cwd, path), 'utf8');
  const manifest = manifestNamed(name, readFile);
  const auth = authOf(manifest);
  const source = {
    key: KEY,
    platform: HTTP_PLATFORM,
    manifest: name,
    baseUrl,
    options: Object.fromEntries(
      Object.entries(options).map(([option, value]) => [
        option,
        // One of a list is a list of one.
        Object.hasOwn(manifest.options, option) && manifest.options[option]!.list ? [value].flat() : value,
      ]),
    ),
  };
  // JSON is YAML: so the one way in which sources are read and judged serves here too.
  const text = JSON.stringify({ sources: [{ ...literal(source), auth }] });
  try {
    return parseConfig(text, FILE, env, readFile, { cwd }).sources[0]!;
  } catch (error) {
    if (error instanceof ConfigError) throw ownWords(error);
    throw error;
  }
}

/** @throws ConfigError */
function manifestNamed(name: string, readFile: (path: string) => string): ManifestInput {
  const files = new ManifestFiles(readFile);
  const { manifest, fault } = files.connectorOf({ platform: HTTP_PLATFORM, manifest: name }, []);
  if (manifest !== undefined) return manifest;
  const faults = fault === null ? [] : [{ file: name, line: null, column: null, path: '', message: fault }];
  throw new ConfigError([...faults, ...files.faults]);
}

/** What the manifest asks for, each as a reference to its variable. */
function authOf({ auth }: ManifestInput): Record<string, string> {
  const names = [...JSON.stringify(auth).matchAll(/\{\{auth\.(\w+)\}\}/g)].map(([, name]) => name!);
  return Object.fromEntries(names.map((name) => [name, `\${${authVariable(name)}}`]));
}

/** `clientId` → `ROLLCALL_AUTH_CLIENT_ID` */
export function authVariable(name: string): string {
  return `ROLLCALL_AUTH_${name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase()}`;
}

/** What stands on the command line is meant as it stands there: nothing of it is a reference. */
function literal<T>(value: T): T {
  return JSON.parse(JSON.stringify(value).replaceAll('${', () => '$${')) as T;
}

/** Faults without the places of a file that nobody wrote. */
function ownWords({ faults }: ConfigError): Error {
  const placed = faults.map((fault) =>
    fault.file === FILE
      ? { ...fault, line: null, column: null, path: fault.path.replace(/^sources\[0\]\.?/, '') }
      : fault,
  );
  const isAbout = (word: string) => placed.some(({ file, path }) => file === FILE && path.startsWith(word));
  if (!isAbout('options') && !isAbout('baseUrl')) return new ConfigError(placed);
  const words = placed.map(({ path, message }) => `${path}: ${message}`);
  return new CommandError(
    [...words, 'give options of the manifest as --option NAME=VALUE, lists with several of them'].join('; '),
    EXIT.usage,
  );
}
