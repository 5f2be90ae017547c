import { JWTPayload } from 'jose';
import { OidcConfig, Scope, SCOPES } from '../../config/config.js';
import { Principal } from './principal.js';

const MAX_NAME = 200;

/** In the sources claim: every source. */
const EVERY_SOURCE = '*';

/**
 * Who a verified token names, and what they may. Words that mean nothing here (`openid`, roles of other services) are left out; without
 * any scope nothing may be done. Where the configuration names a sources claim, a token without it sees no source.
 *
 * @returns null when the name claim is not a name
 */
export function principalOfClaims(claims: JWTPayload, config: OidcConfig): Principal | null {
  const name = claimAt(claims, config.nameClaim);
  if (typeof name !== 'string' || !isName(name)) return null;
  const scopes = wordsOf(claimAt(claims, config.scopesClaim)).flatMap((word) => scopesOf(word, config.roles));
  const sources = config.sourcesClaim === null ? null : wordsOf(claimAt(claims, config.sourcesClaim));
  return {
    name: `oidc:${name}`,
    scopes: new Set(scopes),
    sources: sources?.includes(EVERY_SOURCE) ? null : sources,
    // the token's own end is that of a proof, and not of what its bearer was given
    until: null,
  };
}

/** A claim by its whole name, else by a path of names between dots. */
function claimAt(claims: JWTPayload, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  let value: unknown = claims;
  for (const step of name.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}

/** Providers write lists as text with spaces (OAuth 2) or as lists. */
function wordsOf(claim: unknown): string[] {
  if (typeof claim === 'string') return claim.split(' ').filter((word) => word !== '');
  if (!Array.isArray(claim)) return [];
  return claim.filter((word): word is string => typeof word === 'string');
}

function scopesOf(word: string, roles: OidcConfig['roles']): Scope[] {
  if ((SCOPES as readonly string[]).includes(word)) return [word as Scope];
  return Object.hasOwn(roles, word) ? roles[word]! : [];
}

/** Names stand in logs, headers of lists and the database. */
function isName(text: string): boolean {
  return text !== '' && text.length <= MAX_NAME && text.isWellFormed() && !/\p{Cc}/u.test(text);
}
