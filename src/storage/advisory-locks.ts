/**
 * PostgreSQL advisory locks that Rollcall takes, as (space, number) of the two-integer form. They are per database, and this
 * space keeps them apart from those of other programs in a shared one.
 */
export const LOCK_SPACE = 0x726f6c6c; // "roll"

export const ADVISORY_LOCK = {
  /** Held by the one process that migrates. */
  migrate: 1,
  /** Held, shared, by every process that uses the embedded server (in its `postgres` database). */
  embeddedMember: 2,
  /** Held, for a transaction, by the one process that evaluates an expectation. */
  expectations: 4,
  /** Held, until its commit, by each transaction that removes what is too old or makes room for what comes. */
  retention: 3,
  /** Held, until its transactions end, by `rollcall move` on both of its databases. */
  move: 5,
} as const;
