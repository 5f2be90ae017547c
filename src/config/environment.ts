import { resolve } from 'node:path';
import { ConfigError, ConfigFault } from '../domain/errors.js';
import { databaseUrl } from './config.schema.js';
import { nearest } from './schema-faults.js';
import { checkTracing, TracingSettings } from './tracing-environment.js';

export type EnvironmentVariables = Readonly<Record<string, string | undefined>>;

export const ROLES = ['api', 'poller', 'notifier'] as const;
export type Role = (typeof ROLES)[number];

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What the environment says of this process. A variable that is set to nothing counts as not set. */
export interface Environment {
  /** Over `server.host` of the file; null when not set. */
  host: string | null;
  /** Over `server.port` of the file; null when not set. */
  port: number | null;
  /** Where `database.url` is left out; null when not set. */
  databaseUrl: string | null;
  roles: Role[];
  /** Absolute. */
  dataDir: string;
  logLevel: LogLevel;
  /** Null: nothing is traced. */
  tracing: TracingSettings | null;
}

/** @throws ConfigError naming every variable that cannot be understood */
export function readEnvironment(env: EnvironmentVariables, cwd: string): Environment {
  const { environment, faults } = checkEnvironment(env, cwd);
  if (faults.length > 0) throw new ConfigError(faults);
  return environment;
}

/** Like {@link readEnvironment}, for a caller that has more faults to name. */
export function checkEnvironment(
  env: EnvironmentVariables,
  cwd: string,
): { environment: Environment; faults: ConfigFault[] } {
  const faults: ConfigFault[] = [];
  const fault = (name: string, message: string) =>
    void faults.push({ file: 'environment', line: null, column: null, path: name, message });

  const port = variable(env, 'ROLLCALL_PORT');
  if (port !== null && !(/^\d{1,5}$/.test(port) && Number(port) <= 65_535))
    fault('ROLLCALL_PORT', 'expected a port number, 0 to 65535');

  const url = variable(env, 'DATABASE_URL');
  const urlFault = url === null ? undefined : databaseUrl.safeParse(url).error?.issues[0]?.message;
  if (urlFault !== undefined) fault('DATABASE_URL', urlFault);

  const roles = (variable(env, 'ROLLCALL_ROLES') ?? ROLES.join()).split(',').map((role) => role.trim());
  for (const role of roles)
    if (!isOneOf(ROLES, role)) fault('ROLLCALL_ROLES', `unknown role; ${nearest(role, ROLES)}`);

  const logLevel = variable(env, 'LOG_LEVEL') ?? 'info';
  if (!isOneOf(LOG_LEVELS, logLevel)) fault('LOG_LEVEL', `expected one of ${LOG_LEVELS.join(', ')}`);

  const environment: Environment = {
    host: variable(env, 'ROLLCALL_HOST'),
    port: port === null ? null : Number(port),
    databaseUrl: url,
    roles: ROLES.filter((role) => roles.includes(role)),
    dataDir: resolve(cwd, variable(env, 'ROLLCALL_DATA_DIR') ?? '.rollcall'),
    logLevel: isOneOf(LOG_LEVELS, logLevel) ? logLevel : 'info',
    tracing: checkTracing((name) => variable(env, name), fault),
  };
  return { environment, faults };
}

export function variable(env: EnvironmentVariables, name: string): string | null {
  return env[name]?.trim() || null;
}

function isOneOf<Word extends string>(words: readonly Word[], word: string): word is Word {
  return (words as readonly string[]).includes(word);
}
