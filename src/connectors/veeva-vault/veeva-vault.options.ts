import { z } from 'zod';
import { isTimeZone } from '../../domain/timestamps.js';

export const authSchema = z.union([
  z.strictObject({ username: z.string().min(1), password: z.string().min(1) }),
  z.strictObject({ sessionId: z.string().min(1) }),
]);
export type VaultAuth = z.infer<typeof authSchema>;

export const optionsSchema = z.strictObject({
  /** Three versions a year; pinned, because only a released one stays as it is. */
  apiVersion: z
    .string()
    .regex(/^v\d+\.\d$/, 'is a version of the Vault API such as v25.2')
    .default('v25.2'),
  /** IANA zone of every time that the Vault gives, whatever `Z` says. */
  timeZone: z.string().refine(isTimeZone, 'is not an IANA time zone').default('UTC'),
  /** The Vault that a login must lead into; left out, the host alone decides. */
  vaultId: z
    .union([z.int().positive(), z.string().regex(/^\d+$/, 'is the number of a Vault')])
    .transform(String)
    .optional(),
  /** `X-VaultAPI-ClientID`: Vaults can reject clients that they do not know. */
  clientId: z
    .string()
    .regex(/^[\w.-]{1,100}$/, 'is made of up to 100 letters, digits, dots, hyphens and underscores')
    .default('rollcall'),
});
export type VaultOptions = z.infer<typeof optionsSchema>;

/** Whether a version such as v26.1 is this one or later. */
export function isSince(version: string, [year, release]: readonly [number, number]): boolean {
  const [ofYear = 0, ofRelease = 0] = version.slice(1).split('.').map(Number);
  return ofYear > year || (ofYear === year && ofRelease >= release);
}
