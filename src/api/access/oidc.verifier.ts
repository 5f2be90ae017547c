import { Inject, Injectable, Logger } from '@nestjs/common';
import { decodeJwt, errors, jwtVerify, JWTPayload } from 'jose';
import { CONFIG, Config, OidcConfig } from '../../config/config.js';
import { principalOfClaims } from './oidc.claims.js';
import { IdentityUnavailableError, OidcKeys } from './oidc.keys.js';
import { Principal } from './principal.js';
import { Problem } from '../http/problem.js';

const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** Faults of the provider's keys, not of the token. */
const PROVIDER_FAULTS = [errors.JWKSTimeout, errors.JWKSInvalid];

/** Reads the JWTs of the configured identity provider; where there is none, it accepts nothing. */
@Injectable()
export class OidcVerifier {
  private readonly log = new Logger('Oidc');
  private readonly provider: { config: OidcConfig; keys: OidcKeys } | null;

  constructor(@Inject(CONFIG) { server }: Config) {
    this.provider = server.oidc && { config: server.oidc, keys: new OidcKeys(server.oidc) };
  }

  /** Whether the token is for this and for nothing else: tokens of ours have no dots. */
  accepts(token: string): boolean {
    return this.provider !== null && JWT.test(token);
  }

  /**
   * @returns null when the token is not valid here: another issuer or audience, an algorithm that is not allowed, expired, or not signed
   *   by one of the provider's keys
   * @throws Problem `identity-unavailable` when that cannot be told
   */
  async verify(token: string): Promise<Principal | null> {
    const { config, keys } = this.provider!;
    // a token of anybody else's never makes us ask the provider
    if (!claimsIssuer(token, config.issuer)) return null;
    try {
      const { payload } = await this.check(token, config, keys);
      return principalOfClaims(payload, config);
    } catch (error) {
      if (error instanceof IdentityUnavailableError) throw this.unavailable(error);
      if (error instanceof errors.JOSEError) return null;
      throw error;
    }
  }

  private async check(token: string, config: OidcConfig, keys: OidcKeys): Promise<{ payload: JWTPayload }> {
    const key = await keys.get();
    return jwtVerify(
      token,
      async (header, jws) => {
        try {
          return await key(header, jws);
        } catch (error) {
          throw isProviderFault(error) ? keys.fail(error) : error;
        }
      },
      {
        issuer: config.issuer,
        audience: config.audience,
        algorithms: config.algorithms,
        clockTolerance: config.clockToleranceMs / 1_000,
        requiredClaims: ['exp'],
      },
    );
  }

  private unavailable(error: IdentityUnavailableError): Problem {
    this.log.error({ err: error, msg: 'the identity provider cannot be reached' });
    return new Problem('identity-unavailable', 'Try again in a moment.', { headers: { 'retry-after': '5' } });
  }
}

/** What jose throws for a fetch that failed is its plainest error, or the fetch's own. */
function isProviderFault(error: unknown): boolean {
  if (!(error instanceof errors.JOSEError)) return true;
  return error.code === errors.JOSEError.code || PROVIDER_FAULTS.some((fault) => error instanceof fault);
}

function claimsIssuer(token: string, issuer: string): boolean {
  try {
    return decodeJwt(token).iss === issuer;
  } catch (error) {
    if (error instanceof errors.JOSEError) return false;
    throw error;
  }
}
