import { UnavailableError } from '../domain/errors.js';

/** A poll as a whole took too long. What it has read is stored all the same, and its walk goes on in the next poll. */
export class PollTimeoutError extends UnavailableError {
  /** @param boundMs how long it may take, milliseconds */
  constructor(boundMs: number) {
    super(`the poll was not over within ${Math.round(boundMs / 60_000)} minutes`, 'timeout');
  }
}
