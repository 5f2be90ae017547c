/** What each provenance means to whoever reads a time. */
export const PROVENANCE_WORDS: Record<string, string> = {
  inferred: 'inferred from another time of the platform',
  observed: 'when Rollcall saw it: the platform gives no time',
  unknown: 'the moment has passed; the platform does not say when',
  redacted: 'kept out by redaction',
};
