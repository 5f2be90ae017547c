import { Command, InvalidArgumentError } from 'commander';
import { READ_SCOPES, Scope, SCOPES } from '../config/config.js';
import { nearest } from '../config/schema-faults.js';
import { parseDuration } from '../domain/duration.js';
import { AuditStore } from '../storage/audit.store.js';
import type { Database } from '../storage/database.js';
import { isTokenName, shownToken, TokenNameTakenError, TokenStore } from '../storage/token.store.js';
import { Cli } from './cli.js';
import { CommandError } from './exit-codes.js';
import { assertSources, collectWords } from './source-option.js';
import { formatTable } from './table.js';
import { timeText } from './text.js';
import { DatabaseContext, withDatabase } from './with-database.js';

interface CreateOptions {
  scope?: Scope[];
  source?: string[];
  /** Milliseconds. */
  expires?: number;
  json?: boolean;
}

export function tokenCommand(cli: Cli): Command {
  const command = new Command('token')
    .summary('make, list and revoke API tokens')
    .description('API tokens. Only their hash is stored.');
  command
    .command('create')
    .description('Makes a token and prints it, this once, on the last line.')
    .argument('<name>', 'what the token is for', parseName)
    .option(
      '--scope <scope>',
      `of ${SCOPES.join(', ')}; repeats or takes commas (default: the four read scopes)`,
      collectScopes,
    )
    .option(
      '--source <key>',
      'limit it to this source; repeats or takes commas (default: every source)',
      collectWords,
    )
    .option('--expires <duration>', 'such as 90d (default: never)', parseExpiry)
    .option('--json', 'the token as JSON')
    .action((name: string, options: CreateOptions, command: Command) =>
      withDatabase(cli, command, (context) => create(cli, context, name, options)),
    );
  command
    .command('list')
    .description('Lists the tokens that were made here; those of the configuration file are not among them.')
    .option('--json', 'one token a line, as JSON')
    .action(({ json }: { json?: boolean }, command: Command) =>
      withDatabase(cli, command, ({ database }) => list(cli, new TokenStore(database), json === true)),
    );
  command
    .command('revoke')
    .description('Revokes a token: it is refused from its next request on.')
    .argument('<name>')
    .action((name: string, _options, command: Command) =>
      withDatabase(cli, command, ({ database }) => revoke(cli, database, name)),
    );
  return command;
}

async function create(
  cli: Cli,
  { config, database }: DatabaseContext,
  name: string,
  options: CreateOptions,
): Promise<void> {
  const scopes = options.scope ?? [...READ_SCOPES];
  const sources = options.source ?? null;
  assertSources(config, sources ?? []);
  if (config.server.tokens.some((token) => token.name === name))
    throw new CommandError(`the configuration declares a token named ${name}`);
  const expiresAt = options.expires === undefined ? null : new Date((await database.now()) + options.expires);
  const { token } = await createOrExplain(new TokenStore(database), { name, scopes, sources, expiresAt });
  await new AuditStore(database).addCommand(`token create ${name}`, {
    scopes,
    sources,
    expiresAt: expiresAt?.toISOString() ?? null,
  });
  if (options.json === true) {
    cli.printJson({ name, token, scopes, sources, expiresAt: expiresAt?.toISOString() ?? null });
    return;
  }
  cli.print(
    `Token ${name}: ${scopes.join(', ')}; ${sources === null ? 'every source' : sources.join(', ')}; ${expiresAt === null ? 'does not expire' : `until ${expiresAt.toISOString()}`}`,
  );
  cli.print('It is shown only now:');
  cli.print(token);
}

async function createOrExplain(
  store: TokenStore,
  token: Parameters<TokenStore['create']>[0],
): Promise<{ token: string }> {
  try {
    return await store.create(token);
  } catch (error) {
    if (error instanceof TokenNameTakenError)
      throw new CommandError(`${error.message}; revoke it first, or take another name`);
    throw error;
  }
}

async function list(cli: Cli, store: TokenStore, json: boolean): Promise<void> {
  const tokens = await store.list();
  if (json) for (const token of tokens) cli.printJson(shownToken(token));
  else if (tokens.length === 0) cli.note('There is no token yet: rollcall token create NAME');
  else {
    const head = [
      'NAME',
      'SCOPES',
      'SOURCES',
      'CREATED (UTC)',
      'EXPIRES (UTC)',
      'LAST USED (UTC)',
      'REVOKED (UTC)',
    ];
    const rows = tokens.map((token) => [
      token.name,
      { text: token.scopes.join(' '), whole: true },
      token.sources?.join(' ') ?? 'every source',
      timeText(token.createdAt),
      token.expiresAt === null ? 'never' : timeText(token.expiresAt),
      timeText(token.lastUsedAt),
      timeText(token.revokedAt),
    ]);
    cli.print(formatTable(cli.colors, head, rows));
  }
}

async function revoke(cli: Cli, database: Database, name: string): Promise<void> {
  if (!(await new TokenStore(database).revoke(name)))
    throw new CommandError(`there is no token named ${name} that could be revoked`);
  await new AuditStore(database).addCommand(`token revoke ${name}`, null);
  cli.print(`Token ${name} is revoked.`);
}

function parseName(name: string): string {
  if (!isTokenName(name)) throw new InvalidArgumentError('A name has 1 to 100 characters.');
  return name;
}

function collectScopes(value: string, previous: Scope[] | undefined): Scope[] {
  const words = collectWords(value, previous);
  const unknown = words.find((word) => !(SCOPES as readonly string[]).includes(word));
  if (unknown !== undefined)
    throw new InvalidArgumentError(`Unknown scope ${unknown}; ${nearest(unknown, SCOPES)}`);
  return words as Scope[];
}

function parseExpiry(value: string): number {
  const ms = parseDuration(value);
  if (ms === null || ms === 0 || ms > MAX_EXPIRY_MS)
    throw new InvalidArgumentError('Expected a duration such as 90d, 100 years at most.');
  return ms;
}

const MAX_EXPIRY_MS = 36_525 * 86_400_000;
