/** A place in a body as RFC 9457 wants it: a JSON pointer as a URI fragment. Names from outside are shortened. */
export function pointerOf(path: readonly (string | number)[]): string {
  return ['#', ...path.map((step) => escape(String(step)))].join('/');
}

function escape(property: string): string {
  const text = property.length > 64 ? `${property.slice(0, 64)}…` : property;
  return encodeURIComponent(text.toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1'));
}
