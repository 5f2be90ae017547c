/** `1,440`. */
export function countText(count: number): string {
  return count.toLocaleString('en-US');
}

/** `1 request`, `2 requests`. */
export function countOf(count: number, noun: string): string {
  return `${countText(count)} ${noun}${count === 1 ? '' : 's'}`;
}
