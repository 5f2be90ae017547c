import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, Config, READ_SCOPES, Scope } from '../../config/config.js';
import { Instant } from '../../domain/job.js';
import { formatInstant } from '../../domain/timestamps.js';
import { readKnowledge } from '../../storage/coverage.query.js';
import { Database } from '../../storage/database.js';
import { TaggedJson } from '../../storage/job.fields.js';
import { PageCursors, Position } from '../../storage/page-cursor.js';
import {
  NewToken,
  StoredToken,
  TokenNameTakenError,
  TokenStore,
  shownToken,
} from '../../storage/token.store.js';
import { CreateTokenBody } from '../dto/create-token.body.js';
import { PageParameters } from '../dto/page.parameters.js';
import { quote } from '../dto/parsers.js';
import { PagedAnswer, answerPage, questionOf } from '../http/page-answer.js';
import { ANYBODY, Principal } from './principal.js';
import { Problem, RequestFault, invalidRequest } from '../http/problem.js';

/** A token that was just made: the only answer that ever holds one. */
export interface MadeToken {
  name: string;
  token: string;
  scopes: readonly Scope[];
  /** Null: every source. */
  sources: readonly string[] | null;
  /** Null: it does not expire. */
  expiresAt: string | null;
}

/**
 * Tokens over HTTP. Whoever manages tokens makes, sees and revokes those that have nothing that the own one lacks: no scope, no source,
 * and no longer life. Every other token does not exist for it.
 */
@Injectable()
export class TokensService {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly database: Database,
    private readonly tokens: TokenStore,
    private readonly cursors: PageCursors,
  ) {}

  async list(parameters: PageParameters, caller: Principal): Promise<PagedAnswer> {
    const { now } = await readKnowledge(this.database);
    const binding = questionOf('tokens', [...caller.scopes].sort(), caller.sources);
    const read = (position: Position) => this.tokens.page(reachOf(caller), parameters.limit, position);
    return answerPage({ binding, now, cursors: this.cursors }, parameters, read, writeToken);
  }

  /** @throws Problem `invalid-request`, `forbidden` or `conflict` */
  async create(body: CreateTokenBody, caller: Principal): Promise<MadeToken> {
    this.refuseNobody(caller);
    const { name } = body;
    const sources = body.sources ? [...new Set(body.sources)] : caller.sources;
    const expiresAt = body.end ?? caller.until;
    const faults = [
      ...(await this.sourceFaults(body.sources ?? [], caller)),
      ...endFaults(expiresAt, caller),
    ];
    if (faults.length > 0) throw invalidRequest(faults);
    const scopes = scopesOf(body.scopes ?? null, caller);
    if (this.config.server.tokens.some((declared) => declared.name === name)) throw taken(name);
    const token = await this.make({
      name,
      scopes,
      sources,
      expiresAt: expiresAt === null ? null : new Date(expiresAt),
    });
    return {
      name,
      token,
      scopes,
      sources,
      expiresAt: expiresAt === null ? null : formatInstant(expiresAt),
    };
  }

  /** It is refused from its next request on, everywhere. @throws Problem `not-found` or `conflict` */
  async revoke(name: string, caller: Principal): Promise<void> {
    this.refuseNobody(caller);
    const isRevoked = !name.includes('\0') && (await this.tokens.revoke(name, reachOf(caller)));
    if (!isRevoked) throw new Problem('not-found', 'There is no such token, or it is revoked.');
  }

  /** What anybody could give away or take would last beyond the day on which tokens are asked for. */
  private refuseNobody(caller: Principal): void {
    if (caller === ANYBODY)
      throw new Problem(
        'conflict',
        'This service asks nobody for a token (`auth: none`): manage tokens with `rollcall token`.',
      );
  }

  private async sourceFaults(asked: readonly string[], caller: Principal): Promise<RequestFault[]> {
    if (asked.length === 0) return [];
    const { sources } = await readKnowledge(this.database);
    const visible = sources
      .map(({ key }) => key)
      .filter((key) => caller.sources === null || caller.sources.includes(key));
    return asked.flatMap((key, index) =>
      visible.includes(key)
        ? []
        : [{ pointer: `#/sources/${index}`, detail: `${quote(key)} is the key of no source` }],
    );
  }

  private async make(token: NewToken): Promise<string> {
    try {
      return (await this.tokens.create(token)).token;
    } catch (error) {
      if (error instanceof TokenNameTakenError) throw taken(error.tokenName);
      throw error;
    }
  }
}

function reachOf({ scopes, sources }: Principal): { scopes: string[]; sources: readonly string[] | null } {
  return { scopes: [...scopes], sources };
}

/** @throws Problem `forbidden`: nobody gives what they lack */
function scopesOf(asked: readonly Scope[] | null, { scopes }: Principal): Scope[] {
  const wanted = asked === null ? READ_SCOPES.filter((scope) => scopes.has(scope)) : [...new Set(asked)];
  const lacking = wanted.filter((scope) => !scopes.has(scope));
  if (lacking.length > 0)
    throw new Problem('forbidden', `The token cannot give what it lacks: ${lacking.join(', ')}.`);
  if (wanted.length > 0) return wanted;
  const detail = 'is required: the token that asks has none of the read scopes';
  throw invalidRequest([{ pointer: '#/scopes', detail }]);
}

function endFaults(expiresAt: Instant | null, { until }: Principal): RequestFault[] {
  if (until === null || (expiresAt !== null && expiresAt <= until)) return [];
  const detail = `is after ${formatInstant(until)}, when the token that asks expires`;
  return [{ pointer: '#/expiresAt', detail }];
}

function taken(name: string): Problem {
  return new Problem('conflict', `A token named ${quote(name)} exists already.`);
}

function writeToken(token: StoredToken): TaggedJson {
  const shown = shownToken(token);
  return { json: JSON.stringify(shown), stable: JSON.stringify({ ...shown, lastUsedAt: null }) };
}
