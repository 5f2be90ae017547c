import { Config } from '../config/config.js';

export interface Ready {
  /** `http://127.0.0.1:8080` */
  url: string;
  config: Pick<Config, 'server' | 'database' | 'sources'>;
  /** Of the embedded database, when it is the one in use. */
  dataDir: string;
  demo: boolean;
}

/** What a person who has just started Rollcall needs to know. */
export function readyText({ url, config, dataDir, demo }: Ready): string {
  const address = `${url}${config.server.basePath}`;
  const header = config.server.auth === 'none' ? '' : ' -H "Authorization: Bearer $ROLLCALL_TOKEN"';
  const sources = `${config.sources.length} ${config.sources.length === 1 ? 'source' : 'sources'}`;
  const lines = [
    ...(demo ? ['DEMO: these jobs are simulated; no platform and no database of yours is touched.'] : []),
    `Rollcall is ready: ${sources}`,
    `  open         ${address}/`,
    `  failed jobs  curl${header} "${address}/api/v1/jobs?state=failed"`,
    `  data         ${config.database.url === null ? `${dataDir} (embedded PostgreSQL)` : 'the configured PostgreSQL'}`,
    `  next         ${nextStep(config, demo)}`,
  ];
  return `\n${lines.join('\n')}\n`;
}

function nextStep({ server, sources }: Ready['config'], demo: boolean): string {
  if (demo) return 'npx rollcall init   writes a rollcall.yaml for your own sources';
  if (sources.length === 0) return 'name a source in the configuration: docs/configuration.md';
  if (server.auth === 'tokens' && server.tokens.length === 0)
    return 'npx rollcall token create NAME   makes a token for the API';
  return 'npx rollcall status   shows the health of every source';
}
