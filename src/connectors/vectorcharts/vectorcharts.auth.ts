import { z } from 'zod';

export const auth = z.union([
  z.strictObject({ token: z.string().min(1) }),
  /** OEM only. */
  z.strictObject({ username: z.string().min(1), password: z.string().min(1) }),
]);
export type Auth = z.infer<typeof auth>;

export function bearer(token: string): { authorization: string } {
  return { authorization: `Bearer ${token}` };
}
