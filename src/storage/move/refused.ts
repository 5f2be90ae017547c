/** Nothing was moved, and nothing was changed where it stands. The message says why and what to do. */
export class MoveRefusedError extends Error {
  override readonly name = 'MoveRefusedError';
}
