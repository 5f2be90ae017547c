/** Of the answers about one job; what is longer belongs to parts of its page. */
export function jobKey(id: string): readonly ['job', string] {
  return ['job', id];
}
