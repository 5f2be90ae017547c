/** A sweep is a poll that reads the whole collection. */
export type PollKind = 'incremental' | 'sweep';
