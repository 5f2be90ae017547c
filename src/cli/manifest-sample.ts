import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseManifest } from '../config/manifest-file.js';
import { authNamesOf } from '../connectors/http/http.auth.js';
import { SHIPPED_FOLDER } from '../connectors/http/manifest.js';
import { ManifestInput, OptionInput } from '../connectors/http/manifest.schema.js';

/** A source of a platform that a manifest of one's own describes. */
export const OWN_MANIFEST_SAMPLE = `  - key: anything
    platform: http
    # A file beside this one, which docs/connectors/http.md says how to write; or the name of a manifest that comes with Rollcall.
    manifest: ./connectors/anything.yaml
    baseUrl: https://jobs.example.com
    auth: # what the manifest's {{auth.NAME}} ask for
      token: \${ANYTHING_TOKEN}
    # options: { project: tiles } # what its {{options.NAME}} ask for
`;

/**
 * A source of the platform that a shipped manifest describes, with everything that the manifest asks for.
 * @param name a shipped manifest's
 */
export function manifestSample(name: string): string {
  const file = `${name}.yaml`;
  const { manifest } = parseManifest(readFileSync(join(SHIPPED_FOLDER, file), 'utf8'), file);
  if (manifest === undefined) throw new Error(`the shipped manifest ${name} has faults`);
  return [
    `  # ${manifest.title ?? name}`,
    `  - key: ${name}`,
    '    platform: http',
    `    manifest: ${name} # comes with Rollcall; one of your own: ./connectors/${file}`,
    `    baseUrl: https://${name}.example.com`,
    ...authLines(name, manifest),
    ...optionLines(manifest.options),
    '',
  ].join('\n');
}

function authLines(name: string, { auth }: ManifestInput): string[] {
  const names = authNamesOf(auth);
  const lines = names.map((key) =>
    key === 'tokenUrl'
      ? `      tokenUrl: https://${name}.example.com/token`
      : `      ${key}: \${${variable(name)}_${variable(key)}}`,
  );
  return names.length === 0 ? [] : ['    auth:', ...lines];
}

function optionLines(options: Readonly<Record<string, OptionInput>>): string[] {
  const lines = Object.entries(options).flatMap(([key, option]) => {
    const said = [
      option.description,
      option.values === undefined ? undefined : `one of ${option.values.join(', ')}`,
      option.default === undefined ? undefined : 'may be left out',
    ].filter((words) => words !== undefined);
    return [
      ...(said.length === 0 ? [] : [`      # ${said.join('; ')}`]),
      `      ${key}: ${JSON.stringify(exampleOf(option))}`,
    ];
  });
  return lines.length === 0 ? [] : ['    options:', ...lines];
}

function exampleOf({ default: given, values, list }: OptionInput): string | readonly string[] {
  const example = given ?? values?.[0] ?? 'example';
  return list ? [example].flat() : example;
}

/** `clientId` → `CLIENT_ID`, `github-actions` → `GITHUB_ACTIONS`. */
function variable(name: string): string {
  return name
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toUpperCase();
}
