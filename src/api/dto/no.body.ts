/** The body of a route that takes none; `{}` is none. */
export class NoBody {}
