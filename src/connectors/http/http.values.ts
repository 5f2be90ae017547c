/** The platform of every source that a manifest describes. */
export const HTTP_PLATFORM = 'http';

/** A source's `auth` block, as its manifest asks for it. */
export type ManifestAuth = Record<string, string>;

/** A source's `options` block, defaults applied. */
export type ManifestOptions = Record<string, string | string[]>;
