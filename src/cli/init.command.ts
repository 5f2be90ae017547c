import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { HTTP_PLATFORM } from '../connectors/http/http.values.js';
import { shippedManifests } from '../connectors/http/manifest.js';
import { CONNECTORS } from '../connectors/index.js';
import { nearest } from '../config/schema-faults.js';
import { Cli, configFile } from './cli.js';
import { CommandError, EXIT } from './exit-codes.js';
import { manifestSample, OWN_MANIFEST_SAMPLE } from './manifest-sample.js';

export function initCommand(cli: Cli): Command {
  return new Command('init')
    .summary('write a commented rollcall.yaml')
    .description(
      'Writes a commented rollcall.yaml for the named platforms, or for all that are built in. Never overwrites a file.',
    )
    .argument('[platform...]', `of ${names().join(', ')}`)
    .action((asked: string[], _options, command: Command) =>
      init(cli, asked, configFile(command) ?? 'rollcall.yaml'),
    );
}

function init(cli: Cli, asked: readonly string[], file: string): void {
  const unknown = asked.find((name) => !names().includes(name));
  if (unknown !== undefined)
    throw new CommandError(`unknown platform ${unknown}; ${nearest(unknown, names())}`, EXIT.usage);
  const text = renderConfig(
    asked.length === 0 ? platforms() : names().filter((name) => asked.includes(name)),
  );
  write(resolve(cli.cwd, file), file, text);
  cli.print(`${file} is written. Next:`);
  cli.print(`  1. fill it in; its secrets come from the environment: ${variables(text).join(', ')}`);
  cli.print('  2. rollcall check   (asks each platform for one page, stores nothing)');
  cli.print('  3. rollcall serve');
}

function platforms(): string[] {
  return CONNECTORS.map((connector) => connector.platform);
}

/** The built-in platforms, `http` for a manifest of one's own, and the shipped manifests of further platforms. */
function names(): string[] {
  return [...new Set([...platforms(), HTTP_PLATFORM, ...shippedManifests()])];
}

function write(path: string, name: string, text: string): void {
  try {
    writeFileSync(path, text, { flag: 'wx' });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw new CommandError(`${name} exists already and is left as it is`);
    throw new CommandError(`cannot write ${name} (${code ?? 'unknown fault'})`, EXIT.failed, {
      cause: error,
    });
  }
}

/** A configuration with one source of each: of a platform from its connector's own sample, else what its manifest asks for. */
export function renderConfig(names: readonly string[]): string {
  return `${HEADER}\nsources:\n${names.map(sourceOf).join('\n')}`;
}

function sourceOf(name: string): string {
  if (name === HTTP_PLATFORM) return OWN_MANIFEST_SAMPLE;
  return platforms().includes(name) ? sampleSource(name) : manifestSample(name);
}

/** The sources of a connector's `sample.yaml`, as written there. */
function sampleSource(platform: string): string {
  const sample = readFileSync(join(__dirname, '..', 'connectors', platform, 'sample.yaml'), 'utf8');
  const [, sources] = sample.split(/^sources:[^\n]*\n/m);
  if (sources === undefined) throw new Error(`the sample of ${platform} has no sources`);
  return `${sources.trimEnd()}\n`;
}

/** The environment variables that the file asks for, comments left out. */
function variables(text: string): string[] {
  const references = text.replace(/#.*$/gm, '').matchAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g);
  return [...new Set([...references].map((match) => match[1]!))];
}

const HEADER = `# Rollcall's configuration. Every key, its default and its bounds: docs/configuration.md.
#
#   \${NAME}            the environment variable; an unset one is an error
#   \${NAME:-default}   the same with a default
#   \${file:/path}      the content of a file (Docker and Kubernetes secrets)
#   $\${                a literal \${

server:
  host: 127.0.0.1 # any other address needs an API token (rollcall token create), or \`auth: none\` said aloud
  port: 8080

# Left out: DATABASE_URL from the environment, else an embedded PostgreSQL under ./.rollcall.
# database:
#   url: \${DATABASE_URL}

# Told of failures by itself: a signed message, Slack, PagerDuty or an Alertmanager. docs/webhooks.md
# webhooks:
#   endpoints:
#     - name: on call
#       format: pagerduty
#       options: { routingKey: '\${PAGERDUTY_KEY}' }
#       filter: { label: 'env:prod' }
#     - name: audit trail
#       url: https://hooks.example.com/rollcall
#       secret: \${WEBHOOK_SECRET} # whsec_ and base64: echo "whsec_$(openssl rand -base64 32)"
#       types: [job.transitioned, source.health]

# What jobs are expected to do; \`rollcall alerts test NAME --since -30d\` tries a rule on what is stored. docs/expectations.md
# alerts:
#   - { name: tiles-too-long, kind: duration, match: { source: charts }, max: 45m }
#   - { name: nightly, kind: cadence, match: { source: etl, type: nightly-load }, every: 24h, tolerance: 1h }
#   - { name: unusual, kind: learned, match: { source: [charts, etl] } }
`;
